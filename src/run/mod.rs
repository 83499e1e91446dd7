//! Around the loop: the folder of a run, its summary, and how long steps take.

mod directory;
mod step_times;
mod summary;

pub use directory::{DirectoryError, RunDirectory};
pub use step_times::StepTimes;
pub use summary::{
    ForceDeviations, MeanStd, MsPerStep, ReplicaSummary, StopSummary, Summary, Temperatures,
    UnseenSummary, UnseenWorst,
};
