//! `oreo train`: from a config file to weights.
//!
//! - [`config`]: the file, complete and checked
//! - [`data`]: sources, splits, mixture
//! - [`network`]: new weights or given ones, and the engine that differentiates them
//! - [`ranks`]: the processes of a training; over MPI in a build with it
//! - [`watch`]: what is said on the way
//! - [`report`]: what is left at the end: test errors, curves

pub mod config;
pub mod data;
#[cfg(feature = "mpi")]
pub mod mpi;
pub mod network;
pub mod ranks;
pub mod report;
pub mod watch;
