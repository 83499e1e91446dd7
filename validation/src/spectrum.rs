//! Velocity autocorrelation and vibrational density of states.
//!
//! C(t) = Σ_i m_i ⟨v_i(0)·v_i(t)⟩ / Σ_i m_i ⟨v_i²⟩ (Dickey & Paskin, Phys. Rev. 188, 1407 (1969)); its cosine transform
//! is the density of vibrational states, each mode with the same weight at equipartition. Frames must be equally
//! spaced, and close: a spacing of 50 fs cannot show anything above 334 cm⁻¹; 4 fs reach 4170 cm⁻¹.

use crate::error::{all_finite, positive, same_length};
use crate::ValidationError;
use oreo_core::units::FEMTOSECOND;
use oreo_core::Vec3;
use rustfft::{num_complex::Complex64, FftPlanner};
use serde::Serialize;
use std::f64::consts::PI;

/// Speed of light in cm/fs; exact by definition of the metre.
const LIGHT_CM_PER_FS: f64 = 2.997_924_58e-5;

/// C(t) at multiples of the frame spacing, C(0) = 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VelocityAutocorrelation {
    /// Between two values.
    pub spacing_fs: f64,
    /// C(0), C(Δt), … up to half the length of the trajectory.
    pub values: Vec<f64>,
}

/// Density of vibrational states with unit integral.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spectrum {
    /// From 0 to the Nyquist limit.
    pub wavenumber_per_cm: Vec<f64>,
    /// cm
    pub density_cm: Vec<f64>,
    /// Two modes closer than this are one peak.
    pub resolution_per_cm: f64,
}

impl VelocityAutocorrelation {
    /// Velocities of equally spaced frames, (frames, n), in any unit; masses in any unit; `spacing` in internal time.
    /// By the Wiener–Khinchin theorem: transform, square, transform back, with zeros behind so that the end does not
    /// meet the beginning. Memory: one component at a time. Fails below 4 frames, on unequal frames, and when nothing
    /// moves.
    pub fn of<F: AsRef<[Vec3]>>(
        frames: &[F],
        masses: &[f64],
        spacing: f64,
    ) -> Result<Self, ValidationError> {
        positive("spacing of the frames", spacing)?;
        check(frames, masses.len())?;
        let count = frames.len();
        let length = (2 * count).next_power_of_two();
        let mut planner = FftPlanner::new();
        let (forward, inverse) = (
            planner.plan_fft_forward(length),
            planner.plan_fft_inverse(length),
        );
        let mut power = vec![Complex64::ZERO; length];
        let mut series = vec![Complex64::ZERO; length];
        for (atom, mass) in masses.iter().enumerate() {
            for axis in 0..3 {
                series.fill(Complex64::ZERO);
                for (value, frame) in series.iter_mut().zip(frames) {
                    value.re = frame.as_ref()[atom][axis];
                }
                forward.process(&mut series);
                power
                    .iter_mut()
                    .zip(&series)
                    .for_each(|(sum, value)| sum.re += mass * value.norm_sqr());
            }
        }
        inverse.process(&mut power);
        let unbiased = |lag: usize| power[lag].re / (count - lag) as f64;
        let zero = unbiased(0);
        if zero <= 0.0 {
            let expected = "at least one atom must move";
            return Err(ValidationError::InvalidParameter {
                parameter: "mean square velocity",
                value: zero,
                expected,
            });
        }
        let values = (0..count / 2).map(|lag| unbiased(lag) / zero).collect();
        Ok(Self {
            spacing_fs: spacing / FEMTOSECOND,
            values,
        })
    }

    /// Cosine transform of C(t), damped to zero at its end by cos²(πt/2T) (Hann), so that the cut does not ring.
    pub fn spectrum(&self) -> Spectrum {
        let lags = self.values.len();
        let length = (4 * lags).next_power_of_two();
        let mut series = vec![Complex64::ZERO; length];
        for (lag, value) in self.values.iter().enumerate() {
            let damped = value * (0.5 * PI * lag as f64 / lags as f64).cos().powi(2);
            series[lag].re = damped;
            // even in time: C(−t) = C(t)
            series[(length - lag) % length].re = damped;
        }
        FftPlanner::new()
            .plan_fft_forward(length)
            .process(&mut series);
        let step = 1.0 / (length as f64 * self.spacing_fs * LIGHT_CM_PER_FS);
        let half = &series[..=length / 2];
        let integral: f64 = half.iter().map(|value| value.re).sum::<f64>() * step;
        Spectrum {
            wavenumber_per_cm: (0..half.len()).map(|k| k as f64 * step).collect(),
            density_cm: half.iter().map(|value| value.re / integral).collect(),
            resolution_per_cm: 1.0 / (lags as f64 * self.spacing_fs * LIGHT_CM_PER_FS),
        }
    }
}

/// Velocities from positions by central differences, for trajectories without them; two frames fewer. Amplitudes at
/// high frequency are damped by sin(ωΔt)/ωΔt, places of peaks are not moved. Positions must be unwrapped.
pub fn velocities_from_positions<F: AsRef<[Vec3]>>(
    frames: &[F],
    spacing: f64,
) -> Result<Vec<Vec<Vec3>>, ValidationError> {
    positive("spacing of the frames", spacing)?;
    check(
        frames,
        frames.first().map_or(0, |frame| frame.as_ref().len()),
    )?;
    let difference = |three: &[F]| {
        let ends = three[0].as_ref().iter().zip(three[2].as_ref());
        ends.map(|(before, after)| (after - before) / (2.0 * spacing))
            .collect()
    };
    Ok(frames.windows(3).map(difference).collect())
}

fn check<F: AsRef<[Vec3]>>(frames: &[F], atoms: usize) -> Result<(), ValidationError> {
    if frames.len() < 4 {
        let (quantity, found) = ("the velocity autocorrelation", frames.len() as u64);
        return Err(ValidationError::TooFew {
            quantity,
            unit: "frames",
            needed: 4,
            found,
        });
    }
    for (index, frame) in frames.iter().enumerate() {
        same_length("atoms in a frame", atoms, frame.as_ref().len())?;
        all_finite("velocity or position", frame.as_ref(), index as u64)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An oscillator of k = 20 eV/Å², m = 12 amu: ω = √(k/m) per internal time, ν̃ = ω/2πc.
    fn oscillator(frames: usize, spacing_fs: f64) -> (Vec<Vec<Vec3>>, f64) {
        let omega = (20.0f64 / 12.0).sqrt();
        let velocity = |k: usize| {
            let t = k as f64 * spacing_fs * FEMTOSECOND;
            vec![Vec3::new((omega * t + 0.3).cos(), 0.0, 0.0)]
        };
        let wavenumber = omega * FEMTOSECOND / (2.0 * PI * LIGHT_CM_PER_FS);
        ((0..frames).map(velocity).collect(), wavenumber)
    }

    fn peak(spectrum: &Spectrum) -> f64 {
        let highest = (0..spectrum.density_cm.len())
            .max_by(|&a, &b| spectrum.density_cm[a].total_cmp(&spectrum.density_cm[b]))
            .unwrap();
        spectrum.wavenumber_per_cm[highest]
    }

    /// Catches ω taken for ν (6.28 times too high), a power of v without the correlation (twice the frequency), and
    /// an internal time taken for femtoseconds.
    #[test]
    fn an_oscillator_shows_its_frequency() {
        let (velocities, wavenumber) = oscillator(4000, 1.0);
        assert!(
            (wavenumber - 673.0).abs() < 1.0,
            "√(20/12) by hand: {wavenumber}"
        );
        let correlation = VelocityAutocorrelation::of(&velocities, &[12.0], FEMTOSECOND).unwrap();
        let spectrum = correlation.spectrum();
        assert!((peak(&spectrum) - wavenumber).abs() < spectrum.resolution_per_cm);
        assert!(spectrum.resolution_per_cm < 17.0);
        let step = spectrum.wavenumber_per_cm[1];
        assert!((spectrum.density_cm.iter().sum::<f64>() * step - 1.0).abs() < 1e-9);
    }

    /// C(t) = cos ωt for one oscillator; the phase averages out over full periods.
    #[test]
    fn the_autocorrelation_of_an_oscillator_is_its_cosine() {
        let (velocities, wavenumber) = oscillator(20_000, 1.0);
        let correlation = VelocityAutocorrelation::of(&velocities, &[12.0], FEMTOSECOND).unwrap();
        for lag in [0, 10, 25, 60] {
            let exact = (2.0 * PI * wavenumber * LIGHT_CM_PER_FS * lag as f64).cos();
            assert!((correlation.values[lag] - exact).abs() < 2e-3, "{lag}");
        }
    }

    #[test]
    fn central_differences_keep_the_place_of_the_peak() {
        let (positions, wavenumber) = oscillator(4000, 2.0);
        let spacing = 2.0 * FEMTOSECOND;
        let velocities = velocities_from_positions(&positions, spacing).unwrap();
        let spectrum = VelocityAutocorrelation::of(&velocities, &[1.0], spacing)
            .unwrap()
            .spectrum();
        assert!((peak(&spectrum) - wavenumber).abs() < spectrum.resolution_per_cm);
    }

    #[test]
    fn short_uneven_and_motionless_trajectories_are_refused() {
        let (mut velocities, _) = oscillator(10, 1.0);
        assert!(VelocityAutocorrelation::of(&velocities[..3], &[1.0], 1.0).is_err());
        assert!(VelocityAutocorrelation::of(&velocities, &[1.0, 2.0], 1.0).is_err());
        assert!(VelocityAutocorrelation::of(&vec![vec![Vec3::zeros()]; 9], &[1.0], 1.0).is_err());
        velocities[4][0].x = f64::NAN;
        assert!(VelocityAutocorrelation::of(&velocities, &[1.0], 1.0).is_err());
    }
}
