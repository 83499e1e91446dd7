//! Open space, or a periodic box that may be tilted.

use crate::{Archive, ArchiveError, Mat3, Persist, Vec3};
use thiserror::Error;

/// The space that the atoms live in.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A molecule in vacuum.
    Open,
    /// Periodic in all three directions.
    Periodic(Periodic),
}

/// Three lattice vectors; keeps its inverse at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Periodic {
    vectors: Mat3,
    inverse: Mat3,
}

/// A box without volume.
#[derive(Debug, Clone, Error, PartialEq)]
#[error("cell vectors span no volume (determinant {determinant:.3e} Å³)")]
pub struct CellError {
    /// Å³
    pub determinant: f64,
}

impl Cell {
    /// From rows a, b, c in Å.
    pub fn periodic(rows: [[f64; 3]; 3]) -> Result<Self, CellError> {
        Periodic::new(Mat3::from_fn(|column, row| rows[row][column])).map(Self::Periodic)
    }

    /// A rectangular box with the given edges, Å.
    pub fn orthorhombic(a: f64, b: f64, c: f64) -> Result<Self, CellError> {
        Self::periodic([[a, 0.0, 0.0], [0.0, b, 0.0], [0.0, 0.0, c]])
    }

    /// Å³; `None` in open space.
    pub fn volume(&self) -> Option<f64> {
        match self {
            Cell::Open => None,
            Cell::Periodic(periodic) => Some(periodic.volume()),
        }
    }

    /// `r_b − r_a`, shortest image where periodic.
    pub fn displacement(&self, a: &Vec3, b: &Vec3) -> Vec3 {
        match self {
            Cell::Open => b - a,
            Cell::Periodic(periodic) => periodic.shortest(b - a),
        }
    }

    /// The translation that belongs to an image, `s₁a + s₂b + s₃c`.
    pub fn translation(&self, shift: [i32; 3]) -> Vec3 {
        match self {
            Cell::Open => Vec3::zeros(),
            Cell::Periodic(periodic) => periodic.vectors * Vec3::from(shift.map(f64::from)),
        }
    }
}

impl Periodic {
    /// Columns are a, b, c in Å.
    pub fn new(vectors: Mat3) -> Result<Self, CellError> {
        let determinant = vectors.determinant();
        let scale = vectors.column_iter().map(|v| v.norm()).product::<f64>();
        match vectors.try_inverse() {
            Some(inverse) if determinant.is_finite() && determinant.abs() > 1e-9 * scale => {
                Ok(Self { vectors, inverse })
            }
            _ => Err(CellError { determinant }),
        }
    }

    /// Columns are a, b, c in Å.
    pub fn vectors(&self) -> &Mat3 {
        &self.vectors
    }

    /// Coordinates along the lattice vectors.
    pub fn fractional(&self, position: &Vec3) -> Vec3 {
        self.inverse * position
    }

    /// Å³
    pub fn volume(&self) -> f64 {
        self.vectors.determinant().abs()
    }

    /// Distances between opposite faces, Å: how far one sees before an atom meets its own image.
    pub fn heights(&self) -> Vec3 {
        Vec3::from_fn(|k, _| 1.0 / self.inverse.row(k).norm())
    }

    /// The image inside the box, fractional coordinates in [0, 1).
    pub fn wrap(&self, position: &Vec3) -> Vec3 {
        self.vectors * self.fractional(position).map(|s| s - s.floor())
    }

    /// The shortest of a vector's images. Rounding alone is wrong in tilted cells, so every image that could be
    /// shorter is tried: those within the length of the rounded one.
    pub fn shortest(&self, displacement: Vec3) -> Vec3 {
        let fractional = self.fractional(&displacement);
        let rounded = self.vectors * fractional.map(|s| s - s.round());
        let reach = self
            .heights()
            .map(|height| (rounded.norm() / height + 0.5).floor() as i32);
        let mut best = rounded;
        for i in -reach.x..=reach.x {
            for j in -reach.y..=reach.y {
                for k in -reach.z..=reach.z {
                    let image = rounded
                        + self.vectors * Vec3::new(f64::from(i), f64::from(j), f64::from(k));
                    if image.norm_squared() < best.norm_squared() {
                        best = image;
                    }
                }
            }
        }
        best
    }
}

impl Persist for Cell {
    /// A run does not change from open to periodic; nine numbers, zero in open space.
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let mut values = [0.0; 9];
        if let Cell::Periodic(periodic) = self {
            values.copy_from_slice(periodic.vectors.as_slice());
        }
        archive.f64s("cell", &mut values)?;
        *self = match values == [0.0; 9] {
            true => Cell::Open,
            false => Cell::Periodic(Periodic::new(Mat3::from_column_slice(&values)).map_err(
                |error| ArchiveError::Invalid {
                    name: "cell".into(),
                    problem: error.to_string(),
                },
            )?),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_image_in_a_strongly_tilted_cell() {
        let cell = Cell::periodic([[10.0, 0.0, 0.0], [9.0, 4.0, 0.0], [3.0, 1.0, 8.0]]).unwrap();
        let Cell::Periodic(periodic) = &cell else {
            unreachable!()
        };
        for seed in 0..200 {
            let t = f64::from(seed) * 0.7;
            let d = Vec3::new(
                20.0 * t.sin(),
                15.0 * (1.3 * t).cos(),
                9.0 * (2.1 * t).sin(),
            );
            let mut brute = f64::INFINITY;
            for i in -8..=8 {
                for j in -12..=12 {
                    for k in -4..=4 {
                        brute = brute.min((d + cell.translation([i, j, k])).norm());
                    }
                }
            }
            assert!((periodic.shortest(d).norm() - brute).abs() < 1e-12);
        }
    }

    #[test]
    fn flat_cells_are_refused() {
        assert!(Cell::periodic([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]).is_err());
        assert!(Cell::orthorhombic(1.0, 1.0, f64::NAN).is_err());
    }

    #[test]
    fn heights_and_volume_of_a_box() {
        let Cell::Periodic(cell) = Cell::orthorhombic(2.0, 3.0, 4.0).unwrap() else {
            unreachable!()
        };
        assert_eq!(cell.heights(), Vec3::new(2.0, 3.0, 4.0));
        assert!((cell.volume() - 24.0).abs() < 1e-12);
        let wrapped = cell.wrap(&Vec3::new(-0.5, 3.5, 0.0));
        assert!((wrapped - Vec3::new(1.5, 0.5, 0.0)).norm() < 1e-12);
    }
}
