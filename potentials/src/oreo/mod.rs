//! The Equivariant Transformer (ET). (one-page description to be written)

pub mod basis;
pub mod config;
#[cfg(feature = "candle")]
pub mod reference;
pub mod weights;

pub use config::Config;
pub use weights::{Tensor, Weights};
