//! Bond lengths over a trajectory, by type of bond, and the bond that strayed furthest.

use crate::error::{all_finite, same_length};
use crate::{BondDeviation, Topology, ValidationError};
use oreo_core::{Cell, Element, Vec3};
use serde::Serialize;
use std::collections::BTreeMap;

/// Accumulates bond lengths of frames.
#[derive(Debug, Clone)]
pub struct BondStatistics {
    topology: Topology,
    elements: Vec<Element>,
    bonds: Vec<Lengths>,
    worst: Option<WorstBond>,
    frames: u64,
}

/// Mean and centred squares (Welford 1962), extremes.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    count: f64,
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
}

/// The bond furthest from its reference, and when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WorstBond {
    /// From 0.
    pub frame: u64,
    /// Atoms and lengths.
    #[serde(flatten)]
    pub bond: BondDeviation,
    /// |now − reference|
    pub deviation_a: f64,
}

/// All bonds between the same two elements.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BondTypeLengths {
    /// E.g. `C-H`, ascending by atomic number.
    pub bond: String,
    /// Bonds of this type in the molecule.
    pub count: usize,
    /// Over bonds and frames.
    pub mean_a: f64,
    /// Over bonds and frames.
    pub std_a: f64,
    /// Over bonds and frames.
    pub min_a: f64,
    /// Over bonds and frames.
    pub max_a: f64,
}

impl Lengths {
    const NONE: Self = Self {
        count: 0.0,
        mean: 0.0,
        squares: 0.0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
    };

    fn add(&mut self, length: f64) {
        self.count += 1.0;
        let off = length - self.mean;
        self.mean += off / self.count;
        self.squares += off * (length - self.mean);
        self.min = self.min.min(length);
        self.max = self.max.max(length);
    }

    fn merge(&mut self, other: &Self) {
        let count = self.count + other.count;
        let off = other.mean - self.mean;
        self.mean += off * other.count / count;
        self.squares += other.squares + off * off * self.count * other.count / count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count = count;
    }
}

impl BondStatistics {
    /// Fails when a bond names an atom that the molecule does not have.
    pub fn new(topology: Topology, elements: &[Element]) -> Result<Self, ValidationError> {
        let atoms = topology
            .bonds
            .iter()
            .map(|bond| bond.atoms[1] + 1)
            .max()
            .unwrap_or(0);
        if atoms > elements.len() {
            same_length("atoms of the topology", atoms, elements.len())?;
        }
        let bonds = vec![Lengths::NONE; topology.bonds.len()];
        Ok(Self {
            topology,
            elements: elements.to_vec(),
            bonds,
            worst: None,
            frames: 0,
        })
    }

    /// One frame; allocates nothing.
    pub fn add_frame(&mut self, positions: &[Vec3], cell: &Cell) -> Result<(), ValidationError> {
        same_length("atoms in a frame", self.elements.len(), positions.len())?;
        all_finite("position", positions, self.frames)?;
        for (&bond, lengths) in self.topology.bonds.iter().zip(&mut self.bonds) {
            let [i, j] = bond.atoms;
            let distance = cell.displacement(&positions[i], &positions[j]).norm();
            lengths.add(distance);
            let now = BondDeviation { bond, distance };
            if self
                .worst
                .is_none_or(|worst| now.deviation() > worst.deviation_a)
            {
                self.worst = Some(WorstBond {
                    frame: self.frames,
                    bond: now,
                    deviation_a: now.deviation(),
                });
            }
        }
        self.frames += 1;
        Ok(())
    }

    /// By type, in order of atomic numbers; empty without frames.
    pub fn by_type(&self) -> Vec<BondTypeLengths> {
        let mut types = BTreeMap::<[Element; 2], (usize, Lengths)>::new();
        for (bond, lengths) in self.topology.bonds.iter().zip(&self.bonds) {
            if lengths.count == 0.0 {
                continue;
            }
            let mut pair = bond.atoms.map(|atom| self.elements[atom]);
            pair.sort();
            let entry = types.entry(pair).or_insert((0, Lengths::NONE));
            entry.0 += 1;
            entry.1.merge(lengths);
        }
        let row = |([a, b], (count, lengths)): ([Element; 2], (usize, Lengths))| BondTypeLengths {
            bond: format!("{a}-{b}"),
            count,
            mean_a: lengths.mean,
            std_a: (lengths.squares / lengths.count).sqrt(),
            min_a: lengths.min,
            max_a: lengths.max,
        };
        types.into_iter().map(row).collect()
    }

    /// `None` without bonds or frames.
    pub fn worst(&self) -> Option<WorstBond> {
        self.worst
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bond;

    /// Two C–H bonds of 1.0/1.2 and 1.1/1.3 over two frames: mean 1.15, std √0.0125; C–C 1.5 twice.
    /// Catches a merge that forgets the distance between the means of two bonds.
    #[test]
    fn types_and_worst_bond_by_hand() {
        let elements: Vec<Element> = ["H", "C", "C", "H"].map(|s| s.parse().unwrap()).to_vec();
        let bond = |i, j, reference| Bond {
            atoms: [i, j],
            reference,
        };
        let topology = Topology {
            bonds: vec![bond(0, 1, 1.0), bond(1, 2, 1.5), bond(2, 3, 1.0)],
        };
        let mut statistics = BondStatistics::new(topology, &elements).unwrap();
        let frame =
            |first: f64, last: f64| [-first, 0.0, 1.5, 1.5 + last].map(|x| Vec3::new(x, 0.0, 0.0));
        statistics.add_frame(&frame(1.0, 1.1), &Cell::Open).unwrap();
        statistics.add_frame(&frame(1.2, 1.3), &Cell::Open).unwrap();
        let types = statistics.by_type();
        assert_eq!(types[0].bond, "H-C");
        assert_eq!((types[0].count, types[1].count), (2, 1));
        assert!((types[0].mean_a - 1.15).abs() < 1e-12);
        assert!((types[0].std_a - 0.0125f64.sqrt()).abs() < 1e-12);
        assert!((types[0].min_a - 1.0).abs() < 1e-12 && (types[0].max_a - 1.3).abs() < 1e-12);
        assert!(types[1].std_a < 1e-9);
        let worst = statistics.worst().unwrap();
        assert_eq!((worst.frame, worst.bond.bond.atoms), (1, [2, 3]));
        assert!((worst.deviation_a - 0.3).abs() < 1e-12);
    }

    #[test]
    fn foreign_frames_are_refused() {
        let elements: Vec<Element> = vec!["H".parse().unwrap(); 2];
        let topology = Topology {
            bonds: vec![Bond {
                atoms: [0, 5],
                reference: 1.0,
            }],
        };
        assert!(BondStatistics::new(topology, &elements).is_err());
        let mut statistics = BondStatistics::new(Topology::default(), &elements).unwrap();
        assert!(statistics.add_frame(&[Vec3::zeros()], &Cell::Open).is_err());
        assert!(statistics.by_type().is_empty() && statistics.worst().is_none());
    }
}
