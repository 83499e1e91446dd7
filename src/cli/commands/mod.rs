//! One file a command.

pub mod analyze;
pub mod convert;
pub mod doctor;
pub mod evaluate;
pub mod inspect;
pub mod bench;
pub mod doctor;
mod dry_run;
pub mod resume;
pub mod run;
