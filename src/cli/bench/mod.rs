//! What `oreo bench`, `oreo doctor` and `--dry-run` measure with.
//!
//! - [`samples`]: durations of many calls and what is quoted of them
//! - [`flops`]: how much arithmetic one call of the network needs, counted from its sizes
//! - [`peak`]: how much arithmetic this core can do
//! - [`memory`], [`machine`]: what this process has taken so far, and where it runs
//! - [`subject`], [`structures`]: a structure that can be evaluated again and again; structures of any size
//! - [`deviation`]: how far two answers are apart
//! - [`systems`], [`report`]: the files of a command line, and what was found
//! - [`suite`]: everything for PERFORMANCE.md
//! - [`self_test`]: does this build compute on this machine what it should
//! - [`training`]: steps of training
//! - [`disk`]: what a run will write

pub mod deviation;
pub mod disk;
pub mod flops;
pub mod machine;
pub mod memory;
pub mod peak;
pub mod report;
pub mod samples;
pub mod self_test;
pub mod structures;
pub mod subject;
pub mod suite;
pub mod systems;
pub mod training;
