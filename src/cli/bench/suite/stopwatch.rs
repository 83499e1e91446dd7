//! Times what belongs together in turns, with potentials that are read once.

use super::record::{Case, Network};
use crate::cli::bench::flops::Work;
use crate::cli::bench::peak::Peak;
use crate::cli::bench::report::CountedWork;
use crate::cli::bench::samples::{measure_in_turns, Milliseconds};
use crate::cli::bench::structures::of_size;
use crate::cli::bench::subject::{Structure, Subject};
use crate::cli::choices::FiltersChoice;
use crate::cli::exit::OrBadInput;
use crate::cli::pace::three_digits;
use crate::cli::plan::{Compute, PotentialPlan};
use crate::cli::weights_source::WeightsSource;
use crate::cli::{inputs, output};
use anyhow::Result;
use oreo_core::{Capabilities, Potential, PotentialError, Request};
use oreo_potentials::oreo::Config;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Timed calls of a case at least.
pub const FEWEST_CALLS: u64 = 5;
/// Atoms of the structure at which a fast path is held to the reference: ethanol.
const PROBE: usize = 9;
/// ms; what is expected to take longer is left out, and said to be.
pub const LONGEST_CALL: f64 = 5000.0;

/// What all cases have in common.
pub struct Stopwatch {
    plan: PotentialPlan,
    config: Config,
    budget: Duration,
    potentials: Vec<(Compute, Shared)>,
    /// For the record.
    pub network: Network,
    /// Of the first potential.
    pub capabilities: Capabilities,
    /// What a fast path was found to be apart from the reference before anything was timed; `None` for the reference.
    pub self_test: Option<String>,
    /// Before all cases.
    pub peak: Peak,
    /// What was left out, and why.
    pub skipped: Vec<String>,
}

/// ms per 1e6 counted operations, as far as known: what a call is expected to take.
pub type Cost = Option<f64>;

/// One thing to time.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// Of the structure.
    pub atoms: usize,
    /// In a call.
    pub copies: u32,
    /// How.
    pub compute: Compute,
    /// Of this path.
    pub cost: Cost,
}

/// What was found.
pub struct Timed {
    /// What was timed.
    pub item: Item,
    /// For the record.
    pub case: Case,
    /// Its answer is that of the last call.
    pub subject: Subject,
}

impl Item {
    /// `f32`, `f32, exact filters`
    pub fn mode(&self) -> String {
        mode(&self.compute)
    }
}

/// `f32`, `f32, exact filters`
pub fn mode(compute: &Compute) -> String {
    match compute.filters {
        Some(FiltersChoice::Exact) => format!("{}, exact filters", compute.precision),
        Some(FiltersChoice::Table) | None => compute.precision.to_string(),
    }
}

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
    pub fn new(source: &WeightsSource, compute: &Compute, budget: Duration) -> Result<Self> {
        let read = source.weights()?;
        let plan = PotentialPlan::Et(source.clone());
        let mut loaded = inputs::potential(&plan, compute)?;
        let capabilities = loaded.potential.capabilities();
        let probe = of_size(PROBE, capabilities.elements);
        let self_test = loaded.self_test_of_frame(&probe.frame)?;
        let self_test = self_test.map(|said| format!("{}: {said}", probe.name));
        self_test
            .iter()
            .for_each(|said| output::say(format_args!("note: {said}")));
        let shared = Shared(Arc::new(Mutex::new(loaded.potential)));
        Ok(Self {
            plan,
            budget,
            potentials: vec![(*compute, shared)],
            network: Network::of(source.short_name(), &read),
            config: read.config,
            capabilities,
            self_test,
            peak: Peak::now(),
            skipped: Vec::new(),
        })
    }

    /// All of them in turns, each with the share of time that it would have had alone; without those that would take
    /// too long.
    pub fn in_turns(&mut self, items: &[Item]) -> Result<Vec<Timed>> {
        let (mut left, mut subjects) = (Vec::new(), Vec::new());
        for item in items {
            let structure = of_size(item.atoms, self.capabilities.elements);
            let subject = self.subject(&structure, item)?;
            let name = format!(
                "{} x {}, {}",
                structure.name, item.copies, item.compute.path
            );
            let name = format!(
                "{name}, {}, {} thread(s)",
                item.mode(),
                item.compute.threads
            );
            if !self.takes_too_long(&name, &subject, item.cost) {
                output::say(name);
                left.push((*item, structure));
                subjects.push(subject);
            }
        }
        let budget = self.budget * subjects.len() as u32;
        let (ms, calls) = measure_in_turns(budget, FEWEST_CALLS, &mut subjects, Subject::evaluate)?;
        let timed = left.into_iter().zip(subjects).zip(ms);
        let timed = timed.map(|(((item, structure), subject), ms)| Timed {
            case: self.rated(&item, &structure, &subject, ms, calls),
            item,
            subject,
        });
        Ok(timed.collect())
    }

    /// Closes all potentials but this: what waits takes memory, and perhaps threads.
    pub fn keep_only(&mut self, compute: &Compute) {
        self.potentials.retain(|(known, _)| known == compute);
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
        item: &Item,
        structure: &Structure,
        subject: &Subject,
        ms: Milliseconds,
        calls: u64,
    ) -> Case {
        let threads = item.compute.threads;
        let work = CountedWork::new(self.work(subject), &self.peak, threads);
        Case {
            name: structure.name.clone(),
            atoms: subject.atoms,
            pairs: subject.pairs,
            replicas: item.copies,
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

    fn subject(&mut self, structure: &Structure, item: &Item) -> Result<Subject> {
        let potential = Box::new(self.potential(&item.compute)?);
        Subject::new(structure, potential, item.copies).or_bad_input()
    }

    fn potential(&mut self, compute: &Compute) -> Result<Shared> {
        let known = self.potentials.iter().find(|(known, _)| known == compute);
        if let Some((_, potential)) = known {
            return Ok(potential.clone());
        }
        let loaded = inputs::potential(&self.plan, compute)?;
        let shared = Shared(Arc::new(Mutex::new(loaded.potential)));
        self.potentials.push((*compute, shared.clone()));
        Ok(shared)
    }
}

fn copies(subject: &Subject) -> u32 {
    subject.simulation.replicas().len() as u32
}
