//! One file a command.

pub mod doctor;
pub mod resume;
pub mod run;
