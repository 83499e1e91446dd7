//! A fair sample of (reference, predicted) pairs for a parity plot, in fixed memory.
//!
//! Reservoir sampling (Vitter 1985, algorithm R): after any number of pairs each has had the same chance to be kept.
//! Keeping every k-th component instead can keep always the same atom or the same axis.

use oreo_core::random::Generator;
use oreo_core::Vec3;
use rand::Rng;

/// At most `capacity` pairs.
#[derive(Debug, Clone)]
pub struct ParitySample {
    pairs: Vec<[f64; 2]>,
    capacity: usize,
    seen: u64,
    generator: Generator,
}

impl ParitySample {
    /// A few thousand points are enough for a plot.
    pub fn new(capacity: usize, seed: u64) -> Self {
        Self {
            pairs: Vec::with_capacity(capacity),
            capacity,
            seen: 0,
            generator: Generator::new(seed, 0),
        }
    }

    /// One pair.
    pub fn add(&mut self, reference: f64, predicted: f64) {
        self.seen += 1;
        if self.pairs.len() < self.capacity {
            self.pairs.push([reference, predicted]);
            return;
        }
        let place = self.generator.random_range(0..self.seen) as usize;
        if let Some(pair) = self.pairs.get_mut(place) {
            *pair = [reference, predicted];
        }
    }

    /// Every component of the forces of one frame.
    pub fn add_forces(&mut self, reference: &[Vec3], predicted: &[Vec3]) {
        for (r, p) in reference.iter().zip(predicted) {
            for axis in 0..3 {
                self.add(r[axis], p[axis]);
            }
        }
    }

    /// (reference, predicted)
    pub fn pairs(&self) -> &[[f64; 2]] {
        &self.pairs
    }

    /// Pairs offered so far.
    pub fn seen(&self) -> u64 {
        self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a reservoir that prefers the first or the last: the mean of 0..100,000 would not be kept.
    #[test]
    fn every_pair_has_the_same_chance() {
        let mut sample = ParitySample::new(2000, 11);
        (0..100_000).for_each(|k| sample.add(f64::from(k), 0.0));
        assert_eq!((sample.pairs().len(), sample.seen()), (2000, 100_000));
        let mean = sample.pairs().iter().map(|pair| pair[0]).sum::<f64>() / 2000.0;
        // standard error of the mean of a uniform distribution: 100,000/√12/√2000 = 645
        assert!((mean - 50_000.0).abs() < 3.0 * 645.0, "{mean}");
    }

    #[test]
    fn few_pairs_are_all_kept() {
        let mut sample = ParitySample::new(10, 1);
        sample.add_forces(&[Vec3::new(1.0, 2.0, 3.0)], &[Vec3::new(4.0, 5.0, 6.0)]);
        assert_eq!(sample.pairs(), [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
    }
}
