//! The Equivariant Transformer (ET). (one-page description to be written)

pub mod basis;
mod checkpoint;
pub mod config;
mod contents;
mod error;
mod file;
mod initial;
mod inspection;
pub mod layout;
mod numbers;
mod options;
#[cfg(feature = "candle")]
pub mod reference;
mod safetensors;
pub mod weights;

pub use config::Config;
pub use contents::FileKind;
pub use error::{WeightsError, WeightsProblem};
pub use inspection::{Inspection, TensorFacts};
pub use weights::{Tensor, Weights};
