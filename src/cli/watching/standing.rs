//! Whether anybody works on a folder, and how it ended if nobody does.

use crate::cli::exit::Outcome;
use crate::run::RunDirectory;
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Of a run, a training or a relaxation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A process works on it.
    Running,
    /// All steps are done; a minimum is found.
    Completed,
    /// A stability rule stopped a replica.
    Unstable,
    /// A relaxation that used up its steps.
    Unconverged,
    /// Somebody stopped it; it can be continued.
    Interrupted,
    /// The process is gone, the work is not done.
    NotRunning,
}

impl Standing {
    /// For the shell.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Running | Self::Completed => Outcome::Completed,
            Self::Unstable => Outcome::Unstable,
            Self::Unconverged => Outcome::Unconverged,
            Self::Interrupted | Self::NotRunning => Outcome::Unfinished,
        }
    }
}

/// Where the lock may not be looked at, a file that grew so lately speaks for a process. Runs save every ten minutes.
const SIGN_OF_LIFE: Duration = Duration::from_secs(900);

/// Whether a process works on the folder; `silent` is since when no table has grown.
pub fn is_at_work(directory: &RunDirectory, silent: Option<Duration>) -> bool {
    let lately = || silent.is_some_and(|silent| silent < SIGN_OF_LIFE);
    directory.in_use().unwrap_or_else(lately)
}

/// Since the file was last written to; `None` without the file.
pub fn age(path: &Path) -> Option<Duration> {
    let written = path.metadata().and_then(|metadata| metadata.modified());
    // A clock that runs ahead, on another machine, is no age.
    let age = |then| SystemTime::now().duration_since(then).unwrap_or_default();
    written.ok().map(age)
}
