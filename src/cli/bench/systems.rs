//! Times the files of a command line.

use super::deviation::Deviation;
use super::flops::Work;
use super::machine::{crowded, load_average};
use super::peak::{self, Peak};
use super::report::{Comparison, CountedWork, Report, System};
use super::samples::{measure, measure_in_turns, Milliseconds};
use super::subject::{Structure, Subject};
use crate::cli::args::BenchArgs;
use crate::cli::choices::{
    DeviceChoice, FiltersChoice, PathChoice, PotentialChoice, PrecisionChoice,
};
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::plan::{Compute, PotentialPlan};
use crate::cli::{inputs, output};
use anyhow::Result;
use oreo_potentials::oreo::Config;
use std::time::{Duration, Instant};

/// Of the calls that are timed, one in so many is also made as a step.
const CALLS_PER_STEP: u64 = 5;

/// Measures what `oreo bench --structure` asks for.
pub fn report(args: &BenchArgs, compute: &Compute) -> Result<Report> {
    let other = other(args, compute)?;
    let load_average = load_average();
    let plan = plan(args)?;
    let loaded = inputs::potential(&plan, compute)?;
    let capabilities = loaded.potential.capabilities();
    let mut notes = loaded.notes;
    notes.extend(load_average.and_then(crowded));
    let bench = Bench {
        args,
        compute,
        other,
        config: config(&plan)?,
        plan,
    };
    let peak = Peak::now();
    let measured = bench.measured(&mut notes)?;
    let peak = peak.again();
    let rated = |one| bench.rated(one, &peak);
    let (path, precision) = match args.potential {
        PotentialChoice::Et => (compute.path.to_string(), compute.precision.to_string()),
        PotentialChoice::LennardJones => ("analytic".into(), capabilities.precision.into()),
    };
    Ok(Report {
        systems: measured.into_iter().map(rated).collect(),
        peak_gflops: peak.gflops,
        peak,
        peak_method: peak::METHOD,
        threads: compute.threads,
        precision,
        path,
        device: compute.device.to_string(),
        potential: capabilities.name,
        weights_sha256: loaded.weights_sha256,
        replicas: args.replicas,
        warmup: args.warmup,
        calls: args.calls,
        load_average,
        notes,
    })
}

/// What `--compare` asks for: the other path in the same precision if it has that, else in f32; the same path in f64.
fn other(args: &BenchArgs, compute: &Compute) -> Result<Option<Compute>> {
    let Some(path) = args.compare else {
        return Ok(None);
    };
    let refused = |problem: &str| Err(BadInput::new(format!("--compare: {problem}")).into());
    if args.potential == PotentialChoice::LennardJones {
        return refused("lennard-jones has one path and one precision, nothing to compare with");
    }
    let other = match path == compute.path {
        true => Compute {
            device: DeviceChoice::Cpu,
            precision: PrecisionChoice::F64,
            ..*compute
        },
        false => on_path(compute, path),
    };
    match other == *compute {
        true => refused("would compare the path with itself in f64; use --precision f32"),
        false => Ok(Some(other)),
    }
}

/// The same on another path, as far as that can do it: the reference has no f16 weights and no tables.
pub fn on_path(compute: &Compute, path: PathChoice) -> Compute {
    let reference = path == PathChoice::Reference;
    Compute {
        device: DeviceChoice::Cpu,
        path,
        precision: match compute.precision {
            PrecisionChoice::F16Weights if reference => PrecisionChoice::F32,
            precision => precision,
        },
        filters: match reference {
            true => None,
            false => Some(compute.filters.unwrap_or(FiltersChoice::Table)),
        },
        ..*compute
    }
}

fn plan(args: &BenchArgs) -> Result<PotentialPlan> {
    match (args.potential, &args.weights) {
        (PotentialChoice::Et, Some(weights)) => Ok(PotentialPlan::Et(weights.clone())),
        (PotentialChoice::Et, None) => {
            let problem =
                "--weights is missing: give the weights of a network, built-in ones by name (general), or --potential lennard-jones";
            Err(BadInput::new(problem).into())
        }
        (PotentialChoice::LennardJones, _) => Ok(PotentialPlan::LennardJones),
    }
}

/// For the count of operations.
fn config(plan: &PotentialPlan) -> Result<Option<Config>> {
    match plan {
        PotentialPlan::Et(source) => Ok(Some(source.weights()?.config)),
        PotentialPlan::LennardJones => Ok(None),
    }
}

struct Bench<'a> {
    args: &'a BenchArgs,
    compute: &'a Compute,
    other: Option<Compute>,
    plan: PotentialPlan,
    config: Option<Config>,
}

impl Bench<'_> {
    /// Without shares of the peak, which is known only afterwards. All structures are read before the first is timed: a
    /// misspelt name should not cost minutes.
    fn measured(&self, notes: &mut Vec<String>) -> Result<Vec<System>> {
        let molecule = self.config.is_some();
        let read = |path| Structure::read(path, self.args.frame, molecule);
        let structures = self.args.structures.iter().map(|path| read(path));
        let structures = structures.collect::<Result<Vec<_>>>()?;
        let measured = structures.iter().map(|one| self.system(one, notes));
        measured.collect()
    }

    fn system(&self, structure: &Structure, notes: &mut Vec<String>) -> Result<System> {
        let (warmup, calls) = (self.args.warmup, self.args.calls);
        output::say(format_args!(
            "{}: {warmup} calls to warm up, {calls} timed",
            structure.name
        ));
        let mut subject = self.subject(structure, self.compute, notes)?;
        let (ms, compare) = match &self.other {
            Some(other) => {
                let against = self.subject(structure, other, notes)?;
                let (ms, comparison) = self.compare(&mut subject, against, other)?;
                (ms, Some(comparison))
            }
            None => (measure(warmup, calls, || subject.evaluate())?, None),
        };
        Ok(System {
            name: structure.name.clone(),
            atoms: subject.atoms,
            pairs: subject.pairs,
            ms,
            steps_per_s: steps_per_second(&mut subject, (calls / CALLS_PER_STEP).max(1))?,
            work: None,
            fraction_of_peak: None,
            compare,
        })
    }

    /// Time of a wrong answer is worth nothing: a fast path is first held to the reference at this structure.
    fn subject(
        &self,
        structure: &Structure,
        compute: &Compute,
        notes: &mut Vec<String>,
    ) -> Result<Subject> {
        let mut loaded = inputs::potential(&self.plan, compute)?;
        let said = loaded.self_test_of_frame(&structure.frame)?;
        notes.extend(said.map(|said| format!("{}, {}: {said}", structure.name, compute.precision)));
        Subject::new(structure, loaded.potential, self.args.replicas).or_bad_input()
    }

    fn compare(
        &self,
        subject: &mut Subject,
        mut against: Subject,
        other: &Compute,
    ) -> Result<(Milliseconds, Comparison)> {
        (0..self.args.warmup).try_for_each(|_| subject.evaluate().and(against.evaluate()))?;
        let (ms, _) = measure_in_turns(
            Duration::ZERO,
            self.args.calls,
            &mut [&mut *subject, &mut against],
            |one| one.evaluate(),
        )?;
        let deviation = Deviation::between(subject.answer(), against.answer());
        let (path, precision) = (other.path.to_string(), other.precision.to_string());
        let comparison = Comparison::new(path, precision, [ms[0], ms[1]], deviation);
        Ok((ms[0], comparison))
    }

    fn rated(&self, measured: System, peak: &Peak) -> System {
        let Some(config) = &self.config else {
            return measured;
        };
        let work = Work::of(config, measured.atoms, measured.pairs).times(self.args.replicas);
        let work = CountedWork::new(work, peak, self.compute.threads);
        System {
            fraction_of_peak: Some(work.floor_ms / measured.ms.min),
            work: Some(work),
            ..measured
        }
    }
}

fn steps_per_second(subject: &mut Subject, steps: u64) -> Result<Option<f64>> {
    let start = Instant::now();
    subject.simulation.run(steps)?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((!subject.simulation.is_over()).then_some(steps as f64 / seconds))
}
