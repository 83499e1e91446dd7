//! What a run writes down, as [`oreo_core::Observer`]s. The rules that stop a run are in `oreo_validation`.

mod averages;
mod deviations;
mod distances;
mod thermo;
mod trajectory;

pub use averages::Averages;
pub use deviations::{DeviationStatistics, Deviations};
pub use distances::Distances;
pub use thermo::Thermo;
pub use trajectory::{FrameContent, Trajectory};

/// One line, as every other error of an observer.
fn write_error(error: impl std::fmt::Display) -> oreo_core::ObserverError {
    oreo_core::ObserverError::Other(error.to_string())
}
