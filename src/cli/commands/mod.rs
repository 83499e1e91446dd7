//! One file a command.

pub mod bench;
pub mod doctor;
mod dry_run;
pub mod resume;
pub mod run;
