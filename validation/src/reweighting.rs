//! What frames of one potential say about the ensemble of another: each frame counts exp(−(E_wanted − E_sampled)/kT) times.
//!
//! That is the average that Zwanzig's perturbation theory is made of (J. Chem. Phys. 22, 1420, 1954), exact for frames without
//! end. With few, it rests on those where both potentials meet: how many frames of equal weight would scatter as much is Kish's
//! number (Σw)²/Σw² (Survey Sampling, 1965), and below some hundreds nothing should be read from the result.
//!
//! Needed for rMD17: its frames were drawn from dynamics at one level of theory and labelled at another, whose bonds are a
//! little longer. A perfect potential of the labels does not reproduce the distances of such frames; it reproduces these.

use crate::{DistanceHistogram, Distribution, ValidationError};
use oreo_core::Frame;

/// Weights of frames, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Reweighting {
    /// Sum to 1, (frames,)
    weights: Vec<f64>,
}

impl Reweighting {
    /// From energies of the same frames at the level that they were sampled at, and at the level that is wanted (eV, each
    /// up to a constant), and the thermal energy `kt` (eV) of the sampling.
    ///
    /// # Errors
    /// Lists of unequal length or without entries, an energy that is not finite, `kt` not above zero.
    pub fn new(sampled: &[f64], wanted: &[f64], kt: f64) -> Result<Self, ValidationError> {
        check(sampled, wanted, kt)?;
        let exponents = || wanted.iter().zip(sampled).map(|(w, s)| -(w - s) / kt);
        // The largest becomes exp(0): a constant between the levels may be thousands of eV.
        let largest = exponents().fold(f64::NEG_INFINITY, f64::max);
        let mut weights: Vec<f64> = exponents().map(|x| (x - largest).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Ok(Self { weights })
    }

    /// Of the frames, in their order; they sum to 1.
    pub(crate) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// (Σw)²/Σw², between 1 and the number of frames.
    pub fn effective_frames(&self) -> f64 {
        1.0 / self
            .weights
            .iter()
            .map(|weight| weight * weight)
            .sum::<f64>()
    }

    /// h(r) at the level that is wanted.
    ///
    /// # Errors
    /// Another number of frames than of weights, a position that is not finite, no pair within the range.
    pub fn distribution(&self, frames: &[Frame]) -> Result<Distribution, ValidationError> {
        same_length("weights of frames", frames.len(), self.weights.len())?;
        weighted(frames, &self.weights)
    }

    /// MAE between h(r) of the first half of the frames and of the second, both at the level that is wanted.
    ///
    /// # Errors
    /// As of [`Self::distribution`]; fewer than two frames.
    pub fn half_split(&self, frames: &[Frame]) -> Result<f64, ValidationError> {
        same_length("weights of frames", frames.len(), self.weights.len())?;
        let middle = frames.len() / 2;
        let first = weighted(&frames[..middle], &self.weights[..middle])?;
        let second = weighted(&frames[middle..], &self.weights[middle..])?;
        Ok(first.mae(&second))
    }
}

fn check(sampled: &[f64], wanted: &[f64], kt: f64) -> Result<(), ValidationError> {
    same_length("energies of frames", wanted.len(), sampled.len())?;
    if sampled.is_empty() {
        return Err(ValidationError::TooFew {
            quantity: "reweighting",
            unit: "frames",
            needed: 1,
            found: 0,
        });
    }
    if !(kt > 0.0 && kt.is_finite()) {
        return Err(ValidationError::InvalidParameter {
            parameter: "kt",
            value: kt,
            expected: "give the thermal energy of the frames in eV",
        });
    }
    let mut both = sampled.iter().zip(wanted);
    match both.position(|(s, w)| !(w - s).is_finite()) {
        None => Ok(()),
        Some(sample) => Err(ValidationError::NonFiniteSample {
            quantity: "difference of energies",
            sample: sample as u64,
        }),
    }
}

fn same_length(what: &'static str, expected: usize, found: usize) -> Result<(), ValidationError> {
    match expected == found {
        true => Ok(()),
        false => Err(ValidationError::LengthMismatch {
            what,
            expected,
            found,
        }),
    }
}

fn weighted(frames: &[Frame], weights: &[f64]) -> Result<Distribution, ValidationError> {
    let mut sum = crate::distances::WeightedHistogram::default();
    let mut one = DistanceHistogram::new();
    for (frame, &weight) in frames.iter().zip(weights) {
        one.clear();
        one.add_frame(&frame.positions, &frame.cell)?;
        sum.add(&one, weight);
    }
    sum.distribution()
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::Vec3;

    fn pair(distance: f64) -> Frame {
        let hydrogen = "H".parse().expect("an element");
        let positions = vec![Vec3::zeros(), Vec3::new(distance, 0.0, 0.0)];
        Frame::new(vec![hydrogen; 2], positions)
    }

    /// Energies that rise by kT·ln 3 with the second frame make it count a third of the first: ¾ and ¼. Catches the sign of
    /// the exponent (¼ and ¾) and a constant between the levels that overflows.
    #[test]
    fn two_frames_by_hand() {
        let kt = 0.05;
        let wanted = [-4000.0, -4000.0 + kt * 3.0_f64.ln()];
        let reweighting = Reweighting::new(&[1.0, 1.0], &wanted, kt).unwrap();
        let frames = [pair(1.01), pair(2.01)];
        let h = reweighting.distribution(&frames).unwrap();
        assert!((h.density()[50] - 0.75 / 0.02).abs() < 1e-6);
        assert!((h.density()[100] - 0.25 / 0.02).abs() < 1e-6);
        // 1/(9/16 + 1/16)
        assert!((reweighting.effective_frames() - 1.6).abs() < 1e-9);
        assert!((reweighting.half_split(&frames).unwrap() - 2.0).abs() < 1e-12);
    }

    /// Displacements evenly spaced are frames of a flat potential; weighted by a harmonic bond they must have its variance,
    /// kT/k. Catches weights that are not Boltzmann's (a factor two in the exponent, the temperature forgotten).
    #[test]
    fn frames_of_no_force_become_those_of_a_spring() {
        let (kt, stiffness) = (0.05, 3.0);
        let displacements: Vec<f64> = (-400..=400).map(|k| 0.005 * f64::from(k)).collect();
        let spring: Vec<f64> = displacements
            .iter()
            .map(|x| 0.5 * stiffness * x * x)
            .collect();
        let flat = vec![0.0; spring.len()];
        let weights = Reweighting::new(&flat, &spring, kt).unwrap().weights;
        let square = |(weight, x): (&f64, &f64)| weight * x * x;
        let variance: f64 = weights.iter().zip(&displacements).map(square).sum();
        assert!((variance - kt / stiffness).abs() < 1e-6, "{variance}");
    }

    #[test]
    fn equal_levels_change_nothing() {
        let frames = [pair(1.01), pair(1.21), pair(2.01)];
        let energies = [0.3, -0.1, 7.0];
        let reweighting = Reweighting::new(&energies, &energies, 0.04).unwrap();
        assert!((reweighting.effective_frames() - 3.0).abs() < 1e-9);
        let plain = frames.iter().map(|f| (&f.positions[..], &f.cell));
        let plain = DistanceHistogram::of(plain).unwrap();
        let h = reweighting.distribution(&frames).unwrap();
        assert!(h.mae(&plain.distribution().unwrap()) < 1e-12);
    }

    #[test]
    fn nonsense_is_refused() {
        let refused = |sampled: &[f64], wanted: &[f64], kt| {
            Reweighting::new(sampled, wanted, kt)
                .unwrap_err()
                .to_string()
        };
        assert!(refused(&[1.0], &[1.0, 2.0], 0.04).contains("energies of frames"));
        assert!(refused(&[], &[], 0.04).contains("at least 1"));
        assert!(refused(&[1.0], &[f64::NAN], 0.04).contains("sample 0"));
        assert!(refused(&[1.0], &[1.0], 0.0).contains("kt = 0"));
        let one = Reweighting::new(&[1.0], &[1.0], 0.04).unwrap();
        assert!(one.distribution(&[]).is_err());
    }
}
