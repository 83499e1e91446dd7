//! The unit cell of a DCD frame: six numbers, [A, γ, B, β, α, C].
//!
//! Written: lengths in Å and the *cosines* of the angles, as NAMD since 2.6 and VMD do; VMD, MDAnalysis and chemfiles
//! all recognise them, and a right angle is exactly 0. Read: cosines, degrees (older NAMD, X-PLOR), and the symmetric
//! shape matrix of CHARMM itself (header version above 25).
//!
//! Lengths and angles do not tell how the cell lies in space. Every reader puts a along x and b into the xy plane, so a
//! cell that lies otherwise would no longer fit its positions: the writer refuses it.

use oreo_core::{Cell, CellError, Mat3, Periodic};

/// Off-axis part of a vector, relative to the cell, that counts as rounding: below what f32 positions resolve.
const ROUNDING: f64 = 1e-7;

/// The six numbers, or what is wrong with the orientation.
pub(super) fn to_record(periodic: &Periodic) -> Result<[f64; 6], &'static str> {
    let h = periodic.vectors();
    let off_axis = [h[(1, 0)], h[(2, 0)], h[(2, 1)]];
    if off_axis.iter().any(|x| x.abs() > ROUNDING * h.norm()) {
        return Err("its cell is rotated: a must lie along x and b in the xy plane, DCD stores only lengths and angles");
    }
    if h.diagonal().iter().any(|&x| x <= 0.0) {
        return Err("its cell is mirrored: ax, by and cz must be positive, DCD stores only lengths and angles");
    }
    let lengths = [0, 1, 2].map(|k| h.column(k).norm());
    let cosine = |i: usize, j: usize| h.column(i).dot(&h.column(j)) / (lengths[i] * lengths[j]);
    let [a, b, c] = lengths;
    Ok([a, cosine(0, 1), b, cosine(0, 2), cosine(1, 2), c])
}

/// What stands in a frame whose header promises cells.
#[derive(Debug)]
pub(super) enum CellRecordError {
    /// Some lengths are zero, others not.
    Partial([f64; 3]),
    /// NaN, negative, or no triangle of angles.
    Nonsense([f64; 6]),
}

/// A cell with all lengths zero means open space (MDAnalysis writes that).
pub(super) fn from_record(record: [f64; 6], version: i32) -> Result<Cell, CellRecordError> {
    let [a, gamma, b, beta, alpha, c] = record;
    let lengths = [a, b, c];
    if lengths == [0.0; 3] {
        return Ok(Cell::Open);
    }
    if record.iter().any(|x| !x.is_finite()) || lengths.iter().any(|&x| x < 0.0) {
        return Err(CellRecordError::Nonsense(record));
    }
    if lengths.contains(&0.0) {
        return Err(CellRecordError::Partial(lengths));
    }
    let cell = match version > 25 {
        true => Cell::periodic([[a, gamma, beta], [gamma, b, alpha], [beta, alpha, c]]),
        false => standard(lengths, cosines([alpha, beta, gamma])),
    };
    cell.map_err(|_| CellRecordError::Nonsense(record))
}

/// Angles are degrees unless all three could be cosines; no cell has all its angles below one degree.
fn cosines(angles: [f64; 3]) -> [f64; 3] {
    match angles.iter().all(|x| x.abs() <= 1.0) {
        true => angles,
        // sin of the complement, so that 90 degrees are exactly 0.
        false => angles.map(|angle| (90.0 - angle).to_radians().sin()),
    }
}

/// a along x, b in the xy plane, c with positive z.
fn standard(lengths: [f64; 3], cosines: [f64; 3]) -> Result<Cell, CellError> {
    let [a, b, c] = lengths;
    let [alpha, beta, gamma] = cosines;
    let sine = (1.0 - gamma * gamma).sqrt();
    let y = (alpha - beta * gamma) / sine;
    let z = (1.0 - beta * beta - y * y).sqrt();
    let vectors = Mat3::new(
        a,
        b * gamma,
        c * beta,
        0.0,
        b * sine,
        c * y,
        0.0,
        0.0,
        c * z,
    );
    Periodic::new(vectors).map(Cell::Periodic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &Cell, b: &Cell) -> bool {
        match (a, b) {
            (Cell::Periodic(a), Cell::Periodic(b)) => (a.vectors() - b.vectors()).norm() < 1e-12,
            _ => false,
        }
    }

    #[test]
    fn tilted_cells_survive_as_cosines_and_as_degrees() {
        let cell = Cell::periodic([[10.0, 0.0, 0.0], [3.0, 8.0, 0.0], [-2.0, 1.0, 7.0]]).unwrap();
        let Cell::Periodic(periodic) = &cell else {
            unreachable!()
        };
        let record = to_record(periodic).unwrap();
        assert!(close(&from_record(record, 24).unwrap(), &cell));
        // Catches α and γ exchanged: degrees by hand, in the order of the format.
        let angle = |u: [f64; 3], v: [f64; 3]| {
            let dot = |u: [f64; 3], v: [f64; 3]| u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
            (dot(u, v) / (dot(u, u) * dot(v, v)).sqrt())
                .acos()
                .to_degrees()
        };
        let (a, b, c) = ([10.0, 0.0, 0.0], [3.0, 8.0, 0.0], [-2.0, 1.0, 7.0]);
        let degrees = [
            10.0,
            angle(a, b),
            73_f64.sqrt(),
            angle(a, c),
            angle(b, c),
            54_f64.sqrt(),
        ];
        assert!(close(&from_record(degrees, 24).unwrap(), &cell));
    }

    #[test]
    fn right_angles_are_exact() {
        let cell = Cell::orthorhombic(10.0, 11.0, 12.0).unwrap();
        let degrees = [10.0, 90.0, 11.0, 90.0, 90.0, 12.0];
        assert_eq!(from_record(degrees, 24).unwrap(), cell);
        let Cell::Periodic(periodic) = cell else {
            unreachable!()
        };
        assert_eq!(
            to_record(&periodic).unwrap(),
            [10.0, 0.0, 11.0, 0.0, 0.0, 12.0]
        );
    }

    #[test]
    fn rotated_mirrored_partial_and_senseless_cells_are_refused() {
        let record = |rows| match Cell::periodic(rows).unwrap() {
            Cell::Periodic(periodic) => to_record(&periodic),
            Cell::Open => unreachable!(),
        };
        let rotated = [[0.0, 5.0, 0.0], [-5.0, 0.0, 0.0], [0.0, 0.0, 5.0]];
        assert!(record(rotated).unwrap_err().contains("rotated"));
        let mirrored = [[5.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, -5.0]];
        assert!(record(mirrored).unwrap_err().contains("mirrored"));
        let slab = from_record([5.0, 0.0, 5.0, 0.0, 0.0, 0.0], 24);
        assert!(matches!(slab, Err(CellRecordError::Partial(_))));
        let flat = from_record([5.0, 170.0, 5.0, 170.0, 170.0, 5.0], 24);
        assert!(matches!(flat, Err(CellRecordError::Nonsense(_))));
        assert_eq!(from_record([0.0; 6], 24).unwrap(), Cell::Open);
    }

    #[test]
    fn charmm_shape_matrix_is_taken_as_it_is() {
        let cell = from_record([10.0, 1.0, 9.0, 0.5, 0.25, 8.0], 35).unwrap();
        let rows = [[10.0, 1.0, 0.5], [1.0, 9.0, 0.25], [0.5, 0.25, 8.0]];
        assert_eq!(cell, Cell::periodic(rows).unwrap());
    }
}
