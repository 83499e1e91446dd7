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
    /// Something about a file of the run or of the data.
    #[error("{}: {problem}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What, and what to do.
        problem: String,
    },
    /// Settings that do not go together.
    #[error("{0}")]
    Settings(String),
}
