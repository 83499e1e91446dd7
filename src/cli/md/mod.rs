//! From a plan to a finished run.
//!
//! [`mod@assemble`] reads and builds (`start`, `dynamics`, `watch`), [`drive`] steps, [`summarize`] counts, [`log`] remembers.

pub mod assemble;
pub mod drive;
mod dynamics;
pub mod log;
mod saved;
pub mod start;
pub mod summarize;
mod table;
mod watch;

use super::analysis;
use super::exit::{self, OrBadInput, Outcome};
use super::output;
use super::plan::Plan;
use crate::checkpoint;
use crate::run::{RunDirectory, Summary};
use anyhow::{Context, Result};
use assemble::{assemble, Assembly};
use log::Log;
use oreo_formats::{TrajectoryWriter, XyzWriter};
use start::Beginning;

/// A new run. Everything is read and checked before the first file is written.
pub fn run(plan: &Plan, notes: &[String], overwrite: bool, json: bool) -> Result<Outcome> {
    let mut assembly = assemble(plan, &RunDirectory::new(&plan.output), Beginning::Planned)?;
    let directory = RunDirectory::create(&plan.output, overwrite).or_bad_input()?;
    let _lock = directory.lock()?;
    write_beginning(plan, &assembly, &directory)?;
    let mut log = Log::open(&directory.log())?;
    log.write(&format!("oreo {} begins", env!("CARGO_PKG_VERSION")))?;
    plan.to_string()
        .lines()
        .try_for_each(|line| log.write(line))?;
    tell(&mut log, notes)?;
    assembly.simulation.start()?;
    assembly.save(&directory)?;
    finish(plan, assembly, &directory, log, json)
}

/// An earlier run, from its checkpoint on.
pub fn resume(plan: &Plan, notes: &[String], from_previous: bool, json: bool) -> Result<Outcome> {
    let directory = RunDirectory::open(&plan.output).or_bad_input()?;
    let _lock = directory.lock()?;
    let mut assembly = assemble(plan, &directory, Beginning::Recorded)?;
    let path = match from_previous {
        true => checkpoint::previous(&directory.checkpoint()),
        false => directory.checkpoint(),
    };
    assembly.load(&path).or_bad_input()?;
    checkpoint::replace_atomically(&directory.config(), plan.to_toml()?.as_bytes())
        .with_context(|| format!("{} cannot be written", directory.config().display()))?;
    let mut log = Log::open(&directory.log())?;
    let step = drive::current_step(&assembly.simulation);
    log.write(&format!(
        "oreo {} resumes at step {step}",
        env!("CARGO_PKG_VERSION")
    ))?;
    eprintln!("resuming at step {step} of {}", plan.steps);
    tell(&mut log, notes)?;
    finish(plan, assembly, &directory, log, json)
}

fn finish(
    plan: &Plan,
    mut assembly: Assembly,
    directory: &RunDirectory,
    mut log: Log,
    json: bool,
) -> Result<Outcome> {
    tell(&mut log, &assembly.notes)?;
    let interrupted = drive::interrupt_flag()?;
    let drive = drive::drive(plan, &mut assembly, directory, &mut log, &interrupted).with_context(
        || {
            format!(
                "the run ended early; after mending the cause: oreo resume {}",
                directory.root().display()
            )
        },
    )?;
    let summary = summarize::summary(plan, &assembly, &drive);
    let text =
        serde_json::to_vec_pretty(&summary).context("the summary cannot be written as JSON")?;
    checkpoint::replace_atomically(&directory.summary(), &text)
        .with_context(|| format!("{} cannot be written", directory.summary().display()))?;
    let table = table::of(&summary);
    table.lines().try_for_each(|line| log.write(line))?;
    match json {
        true => output::print_json(&summary)?,
        false => output::print(&table)?,
    }
    if !drive.interrupted {
        analyze(plan, &assembly, &summary, directory, &mut log)?;
    }
    let root = directory.root().display();
    match drive.interrupted {
        true => {
            eprintln!("interrupted; a checkpoint is written; continue with: oreo resume {root}")
        }
        false => eprintln!("everything is in {root}"),
    }
    Ok(drive.outcome(&assembly.simulation))
}

/// Figures to look at. The run itself has succeeded whatever happens here: a failure is a note.
fn analyze(
    plan: &Plan,
    assembly: &Assembly,
    summary: &Summary,
    directory: &RunDirectory,
    log: &mut Log,
) -> Result<()> {
    let analysis = analysis::of_finished_run(directory, plan, summary, assembly.reference.as_ref());
    let written = analysis.and_then(|analysis| analysis::write(&analysis, directory.root()));
    match written {
        Ok(()) => log.write("analysis.json, report.html and plots written"),
        Err(error) => {
            let problem = exit::one_line(&error);
            let root = directory.root().display();
            let note = format!("no analysis: {problem}; try again with: oreo analyze {root}");
            tell(log, &[note])
        }
    }
}

fn tell(log: &mut Log, notes: &[String]) -> Result<()> {
    notes.iter().try_for_each(|note| {
        eprintln!("note: {note}");
        log.write(&format!("note: {note}"))
    })
}

/// `config.toml` and `start.xyz` of each replica.
fn write_beginning(plan: &Plan, assembly: &Assembly, directory: &RunDirectory) -> Result<()> {
    for replica in assembly.simulation.replicas() {
        directory.create_replica(replica.id)?;
        let mut writer = XyzWriter::create(directory.start(replica.id))?;
        writer.write(&oreo_core::FrameRef {
            elements: &replica.system.elements,
            positions: &replica.state.positions,
            cell: &replica.state.cell,
            energy: None,
            forces: None,
            velocities: None,
            step: None,
            time: None,
        })?;
        writer.flush()?;
    }
    checkpoint::replace_atomically(&directory.config(), plan.to_toml()?.as_bytes())
        .with_context(|| format!("{} cannot be written", directory.config().display()))
}
