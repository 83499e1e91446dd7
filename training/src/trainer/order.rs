//! Which conformation comes when.

use super::random::{key, Purpose};
use crate::data::Permutation;

/// An endless sequence of conformations. It has no state: equal positions give equal numbers, however the run was stopped
/// and continued.
pub trait Order: Send + Sync {
    /// Number of the conformation in its source, at a place of the sequence: step times batch size plus place in the batch.
    fn index(&self, position: u64) -> usize;
}

/// Every conformation once in each epoch, each epoch in another order; nothing is stored.
#[derive(Debug, Clone)]
pub struct Shuffled {
    length: u64,
    seed: u64,
}

impl Shuffled {
    /// Of `length` conformations.
    ///
    /// # Panics
    /// When there are none.
    pub fn new(length: usize, seed: u64) -> Self {
        assert!(length > 0, "an order of no conformations");
        Self {
            length: length as u64,
            seed,
        }
    }
}

impl Order for Shuffled {
    fn index(&self, position: u64) -> usize {
        let (epoch, place) = (position / self.length, position % self.length);
        let key = key(self.seed, Purpose::Order, epoch, 0);
        Permutation::new(self.length, key).at(place) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_has_each_conformation_once() {
        for length in [1, 2, 3, 4, 5, 16, 17, 1000, 7633] {
            let order = Shuffled::new(length, 3);
            for epoch in 0..3 {
                let mut seen = vec![false; length];
                for place in 0..length {
                    seen[order.index((epoch * length + place) as u64)] = true;
                }
                assert!(seen.iter().all(|&seen| seen), "{length}");
            }
        }
    }

    #[test]
    fn epochs_and_seeds_differ_and_places_are_even() {
        let length = 1000;
        let epoch = |seed, epoch: u64| -> Vec<usize> {
            let order = Shuffled::new(length, seed);
            (0..1000)
                .map(|place| order.index(epoch * 1000 + place))
                .collect()
        };
        assert_ne!(epoch(1, 0), epoch(1, 1));
        assert_ne!(epoch(1, 0), epoch(2, 0));
        // Mean first number of 400 epochs: 499.5 with a standard error of 289/20; 4 of them.
        let first = (0..400).map(|k| epoch(1, k)[0] as f64).sum::<f64>() / 400.0;
        assert!((first - 499.5).abs() < 58.0, "{first}");
    }
}
