//! From a plan to a finished run.
//!
//! [`mod@assemble`] reads and builds (`start`, `dynamics`, `committee`, `watch`), [`drive`] steps, [`summarize`] counts,
//! [`log`] remembers, `table` and `files` say what came out; `unseen` compares structures with what the weights were trained on.

pub mod assemble;
mod committee;
pub mod drive;
pub(in crate::cli) mod dynamics;
mod files;
pub mod log;
#[cfg(test)]
mod lost;
mod saved;
pub mod start;
pub mod summarize;
pub(in crate::cli) mod table;
pub(in crate::cli) mod unseen;
mod vitals;
mod watch;

use super::analysis;
use super::exit::{self, BadInput, OrBadInput, Outcome};
use super::output;
use super::plan::Plan;
use crate::checkpoint;
use crate::run::{RunDirectory, Summary};
use anyhow::{Context, Result};
use assemble::{assemble, Assembly};
pub use dynamics::internal_thermal_energy;
use log::Log;
use oreo_formats::{TrajectoryWriter, XyzWriter};
use start::Beginning;

/// A new run. Everything is read and checked before the first file is written.
pub fn run(plan: &Plan, notes: &[String], overwrite: bool, json: bool) -> Result<Outcome> {
    let mut assembly = assemble(plan, &RunDirectory::new(&plan.output), Beginning::Planned)?;
    let (directory, _lock) = RunDirectory::create(&plan.output, overwrite).or_bad_input()?;
    let log = begin(plan, notes, &mut assembly, &directory)?;
    finish(plan, assembly, &directory, log, json)
}

/// Everything up to the first step, with a checkpoint of it.
fn begin(
    plan: &Plan,
    notes: &[String],
    assembly: &mut Assembly,
    directory: &RunDirectory,
) -> Result<Log> {
    write_beginning(plan, assembly, directory)?;
    let mut log = Log::open(&directory.log())?;
    log.write(&format!("oreo {} begins", env!("CARGO_PKG_VERSION")))?;
    plan.to_string()
        .lines()
        .try_for_each(|line| log.write(line))?;
    tell(&mut log, notes)?;
    assembly.simulation.start()?;
    assembly.save(directory)?;
    sync_folders(assembly, directory)?;
    Ok(log)
}

/// An earlier run, from its checkpoint on.
pub fn resume(plan: &Plan, notes: &[String], from_previous: bool, json: bool) -> Result<Outcome> {
    let directory = RunDirectory::open(&plan.output).or_bad_input()?;
    let _lock = directory.lock()?;
    let mut assembly = assemble(plan, &directory, Beginning::Recorded)?;
    let path = directory.checkpoint();
    if from_previous {
        checkpoint::restore_previous(&path).or_bad_input()?;
    }
    if !path.exists() {
        let problem = "has no checkpoint: the run ended before its first step; start it again with --overwrite";
        return Err(BadInput::new(format!("{} {problem}", directory.root().display())).into());
    }
    refuse_fewer_steps(plan, &checkpoint::contents(&path).or_bad_input()?)?;
    assembly.load(&path).or_bad_input()?;
    checkpoint::replace_atomically(&directory.config(), plan.to_toml()?.as_bytes())
        .with_context(|| format!("{} cannot be written", directory.config().display()))?;
    let step = drive::current_step(&assembly.simulation);
    if step == plan.steps || assembly.simulation.is_over() {
        if let Some(summary) = summary_of(&directory, &assembly) {
            return nothing_to_do(&summary, &assembly, json);
        }
    }
    let mut log = Log::open(&directory.log())?;
    log.write(&format!(
        "oreo {} resumes at step {step}",
        env!("CARGO_PKG_VERSION")
    ))?;
    output::say(format_args!("resuming at step {step} of {}", plan.steps));
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
    for warning in &assembly.warnings {
        output::say(format_args!("warning: {warning}"));
        log.write(&format!("warning: {warning}"))?;
    }
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
    let whole = table::whole(&summary);
    whole.iter().try_for_each(|line| log.write(line))?;
    match json {
        true => output::print_json(&summary)?,
        false => output::print(&table::of(&summary))?,
    }
    let root = directory.root().display();
    if drive.interrupted {
        output::say(format_args!(
            "interrupted; a checkpoint is written; continue with: oreo resume {root}"
        ));
        return Ok(drive.outcome(&assembly.simulation));
    }
    let analyzed = analyze(plan, &assembly, &summary, directory, &mut log)?;
    match json {
        true => output::say(format_args!("everything is in {root}")),
        false => output::print(&files::of(plan, directory, analyzed))?,
    }
    Ok(drive.outcome(&assembly.simulation))
}

/// Figures to look at; whether there are any. The run itself has succeeded whatever happens here: a failure is a note.
fn analyze(
    plan: &Plan,
    assembly: &Assembly,
    summary: &Summary,
    directory: &RunDirectory,
    log: &mut Log,
) -> Result<bool> {
    let analysis = analysis::of_finished_run(directory, plan, summary, assembly.reference.as_ref());
    let width = plan.figure_width;
    let written = analysis.and_then(|analysis| analysis::write(&analysis, directory.root(), width));
    match written {
        Ok(()) => {
            log.write("analysis.json, report.html and plots written")?;
            Ok(true)
        }
        Err(error) => {
            let problem = exit::one_line(&error);
            let root = directory.root().display();
            let note = format!("no analysis: {problem}; try again with: oreo analyze {root}");
            tell(log, &[note])?;
            Ok(false)
        }
    }
}

/// The summary, if it tells of this very end; a process that was killed may have saved its last step and no summary.
fn summary_of(directory: &RunDirectory, assembly: &Assembly) -> Option<Summary> {
    let text = std::fs::read(directory.summary()).ok()?;
    let summary: Summary = serde_json::from_slice(&text).ok()?;
    let replicas = assembly.simulation.replicas();
    let told = summary
        .replicas
        .iter()
        .zip(replicas)
        .all(|(told, replica)| told.steps == replica.state.step && told.stop.cause != "requested");
    (told && summary.replicas.len() == replicas.len()).then_some(summary)
}

/// Says so, and leaves the summary of the process that did the work, with its speed.
fn nothing_to_do(summary: &Summary, assembly: &Assembly, json: bool) -> Result<Outcome> {
    let why = match assembly.simulation.is_over() {
        true => "every replica was stopped, and a stopped replica is not continued",
        false => "all steps are done; give a larger --steps",
    };
    output::say(format_args!("nothing to do: {why}"));
    match json {
        true => output::print_json(summary)?,
        false => output::print(&table::of(summary))?,
    }
    Ok(drive::outcome(&assembly.simulation, false))
}

/// A step count below what is done would call an older run completed.
fn refuse_fewer_steps(plan: &Plan, saved: &checkpoint::Contents) -> Result<()> {
    let steps = (0..plan.replicas).filter_map(|id| saved.u64(&format!("replica-{id}/step")));
    match steps.max() {
        Some(done) if done > plan.steps => {
            let remedy = "give a larger --steps";
            Err(BadInput::new(format!(
                "steps: {done} steps are done already, more than {}; {remedy}",
                plan.steps
            ))
            .into())
        }
        _ => Ok(()),
    }
}

/// Trajectories were created since the folders were; a checkpoint must not outlive their names.
fn sync_folders(assembly: &Assembly, directory: &RunDirectory) -> Result<()> {
    for replica in assembly.simulation.replicas() {
        let folder = directory.replica(replica.id);
        checkpoint::sync_folder(&folder)
            .with_context(|| format!("{} cannot be synced", folder.display()))?;
    }
    Ok(())
}

fn tell(log: &mut Log, notes: &[String]) -> Result<()> {
    notes.iter().try_for_each(|note| {
        output::say(format_args!("note: {note}"));
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
