//! One file a command.

pub mod analyze;
pub mod convert;
pub mod doctor;
pub mod evaluate;
pub mod inspect;
pub mod resume;
pub mod run;
