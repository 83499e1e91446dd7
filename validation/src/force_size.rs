//! How the error of a force grows with the force itself: bins of equally many atoms, ordered by the size of the
//! reference force.
//!
//! Equal counts rather than equal widths: forces of a molecule at 500 K lie between 0 and 10 eV/Å with few large ones,
//! and a bin of three atoms says nothing.

use crate::error::{all_finite, same_length};
use crate::ValidationError;
use oreo_core::Vec3;
use serde::Serialize;

/// Size and error of every atom: 16 bytes each.
#[derive(Debug, Clone, Default)]
pub struct ForceSizeErrors {
    frames: u64,
    /// |F| of the reference, eV/Å, and mean |F̂ − F| over the components, eV/Å
    atoms: Vec<[f64; 2]>,
}

/// Atoms with reference forces of similar size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ForceSizeBin {
    /// How many.
    pub atoms: u64,
    /// Smallest |F|.
    pub from_ev_per_a: f64,
    /// Largest |F|.
    pub to_ev_per_a: f64,
    /// Mean |F|.
    pub force_ev_per_a: f64,
    /// Mean |F̂ − F| over atoms and components.
    pub force_mae_mev_per_a: f64,
}

impl ForceSizeErrors {
    /// One frame, forces in eV/Å, (n,). Refuses other lengths and numbers that are not finite; then nothing changes.
    pub fn add_frame(
        &mut self,
        predicted: &[Vec3],
        reference: &[Vec3],
    ) -> Result<(), ValidationError> {
        same_length("predicted forces", reference.len(), predicted.len())?;
        all_finite("predicted force", predicted, self.frames)?;
        all_finite("reference force", reference, self.frames)?;
        self.frames += 1;
        let error = |p: &Vec3, r: &Vec3| (p - r).lp_norm(1) / 3.0;
        let pairs = predicted.iter().zip(reference);
        self.atoms
            .extend(pairs.map(|(p, r)| [r.norm(), error(p, r)]));
        Ok(())
    }

    /// At most `count` bins by ascending force, whose atoms differ in number by one at most; none without atoms.
    pub fn bins(&self, count: usize) -> Vec<ForceSizeBin> {
        let mut atoms = self.atoms.clone();
        atoms.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let count = count.clamp(1, atoms.len().max(1));
        let start = |k: usize| k * atoms.len() / count;
        let bins = (0..count).map(|k| &atoms[start(k)..start(k + 1)]);
        bins.filter_map(bin).collect()
    }
}

fn bin(atoms: &[[f64; 2]]) -> Option<ForceSizeBin> {
    let mean = |which: usize| atoms.iter().map(|a| a[which]).sum::<f64>() / atoms.len() as f64;
    Some(ForceSizeBin {
        atoms: atoms.len() as u64,
        from_ev_per_a: atoms.first()?[0],
        to_ev_per_a: atoms.last()?[0],
        force_ev_per_a: mean(0),
        force_mae_mev_per_a: 1000.0 * mean(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forces of 1 to 6 eV/Å with errors of 1 to 6 meV/Å along x, a third of that over the components, in three bins.
    /// Catches bins of equal width, and a norm instead of the mean over components.
    #[test]
    fn bins_by_hand() {
        let mut errors = ForceSizeErrors::default();
        for size in [4.0, 1.0, 6.0, 2.0, 100.0, 3.0] {
            let force = Vec3::new(0.0, size, 0.0);
            let predicted = force + Vec3::new(1e-3 * size, 0.0, 0.0);
            errors.add_frame(&[predicted], &[force]).unwrap();
        }
        let bins = errors.bins(3);
        assert_eq!(bins.len(), 3);
        for (bin, (from, to)) in bins.iter().zip([(1.0, 2.0), (3.0, 4.0), (6.0, 100.0)]) {
            assert_eq!(
                (bin.atoms, bin.from_ev_per_a, bin.to_ev_per_a),
                (2, from, to)
            );
            let mean = 0.5 * (from + to);
            assert!((bin.force_ev_per_a - mean).abs() < 1e-12);
            assert!((bin.force_mae_mev_per_a - mean / 3.0).abs() < 1e-9);
        }
    }

    #[test]
    fn few_atoms_have_few_bins_and_broken_forces_are_refused() {
        let mut errors = ForceSizeErrors::default();
        assert_eq!(errors.bins(20), []);
        let nan = [Vec3::new(0.0, f64::NAN, 0.0)];
        assert!(errors.add_frame(&nan, &[Vec3::zeros()]).is_err());
        assert!(errors.add_frame(&[], &[Vec3::zeros()]).is_err());
        errors.add_frame(&[Vec3::x()], &[Vec3::zeros()]).unwrap();
        assert_eq!(errors.bins(20).len(), 1);
    }
}
