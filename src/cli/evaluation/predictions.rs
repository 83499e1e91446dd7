//! What the network said of every frame, for NumPy.

use anyhow::Result;
use oreo_core::Vec3;
use oreo_formats::npz::{write_npz, NpzArray};
use std::path::Path;

/// Energies and forces of all frames, one behind another.
#[derive(Default)]
pub struct Predictions {
    /// eV, (frames,)
    energies: Vec<f64>,
    /// eV/Å, (3 · all atoms,)
    forces: Vec<f64>,
    /// (frames,)
    atoms: Vec<i64>,
}

impl Predictions {
    /// One frame: eV; eV/Å, (n,).
    pub fn add(&mut self, energy: f64, forces: &[Vec3]) {
        self.energies.push(energy);
        self.forces
            .extend(forces.iter().flat_map(|force| force.iter()));
        self.atoms.push(forces.len() as i64);
    }

    /// `energies` (F,) in eV and `forces` (F, N, 3) in eV/Å; when frames have unequal numbers of atoms `forces` is
    /// (all atoms, 3) with `n_atoms` (F,) beside it. Replaces the file in one stroke.
    pub fn write(&self, path: &Path) -> Result<()> {
        let frames = self.energies.len();
        let energies = ("energies", &[frames][..], NpzArray::F64(&self.energies));
        let values = NpzArray::F64(&self.forces);
        match self.common_atoms() {
            Some(atoms) => write_npz(path, &[energies, ("forces", &[frames, atoms, 3], values)])?,
            None => {
                let all = self.forces.len() / 3;
                let counts = ("n_atoms", &[frames][..], NpzArray::I64(&self.atoms));
                write_npz(path, &[energies, ("forces", &[all, 3], values), counts])?;
            }
        }
        Ok(())
    }

    fn common_atoms(&self) -> Option<usize> {
        let first = *self.atoms.first()?;
        let same = self.atoms.iter().all(|&atoms| atoms == first);
        same.then_some(first as usize)
    }
}
