//! What `oreo bench`, `oreo doctor` and `--dry-run` measure with.
//!
//! - [`samples`]: durations of many calls and what is quoted of them
//! - [`flops`]: how much arithmetic one call of the network needs, counted from its sizes
//! - [`peak`]: how much arithmetic this core can do
//! - [`memory`]: what this process has taken so far
//! - [`subject`]: a structure that can be evaluated again and again
//! - [`self_test`]: does this build compute on this machine what it should
//! - [`disk`]: what a run will write

pub mod disk;
pub mod flops;
pub mod memory;
pub mod peak;
pub mod samples;
pub mod self_test;
pub mod subject;
