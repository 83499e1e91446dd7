//! One file a command.

pub mod analyze;
pub mod doctor;
pub mod resume;
pub mod run;
