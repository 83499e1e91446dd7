//! `oreo bench`: how long energies and forces take, and how far that is from what the processor could do.

use crate::cli::args::BenchArgs;
use crate::cli::bench::peak::{self, Peak};
use crate::cli::bench::samples::{measure, Milliseconds};
use crate::cli::bench::subject::{Structure, Subject};
use crate::cli::choices::{PathChoice, PotentialChoice, PrecisionChoice};
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::pace::three_digits;
use crate::cli::plan::{Compute, PotentialPlan};
use crate::cli::{inputs, limit_threads, output};
use anyhow::Result;
use oreo_core::Vec3;
use oreo_potentials::oreo::{Config, Weights};
use serde::Serialize;
use std::fmt;
use std::time::Instant;

/// Of the calls that are timed, one in so many is also made as a step.
const CALLS_PER_STEP: u64 = 5;

/// Everything that was measured, and how.
#[derive(Debug, Serialize)]
pub struct Report {
    /// In the order of the command line.
    pub systems: Vec<System>,
    /// f32 operations of one core, 1e9/s.
    pub peak_gflops: f64,
    /// The two kernels behind it.
    pub peak: Peak,
    /// How it was measured.
    pub peak_method: &'static str,
    /// Of the network.
    pub threads: u32,
    /// In which energies and forces were computed.
    pub precision: String,
    /// `reference`, or `analytic` for a built-in potential.
    pub path: &'static str,
    /// `cpu`
    pub device: &'static str,
    /// As it names itself.
    pub potential: String,
    /// Of the file; `None` for a built-in potential.
    pub weights_sha256: Option<String>,
    /// Copies per call.
    pub replicas: u32,
    /// Calls before the clock started.
    pub warmup: u64,
    /// Calls that were timed.
    pub calls: u64,
    /// Of the machine over the last minute, before anything was timed; `None` where the system does not say.
    pub load_average: Option<f64>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// One structure.
#[derive(Debug, Serialize)]
pub struct System {
    /// Of the file.
    pub name: String,
    /// Of one copy.
    pub atoms: usize,
    /// Undirected, within the cutoff, of one copy.
    pub pairs: usize,
    /// One call for all copies.
    pub ms: Milliseconds,
    /// Velocity Verlet without output; one step moves all copies. `None` when the dynamics broke down.
    pub steps_per_s: Option<f64>,
    /// Counted operations of one call, 1e6; `None` for a potential that is not the network.
    pub mflop: Option<f64>,
    /// Counted operations in the shortest call over the peak of the threads used.
    pub fraction_of_peak: Option<f64>,
    /// With `--compare`.
    pub compare: Option<Comparison>,
}

/// The same structure in double precision.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// `reference`
    pub path: &'static str,
    /// `f64`
    pub precision: &'static str,
    /// One call for all copies.
    pub ms: Milliseconds,
    /// Of the medians: other over measured.
    pub speedup: f64,
    /// Largest difference of a force component.
    pub force_max_deviation_ev_per_a: f64,
    /// Root of the mean squared difference over that of the force.
    pub force_relative_rms: f64,
    /// Of one copy.
    pub energy_deviation_ev: f64,
}

/// Measures and prints.
pub fn main(args: &BenchArgs, json: bool) -> Result<Outcome> {
    let compute = args.compute.resolve()?;
    check_comparison(args, &compute)?;
    limit_threads(compute.threads);
    let report = report(args, &compute)?;
    report
        .notes
        .iter()
        .for_each(|note| output::say(format_args!("note: {note}")));
    match json {
        true => output::print_json(&report)?,
        false => output::print(&report.to_string())?,
    }
    Ok(Outcome::Completed)
}

/// This version has one path, so only its precision can differ: against itself nothing would be compared.
fn check_comparison(args: &BenchArgs, compute: &Compute) -> Result<()> {
    let problem = match (args.compare, args.potential, compute.precision) {
        (None, ..) => return Ok(()),
        (Some(PathChoice::Fused), ..) => {
            "fused is not in this version; use --compare reference".to_string()
        }
        (Some(_), PotentialChoice::LennardJones, _) => {
            "lennard-jones has one path and one precision, nothing to compare with".to_string()
        }
        (Some(_), PotentialChoice::Et, PrecisionChoice::F64) => {
            "this version has only the reference path, which would be compared with itself in f64; use --precision f32"
                .to_string()
        }
        (Some(_), PotentialChoice::Et, _) => return Ok(()),
    };
    Err(BadInput::new(format!("--compare: {problem}")).into())
}

fn report(args: &BenchArgs, compute: &Compute) -> Result<Report> {
    let load_average = load_average();
    let plan = plan(args)?;
    let loaded = inputs::potential(&plan, compute)?;
    let capabilities = loaded.potential.capabilities();
    let mut notes = loaded.notes;
    notes.extend(load_average.and_then(crowded));
    if args.compare.is_some() {
        notes.push(
            "this version has only the reference path: compared with the same path in f64".into(),
        );
    }
    let config = config(&plan)?;
    let peak = peak::measure();
    let bench = Bench {
        args,
        compute,
        plan,
        config,
        peak,
    };
    let systems = bench.systems()?;
    Ok(Report {
        systems,
        peak_gflops: peak.gflops,
        peak,
        peak_method: peak::METHOD,
        threads: compute.threads,
        precision: capabilities.precision.into(),
        path: match args.potential {
            PotentialChoice::Et => "reference",
            PotentialChoice::LennardJones => "analytic",
        },
        device: "cpu",
        potential: capabilities.name,
        weights_sha256: loaded.weights_sha256,
        replicas: args.replicas,
        warmup: args.warmup,
        calls: args.calls,
        load_average,
        notes,
    })
}

fn plan(args: &BenchArgs) -> Result<PotentialPlan> {
    match (args.potential, &args.weights) {
        (PotentialChoice::Et, Some(weights)) => Ok(PotentialPlan::Et(weights.clone())),
        (PotentialChoice::Et, None) => {
            let problem =
                "--weights is missing: give the weights of a network, or --potential lennard-jones";
            Err(BadInput::new(problem).into())
        }
        (PotentialChoice::LennardJones, _) => Ok(PotentialPlan::LennardJones),
    }
}

/// For the count of operations.
fn config(plan: &PotentialPlan) -> Result<Option<Config>> {
    match plan {
        PotentialPlan::Et(path) => Ok(Some(Weights::load(path).or_bad_input()?.config)),
        PotentialPlan::LennardJones => Ok(None),
    }
}

struct Bench<'a> {
    args: &'a BenchArgs,
    compute: &'a Compute,
    plan: PotentialPlan,
    config: Option<Config>,
    peak: Peak,
}

impl Bench<'_> {
    /// All structures are read before the first is timed: a misspelt name should not cost minutes.
    fn systems(&self) -> Result<Vec<System>> {
        let molecule = self.config.is_some();
        let read = |path| Structure::read(path, self.args.frame, molecule);
        let structures = self.args.structures.iter().map(|path| read(path));
        let structures = structures.collect::<Result<Vec<_>>>()?;
        structures.iter().map(|one| self.system(one)).collect()
    }

    fn system(&self, structure: &Structure) -> Result<System> {
        let (warmup, calls) = (self.args.warmup, self.args.calls);
        output::say(format_args!(
            "{}: {warmup} calls to warm up, {calls} timed",
            structure.name
        ));
        let mut subject = self.subject(structure, self.compute)?;
        let ms = measure(warmup, calls, || subject.evaluate())?;
        let compare = match self.args.compare {
            Some(_) => Some(self.compare(structure, &subject, ms)?),
            None => None,
        };
        let operations = self.operations(&subject);
        Ok(System {
            name: structure.name.clone(),
            atoms: subject.atoms,
            pairs: subject.pairs,
            ms,
            steps_per_s: steps_per_second(&mut subject, (calls / CALLS_PER_STEP).max(1))?,
            mflop: operations.map(|count| count * 1e-6),
            fraction_of_peak: operations.map(|count| self.fraction_of_peak(count, ms.min)),
            compare,
        })
    }

    fn subject(&self, structure: &Structure, compute: &Compute) -> Result<Subject> {
        let loaded = inputs::potential(&self.plan, compute)?;
        Subject::new(structure, loaded.potential, self.args.replicas).or_bad_input()
    }

    /// Of one call.
    fn operations(&self, subject: &Subject) -> Option<f64> {
        use crate::cli::bench::flops::energy_and_forces;
        let one = energy_and_forces(self.config.as_ref()?, subject.atoms, subject.pairs);
        Some(one * f64::from(self.args.replicas))
    }

    fn fraction_of_peak(&self, operations: f64, milliseconds: f64) -> f64 {
        let gflops = operations / milliseconds * 1e-6;
        gflops / (self.peak.gflops * f64::from(self.compute.threads))
    }

    fn compare(
        &self,
        structure: &Structure,
        measured: &Subject,
        ms: Milliseconds,
    ) -> Result<Comparison> {
        let double = Compute {
            precision: PrecisionChoice::F64,
            ..*self.compute
        };
        let mut other = self.subject(structure, &double)?;
        let other_ms = measure(self.args.warmup, self.args.calls, || other.evaluate())?;
        let ((energy, forces), (exact_energy, exact)) = (measured.answer(), other.answer());
        let (largest, relative) = deviation(forces, exact);
        Ok(Comparison {
            path: "reference",
            precision: "f64",
            ms: other_ms,
            speedup: other_ms.median / ms.median,
            force_max_deviation_ev_per_a: largest,
            force_relative_rms: relative,
            energy_deviation_ev: (energy - exact_energy).abs(),
        })
    }
}

/// Largest difference of a component, and root of the mean squared difference over root of the mean square.
fn deviation(forces: &[Vec3], exact: &[Vec3]) -> (f64, f64) {
    let differences = || forces.iter().zip(exact).map(|(a, b)| a - b);
    let largest = differences().map(|d| d.amax()).fold(0.0, f64::max);
    let squared: f64 = differences().map(|d| d.norm_squared()).sum();
    let size: f64 = exact.iter().map(Vec3::norm_squared).sum();
    let relative = match size > 0.0 {
        true => (squared / size).sqrt(),
        false => squared.sqrt(),
    };
    (largest, relative)
}

fn steps_per_second(subject: &mut Subject, steps: u64) -> Result<Option<f64>> {
    let start = Instant::now();
    subject.simulation.run(steps)?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((!subject.simulation.is_over()).then_some(steps as f64 / seconds))
}

fn load_average() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// What is measured on a busy machine says more about the others than about this program.
fn crowded(load: f64) -> Option<String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (load > 0.8 * cores as f64).then(|| {
        format!("the machine is busy (load {load} on {cores} cores): quote the minimum, or measure again")
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "potential   {}, path {}, {}",
            self.potential, self.path, self.precision
        )?;
        writeln!(
            f,
            "calls       {} after {}, {} copies each, {} thread(s)",
            self.calls, self.warmup, self.replicas, self.threads
        )?;
        writeln!(
            f,
            "peak        {} GFLOP/s per core: {}",
            three_digits(self.peak_gflops),
            self.peak_method
        )?;
        writeln!(
            f,
            "\n{:<20} {:>6} {:>7} {:>9} {:>9} {:>9} {:>9} {:>8}",
            "system", "atoms", "pairs", "ms min", "median", "p99", "steps/s", "of peak"
        )?;
        self.systems.iter().try_for_each(|system| system.fmt(f))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: f64| three_digits(value);
        let optional = |value: Option<f64>| value.map_or("-".into(), three_digits);
        let percent = self
            .fraction_of_peak
            .map(|share| format!("{:.1} %", 100.0 * share));
        writeln!(
            f,
            "{:<20} {:>6} {:>7} {:>9} {:>9} {:>9} {:>9} {:>8}",
            self.name,
            self.atoms,
            self.pairs,
            number(self.ms.min),
            number(self.ms.median),
            number(self.ms.p99),
            optional(self.steps_per_s),
            percent.unwrap_or("-".into()),
        )?;
        match &self.compare {
            Some(other) => writeln!(
                f,
                "  {} {}: median {} ms ({} times as long); forces differ by at most {:.1e} eV/A, {:.1e} rms relative",
                other.path,
                other.precision,
                number(other.ms.median),
                number(other.speedup),
                other.force_max_deviation_ev_per_a,
                other.force_relative_rms
            ),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_by_hand() {
        let exact = [Vec3::new(3.0, 0.0, 0.0), Vec3::new(0.0, 4.0, 0.0)];
        let forces = [Vec3::new(3.0, 0.0, 0.5), Vec3::new(0.0, 4.0, 0.0)];
        assert_eq!(deviation(&forces, &exact), (0.5, 0.1));
        assert_eq!(deviation(&exact, &exact), (0.0, 0.0));
    }

    #[test]
    fn a_busy_machine_is_said_to_be_busy() {
        assert!(crowded(1e6).unwrap().contains("busy"));
        assert_eq!(crowded(0.0), None);
    }
}
