//! What a run writes down, as [`oreo_core::Observer`]s. The rules that stop a run are in `oreo_validation`.

mod averages;
mod deviations;
mod distances;
mod thermo;
mod trajectory;
mod unseen;

pub use averages::Averages;
pub use deviations::{DeviationStatistics, Deviations};
pub use distances::Distances;
pub use thermo::Thermo;
pub use trajectory::{FrameContent, Trajectory};
pub use unseen::{Sighting, Unseen};

/// One line, as every other error of an observer.
fn write_error(error: impl std::fmt::Display) -> oreo_core::ObserverError {
    oreo_core::ObserverError::Other(error.to_string())
}
