//! One file a command.

pub mod analyze;
pub mod bench;
pub mod completions;
pub mod convert;
pub mod doctor;
mod dry_run;
pub mod evaluate;
pub mod inspect;
pub mod man;
pub mod relax;
pub mod reproduce;
pub mod resume;
pub mod run;
pub mod train;
pub mod watch;
