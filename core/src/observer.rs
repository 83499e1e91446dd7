//! Watching a run without changing it.

use crate::{Persist, State, Stop, System};
use std::any::Any;
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
    /// Of the networks that are asked beside the one that moves the atoms; `None` at steps at which they were not.
    pub force_deviation: Option<ForceDeviation>,
}

/// How far several models are from each other at one configuration; `oreo_validation::deviation` says how it is counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForceDeviation {
    /// Index of the atom that they differ most about.
    pub atom: usize,
    /// eV/Å, of that atom.
    pub max: f64,
    /// eV/Å, root mean square over the atoms.
    pub rms: f64,
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

/// Sees finished steps, changes nothing, may stop its replica. `Any`, so that a run can ask its observers for their
/// results by type once it is over.
pub trait Observer: Persist + Send + Any {
    /// `Break` retires this replica; the others go on. An error ends the whole run.
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError>;

    /// Whether it is shown the step at which a rule before it stopped the replica: yes for what is looked at
    /// afterwards, no for statistics, which are of the stable part.
    fn sees_the_stop(&self) -> bool {
        true
    }

    /// Makes everything observed so far durable. Called before each checkpoint and at the end.
    fn flush(&mut self) -> Result<(), ObserverError> {
        Ok(())
    }
}
