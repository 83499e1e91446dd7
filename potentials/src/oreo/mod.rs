//! The Equivariant Transformer (ET). (one-page description to be written)

pub mod config;
pub mod weights;

pub use config::Config;
pub use weights::{Tensor, Weights};
