//! From a structure to its minimum.
//!
//! [`plan`] says what is meant, [`goal`] when it is over, [`selection`] which atoms, `assemble` reads and checks, `drive` steps, `records` remembers,
//! `folder` writes, `summary` counts, `progress` tells.

mod assemble;
mod drive;
mod folder;
pub mod goal;
pub mod plan;
mod progress;
mod records;
pub mod selection;
mod summary;

pub use selection::AtomSelection;

use super::exit::{one_line, BadInput, Outcome};
use super::md::drive::interrupt_flag;
use super::md::log::Log;
use super::{output, viewers};
use anyhow::{Context, Result};
use assemble::Assembly;
use drive::{Ending, Stop};
use folder::Folder;
use plan::RelaxPlan;
use records::Records;
use summary::Summary;

/// Everything is read and checked before the first file is written.
pub fn run(plan: &RelaxPlan, json: bool) -> Result<Outcome> {
    Folder::check(&plan.output, plan.overwrite)?;
    let mut assembly = assemble::assemble(plan)?;
    let (folder, _lock) = Folder::create(&plan.output, plan.overwrite)?;
    let mut log = Log::open(&folder.log())?;
    log.write(&format!("oreo {} relaxes", env!("CARGO_PKG_VERSION")))?;
    log.write(&plan.to_string())?;
    tell(&mut log, "note", &assembly.notes)?;
    tell(&mut log, "warning", &assembly.warnings)?;
    let interrupted = interrupt_flag()?;
    let mut records = Records::create(&folder.convergence())?;
    let driven = drive::drive(plan, &mut assembly, &folder, &mut records, &interrupted);
    let written = folder.write_records(plan, &records);
    let ending = driven.with_context(|| early_end(&folder, &records));
    if let Err(error) = &ending {
        log.write(&one_line(error))?;
    }
    let ending = ending?;
    written?;
    finish(plan, assembly, &ending, &records, &folder, log, json)
}

fn finish(
    plan: &RelaxPlan,
    mut assembly: Assembly,
    ending: &Ending,
    records: &Records,
    folder: &Folder,
    mut log: Log,
    json: bool,
) -> Result<Outcome> {
    folder.write_relaxed(&assembly.relaxation)?;
    if let Some(warning) = assembly.unseen_end()? {
        tell(&mut log, "warning", std::slice::from_ref(&warning))?;
        assembly.warnings.push(warning);
    }
    let summary = Summary::of(plan, &assembly, ending, records)?;
    folder.write_summary(&summary)?;
    let table = summary.to_string();
    table.lines().try_for_each(|line| log.write(line))?;
    match json {
        true => output::print_json(&summary)?,
        false => output::print(&table)?,
    }
    let line = last_line(plan, &summary, ending.stop, folder);
    log.write(&line)?;
    output::say(line);
    if !json {
        let viewers = viewers::of_xyz(&folder.trajectory());
        output::say(format_args!("to see it move: {}", viewers.join("   or   ")));
    }
    Ok(match ending.stop {
        Stop::Converged => Outcome::Completed,
        Stop::MaxSteps => Outcome::Unconverged,
        Stop::Interrupted => Outcome::Interrupted,
    })
}

/// How it ended, and what to do.
fn last_line(plan: &RelaxPlan, summary: &Summary, stop: Stop, folder: &Folder) -> String {
    let (root, relaxed) = (folder.root().display(), folder.relaxed());
    let state = format!(
        "a force of {:.4} eV/A is left after {} steps, more than --fmax {}",
        summary.max_force_ev_per_a, summary.steps, plan.fmax
    );
    let remedy = format!(
        "go on with --structure {} and another --output",
        relaxed.display()
    );
    match stop {
        Stop::Converged => format!("everything is in {root}"),
        Stop::MaxSteps => {
            format!("not converged: {state}; everything is in {root}; {remedy}, or give more --max-steps")
        }
        Stop::Interrupted => {
            format!("interrupted: {state}; what was reached is in {root}; {remedy}")
        }
    }
}

fn early_end(folder: &Folder, records: &Records) -> String {
    match records.last() {
        Some(last) => format!(
            "the relaxation ended early, with steps 0 to {} in {}",
            last.step,
            folder.trajectory().display()
        ),
        None => "the relaxation could not begin".into(),
    }
}

fn tell(log: &mut Log, kind: &str, lines: &[String]) -> Result<()> {
    lines.iter().try_for_each(|line| {
        output::say(format_args!("{kind}: {line}"));
        log.write(&format!("{kind}: {line}"))
    })
}

/// Of a flag.
fn refused<T>(flag: &str, problem: impl std::fmt::Display) -> Result<T> {
    Err(BadInput::new(format!("--{flag}: {problem}")).into())
}
