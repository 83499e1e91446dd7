//! Several processes that train one network: every rank has the parameters, takes its share of each batch, and makes the
//! same steps from the sum of all gradients.
//!
//! - [`Ranks`], [`SumAll`]: what the processes must be able to tell each other; [`Alone`]: nobody to tell
//! - [`Group`]: ranks that end together: what fails on one rank ends all of them, with its message
//! - [`Shared`]: any engine, each rank with its share of the molecules
//!
//! What every rank computes from gathered numbers (loss, step, schedule) is the same on all, to the bit. What could differ
//! (clocks, signals, files) is decided together: see [`Group`].

mod group;
mod shared;

pub use group::{Group, Lost};
pub use shared::Shared;

/// Processes that run the same program. Each operation is entered by all of them, or none comes back from it.
pub trait Ranks {
    /// How many, at least 1.
    fn count(&self) -> usize;
    /// Which one this is, from 0; rank 0 leads.
    fn rank(&self) -> usize;
    /// Replaces `all` by the numbers of all ranks, one rank after the other. `counts` says how many each has; it is the same
    /// on all ranks.
    fn gather_all(&self, own: &[f64], counts: &[usize], all: &mut [f64]);
    /// The texts of all ranks, in their order.
    fn gather_texts(&self, own: &str) -> Vec<String>;
}

/// Ranks that can add up.
pub trait SumAll<T>: Ranks {
    /// Replaces each number by its sum over all ranks, with the same bits on all of them: parameters must not drift apart.
    fn sum_all(&self, values: &mut [T]);
}

/// A single process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn count(&self) -> usize {
        1
    }

    fn rank(&self) -> usize {
        0
    }

    fn gather_all(&self, own: &[f64], _: &[usize], all: &mut [f64]) {
        all.copy_from_slice(own);
    }

    fn gather_texts(&self, own: &str) -> Vec<String> {
        vec![own.to_string()]
    }
}

impl<T> SumAll<T> for Alone {
    fn sum_all(&self, _: &mut [T]) {}
}
