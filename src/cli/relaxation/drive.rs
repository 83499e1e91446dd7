//! Takes a relaxation to its end: minimum, last step, or Ctrl-C.

use super::assemble::Assembly;
use super::folder::Folder;
use super::plan::RelaxPlan;
use super::progress::RelaxProgress;
use super::records::Records;
use anyhow::Result;
use oreo_formats::TrajectoryWriter;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Why there is no further step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Converged,
    MaxSteps,
    Interrupted,
}

impl Stop {
    /// In `summary.json`; words as in that of a run, where there are such.
    pub fn cause(self) -> &'static str {
        match self {
            Stop::Converged => "converged",
            Stop::MaxSteps => "max_steps",
            Stop::Interrupted => "requested",
        }
    }
}

/// What the summary is told.
pub(super) struct Ending {
    pub stop: Stop,
    /// Start to end, files included.
    pub wall: Duration,
}

/// Every structure on the way is recorded and written, the first and the last one, too.
pub(super) fn drive(
    plan: &RelaxPlan,
    assembly: &mut Assembly,
    folder: &Folder,
    records: &mut Records,
    interrupted: &AtomicBool,
) -> Result<Ending> {
    let started = Instant::now();
    let relaxation = &mut assembly.relaxation;
    let mut trajectory = folder.trajectory_writer()?;
    let mut progress = RelaxProgress::new(plan.max_steps);
    relaxation.start()?;
    let stop = loop {
        records.record(relaxation)?;
        trajectory.write(&Folder::frame(relaxation))?;
        progress.update(relaxation);
        if relaxation.max_force() < plan.fmax.ev_per_angstrom() {
            break Stop::Converged;
        }
        if relaxation.state().step == plan.max_steps {
            break Stop::MaxSteps;
        }
        if interrupted.load(Ordering::SeqCst) {
            break Stop::Interrupted;
        }
        relaxation.step()?;
    };
    trajectory.flush()?;
    progress.finish();
    Ok(Ending {
        stop,
        wall: started.elapsed(),
    })
}
