//! The structure that is compared, or as much of it as the reference can afford.

use super::agreement::{Agreement, Answer, Tolerance};
use crate::cli::exit::OrBadInput;
use anyhow::Result;
use oreo_core::random::Generator;
use oreo_core::{
    Cell, Mat3, NeighborList, NeighborRequest, Potential, PotentialError, Request, System, Vec3,
};

/// Undirected; a molecule of 20 atoms has fewer. The memory of the reference grows with its pairs: measured in f64 for the
/// full-size network, 285 MB and 0.25 s with ethanol (36 pairs), 458 MB and 0.44 s with aspirin (about 160).
const MOST_PAIRS: usize = 200;
/// In condensed matter so many atoms have more pairs than that.
const MOST_ATOMS: usize = 256;

/// Atoms that both paths are asked about.
pub struct Probe {
    system: System,
    positions: Vec<Vec3>,
    cell: Cell,
    neighbors: NeighborList,
    /// Atoms of the structure it was taken from.
    of: usize,
}

impl Probe {
    /// All atoms if the reference can afford them, else those nearest to the first one, as many as it can. A fragment has
    /// the surface of a fragment; both paths see the same one.
    pub fn of(
        system: &System,
        positions: &[Vec3],
        cell: &Cell,
        request: Option<NeighborRequest>,
    ) -> Result<Self> {
        // Without a request nothing may be listed: no pair is closer than 0.
        let request = request.unwrap_or(NeighborRequest { cutoff: 0.0 });
        let order = by_distance_from_the_first(positions, cell);
        let mut count = order.len().min(MOST_ATOMS);
        loop {
            let mut chosen = order[..count].to_vec();
            chosen.sort_unstable();
            let elements = chosen.iter().map(|&i| system.elements[i]).collect();
            let positions: Vec<_> = chosen.iter().map(|&i| positions[i]).collect();
            let mut neighbors = NeighborList::new(request, 0.0);
            neighbors.update(&positions, cell).or_bad_input()?;
            if neighbors.pairs().len() / 2 <= MOST_PAIRS || count == 1 {
                return Ok(Self {
                    system: System::new(elements),
                    positions,
                    cell: cell.clone(),
                    neighbors,
                    of: order.len(),
                });
            }
            count -= count.div_ceil(8);
        }
    }

    /// Every coordinate by a normal number times `length` (Å), the same ones each time.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn displace(&mut self, length: f64) -> Result<()> {
        let mut generator = Generator::new(1, 0);
        for position in &mut self.positions {
            for coordinate in position.iter_mut() {
                *coordinate += length * generator.normal();
            }
        }
        self.neighbors
            .update(&self.positions, &self.cell)
            .or_bad_input()
    }

    /// Of `potential` with the `truth`.
    ///
    /// # Errors
    /// Those of the two.
    pub fn compare(
        &mut self,
        potential: &mut dyn Potential,
        truth: &mut dyn Potential,
        tolerance: Tolerance,
    ) -> Result<Agreement, PotentialError> {
        let found = self.answer(potential)?;
        Ok(Agreement::of(&found, &self.answer(truth)?, tolerance))
    }

    /// Energy, forces and virial.
    pub fn answer(&mut self, potential: &mut dyn Potential) -> Result<Answer, PotentialError> {
        let mut answer = Answer {
            energy: 0.0,
            forces: vec![Vec3::zeros(); self.system.len()],
            virial: Mat3::zeros(),
        };
        potential.evaluate(&mut [Request {
            system: &self.system,
            positions: &self.positions,
            cell: &self.cell,
            neighbors: self.neighbors.pairs(),
            energy: &mut answer.energy,
            forces: &mut answer.forces,
            virial: Some(&mut answer.virial),
        }])?;
        Ok(answer)
    }

    /// Which part, if it is only a part: for a sentence.
    pub fn extent(&self) -> String {
        match self.system.len() {
            all if all == self.of => String::new(),
            some => format!(" on the {some} of {} atoms around the first", self.of),
        }
    }
}

/// Indices; nearest images in a periodic cell.
fn by_distance_from_the_first(positions: &[Vec3], cell: &Cell) -> Vec<usize> {
    let Some(first) = positions.first() else {
        return Vec::new();
    };
    let distance = |&i: &usize| cell.displacement(first, &positions[i]).norm();
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::testing::{argon_crystal, ethanol};

    const NEAR: NeighborRequest = NeighborRequest { cutoff: 5.0 };

    #[test]
    fn a_molecule_is_compared_whole() {
        let (system, positions) = ethanol();
        let probe = Probe::of(&system, &positions, &Cell::Open, Some(NEAR)).unwrap();
        assert_eq!((&probe.system, probe.extent()), (&system, String::new()));
        assert_eq!(probe.positions, positions);
    }

    /// Planted: a fragment of the first atoms of the file, which need not be near each other, fails here.
    #[test]
    fn a_large_structure_is_compared_on_a_compact_fragment() {
        let (system, positions, cell) = argon_crystal(6);
        let request = NeighborRequest { cutoff: 8.0 };
        let probe = Probe::of(&system, &positions, &cell, Some(request)).unwrap();
        let pairs = probe.neighbors.pairs().len() / 2;
        assert!((MOST_PAIRS / 2..=MOST_PAIRS).contains(&pairs), "{pairs}");
        let said = probe.extent();
        assert!(
            said.contains(&format!("of {} atoms", system.len())),
            "{said}"
        );
        let from_first = |r: &Vec3| cell.displacement(&positions[0], r).norm();
        let farthest = probe.positions.iter().map(from_first).fold(0.0, f64::max);
        let nearer = positions.iter().filter(|r| from_first(r) < farthest);
        assert!(nearer.count() < probe.system.len(), "no hole in it");
    }
}
