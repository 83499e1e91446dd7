//! Everything that can end a run, with the numbers in it.

use oreo_core::{ArchiveError, NeighborError, ObserverError, PotentialError};
use std::path::PathBuf;
use thiserror::Error;

/// Why a simulation could not start, go on, or be restored.
#[derive(Debug, Error)]
pub enum RunError {
    /// The potential was not made for this system.
    #[error("replica {replica}: {source}")]
    Unfit {
        /// Which replica.
        replica: u32,
        /// What does not fit.
        source: PotentialError,
    },
    /// Energies and forces could not be had; the step was not taken.
    #[error("no forces for step {step}: {source}")]
    Forces {
        /// The step that was under way.
        step: u64,
        /// Why.
        source: PotentialError,
    },
    /// A member of the committee was not made for this system.
    #[error("ensemble member {member}, replica {replica}: {source}")]
    UnfitMember {
        /// Counted from 1.
        member: usize,
        /// Which replica.
        replica: u32,
        /// What does not fit.
        source: PotentialError,
    },
    /// A member of the committee did not answer.
    #[error("no forces of ensemble member {member}: {source}")]
    Member {
        /// Counted from 1.
        member: usize,
        /// Why.
        source: PotentialError,
    },
    /// The neighbour list could not be built; the step was not taken.
    #[error("replica {replica}, step {step}: {source}")]
    Neighbors {
        /// Which replica.
        replica: u32,
        /// Last finished step.
        step: u64,
        /// Why.
        source: NeighborError,
    },
    /// The start is not a finite configuration.
    #[error("replica {replica} starts with {quantity} that is not a finite number")]
    NonFiniteStart {
        /// Which replica.
        replica: u32,
        /// Energy, force, position or momentum.
        quantity: String,
    },
    /// The arrays of a replica disagree with its system.
    #[error("replica {replica} has {atoms} atoms but {found} positions, momenta or forces")]
    Shape {
        /// Which replica.
        replica: u32,
        /// Atoms of the system.
        atoms: usize,
        /// Entries found.
        found: usize,
    },
    /// An earlier step failed halfway; only the last checkpoint can be continued.
    #[error("an earlier step failed halfway; continue from the last checkpoint")]
    Broken,
    /// An observer could not do its work.
    #[error("replica {replica}, step {step}: {source}")]
    Observer {
        /// Which replica.
        replica: u32,
        /// Finished step.
        step: u64,
        /// Why.
        source: ObserverError,
    },
    /// The checkpoint belongs to another run.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The checkpoint file cannot be used.
    #[error("checkpoint {}: {problem}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: String,
    },
}
