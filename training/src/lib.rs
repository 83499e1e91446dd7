//! How the weights of the network come about.
//!
//! - [`data`]: conformations from files, splits, batches
//! - [`optimiser`]: AdamW, its schedule, averages of the weights
//! - [`objective`]: what is asked of the forces, term by term
//! - [`ranks`]: several processes that train one network
//! - [`trainer`]: the loop, its checkpoints and its run folder

pub mod data;
mod error;
pub mod objective;
pub mod optimiser;
pub mod ranks;
pub mod trainer;

pub use error::TrainingError;
