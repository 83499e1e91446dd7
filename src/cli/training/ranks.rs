//! The processes of a training: those that `mpirun` started, or this one alone.

use crate::cli::output;
use anyhow::Result;
use oreo_training::ranks::{Group, Ranks};

/// All of them. In a build with MPI, hold it until nothing is left to say: it ends MPI.
#[cfg(feature = "mpi")]
pub type Here = super::mpi::Mpi;

/// The only one.
#[cfg(not(feature = "mpi"))]
pub type Here = oreo_training::ranks::Alone;

/// Variables by which starters of MPI programs say how many processes they started: Open MPI, MPICH and Slurm's PMI.
#[cfg(not(feature = "mpi"))]
const COUNTS: [&str; 2] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];

/// Finds the others. From here on, ranks other than the first are silent.
///
/// # Errors
/// When MPI cannot be started, or this process is one of several in a build without it.
pub fn here() -> Result<Group<Here>> {
    let ranks = find()?;
    output::silence(ranks.rank() > 0);
    Ok(Group::new(ranks))
}

#[cfg(feature = "mpi")]
fn find() -> Result<Here> {
    Here::start()
}

/// Several processes that do not know of each other would write into the same folder.
#[cfg(not(feature = "mpi"))]
fn find() -> Result<Here> {
    use crate::cli::exit::BadInput;
    let variable = |name| std::env::var(name).ok().map(|value| (name, value));
    let several = |(_, value): &(_, String)| value.parse().is_ok_and(|count: u64| count > 1);
    match COUNTS.into_iter().filter_map(variable).find(several) {
        None => Ok(oreo_training::ranks::Alone),
        Some((name, value)) => Err(BadInput::new(format!(
            "started as one of {value} processes ({name}), but this build has no MPI: rebuild with --features mpi, or start one process"
        ))
        .into()),
    }
}
