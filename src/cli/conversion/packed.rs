//! Frames of any molecules as the arrays of one npz file: `n_atoms` (F,), `numbers` (all atoms,), `positions` (all atoms,
//! 3) in Å, and where every frame has them `energies` (F,) in eV and `forces` (all atoms, 3) in eV/Å.

use crate::cli::exit::BadInput;
use anyhow::Result;
use oreo_core::{Cell, FrameRef, Vec3};
use oreo_formats::npz::{write_npz, NpzArray};
use std::path::Path;

/// Frames one behind another.
#[derive(Default)]
pub struct Packed {
    n_atoms: Vec<i64>,
    numbers: Vec<i64>,
    positions: Vec<f64>,
    energies: Vec<f64>,
    forces: Vec<f64>,
}

fn flat(vectors: &[Vec3]) -> impl Iterator<Item = f64> + '_ {
    vectors.iter().flat_map(|vector| vector.iter().copied())
}

impl Packed {
    /// Refuses what the arrays cannot hold: cells, and labels of some frames only.
    pub fn add(&mut self, frame: &FrameRef<'_>) -> Result<()> {
        let number = self.n_atoms.len();
        let refused = |problem: &str| {
            let message = format!("frame {number} {problem}; write .extxyz instead");
            Err(BadInput::new(message).into())
        };
        if *frame.cell != Cell::Open {
            return refused("is periodic, and an npz data set has no cells");
        }
        let numbers = frame.elements.iter();
        self.numbers
            .extend(numbers.map(|element| element.atomic_number() as i64));
        self.positions.extend(flat(frame.positions));
        self.energies.extend(frame.energy);
        self.forces.extend(frame.forces.into_iter().flat_map(flat));
        self.n_atoms.push(frame.elements.len() as i64);
        let partly = |found: usize, all: usize| found != 0 && found != all;
        if partly(self.energies.len(), self.n_atoms.len()) {
            return refused("is the first with or without an energy");
        }
        if partly(self.forces.len(), self.positions.len()) {
            return refused("is the first with or without forces");
        }
        Ok(())
    }

    /// Replaces the file in one stroke.
    pub fn write(&self, path: &Path) -> Result<()> {
        let (frames, atoms) = ([self.n_atoms.len()], [self.numbers.len()]);
        let vectors = [self.numbers.len(), 3];
        let mut arrays = vec![
            ("n_atoms", &frames[..], NpzArray::I64(&self.n_atoms)),
            ("numbers", &atoms[..], NpzArray::I64(&self.numbers)),
            ("positions", &vectors[..], NpzArray::F64(&self.positions)),
        ];
        if !self.energies.is_empty() {
            arrays.push(("energies", &frames[..], NpzArray::F64(&self.energies)));
        }
        if !self.forces.is_empty() {
            arrays.push(("forces", &vectors[..], NpzArray::F64(&self.forces)));
        }
        Ok(write_npz(path, &arrays)?)
    }
}
