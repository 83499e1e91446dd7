//! `oreo run --dry-run`: everything that a run reads and checks before its first step, a few of its force calls, and
//! what they say about the rest. Writes nothing.

use crate::cli::bench::disk::Disk;
use crate::cli::bench::memory::{peak_resident_bytes, size};
use crate::cli::bench::samples::{measure_within, Milliseconds};
use crate::cli::exit::{OrBadInput, Outcome};
use crate::cli::md::assemble::{assemble, Assembly};
use crate::cli::md::start::Beginning;
use crate::cli::output;
use crate::cli::pace::{duration, nanoseconds_per_day, three_digits};
use crate::cli::plan::Plan;
use crate::run::RunDirectory;
use anyhow::Result;
use serde_json::{json, Value};
use std::fmt;
use std::time::Duration;

/// How long force calls are timed.
const BUDGET: Duration = Duration::from_secs(2);
/// How long the calls of an ensemble are timed.
const ENSEMBLE_BUDGET: Duration = Duration::from_secs(1);
/// However slow they are.
const FEWEST_CALLS: u64 = 3;

/// What the run will need, if every replica reaches its last step.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// One call for all replicas.
    pub ms: Milliseconds,
    /// How many were timed.
    pub calls: u64,
    /// All networks of the ensemble for all replicas, once in `every` steps; `None` without one.
    pub ensemble_ms: Option<Milliseconds>,
    /// Of all replicas together.
    pub steps_per_s: f64,
    /// Of one replica.
    pub ns_per_day: f64,
    /// All steps.
    pub wall_s: f64,
    /// Files.
    pub disk: Disk,
    /// The most that this process took while it did all this; `None` where the system does not say.
    pub memory_bytes: Option<u64>,
}

/// Checks and prints.
pub fn main(
    plan: &Plan,
    notes: &[String],
    overwrite: bool,
    resume: bool,
    json: bool,
) -> Result<Outcome> {
    let mut notes = notes.to_vec();
    let (directory, beginning) = match resume {
        true => {
            let all = "times and sizes are those of the whole run, also of the part that the checkpoint has behind it";
            notes.push(all.into());
            (
                RunDirectory::open(&plan.output).or_bad_input()?,
                Beginning::Recorded,
            )
        }
        false => {
            RunDirectory::check(&plan.output, overwrite).or_bad_input()?;
            (RunDirectory::new(&plan.output), Beginning::Planned)
        }
    };
    let mut assembly = assemble(plan, &directory, beginning)?;
    notes.append(&mut assembly.notes);
    let forecast = Forecast::of(plan, &mut assembly)?;
    match json {
        true => output::print_json(&as_json(plan, &notes, &assembly.warnings, &forecast)?)?,
        false => {
            notes
                .iter()
                .for_each(|note| output::say(format_args!("note: {note}")));
            let warnings = assembly.warnings.iter();
            warnings.for_each(|warning| output::say(format_args!("warning: {warning}")));
            output::print(&format!("{plan}{forecast}"))?;
        }
    }
    Ok(Outcome::Completed)
}

impl Forecast {
    /// Makes the force calls.
    pub fn of(plan: &Plan, assembly: &mut Assembly) -> Result<Self> {
        let (ms, calls) = measure_within(BUDGET, FEWEST_CALLS, || {
            assembly.simulation.compute_forces()
        })?;
        let simulation = &mut assembly.simulation;
        let consult = || measure_within(ENSEMBLE_BUDGET, FEWEST_CALLS, || simulation.consult());
        let ensemble = (!plan.committee.is_empty()).then(consult).transpose()?;
        let ensemble_ms = ensemble.map(|(ms, _)| ms);
        let per_step = ensemble_ms.map_or(0.0, |ms| ms.median / plan.every as f64);
        let steps_per_s = 1e3 / (ms.median + per_step);
        let first = &assembly.simulation.replicas()[0];
        let (atoms, cell) = (first.system.len(), first.state.cell.clone());
        Ok(Self {
            ms,
            calls,
            ensemble_ms,
            steps_per_s,
            ns_per_day: nanoseconds_per_day(steps_per_s, plan.timestep.femtoseconds()),
            wall_s: plan.steps as f64 / steps_per_s,
            disk: Disk::of(plan, atoms, &cell, assembly)?,
            memory_bytes: peak_resident_bytes(),
        })
    }
}

/// The settings under their config keys, and what follows from them.
fn as_json(
    plan: &Plan,
    notes: &[String],
    warnings: &[String],
    forecast: &Forecast,
) -> Result<Value> {
    Ok(json!({
        "dry_run": true,
        "settings": toml::Table::try_from(plan.to_settings())?,
        "simulated_ps": plan.simulated_time() * 1e-3,
        "expected_wall_s": forecast.wall_s,
        "expected_steps_per_s": forecast.steps_per_s,
        "expected_ns_per_day": forecast.ns_per_day,
        "expected_disk_bytes": forecast.disk.total(),
        "expected_memory_bytes": forecast.memory_bytes,
        "disk": forecast.disk,
        "ms_per_call": forecast.ms,
        "timed_calls": forecast.calls,
        "ensemble_ms_per_line": forecast.ensemble_ms,
        "methods": {
            "wall": WALL,
            "disk": DISK,
            "memory": MEMORY,
        },
        "notes": notes,
        "warnings": warnings,
    }))
}

const WALL: &str =
    "median of the timed energy and force calls of all replicas, times the steps (of an ensemble, \
                    times the lines of thermo.csv); \
                    integration, rules and output come on top";
const DISK: &str = "frames times bytes per frame, thermo.csv, and two checkpoints; \
                    figures and report are a megabyte or two more";
const MEMORY: &str =
    "most memory that this dry run held, with everything read, self-tested and forces computed";

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "time        {} ({} steps/s, {} ns/day): {WALL} ({} calls, {} ms)",
            duration(self.wall_s),
            three_digits(self.steps_per_s),
            three_digits(self.ns_per_day),
            self.calls,
            three_digits(self.ms.median),
        )?;
        if let Some(ms) = &self.ensemble_ms {
            let ms = three_digits(ms.median);
            writeln!(
                f,
                "ensemble    {ms} ms a line of thermo.csv, in the time above"
            )?;
        }
        writeln!(
            f,
            "disk        {} for {} frames a replica: {DISK}",
            size(self.disk.total()),
            self.disk.frames
        )?;
        let memory = self.memory_bytes.map_or("unknown".into(), size);
        writeln!(f, "memory      {memory}: {MEMORY}")?;
        writeln!(f, "dry run     nothing was written")
    }
}
