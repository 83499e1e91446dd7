//! Oreo: molecular dynamics with a pluggable learned potential. (facade; see the end of the session for its text)

pub mod checkpoint;
mod error;
pub mod observers;
mod replica;
pub mod run;
mod simulation;

pub use error::RunError;
pub use oreo_core as core;
pub use oreo_formats as formats;
pub use oreo_integrators as integrators;
pub use oreo_potentials as potentials;
pub use oreo_validation as validation;
pub use replica::Replica;
pub use simulation::{Simulation, DEFAULT_SKIN};
