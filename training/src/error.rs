//! Everything that can go wrong in training.

use std::path::PathBuf;
use thiserror::Error;

/// One line each: what, where, and what to do.
#[derive(Debug, Error)]
pub enum TrainingError {
    /// A file could not be read as data.
    #[error(transparent)]
    Format(#[from] oreo_formats::FormatError),
    /// The network failed.
    #[error(transparent)]
    Potential(#[from] oreo_core::PotentialError),
    /// Weights could not be saved.
    #[error(transparent)]
    Weights(#[from] oreo_potentials::oreo::WeightsError),
    /// Another rank failed.
    #[error(transparent)]
    Lost(#[from] crate::ranks::Lost),
    /// Something about a file of the run or of the data.
    #[error("{}: {problem}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What, and what to do.
        problem: String,
    },
    /// A checkpoint of a run with other settings or data.
    #[error("{}: {problem}", path.display())]
    OtherRun {
        /// The checkpoint.
        path: PathBuf,
        /// What differs, and what to do.
        problem: String,
    },
    /// Settings that do not go together.
    #[error("{0}")]
    Settings(String),
    /// A conformation that the objective cannot use.
    #[error("{source_name}: conformation {index} {problem}")]
    Conformation {
        /// Name of the data.
        source_name: String,
        /// From 0.
        index: usize,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// Numbers that are not finite; the parameters are still those before the step.
    #[error("{moment}: {what} not finite, with {members}; {remedy}")]
    NotFinite {
        /// `step 12` or `validation after step 12`
        moment: String,
        /// What, with its verb.
        what: &'static str,
        /// Source and numbers of the conformations.
        members: String,
        /// What to do.
        remedy: &'static str,
    },
}
