//! Errors of predicted energies, after the mean offset is removed: a force-matched model knows its energy up to a
//! constant only.
//!
//! Keep one accumulator per composition: the constant belongs to the molecule. The differences are kept (8 bytes a
//! frame), because a mean absolute deviation needs the mean first.

use crate::ValidationError;
use serde::Serialize;

/// Ê − E of every frame of one molecule.
#[derive(Debug, Clone, Default)]
pub struct EnergyErrors {
    differences: Vec<f64>,
}

/// Energy errors with the mean offset removed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EnergyReport {
    /// Frames compared.
    pub frames: u64,
    /// Mean |Ê − E − offset|, per molecule (not per atom).
    pub energy_mae_mev: f64,
    /// Root of its mean square.
    pub energy_rmse_mev: f64,
    /// Mean of Ê − E.
    pub energy_offset_ev: f64,
}

impl EnergyErrors {
    /// Without frames.
    pub fn new() -> Self {
        Self::default()
    }

    /// One frame, eV.
    pub fn add(&mut self, predicted: f64, reference: f64) -> Result<(), ValidationError> {
        let difference = predicted - reference;
        if !difference.is_finite() {
            let sample = self.differences.len() as u64;
            return Err(ValidationError::NonFiniteSample {
                quantity: "energy",
                sample,
            });
        }
        self.differences.push(difference);
        Ok(())
    }

    /// Fails without frames. With one frame the errors are zero by definition.
    pub fn report(&self) -> Result<EnergyReport, ValidationError> {
        Self::pooled(std::slice::from_ref(self))
    }

    /// Several molecules, each with its own offset; the offset reported is the mean over all frames.
    pub fn pooled(molecules: &[Self]) -> Result<EnergyReport, ValidationError> {
        let frames: usize = molecules
            .iter()
            .map(|molecule| molecule.differences.len())
            .sum();
        if frames == 0 {
            return Err(ValidationError::TooFew {
                quantity: "the energy error",
                unit: "frames",
                needed: 1,
                found: 0,
            });
        }
        let (mut absolute, mut squared, mut total) = (0.0, 0.0, 0.0);
        for molecule in molecules
            .iter()
            .filter(|molecule| !molecule.differences.is_empty())
        {
            let sum: f64 = molecule.differences.iter().sum();
            let offset = sum / molecule.differences.len() as f64;
            total += sum;
            for difference in &molecule.differences {
                absolute += (difference - offset).abs();
                squared += (difference - offset).powi(2);
            }
        }
        let n = frames as f64;
        Ok(EnergyReport {
            frames: frames as u64,
            energy_mae_mev: 1000.0 * absolute / n,
            energy_rmse_mev: 1000.0 * (squared / n).sqrt(),
            energy_offset_ev: total / n,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(differences: &[f64]) -> EnergyErrors {
        let mut errors = EnergyErrors::new();
        differences
            .iter()
            .for_each(|d| errors.add(-4209.0 + d, -4209.0).unwrap());
        errors
    }

    /// Differences 5.001, 5.003, 5.005 eV: offset 5.003, deviations 2, 0, 2 meV. Catches a forgotten offset (5003).
    #[test]
    fn the_mean_offset_is_removed() {
        let report = errors(&[5.001, 5.003, 5.005]).report().unwrap();
        assert!((report.energy_mae_mev - 4.0 / 3.0).abs() < 1e-6);
        assert!((report.energy_rmse_mev - (8.0f64 / 3.0).sqrt()).abs() < 1e-6);
        assert!((report.energy_offset_ev - 5.003).abs() < 1e-9);
    }

    /// Catches one offset for two molecules, which would report their difference as an error.
    #[test]
    fn every_molecule_has_its_own_offset() {
        let both = [
            errors(&[1.0, 1.002]),
            errors(&[-70.0, -70.002]),
            EnergyErrors::new(),
        ];
        let report = EnergyErrors::pooled(&both).unwrap();
        assert!((report.energy_mae_mev - 1.0).abs() < 1e-6);
        assert_eq!(report.frames, 4);
    }

    #[test]
    fn nothing_and_nan_are_refused() {
        assert!(EnergyErrors::new().report().is_err());
        assert!(EnergyErrors::new().add(f64::NAN, 0.0).is_err());
    }
}
