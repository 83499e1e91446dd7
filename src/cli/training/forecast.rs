//! What a training will take: a few of its steps, timed, and its memory, counted.

use super::config::TrainConfig;
use super::data::Sets;
use super::judge::SharedEngine;
use crate::cli::bench::memory::{peak_resident_bytes, size};
use crate::cli::choices::EngineChoice;
use crate::cli::pace::duration;
use anyhow::Result;
use oreo_potentials::oreo::{Config, Weights};
use oreo_training::data::{Conformation, Source};
use oreo_training::trainer::Trainer;
use oreo_training::TrainingError;
use serde::Serialize;
use std::fmt;
use std::time::Instant;

/// Steps that are timed at least, after one that is not.
const FEWEST: u64 = 3;
/// And as many as fit, s.
const BUDGET: f64 = 2.0;
/// Training conformations that sizes are taken from.
const LOOKED_AT: usize = 200;
/// Atoms that the native engine puts through the network together; a larger molecule goes alone.
const ATOMS_TOGETHER: usize = 96;

/// Also what `--dry-run --json` prints.
#[derive(Debug, Serialize)]
pub struct Forecast {
    /// Trainable numbers
    pub parameters: usize,
    /// Of the run
    pub steps: u64,
    /// Conformations for each step
    pub batch: usize,
    /// How often each conformation is seen, on average
    pub epochs: f64,
    /// Of one step
    pub step_ms: f64,
    /// How many were timed
    pub timed: u64,
    /// Of one validation
    pub validation_s: f64,
    /// Steps and validations together
    pub expected_s: f64,
    /// Counted; see [`Memory`]
    pub memory: Memory,
    /// The most that this process took while it did all this; `None` where the system does not say
    pub peak_bytes: Option<u64>,
}

/// Bytes, by what they are for.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Memory {
    /// Weights as read and as kept for saving, parameters, gradient, moments, average
    pub state_bytes: u64,
    /// The engine's own copies of the weights and of their gradients
    pub engine_bytes: u64,
    /// What the way back needs of the way forward; `None` for the reference, which keeps what its library keeps
    pub activation_bytes: Option<u64>,
    /// This process before the trainer was made: the program and the data
    pub before_bytes: Option<u64>,
    /// The most until then: reading data takes more than keeping them
    pub reading_bytes: Option<u64>,
    /// The larger of that and of all the others together; `None` where one of them is not known
    pub total_bytes: Option<u64>,
}

impl Memory {
    /// Counts, before the trainer is made.
    ///
    /// # Errors
    /// Conformations that cannot be read.
    pub fn count(config: &TrainConfig, network: &Config, set: &dyn Source) -> Result<Self> {
        let parameters = network.parameter_count() as u64;
        let average = u64::from(config.training.average.is_some());
        // Two moments in f32, average; f64 weights twice.
        let state_bytes = parameters * (4 * (2 + average) + 2 * 8);
        let native = config.engine == EngineChoice::Native;
        let threads = config.threads as u64;
        // The weights, where they come from, and for each thread gradients; the order of all of them.
        let engine_bytes = match native {
            true => parameters * 4 * (3 + threads),
            false => parameters * 8,
        };
        let activation_bytes = match native {
            false => None,
            true => {
                let per_thread = activations(
                    network,
                    &Sizes::of(set, network.cutoff_upper, config.training.batch)?,
                );
                Some(per_thread * threads)
            }
        };
        let (before_bytes, reading_bytes) = (resident_bytes(), peak_resident_bytes());
        let parts = [
            Some(state_bytes),
            Some(engine_bytes),
            activation_bytes,
            before_bytes,
        ];
        let sum: Option<u64> = parts.into_iter().sum();
        Ok(Self {
            state_bytes,
            engine_bytes,
            activation_bytes,
            before_bytes,
            reading_bytes,
            total_bytes: sum.max(sum.and(reading_bytes)),
        })
    }
}

/// Of the atoms that go through the network together.
struct Sizes {
    atoms: f64,
    /// Pairs, and one for the self loops
    rows: f64,
}

impl Sizes {
    fn of(set: &dyn Source, cutoff: f64, batch: usize) -> Result<Self> {
        let mut conformation = Conformation::default();
        let (mut atoms, mut rows) = (0.0_f64, 0.0_f64);
        let count = set.len().min(LOOKED_AT);
        for number in 0..count {
            set.read(number * set.len() / count, &mut conformation)?;
            let positions = &conformation.positions;
            let n = positions.len();
            let close = |i: usize| {
                let others = positions[..i].iter();
                others
                    .filter(|other| (*other - positions[i]).norm() < cutoff)
                    .count()
            };
            let pairs: usize = (1..n).map(close).sum();
            let together = (ATOMS_TOGETHER / n.max(1)).clamp(1, batch) as f64;
            atoms = atoms.max(together * n as f64);
            rows = rows.max(together * pairs as f64 + 1.0);
        }
        Ok(Self { atoms, rows })
    }
}

/// Bytes of one thread, from the lists in `potentials/src/oreo/fused/gradient`: for each layer and channel about 27 numbers
/// of an atom and 12 of a pair (filters and their slopes, 4 kinds, twice; gradients of filters), once in f32 and once dual.
fn activations(network: &Config, sizes: &Sizes) -> u64 {
    const OF_ATOM: f64 = 27.0;
    const OF_PAIR: f64 = 12.0;
    let numbers = OF_ATOM * sizes.atoms + OF_PAIR * sizes.rows;
    ((network.layers * network.channels) as f64 * numbers * (4.0 + 8.0)) as u64
}

/// `VmRSS`
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    crate::cli::bench::memory::kibibytes(&status, "VmRSS")
}

impl Forecast {
    /// Makes steps with a trainer that is thrown away afterwards. `memory` was counted before it was made.
    ///
    /// # Errors
    /// As of a step.
    pub fn of(
        config: &TrainConfig,
        sets: &Sets,
        weights: &Weights,
        trainer: &mut Trainer<SharedEngine<'_>>,
        memory: Memory,
    ) -> Result<Self> {
        trainer.step(&sets.train, &sets.order)?;
        let started = Instant::now();
        let mut timed = 0;
        while timed < FEWEST || started.elapsed().as_secs_f64() < BUDGET {
            trainer.step(&sets.train, &sets.order)?;
            timed += 1;
        }
        let step = started.elapsed().as_secs_f64() / timed as f64;
        let training = &config.training;
        let validation = validation_time(trainer, &sets.validation, training.batch)?;
        let validations = training.steps.div_ceil(training.validation_every);
        Ok(Self {
            parameters: weights.parameter_count(),
            steps: training.steps,
            batch: training.batch,
            epochs: training.steps as f64 * training.batch as f64 / sets.train.len() as f64,
            step_ms: 1e3 * step,
            timed,
            validation_s: validation,
            expected_s: training.steps as f64 * step + validations as f64 * validation,
            memory,
            peak_bytes: peak_resident_bytes(),
        })
    }
}

/// s, from a few batches.
fn validation_time(
    trainer: &mut Trainer<SharedEngine<'_>>,
    set: &dyn Source,
    batch: usize,
) -> Result<f64> {
    let first = First(set, set.len().min(4 * batch));
    if first.is_empty() {
        return Ok(0.0);
    }
    let started = Instant::now();
    trainer.validate(&first)?;
    let each = started.elapsed().as_secs_f64() / first.len() as f64;
    Ok(each * set.len() as f64)
}

/// The first conformations of a source.
struct First<'a>(&'a dyn Source, usize);

impl Source for First<'_> {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn len(&self) -> usize {
        self.1
    }
    fn read(&self, index: usize, to: &mut Conformation) -> Result<(), TrainingError> {
        self.0.read(index, to)
    }
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "parameters  {}", self.parameters)?;
        writeln!(
            f,
            "steps       {} of {} conformations, {:.1} times through the data",
            self.steps, self.batch, self.epochs
        )?;
        writeln!(
            f,
            "time        {:.1} ms per step ({} timed), {:.2} s per validation: {}",
            self.step_ms,
            self.timed,
            self.validation_s,
            duration(self.expected_s)
        )?;
        let Memory {
            state_bytes,
            engine_bytes,
            activation_bytes,
            before_bytes,
            reading_bytes,
            total_bytes,
        } = self.memory;
        let or_unknown = |bytes: Option<u64>| bytes.map_or("?".into(), size);
        writeln!(
            f,
            "memory      {} expected: program and data {} (while they were read {}), weights and optimiser {}, engine {}, its work {}; so far {}",
            or_unknown(total_bytes),
            or_unknown(before_bytes),
            or_unknown(reading_bytes),
            size(state_bytes),
            size(engine_bytes),
            or_unknown(activation_bytes),
            or_unknown(self.peak_bytes)
        )
    }
}
