//! `oreo train`: from a config file to weights.
//!
//! - [`config`]: the file, complete and checked
//! - [`data`]: sources, splits, mixture; [`labels`]: which conformations have the label; [`identity`]: what they must stay
//! - [`network`]: new weights or given ones, and the engine that differentiates them; [`head`]: what they predict
//! - [`resume`]: a recorded training, perhaps with more steps
//! - [`forecast`]: time and memory of a training, before it
//! - [`ranks`]: the processes of a training; over MPI in a build with it
//! - [`watch`]: what is said on the way
//! - [`judge`]: errors before and after; [`energies`]: energies of atoms
//! - [`summary`], [`report`]: what is left at the end: numbers, a page, figures

pub mod config;
pub mod data;
pub mod energies;
pub mod forecast;
pub mod head;
pub mod identity;
pub mod judge;
pub mod labels;
#[cfg(feature = "mpi")]
pub mod mpi;
pub mod network;
pub mod ranks;
pub mod report;
pub mod resume;
pub mod summary;
pub mod watch;
