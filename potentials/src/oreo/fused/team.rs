//! Who does the work: the instructions to use, and the threads to share it among.
//!
//! Work is shared by panels: each thread gets chunks of memory that are its own, so that there is nothing to lock and the
//! answer is the same, to the bit, for any number of threads.

use super::simd::{InstructionSet, Kernel, Real};
use rayon::prelude::*;

/// One thread, or all threads of the pool that the caller is in.
#[derive(Clone, Copy)]
pub struct Team {
    set: InstructionSet,
    several: bool,
}

/// Memory, and the size of the chunks that belong together.
pub type Shared<'a, A> = (&'a mut [A], usize);

macro_rules! for_each {
    ($(#[$documentation:meta])* $name:ident, $($letter:ident: $memory:ident),+ => $pattern:pat) => {
        $(#[$documentation])*
        pub fn $name<$($memory: Send),+>(
            &self,
            $($letter: Shared<'_, $memory>,)+
            work: impl Fn(usize, $(&mut [$memory]),+) + Sync,
        ) {
            match self.several {
                false => for_each!(@zip chunks_mut, $($letter),+)
                    .enumerate()
                    .for_each(|(n, $pattern)| work(n, $($letter),+)),
                true => for_each!(@zip par_chunks_mut, $($letter),+)
                    .enumerate()
                    .for_each(|(n, $pattern)| work(n, $($letter),+)),
            }
        }
    };
    (@zip $chunks:ident, $first:ident $(, $other:ident)*) => {
        $first.0.$chunks($first.1)$(.zip($other.0.$chunks($other.1)))*
    };
}

impl Team {
    /// The thread that calls.
    pub fn alone(set: InstructionSet) -> Self {
        Self {
            set,
            several: false,
        }
    }

    /// The threads of the pool that the caller runs in.
    pub fn of_this_pool(set: InstructionSet) -> Self {
        Self { set, several: true }
    }

    /// Runs a kernel on the thread that calls, with the team's instructions.
    pub fn run<T: Real, K: Kernel<T>>(&self, kernel: K) -> K::Output {
        self.set.dispatch(kernel)
    }

    for_each! {
        /// `work(n, chunk)` for every chunk. No size may be 0.
        for_each, a: A => a
    }
    for_each! {
        /// The same with the chunks of two.
        for_each_2, a: A, b: B => (a, b)
    }
    for_each! {
        /// The same with the chunks of four.
        for_each_4, a: A, b: B, c: C, d: D => (((a, b), c), d)
    }
}
