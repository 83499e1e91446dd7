//! Who does the work: the instructions to use, and the threads to share it among.
//!
//! Work is shared by panels: each thread gets chunks of memory that are its own, so that there is nothing to lock and the
//! answer is the same, to the bit, for any number of threads.

use super::simd::{InstructionSet, Kernel, Real};
use rayon::prelude::*;
use rayon::ThreadPool;
use std::sync::Arc;

/// One thread, or several.
#[derive(Clone)]
pub struct Team {
    set: InstructionSet,
    /// `None` for one: the caller's own.
    pool: Option<Arc<ThreadPool>>,
}

impl Team {
    /// The thread that calls.
    pub fn alone(set: InstructionSet) -> Self {
        Self { set, pool: None }
    }

    /// Runs a kernel on the thread that calls, with the team's instructions.
    pub fn run<T: Real, K: Kernel<T>>(&self, kernel: K) -> K::Output {
        self.set.dispatch(kernel)
    }

    /// `work(index, chunk)` for every chunk of so many elements.
    pub fn for_each<A: Send>(
        &self,
        (a, size): (&mut [A], usize),
        work: impl Fn(usize, &mut [A]) + Sync,
    ) {
        if size == 0 {
            return;
        }
        match &self.pool {
            None => (a.chunks_mut(size).enumerate()).for_each(|(n, a)| work(n, a)),
            Some(_) => (a.par_chunks_mut(size).enumerate()).for_each(|(n, a)| work(n, a)),
        }
    }
}
