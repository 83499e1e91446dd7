//! From a mean squared displacement to D: the slope of least squares over a window of lags.

use super::SpeciesDiffusion;

/// Share of the length where the fit begins.
const FIT_FROM: f64 = 0.01;
/// Share of the length where the fit ends: half a block.
const FIT_TO: f64 = 0.05;
/// 1 Å²/ps = 10⁻¹⁶ cm² / 10⁻¹² s
const CM2_PER_S: f64 = 1e-4;

/// Lags of the fit, both included.
pub(super) struct Window {
    pub(super) first: usize,
    pub(super) last: usize,
    spacing_ps: f64,
}

impl Window {
    pub(super) fn of(frames: usize, spacing_ps: f64) -> Self {
        Self {
            first: (FIT_FROM * frames as f64).ceil() as usize,
            last: (FIT_TO * frames as f64).floor() as usize,
            spacing_ps,
        }
    }

    /// Å²/ps
    pub(super) fn slope(&self, msd: &[f64]) -> f64 {
        let times = (self.first..=self.last).map(|lag| lag as f64 * self.spacing_ps);
        slope(times.zip(msd[self.first..=self.last].iter().copied()))
    }

    pub(super) fn species(
        &self,
        name: &str,
        atoms: usize,
        msd: &[f64],
        of_blocks: &[f64],
    ) -> SpeciesDiffusion {
        let diffusion = self.slope(msd) / 6.0;
        let error = error_of_mean(of_blocks) / 6.0;
        let logarithms = (self.first..=self.last).map(|lag| ((lag as f64).ln(), msd[lag].ln()));
        let exponent = slope(logarithms);
        SpeciesDiffusion {
            species: name.into(),
            atoms,
            diffusion_a2_per_ps: diffusion,
            error_a2_per_ps: error,
            diffusion_cm2_per_s: diffusion * CM2_PER_S,
            error_cm2_per_s: error * CM2_PER_S,
            exponent: exponent.is_finite().then_some(exponent),
            msd_a2: msd.to_vec(),
        }
    }
}

/// Of least squares.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count() as f64;
    let (x, y) = points
        .clone()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (x, y) = (x / count, y / count);
    let products = points.fold((0.0, 0.0), |(xx, xy), (px, py)| {
        (xx + (px - x).powi(2), xy + (px - x) * (py - y))
    });
    products.1 / products.0
}

fn error_of_mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (count - 1.0) / count).sqrt()
}
