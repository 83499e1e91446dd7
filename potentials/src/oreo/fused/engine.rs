//! One network in one precision, and who evaluates it: this thread, or several.
//!
//! Molecules are shared among threads first, each thread with memory of its own. A single molecule is shared by panels
//! only where that was measured to be faster. The answer is the same in every case, to the bit.

use super::calibration::Calibration;
use super::network::{Memory, Network};
use super::potential::backend;
use super::simd::{InstructionSet, Stored};
use super::team::Team;
use super::Options;
use crate::oreo::Weights;
use oreo_core::{PotentialError, Request};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Most atoms of small molecules that are evaluated together: enough rows for the products to run at the speed of
/// arithmetic, few enough for the activations to stay in the cache.
const ATOMS_TOGETHER: usize = 96;

/// A network in some precision.
pub trait Evaluate: Send {
    /// Adds energies, forces and virials of all requests.
    fn evaluate(&mut self, batch: &mut [Request<'_>]);
    /// Of the filter tables.
    fn table_intervals(&self) -> Option<usize>;
}

/// See [`Evaluate`]; `W` is how weights are stored.
pub struct Engine<W: Stored> {
    set: InstructionSet,
    network: Network<W>,
    /// One for each thread.
    memories: Vec<Memory<W::Scalar>>,
    /// `None` for one thread: the caller's own.
    pool: Option<ThreadPool>,
    calibration: Calibration,
}

impl<W: Stored> Engine<W> {
    /// Packs the weights.
    ///
    /// # Errors
    /// When tables cannot be as exact as asked for, or the system gives no threads.
    pub fn boxed(
        weights: &Weights,
        options: &Options,
    ) -> Result<Box<dyn Evaluate>, PotentialError> {
        let set = options.instruction_set;
        let network = Network::<W>::new(&Team::alone(set), weights, options.filters)?;
        let threads = options.threads;
        let pool = match threads {
            1 => None,
            threads => Some(
                ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .map_err(backend)?,
            ),
        };
        Ok(Box::new(Self {
            set,
            memories: (0..threads).map(|_| network.memory()).collect(),
            network,
            pool,
            calibration: Calibration::default(),
        }))
    }
}

impl<W: Stored> Evaluate for Engine<W> {
    fn evaluate(&mut self, batch: &mut [Request<'_>]) {
        let Self {
            set,
            network,
            memories,
            pool,
            calibration,
        } = self;
        match pool {
            None => alone(network, *set, batch, &mut memories[0]),
            Some(pool) if batch.len() > 1 => {
                pool.install(|| shared(network, *set, batch, memories))
            }
            Some(pool) => {
                let memory = &mut memories[0];
                calibration.time(atoms(batch), |together| match together {
                    false => alone(network, *set, batch, memory),
                    true => {
                        pool.install(|| network.evaluate(Team::of_this_pool(*set), batch, memory))
                    }
                });
            }
        }
    }

    fn table_intervals(&self) -> Option<usize> {
        self.network.table_intervals()
    }
}

fn atoms(batch: &[Request<'_>]) -> usize {
    batch.iter().map(|request| request.system.len()).sum()
}

/// Small molecules some at a time.
fn alone<W: Stored>(
    network: &Network<W>,
    set: InstructionSet,
    mut batch: &mut [Request<'_>],
    memory: &mut Memory<W::Scalar>,
) {
    while !batch.is_empty() {
        let count = fitting(batch, ATOMS_TOGETHER).max(1);
        let (now, later) = batch.split_at_mut(count);
        network.evaluate(Team::alone(set), now, memory);
        batch = later;
    }
}

/// Each thread gets molecules that follow each other, about as many atoms as the others.
fn shared<W: Stored>(
    network: &Network<W>,
    set: InstructionSet,
    batch: &mut [Request<'_>],
    memories: &mut [Memory<W::Scalar>],
) {
    if memories.len() == 1 || batch.len() == 1 {
        return alone(network, set, batch, &mut memories[0]);
    }
    let half = memories.len() / 2;
    let share = atoms(batch) * half / memories.len();
    let count = fitting(batch, share).clamp(1, batch.len() - 1);
    let (first, second) = batch.split_at_mut(count);
    let (own, others) = memories.split_at_mut(half);
    rayon::join(
        || shared(network, set, first, own),
        || shared(network, set, second, others),
    );
}

/// How many requests from the first on have at most so many atoms in all.
fn fitting(batch: &[Request<'_>], limit: usize) -> usize {
    let mut atoms = 0;
    let fits = |request: &&Request<'_>| {
        atoms += request.system.len();
        atoms <= limit
    };
    batch.iter().take_while(fits).count()
}
