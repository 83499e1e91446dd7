//! h(r) by pair of elements: which distances differ when h(r) does.
//!
//! The parts add up to h(r): each is the number of pairs in a bin divided by all pairs of all elements, not by its own.

use oreo_core::{Cell, Element, Vec3};
use oreo_validation::distances::{BINS, BIN_WIDTH};

/// Counts distances by pair of elements.
#[derive(Debug, Clone)]
pub struct PairDistances {
    /// Each once, ascending by atomic number.
    kinds: Vec<Element>,
    /// Of each atom, an index into `kinds`.
    kind_of_atom: Vec<usize>,
    /// By kind of the lighter and kind of the heavier atom; empty where there is no such pair.
    counts: Vec<Vec<u64>>,
}

/// The part of h(r) that is due to one pair of elements.
#[derive(Debug, Clone, PartialEq)]
pub struct PairDensity {
    /// `C-H`, ascending by atomic number.
    pub pair: String,
    /// 1/Å, in the bins of h(r).
    pub density: Vec<f64>,
}

impl PairDistances {
    /// Of a molecule.
    pub fn new(elements: &[Element]) -> Self {
        let mut kinds = elements.to_vec();
        kinds.sort();
        kinds.dedup();
        let kind = |element: &Element| kinds.binary_search(element).unwrap_or_default();
        Self {
            kind_of_atom: elements.iter().map(kind).collect(),
            counts: vec![Vec::new(); kinds.len() * kinds.len()],
            kinds,
        }
    }

    /// A frame of these atoms.
    pub fn add_frame(&mut self, positions: &[Vec3], cell: &Cell) {
        let atoms = self.kind_of_atom.len().min(positions.len());
        for i in 0..atoms {
            for j in i + 1..atoms {
                let distance = cell.displacement(&positions[i], &positions[j]).norm();
                self.count(self.kind_of_atom[i], self.kind_of_atom[j], distance);
            }
        }
    }

    fn count(&mut self, a: usize, b: usize, distance: f64) {
        let counts = &mut self.counts[a.min(b) * self.kinds.len() + a.max(b)];
        counts.resize(BINS, 0);
        if let Some(count) = counts.get_mut((distance / BIN_WIDTH) as usize) {
            *count += 1;
        }
    }

    /// Of all frames; pairs that never came within 10 Å have density zero.
    pub fn densities(&self) -> Vec<PairDensity> {
        let all: u64 = self.counts.iter().flatten().sum();
        let scale = all.max(1) as f64 * BIN_WIDTH;
        let there = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, c)| !c.is_empty());
        there
            .map(|(slot, counts)| PairDensity {
                pair: self.name(slot),
                density: counts.iter().map(|&count| count as f64 / scale).collect(),
            })
            .collect()
    }

    fn name(&self, slot: usize) -> String {
        let (a, b) = (slot / self.kinds.len(), slot % self.kinds.len());
        format!("{}-{}", self.kinds[a].symbol(), self.kinds[b].symbol())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_validation::DistanceHistogram;

    /// Catches parts that are normalised each by itself, and bins that differ from those of h(r).
    #[test]
    fn the_parts_add_up_to_h_of_r() {
        let elements: Vec<Element> = ["O", "H", "H"].map(|s| s.parse().unwrap()).to_vec();
        let positions = [[0.0; 3], [0.97, 0.0, 0.0], [-0.24, 0.93, 0.0]].map(Vec3::from);
        let mut pairs = PairDistances::new(&elements);
        let mut whole = DistanceHistogram::new();
        pairs.add_frame(&positions, &Cell::Open);
        whole.add_frame(&positions, &Cell::Open).unwrap();
        let parts = pairs.densities();
        let names: Vec<_> = parts.iter().map(|part| part.pair.as_str()).collect();
        assert_eq!(names, ["H-H", "H-O"]);
        for (bin, expected) in whole.distribution().unwrap().density().iter().enumerate() {
            let sum: f64 = parts.iter().map(|part| part.density[bin]).sum();
            assert!((sum - expected).abs() < 1e-9, "bin {bin}");
        }
    }
}
