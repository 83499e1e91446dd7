//! `oreo train`: from a config file to weights.
//!
//! - [`config`]: the file, complete and checked
//! - [`data`]: sources, splits, mixture
//! - [`network`]: new weights or given ones, and the engine that differentiates them
//! - [`watch`]: what is said on the way
//! - [`report`]: what is left at the end: test errors, curves

pub mod config;
pub mod data;
pub mod network;
pub mod report;
pub mod watch;
