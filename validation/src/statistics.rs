//! Errors of means of correlated samples.
//!
//! Flyvbjerg & Petersen, J. Chem. Phys. 91, 461 (1989): neighbours are averaged pairwise, again and again; the naive
//! error of the mean of the averaged series rises until the blocks are longer than the correlation time. The largest
//! value among the levels with at least 16 blocks is taken: it errs on the safe side by the noise of that level,
//! 1/√(2·15) = 18 %.

use crate::ValidationError;
use serde::Serialize;

const FEWEST_BLOCKS: usize = 16;

/// A mean with an error that knows of the correlation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BlockAverage {
    /// Of all samples.
    pub mean: f64,
    /// Standard error of the mean.
    pub error: f64,
    /// Standard deviation of one sample.
    pub standard_deviation: f64,
    /// g ≥ 1: this many samples are worth one independent sample.
    pub inefficiency: f64,
    /// How many.
    pub samples: u64,
}

impl BlockAverage {
    /// Of equally spaced samples. Fails below two and on numbers that are not finite.
    pub fn of(series: &[f64]) -> Result<Self, ValidationError> {
        check(series)?;
        let samples = series.len();
        let (mean, variance) = moments(series);
        let naive = variance / samples as f64;
        let mut largest = naive;
        let mut blocked = series.to_vec();
        while blocked.len() / 2 >= FEWEST_BLOCKS {
            blocked = blocked
                .chunks_exact(2)
                .map(|pair| (pair[0] + pair[1]) / 2.0)
                .collect();
            largest = largest.max(moments(&blocked).1 / blocked.len() as f64);
        }
        Ok(Self {
            mean,
            error: largest.sqrt(),
            standard_deviation: variance.sqrt(),
            inefficiency: if naive > 0.0 { largest / naive } else { 1.0 },
            samples: samples as u64,
        })
    }
}

/// Where the equilibrated part of a series begins: the start that leaves the largest number of independent samples,
/// (n − t₀)/g(t₀), Chodera, J. Chem. Theory Comput. 12, 1799 (2016). Tried in twentieths of the series, the first half
/// only.
pub fn equilibration_start(series: &[f64]) -> Result<usize, ValidationError> {
    check(series)?;
    let independent = |start: usize| -> f64 {
        let rest = &series[start..];
        BlockAverage::of(rest).map_or(0.0, |average| rest.len() as f64 / average.inefficiency)
    };
    let mut best = (0, independent(0));
    for part in 1..=10 {
        let start = part * series.len() / 20;
        let count = independent(start);
        if count > best.1 {
            best = (start, count);
        }
    }
    Ok(best.0)
}

fn check(series: &[f64]) -> Result<(), ValidationError> {
    if let Some(sample) = series.iter().position(|value| !value.is_finite()) {
        return Err(ValidationError::NonFiniteSample {
            quantity: "a series",
            sample: sample as u64,
        });
    }
    if series.len() < 2 {
        let (quantity, found) = ("the error of a mean", series.len() as u64);
        return Err(ValidationError::TooFew {
            quantity,
            unit: "samples",
            needed: 2,
            found,
        });
    }
    Ok(())
}

/// Mean and unbiased variance.
fn moments(series: &[f64]) -> (f64, f64) {
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let squares: f64 = series.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, squares / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::random::Generator;

    /// x ← φx + √(1−φ²)ξ has unit variance and g = (1+φ)/(1−φ).
    fn autoregressive(samples: usize, phi: f64, seed: u64) -> Vec<f64> {
        let mut generator = Generator::new(seed, 0);
        let mut x = generator.normal();
        (0..samples)
            .map(|_| {
                x = phi * x + (1.0 - phi * phi).sqrt() * generator.normal();
                x
            })
            .collect()
    }

    /// φ = 0.9: g = 19, so the naive error is 4.4 times too small.
    #[test]
    fn the_error_of_a_correlated_mean_knows_of_the_correlation() {
        let average = BlockAverage::of(&autoregressive(1 << 16, 0.9, 2)).unwrap();
        assert!(
            (average.inefficiency / 19.0 - 1.0).abs() < 0.4,
            "{average:?}"
        );
        let exact = (19.0 / 65536.0f64).sqrt();
        assert!((average.error / exact - 1.0).abs() < 0.25, "{average:?}");
    }

    #[test]
    fn independent_samples_have_no_inefficiency() {
        let average = BlockAverage::of(&autoregressive(1 << 14, 0.0, 3)).unwrap();
        assert!(average.inefficiency < 1.5, "{average:?}");
        assert!((average.standard_deviation - 1.0).abs() < 0.03);
    }

    #[test]
    fn two_samples_by_hand() {
        let average = BlockAverage::of(&[1.0, 3.0]).unwrap();
        assert_eq!((average.mean, average.error), (2.0, 1.0));
        assert!(BlockAverage::of(&[1.0]).is_err());
        assert!(BlockAverage::of(&[1.0, f64::NAN]).is_err());
    }

    #[test]
    fn a_relaxing_start_is_cut_off() {
        let mut series = autoregressive(4000, 0.5, 4);
        for (k, value) in series.iter_mut().enumerate() {
            *value += 30.0 * (-(k as f64) / 150.0).exp();
        }
        let start = equilibration_start(&series).unwrap();
        assert!((400..=1200).contains(&start), "{start}");
    }
}
