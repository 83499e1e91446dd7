//! Velocity autocorrelation and spectrum of a trajectory of any length in bounded memory.
//!
//! C(t) is computed in stretches of `SEGMENT` frames and averaged: that smooths the spectrum, too. A last stretch that
//! is not full is left out unless it is the only one.

use super::results::SpectrumAnalysis;
use oreo_core::Vec3;
use oreo_validation::spectrum::{Spectrum, VelocityAutocorrelation};
use oreo_validation::ValidationError;

/// Frames in a stretch: 4 ps of 1 fs frames, whose spectrum shows what is 17 1/cm apart.
const SEGMENT: usize = 4096;
/// fs. Frames further apart fold the stretch of H₂ (4161 1/cm, the highest of all molecules) onto a lower wavenumber:
/// 1/(2c · 4 fs) = 4170 1/cm.
pub const LARGEST_SPACING: f64 = 4.0;
/// Peaks lower than this share of the highest may be side lobes of the window (−32 dB, 2.5 %).
const LOWEST_PEAK: f64 = 0.05;
const MOST_PEAKS: usize = 20;

/// Collects velocities.
pub struct Velocities {
    masses: Vec<f64>,
    segment: Vec<Vec<Vec3>>,
    sum: Vec<f64>,
    segments: u64,
}

/// What they say.
pub struct Vibrations {
    /// C(t)
    pub autocorrelation: VelocityAutocorrelation,
    /// Its transform.
    pub spectrum: Spectrum,
    /// In numbers.
    pub analysis: SpectrumAnalysis,
}

impl Velocities {
    /// `masses` in amu, one an atom.
    pub fn new(masses: Vec<f64>) -> Self {
        Self {
            masses,
            segment: Vec::new(),
            sum: Vec::new(),
            segments: 0,
        }
    }

    /// The next frame.
    pub fn add(&mut self, velocities: Vec<Vec3>) -> Result<(), ValidationError> {
        self.segment.push(velocities);
        if self.segment.len() == SEGMENT {
            self.close()?;
        }
        Ok(())
    }

    /// C(t) has no unit: the spacing of a stretch does not matter before all are averaged.
    fn close(&mut self) -> Result<(), ValidationError> {
        let values = VelocityAutocorrelation::of(&self.segment, &self.masses, 1.0)?.values;
        self.sum.resize(values.len(), 0.0);
        self.sum
            .iter_mut()
            .zip(&values)
            .for_each(|(sum, value)| *sum += value);
        self.segments += 1;
        self.segment.clear();
        Ok(())
    }

    /// `spacing` of the frames in fs.
    pub fn finish(mut self, spacing: f64) -> Result<Vibrations, ValidationError> {
        let mut frames_per_segment = SEGMENT;
        if self.segments == 0 {
            frames_per_segment = self.segment.len();
            self.close()?;
        }
        let count = self.segments as f64;
        let autocorrelation = VelocityAutocorrelation {
            spacing_fs: spacing,
            values: self.sum.iter().map(|sum| sum / count).collect(),
        };
        let spectrum = autocorrelation.spectrum();
        let analysis = SpectrumAnalysis {
            segments: self.segments,
            frames_per_segment,
            spacing_fs: spacing,
            resolution_per_cm: spectrum.resolution_per_cm,
            highest_per_cm: spectrum.wavenumber_per_cm.last().copied().unwrap_or(0.0),
            peaks_per_cm: peaks(&spectrum),
        };
        Ok(Vibrations {
            autocorrelation,
            spectrum,
            analysis,
        })
    }
}

/// Local maxima, the highest ones, ascending by wavenumber.
fn peaks(spectrum: &Spectrum) -> Vec<f64> {
    let density = &spectrum.density_cm;
    let highest = density.iter().copied().fold(0.0, f64::max);
    let is_peak = |&k: &usize| {
        density[k] > density[k - 1]
            && density[k] >= density[k + 1]
            && density[k] > LOWEST_PEAK * highest
    };
    let mut found: Vec<usize> = (1..density.len().saturating_sub(1))
        .filter(is_peak)
        .collect();
    found.sort_by(|&a, &b| density[b].total_cmp(&density[a]));
    found.truncate(MOST_PEAKS);
    found.sort_unstable();
    found
        .into_iter()
        .map(|k| spectrum.wavenumber_per_cm[k])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// Speed of light, cm/fs.
    const LIGHT: f64 = 2.997_924_58e-5;

    /// One atom that oscillates at 1000 and 3000 1/cm. Catches stretches that are summed and not averaged (C(0) ≠ 1), a
    /// spacing in another unit, and a last stretch that is added although it is short.
    #[test]
    fn both_modes_are_found_in_one_stretch_and_in_several() {
        for frames in [1000, 2 * SEGMENT + 100] {
            let mut velocities = Velocities::new(vec![12.0]);
            for k in 0..frames {
                let phase = |wavenumber: f64| 2.0 * PI * LIGHT * wavenumber * 2.0 * k as f64;
                let v = Vec3::new(phase(1000.0).cos(), phase(3000.0).cos(), 0.0);
                velocities.add(vec![v]).unwrap();
            }
            let found = velocities.finish(2.0).unwrap();
            assert!((found.autocorrelation.values[0] - 1.0).abs() < 1e-9);
            assert_eq!(found.analysis.segments, if frames == 1000 { 1 } else { 2 });
            let peaks = found.analysis.peaks_per_cm;
            let near =
                |peak: f64, place: f64| (peak - place).abs() < found.analysis.resolution_per_cm;
            assert!(
                peaks.len() == 2 && near(peaks[0], 1000.0) && near(peaks[1], 3000.0),
                "{peaks:?}"
            );
        }
    }

    #[test]
    fn too_few_frames_are_an_error() {
        assert!(Velocities::new(vec![1.0]).finish(1.0).is_err());
    }
}
