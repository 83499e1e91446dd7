//! The Equivariant Transformer (ET) of Thölke & De Fabritiis 2022 (arXiv 2202.02541), as used by ET-OREO.
//!
//! Weights files:
//! - [`Weights`]: a network that can be evaluated, from a `.safetensors` file or a TorchMD-NET checkpoint
//! - [`StoredAs`]: the number types of a file to be written; [`F16Rounding`]: what f16 matrices cost
//! - [`Inspection`]: what is in such a file, even where it cannot be evaluated, and why not
//! - [`Config`]: the sizes; [`layout`]: every tensor with shape and initial value
//! - [`gradients`]: what training asks of a network; [`seen`]: which distances it was trained on
//! - [`fused`]: the network on the CPU; [`cuda`]: the same for a GPU; `reference`: the definition
//! - [`WeightsError`]: what can be wrong with a file

pub mod basis;
mod checkpoint;
pub mod config;
mod contents;
pub mod cuda;
mod error;
mod file;
pub mod fused;
pub mod gradients;
mod initial;
mod inspection;
pub mod layout;
mod numbers;
mod options;
#[cfg(feature = "candle")]
pub mod reference;
mod rounding;
mod safetensors;
pub mod seen;
mod stored_as;
pub mod weights;

pub use config::Config;
pub use contents::FileKind;
pub use error::{WeightsError, WeightsProblem};
pub use inspection::{Inspection, TensorFacts};
pub use rounding::{is_stored_in_f16, F16Rounding};
pub use stored_as::StoredAs;
pub use weights::{Tensor, Weights};
