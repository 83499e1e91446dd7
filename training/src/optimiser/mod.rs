//! How a gradient changes the parameters.
//!
//! - [`AdamW`]: the step itself, with moments that can be saved
//! - [`clip`]: a bound on the gradient's norm
//! - [`Average`]: the moving average of the parameters
//! - [`Schedule`]: the learning rate: warm-up, then plateau or cosine; and when to give up
//! - [`Active`]: which parameters move at all
//!
//! Parameters are one flat vector, in the order that the engine has them in memory.

mod active;
mod adamw;
mod average;
pub mod clip;
mod number;
mod schedule;

pub use active::Active;
pub use adamw::{AdamW, AdamWSettings, Step};
pub use average::Average;
pub use number::Number;
pub use schedule::{AfterWarmUp, Schedule, ScheduleSettings};
