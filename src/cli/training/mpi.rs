//! Ranks over MPI.

use anyhow::{Context, Result};
use mpi::collective::SystemOperation;
use mpi::datatype::{Equivalence, PartitionMut};
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::*;
use mpi::{Count, Threading};
use oreo_training::ranks::{Ranks, SumAll};
use std::cell::RefCell;

/// All processes of the world. Dropping it ends MPI, for which all of them wait.
pub struct Mpi {
    world: SimpleCommunicator,
    /// Scratch of sums
    sums: RefCell<Vec<f32>>,
    _universe: Universe,
}

impl Mpi {
    /// Starts MPI; a process that nobody else was started with is a world of one. A panic on one rank ends all.
    ///
    /// # Errors
    /// When it was started before.
    pub fn start() -> Result<Self> {
        let started = mpi::initialize_with_threading(Threading::Funneled);
        let (universe, _) = started.context("MPI was started before")?;
        let world = universe.world();
        if world.size() > 1 {
            end_all_with_a_panic();
        }
        Ok(Self {
            world,
            sums: RefCell::new(Vec::new()),
            _universe: universe,
        })
    }
}

/// The others would wait for this rank for ever.
fn end_all_with_a_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        SimpleCommunicator::world().abort(101);
    }));
}

impl Ranks for Mpi {
    fn count(&self) -> usize {
        self.world.size() as usize
    }

    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn gather_all(&self, own: &[f64], counts: &[usize], all: &mut [f64]) {
        gather(&self.world, own, counts, all);
    }

    fn gather_texts(&self, own: &str) -> Vec<String> {
        let count = self.count();
        let mut lengths = vec![0.0; count];
        self.gather_all(&[own.len() as f64], &vec![1; count], &mut lengths);
        let lengths: Vec<usize> = lengths.iter().map(|&length| length as usize).collect();
        let mut bytes = vec![0; lengths.iter().sum()];
        gather(&self.world, own.as_bytes(), &lengths, &mut bytes);
        let mut rest = &bytes[..];
        let text = |length| {
            let (text, after) = rest.split_at(length);
            rest = after;
            String::from_utf8_lossy(text).into_owned()
        };
        lengths.into_iter().map(text).collect()
    }
}

fn gather<T: Equivalence>(world: &SimpleCommunicator, own: &[T], counts: &[usize], all: &mut [T]) {
    let counts: Vec<Count> = counts.iter().map(|&count| number(count)).collect();
    let starts: Vec<Count> = counts
        .iter()
        .scan(0, |at, &count| Some(std::mem::replace(at, *at + count)))
        .collect();
    world.all_gather_varcount_into(own, &mut PartitionMut::new(all, counts, starts));
}

/// MPI counts in `int`.
fn number(count: usize) -> Count {
    Count::try_from(count).expect("a batch of fewer than 2^31 numbers")
}

impl SumAll<f32> for Mpi {
    /// Added up on rank 0 and given to all: MPI promises that its own sum on all ranks is the same number everywhere only
    /// as advice to its authors.
    fn sum_all(&self, values: &mut [f32]) {
        let root = self.world.process_at_rank(0);
        match self.world.rank() {
            0 => {
                let mut sums = self.sums.borrow_mut();
                sums.resize(values.len(), 0.0);
                root.reduce_into_root(&*values, &mut sums[..], SystemOperation::sum());
                values.copy_from_slice(&sums);
            }
            _ => root.reduce_into(&*values, SystemOperation::sum()),
        }
        root.broadcast_into(values);
    }
}
