//! Takes a simulation to its last step: checkpoints, progress, Ctrl-C, stopped replicas.

use super::assemble::Assembly;
use super::log::Log;
use super::unseen::FirstSightings;
use super::vitals::vitals;
use crate::cli::exit::Outcome;
use crate::cli::plan::Plan;
use crate::cli::progress::Progress;
use crate::run::{RunDirectory, StepTimes};
use crate::{Replica, Simulation};
use anyhow::{Context, Result};
use oreo_formats::TrajectoryWriter;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// However slow the steps: no more work than this is lost. Saving does not touch the dynamics.
const LONGEST_UNSAVED: Duration = Duration::from_secs(600);

/// What a finished or interrupted drive leaves for the summary.
pub struct Drive {
    /// Of each step of this process.
    pub times: StepTimes,
    /// Of this process, start to end.
    pub wall: Duration,
    /// Ctrl-C came.
    pub interrupted: bool,
}

impl Drive {
    /// For the shell.
    pub fn outcome(&self, simulation: &Simulation) -> Outcome {
        outcome(simulation, self.interrupted)
    }
}

/// How a run ended, for the shell.
pub fn outcome(simulation: &Simulation, interrupted: bool) -> Outcome {
    let unstable = |replica: &Replica| replica.stop().is_some_and(|stop| stop.is_unstable());
    match (interrupted, simulation.replicas().iter().any(unstable)) {
        (true, _) => Outcome::Interrupted,
        (false, true) => Outcome::Unstable,
        (false, false) => Outcome::Completed,
    }
}

/// Set by Ctrl-C; the step that is under way is finished first. A second Ctrl-C ends the process at once.
pub fn interrupt_flag() -> Result<Arc<AtomicBool>> {
    interrupt_flag_before(|| ())
}

/// The same; `last` is called before the process ends at once.
pub fn interrupt_flag_before(last: impl Fn() + Send + 'static) -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::SeqCst) {
            last();
            std::process::exit(130);
        }
    })
    .context("Ctrl-C cannot be watched")?;
    Ok(flag)
}

/// Runs until `plan.steps`, until nobody is left, or until the flag is set. Everything is saved at the end.
pub fn drive(
    plan: &Plan,
    assembly: &mut Assembly,
    directory: &RunDirectory,
    log: &mut Log,
    interrupted: &AtomicBool,
) -> Result<Drive> {
    let started = Instant::now();
    let first = current_step(&assembly.simulation);
    let mut progress = Progress::new(
        plan.steps,
        first,
        plan.timestep.femtoseconds(),
        plan.replicas,
    );
    let mut times = StepTimes::default();
    // Of a run that begins, one that is stopped where it starts is news.
    let mut stopped: Vec<bool> = match first {
        0 => vec![false; assembly.simulation.replicas().len()],
        _ => stopped_now(&assembly.simulation),
    };
    report_stopped(
        &assembly.simulation,
        &mut stopped,
        directory,
        log,
        &mut progress,
    )?;
    let mut sightings = FirstSightings::new(plan, &assembly.simulation);
    let mut step = first;
    let mut saved = Instant::now();
    while step < plan.steps && !assembly.simulation.is_over() && !interrupted.load(Ordering::SeqCst)
    {
        let before = Instant::now();
        assembly.simulation.step()?;
        times.record(before.elapsed());
        step += 1;
        report_stopped(
            &assembly.simulation,
            &mut stopped,
            directory,
            log,
            &mut progress,
        )?;
        if step.is_multiple_of(plan.every) {
            sightings.tell(&assembly.simulation, log, &mut progress)?;
        }
        if step.is_multiple_of(plan.checkpoint_every) || saved.elapsed() > LONGEST_UNSAVED {
            assembly.save(directory)?;
            saved = Instant::now();
        }
        progress.update(step, || vitals(assembly));
    }
    progress.finish(&vitals(assembly));
    assembly.save(directory)?;
    Ok(Drive {
        times,
        wall: started.elapsed(),
        interrupted: interrupted.load(Ordering::SeqCst) && step < plan.steps,
    })
}

/// Of the replicas that still move, or of the last one that did.
pub fn current_step(simulation: &Simulation) -> u64 {
    simulation
        .replicas()
        .iter()
        .map(|replica| replica.state.step)
        .max()
        .unwrap_or(0)
}

fn stopped_now(simulation: &Simulation) -> Vec<bool> {
    simulation
        .replicas()
        .iter()
        .map(|replica| !replica.is_active())
        .collect()
}

/// Says once why a replica stopped, and keeps its last configuration for the eye.
fn report_stopped(
    simulation: &Simulation,
    stopped: &mut [bool],
    directory: &RunDirectory,
    log: &mut Log,
    progress: &mut Progress,
) -> Result<()> {
    for (replica, stopped) in simulation.replicas().iter().zip(stopped) {
        if let (Some(stop), false) = (replica.stop(), *stopped) {
            *stopped = true;
            let line = format!(
                "replica {} stopped at step {} ({}): {stop}",
                replica.id,
                stop.step(),
                stop.cause()
            );
            progress.say(&line);
            log.write(&line)?;
            if replica.state.is_finite() {
                write_last_frame(replica, directory)?;
            }
        }
    }
    Ok(())
}

fn write_last_frame(replica: &Replica, directory: &RunDirectory) -> Result<()> {
    let path = directory.replica(replica.id).join("stopped.xyz");
    let mut writer = oreo_formats::XyzWriter::create(&path)?;
    let frame = oreo_core::FrameRef {
        elements: &replica.system.elements,
        positions: &replica.state.positions,
        cell: &replica.state.cell,
        energy: Some(replica.state.energy),
        forces: Some(&replica.state.forces),
        velocities: None,
        step: Some(replica.state.step),
        time: None,
    };
    writer.write(&frame)?;
    Ok(writer.flush()?)
}
