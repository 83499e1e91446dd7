//! The bond that strayed furthest from its reference over a trajectory.

use crate::error::{all_finite, same_length};
use crate::{BondDeviation, Topology, ValidationError};
use oreo_core::{Cell, Vec3};
use serde::Serialize;

/// Watches the bonds of frames.
#[derive(Debug, Clone)]
pub struct WorstBondWatch {
    topology: Topology,
    atoms: usize,
    worst: Option<WorstBond>,
    frames: u64,
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

impl WorstBondWatch {
    /// Of a molecule of so many atoms. Fails when a bond names an atom that it does not have.
    pub fn new(topology: Topology, atoms: usize) -> Result<Self, ValidationError> {
        topology.check_atoms(atoms)?;
        Ok(Self {
            topology,
            atoms,
            worst: None,
            frames: 0,
        })
    }

    /// One frame; allocates nothing.
    pub fn add_frame(&mut self, positions: &[Vec3], cell: &Cell) -> Result<(), ValidationError> {
        same_length("atoms in a frame", self.atoms, positions.len())?;
        all_finite("position", positions, self.frames)?;
        if let Some(bond) = self.topology.largest_deviation(positions, cell) {
            let deviation_a = bond.deviation();
            if self
                .worst
                .is_none_or(|worst| deviation_a > worst.deviation_a)
            {
                let frame = self.frames;
                self.worst = Some(WorstBond {
                    frame,
                    bond,
                    deviation_a,
                });
            }
        }
        self.frames += 1;
        Ok(())
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

    fn topology(atoms: [usize; 2]) -> Topology {
        let reference = 1.0;
        Topology {
            bonds: vec![Bond { atoms, reference }],
        }
    }

    #[test]
    fn the_first_of_the_largest_deviations_is_kept_with_its_frame() {
        let mut watch = WorstBondWatch::new(topology([0, 1]), 2).unwrap();
        for length in [1.1, 0.7, 1.2, 1.3] {
            let positions = [Vec3::zeros(), Vec3::new(length, 0.0, 0.0)];
            watch.add_frame(&positions, &Cell::Open).unwrap();
        }
        let worst = watch.worst().unwrap();
        assert_eq!((worst.frame, worst.bond.bond.atoms), (1, [0, 1]));
        assert!((worst.deviation_a - 0.3).abs() < 1e-12);
    }

    #[test]
    fn foreign_frames_are_refused() {
        assert!(WorstBondWatch::new(topology([0, 5]), 2).is_err());
        let mut watch = WorstBondWatch::new(Topology::default(), 2).unwrap();
        assert!(watch.add_frame(&[Vec3::zeros()], &Cell::Open).is_err());
        assert!(watch.worst().is_none());
    }
}
