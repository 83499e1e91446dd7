//! Mean, spread and extremes of a stream of numbers, and the error of the mean when neighbours are alike. Fixed memory.

use crate::blocks::{Block, Blocks};
use oreo_core::{Archive, ArchiveError, Persist};
use std::convert::Infallible;

/// Below this many blocks their scatter says nothing.
const FEWEST_BLOCKS: usize = 8;

/// Mean and centred squares (Welford 1962; merged as by Chan, Golub & LeVeque 1983), extremes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub count: f64,
    pub mean: f64,
    squares: f64,
    pub min: f64,
    pub max: f64,
}

impl Moments {
    pub const NONE: Self = Self {
        count: 0.0,
        mean: 0.0,
        squares: 0.0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
    };

    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.squares += off * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Of one number; NaN without any.
    pub fn standard_deviation(&self) -> f64 {
        (self.squares / self.count).sqrt()
    }
}

impl Block for Moments {
    fn merge(&mut self, other: &Self) {
        let count = self.count + other.count;
        if count == 0.0 {
            return;
        }
        let off = other.mean - self.mean;
        self.mean += off * other.count / count;
        self.squares += other.squares + off * off * self.count * other.count / count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count = count;
    }

    fn clear(&mut self) {
        *self = Self::NONE;
    }
}

impl Persist for Moments {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let mut v = [self.count, self.mean, self.squares, self.min, self.max];
        archive.f64s("moments", &mut v)?;
        [self.count, self.mean, self.squares, self.min, self.max] = v;
        Ok(())
    }
}

/// A mean whose error comes from the scatter of the means of blocks in time, for 64 … 8 blocks, the largest taken (see
/// [`crate::statistics`], and [`crate::drift`] for the same about a slope).
#[derive(Debug, Clone)]
pub(crate) struct MeanMeter {
    blocks: Blocks<Moments>,
}

impl MeanMeter {
    pub fn new() -> Self {
        let blocks = Blocks::new(Moments::NONE);
        Self { blocks }
    }

    /// The next number in time.
    pub fn add(&mut self, value: f64) {
        let add = |block: &mut Moments| {
            block.add(value);
            Ok::<_, Infallible>(())
        };
        match self.blocks.sample(add) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Standard error of the mean; `None` below 8 numbers.
    pub fn error(&self) -> Option<f64> {
        let all = self.blocks.total()?;
        let errors = [1, 2, 4, 8].map(|factor| scatter(&self.blocks.coarsened(factor), &all));
        errors.into_iter().flatten().reduce(f64::max)
    }
}

/// σ²/B with σ² = Σ w (m − m̄)²/(B−1) over the mean weight: the last block may be shorter.
fn scatter(blocks: &[Moments], all: &Moments) -> Option<f64> {
    if blocks.len() < FEWEST_BLOCKS {
        return None;
    }
    let squares = blocks.iter().map(|b| b.count * (b.mean - all.mean).powi(2));
    Some((squares.sum::<f64>() / (blocks.len() - 1) as f64 / all.count).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::random::Generator;

    /// Two parts of 1 and 3 numbers: 1 | 2 3 6, mean 3, squares 4 + 1 + 0 + 9. Catches a merge that forgets the distance
    /// between the two means.
    #[test]
    fn merging_is_adding() {
        let of = |values: &[f64]| {
            let mut moments = Moments::NONE;
            values.iter().for_each(|&value| moments.add(value));
            moments
        };
        let mut merged = of(&[1.0]);
        merged.merge(&of(&[2.0, 3.0, 6.0]));
        assert_eq!((merged.count, merged.mean), (4.0, 3.0));
        assert!((merged.standard_deviation() - 3.5f64.sqrt()).abs() < 1e-12);
        assert_eq!((merged.min, merged.max), (1.0, 6.0));
    }

    /// Eight numbers 0 … 7: variance 6, error √(6/8). Below eight there is none.
    #[test]
    fn the_error_of_eight_numbers_by_hand() {
        let mut meter = MeanMeter::new();
        (0..7).for_each(|k| meter.add(f64::from(k)));
        assert_eq!(meter.error(), None);
        meter.add(7.0);
        assert!((meter.error().unwrap() - 0.75f64.sqrt()).abs() < 1e-12);
    }

    /// x ← 0.98x + ξ: the claimed error must be the scatter of the mean over many series. Catches an error from single
    /// numbers, which is √99 = 10 times too small.
    #[test]
    fn the_error_of_a_mean_knows_of_the_correlation() {
        let (mut means, mut claims) = (0.0, 0.0);
        for seed in 0..80 {
            let (mut generator, mut x) = (Generator::new(seed, 0), 0.0);
            let mut meter = MeanMeter::new();
            for _ in 0..20_000 {
                x = 0.98 * x + generator.normal();
                meter.add(x);
            }
            means += meter.blocks.total().unwrap().mean.powi(2);
            claims += meter.error().unwrap().powi(2);
        }
        let ratio = (claims / means).sqrt();
        assert!(
            (0.8..1.6).contains(&ratio),
            "claimed over true error: {ratio}"
        );
    }
}
