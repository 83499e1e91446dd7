//! Watching a run, and saying stop.

use crate::{Persist, State, System};
use std::ops::ControlFlow;
use std::path::PathBuf;
use thiserror::Error;

/// What an observer sees after a finished step.
pub struct View<'a> {
    /// Which replica.
    pub replica: u32,
    /// Elements and masses.
    pub system: &'a System,
    /// After the step; forces belong to the positions.
    pub state: &'a State,
    /// eV, of the integrator.
    pub conserved: f64,
}

/// Why a replica ended before its last step. Atoms count from 0; the step is the one that was just finished.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// A bond of the reference topology left its window.
    Bond {
        /// Finished step.
        step: u64,
        /// Indices of the two atoms.
        atoms: [usize; 2],
        /// Å, now.
        distance: f64,
        /// Å, mean of the reference.
        reference: f64,
        /// Å, allowed deviation.
        threshold: f64,
    },
    /// The distance distribution of a window left the reference.
    Rdf {
        /// Finished step.
        step: u64,
        /// Integrated absolute deviation in the window.
        deviation: f64,
        /// Allowed.
        threshold: f64,
    },
    /// Kinetic temperature above the cap.
    Temperature {
        /// Finished step.
        step: u64,
        /// K
        temperature: f64,
        /// K
        cap: f64,
    },
    /// A force above the cap.
    Force {
        /// Finished step.
        step: u64,
        /// Index of the atom.
        atom: usize,
        /// eV/Å
        force: f64,
        /// eV/Å
        cap: f64,
    },
    /// NaN or infinity in energy, forces, positions or momenta.
    NonFinite {
        /// The step whose numbers are not finite.
        step: u64,
        /// Which quantity, e.g. `force on atom 3`.
        quantity: String,
    },
    /// Somebody asked for it (Ctrl-C, an observer's own reason).
    Requested {
        /// Finished step.
        step: u64,
        /// Who or why.
        reason: String,
    },
}

impl Stop {
    /// The word used in `summary.json`.
    pub fn cause(&self) -> &'static str {
        match self {
            Stop::Bond { .. } => "bond",
            Stop::Rdf { .. } => "rdf",
            Stop::Temperature { .. } => "temperature",
            Stop::Force { .. } => "force",
            Stop::NonFinite { .. } => "non_finite",
            Stop::Requested { .. } => "requested",
        }
    }

    /// The step at which it happened.
    pub fn step(&self) -> u64 {
        match self {
            Stop::Bond { step, .. }
            | Stop::Rdf { step, .. }
            | Stop::Temperature { step, .. }
            | Stop::Force { step, .. }
            | Stop::NonFinite { step, .. }
            | Stop::Requested { step, .. } => *step,
        }
    }

    /// True when the dynamics went wrong, false when somebody only asked to stop.
    pub fn is_unstable(&self) -> bool {
        !matches!(self, Stop::Requested { .. })
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::Bond { atoms: [i, j], distance, reference, threshold, .. } => write!(
                f,
                "bond {i}-{j} is {distance:.3} Å long, {:.3} Å from its reference {reference:.3} Å (allowed {threshold} Å)",
                (distance - reference).abs()
            ),
            Stop::Rdf { deviation, threshold, .. } => {
                write!(f, "distance distribution of the window deviates by {deviation:.3} (allowed {threshold})")
            }
            Stop::Temperature { temperature, cap, .. } => {
                write!(f, "temperature {temperature:.0} K is above the cap of {cap:.0} K")
            }
            Stop::Force { atom, force, cap, .. } => {
                write!(f, "force of {force:.1} eV/Å on atom {atom} is above the cap of {cap} eV/Å")
            }
            Stop::NonFinite { quantity, .. } => write!(f, "{quantity} is not a finite number"),
            Stop::Requested { reason, .. } => f.write_str(reason),
        }
    }
}

/// Why an observer could not do its work; ends the run.
#[derive(Debug, Error)]
pub enum ObserverError {
    /// Writing failed.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else, in one line.
    #[error("{0}")]
    Other(String),
}

/// Sees finished steps, changes nothing, may stop its replica.
pub trait Observer: Persist + Send {
    /// `Break` retires this replica; the others go on. An error ends the whole run.
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError>;

    /// Makes everything observed so far durable. Called before each checkpoint and at the end.
    fn flush(&mut self) -> Result<(), ObserverError> {
        Ok(())
    }
}
