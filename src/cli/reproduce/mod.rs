//! `oreo reproduce`: the paper's tables, each by one command that can be stopped and continued.
//!
//! - [`scale`]: how large; [`sources`]: from which files
//! - [`md17`], [`polymers`], [`qm9`]: the experiments, as lists of jobs; [`recipe`]: their config files
//! - [`job`], [`workers`]: calls of the program, and who makes them
//! - [`results`]: what was found, as JSON; [`document`] writes RESULTS.md from that alone, beside [`published`] numbers

pub mod document;
pub mod job;
pub mod md17;
pub mod polymers;
pub mod published;
pub mod qm9;
pub mod recipe;
pub mod results;
pub mod scale;
mod shipped;
pub mod sources;
mod tables;
pub mod workers;
