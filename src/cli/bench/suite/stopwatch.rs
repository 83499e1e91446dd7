//! Times one structure at a time, with potentials that are read once.

use super::record::{Case, Compared, Network};
use crate::cli::bench::deviation::Deviation;
use crate::cli::bench::flops::Work;
use crate::cli::bench::peak::Peak;
use crate::cli::bench::report::{Comparison, CountedWork};
use crate::cli::bench::samples::{measure_interleaved, measure_within, Milliseconds};
use crate::cli::bench::structures::of_size;
use crate::cli::bench::subject::{Structure, Subject};
use crate::cli::exit::OrBadInput;
use crate::cli::pace::three_digits;
use crate::cli::plan::{Compute, PotentialPlan};
use crate::cli::{inputs, output};
use anyhow::Result;
use oreo_core::{Capabilities, Potential, PotentialError, Request};
use oreo_potentials::oreo::{Config, Weights};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Timed calls of a case at least.
pub const FEWEST_CALLS: u64 = 5;
/// ms; what is expected to take longer is left out, and said to be.
pub const LONGEST_CALL: f64 = 5000.0;

/// What all cases have in common.
pub struct Stopwatch {
    plan: PotentialPlan,
    config: Config,
    budget: Duration,
    /// One for each path.
    potentials: Vec<(Compute, Shared)>,
    /// For the record.
    pub network: Network,
    /// Of the first potential.
    pub capabilities: Capabilities,
    /// Before all cases.
    pub peak: Peak,
    /// What was left out, and why.
    pub skipped: Vec<String>,
}

/// ms per 1e6 counted operations, as far as known: what a call is expected to take.
pub type Cost = Option<f64>;

/// A potential that several simulations use one after the other: reading weights takes longer than many a case.
#[derive(Clone)]
struct Shared(Arc<Mutex<Box<dyn Potential>>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Box<dyn Potential>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Potential for Shared {
    fn capabilities(&self) -> Capabilities {
        self.lock().capabilities()
    }

    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        self.lock().evaluate(batch)
    }
}

impl Stopwatch {
    /// Reads the weights and measures the peak.
    pub fn new(weights: &Path, compute: &Compute, budget: Duration) -> Result<Self> {
        let read = Weights::load(weights).or_bad_input()?;
        let plan = PotentialPlan::Et(weights.to_path_buf());
        let loaded = inputs::potential(&plan, compute)?;
        let capabilities = loaded.potential.capabilities();
        let shared = Shared(Arc::new(Mutex::new(loaded.potential)));
        Ok(Self {
            plan,
            budget,
            potentials: vec![(*compute, shared)],
            network: Network::of(weights, &read),
            config: read.config,
            capabilities,
            peak: Peak::now(),
            skipped: Vec::new(),
        })
    }

    /// With the subject, whose answer is that of the last call; `None` if it would take too long.
    pub fn case(
        &mut self,
        atoms: usize,
        copies: u32,
        compute: &Compute,
        cost: Cost,
    ) -> Result<Option<(Case, Subject)>> {
        let structure = of_size(atoms, self.capabilities.elements);
        let mut subject = self.subject(&structure, copies, compute)?;
        let threads = compute.threads;
        let name = format!(
            "{} x {copies}, {}, {threads} thread(s)",
            structure.name, compute.precision
        );
        if self.takes_too_long(&name, &subject, cost) {
            return Ok(None);
        }
        output::say(&name);
        measure_within(self.budget / 10, 1, || subject.evaluate())?;
        let (ms, calls) = measure_within(self.budget, FEWEST_CALLS, || subject.evaluate())?;
        let case = self.rated(&structure, &subject, threads, ms, calls);
        Ok(Some((case, subject)))
    }

    /// Both ways to compute, in turns; `None` if the other would take too long.
    pub fn both(
        &mut self,
        atoms: usize,
        [mine, other]: [&Compute; 2],
        cost_of_other: Cost,
    ) -> Result<Option<Compared>> {
        let structure = of_size(atoms, self.capabilities.elements);
        let mut subject = self.subject(&structure, 1, mine)?;
        let name = format!("{} against the {} path", structure.name, other.path);
        if self.takes_too_long(&name, &subject, cost_of_other) {
            return Ok(None);
        }
        output::say(&name);
        let mut against = self.subject(&structure, 1, other)?;
        let (ms, calls) = measure_interleaved(
            self.budget,
            FEWEST_CALLS,
            || subject.evaluate(),
            || against.evaluate(),
        )?;
        let deviation = Deviation::between(subject.answer(), against.answer());
        let (path, precision) = (other.path.to_string(), other.precision.to_string());
        Ok(Some(Compared {
            case: self.rated(&structure, &subject, mine.threads, ms[0], calls),
            compare: Comparison::new(path, precision, ms, deviation),
        }))
    }

    fn takes_too_long(&mut self, name: &str, subject: &Subject, cost: Cost) -> bool {
        let mflop = self.work(subject).total() * 1e-6;
        let expected = cost.map_or(0.0, |cost| cost * mflop);
        let too_long = expected > LONGEST_CALL;
        if too_long {
            let expected = three_digits(expected);
            self.skipped
                .push(format!("{name}: a call was expected to take {expected} ms"));
        }
        too_long
    }

    fn rated(
        &self,
        structure: &Structure,
        subject: &Subject,
        threads: u32,
        ms: Milliseconds,
        calls: u64,
    ) -> Case {
        let work = CountedWork::new(self.work(subject), &self.peak, threads);
        Case {
            name: structure.name.clone(),
            atoms: subject.atoms,
            pairs: subject.pairs,
            replicas: copies(subject),
            threads,
            ms,
            calls,
            work,
            fraction_of_peak: work.floor_ms / ms.min,
        }
    }

    fn work(&self, subject: &Subject) -> Work {
        Work::of(&self.config, subject.atoms, subject.pairs).times(copies(subject))
    }

    fn subject(
        &mut self,
        structure: &Structure,
        copies: u32,
        compute: &Compute,
    ) -> Result<Subject> {
        let potential = Box::new(self.potential(compute)?);
        Subject::new(structure, potential, copies).or_bad_input()
    }

    fn potential(&mut self, compute: &Compute) -> Result<Shared> {
        let known = self.potentials.iter().find(|(known, _)| known == compute);
        if let Some((_, potential)) = known {
            return Ok(potential.clone());
        }
        self.potentials
            .retain(|(known, _)| known.path != compute.path);
        let loaded = inputs::potential(&self.plan, compute)?;
        let shared = Shared(Arc::new(Mutex::new(loaded.potential)));
        self.potentials.push((*compute, shared.clone()));
        Ok(shared)
    }
}

fn copies(subject: &Subject) -> u32 {
    subject.simulation.replicas().len() as u32
}
