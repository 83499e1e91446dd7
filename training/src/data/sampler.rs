//! Who is in which batch: shuffled, weighted, and a pure function of the seed and the number of the draw.
//!
//! Two questions for draw p, each answered without a list and without history, so that a resumed run goes on exactly:
//!
//! - *which source?* The weights are spread as evenly as integers allow (Beatty sequences: of the first p draws, a source of
//!   share a gets ⌊p·a⌋; sources after the first share the rest in the same way). Every batch is thus composed by the
//!   weights up to one conformation per source.
//! - *which conformation of it?* If it is the source's d-th draw, number d mod n of a keyed [`Permutation`] for its epoch d / n:
//!   every conformation comes exactly once per epoch of its source.

use super::permutation::{mix, Permutation};
use crate::TrainingError;

/// Draws from several sources.
#[derive(Debug, Clone)]
pub struct Sampler {
    sources: Vec<Share>,
    seed: u64,
    batch: usize,
}

#[derive(Debug, Clone)]
struct Share {
    length: u64,
    /// Share of what the sources before leave, in units of 2⁻⁶³.
    share: u64,
}

/// One conformation of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Draw {
    /// Place in the list of sources.
    pub source: usize,
    /// Conformation of that source.
    pub index: usize,
    /// How often that source was gone through before.
    pub epoch: u64,
}

const ONE: u64 = 1 << 63;

impl Sampler {
    /// `sources` are (number of conformations, weight); weights need not sum to one. Weight = number draws every
    /// conformation equally often.
    ///
    /// # Errors
    /// When there is no source, one is empty, a weight is not positive, or the batch is empty.
    pub fn new(sources: &[(usize, f64)], batch: usize, seed: u64) -> Result<Self, TrainingError> {
        let refuse = |problem: String| Err(TrainingError::Settings(problem));
        if sources.is_empty() || batch == 0 {
            return refuse(format!(
                "{} sources, batches of {batch}; give at least one of each",
                sources.len()
            ));
        }
        for (number, &(length, weight)) in sources.iter().enumerate() {
            if length == 0 || !weight.is_finite() || weight <= 0.0 {
                return refuse(format!(
                    "source {number} has {length} conformations and weight {weight}; leave it away or give it a positive weight"
                ));
            }
        }
        let rest = |from: usize| {
            sources[from..]
                .iter()
                .map(|(_, weight)| weight)
                .sum::<f64>()
        };
        let share = |number: usize| match number + 1 == sources.len() {
            true => ONE,
            false => (sources[number].1 / rest(number) * ONE as f64) as u64,
        };
        let shares = sources.iter().enumerate();
        Ok(Self {
            sources: shares
                .map(|(number, &(length, _))| Share {
                    length: length as u64,
                    share: share(number),
                })
                .collect(),
            seed,
            batch,
        })
    }

    /// Conformations in a batch.
    pub fn batch_size(&self) -> usize {
        self.batch
    }

    /// Draw number `position` of the whole run.
    pub fn draw(&self, position: u64) -> Draw {
        let mut position = position;
        for (source, share) in self.sources.iter().enumerate() {
            let before = share.count(position);
            if share.count(position + 1) > before {
                return self.draw_from(source, before);
            }
            position -= before;
        }
        // The last source takes all that is left, so the loop has returned.
        unreachable!("the last share is one")
    }

    /// The draws of batch number `step`, from 0.
    pub fn batch(&self, step: u64) -> impl Iterator<Item = Draw> + '_ {
        let first = step * self.batch as u64;
        (first..first + self.batch as u64).map(|position| self.draw(position))
    }

    /// Draws of each source in the first `steps` batches, (sources,).
    pub fn drawn(&self, steps: u64) -> Vec<u64> {
        let mut left = steps * self.batch as u64;
        let count = |share: &Share| {
            let count = share.count(left);
            left -= count;
            count
        };
        self.sources.iter().map(count).collect()
    }

    fn draw_from(&self, source: usize, number: u64) -> Draw {
        let length = self.sources[source].length;
        let epoch = number / length;
        let key = mix(mix(mix(self.seed) ^ source as u64) ^ epoch);
        Draw {
            source,
            index: Permutation::new(length, key).at(number % length) as usize,
            epoch,
        }
    }
}

impl Share {
    /// Of the first `draws` that reach this source, those it keeps.
    fn count(&self, draws: u64) -> u64 {
        (u128::from(draws) * u128::from(self.share) / u128::from(ONE)) as u64
    }
}
