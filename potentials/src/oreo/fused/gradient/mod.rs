//! Gradients of a loss by every weight, at the speed of the processor.
//!
//! dL/dθ is the derivative of ∂E/∂θ along a direction of the atoms (`oreo/gradients.rs`). So the kernels of the fast path
//! run on dual numbers (`simd/dual.rs`): forward they give x and ẋ, in reverse ∂E/∂x and its derivative, and where a weight
//! is met, the tangent of ∂E/∂θ is collected. Starting the way back from (−1, c) instead of 1 adds c ∂E/∂θ, the part of a
//! loss that depends on the energy; one pass serves every objective.
//!
//! - [`NativeGradients`]: the engine · `directions`: pairs and radial functions of atoms that move
//! - `network`: the weights, nothing folded or tabulated · `parts`: where each parameter is in memory
//! - `modes`: what the pass for forces and the pass for weights do differently · `tape`: what the second knows from the first
//! - `pass`: forward and reverse; `embedding`, `layer`, `filters`, `readout`: its stages, from the kernels of the fast path
//! - `weight_gradients`: products and sums that are the weights' gradients

mod directions;
mod embedding;
mod engine;
mod filters;
mod layer;
mod modes;
mod network;
mod parts;
mod pass;
mod readout;
mod tape;
mod weight_gradients;

pub use engine::NativeGradients;
