//! The ET in tensor operations: readable, differentiable, on any device; the definition that faster paths are held to.
//!
//! Sources: Thölke & De Fabritiis 2022 (TorchMD-NET, arXiv 2202.02541) for the network; the choice of
//! `vector_cutoff = false` is that of 2023's pre-training code, `true` that of TorchMD-NET today. Tensor names are
//! TorchMD-NET's. N atoms, P undirected pairs within the cutoff, E = 2P + N directed edges with self loops, C channels,
//! K radial functions, L layers; x (N, C) and vec (3N, C) are the features of the atoms.
//!
//! | symbol | what | name | file |
//! |---|---|---|---|
//! | r_p, û, r | r_j − r_i of a pair, its direction and length | `pair_vectors` | `geometry.rs` |
//! | c(r) | cosine cutoff | | `geometry.rs` |
//! | g_k(r), μ_k, β_k | radial functions | `distance_expansion.{means, betas}` | `geometry.rs` |
//! | A(z) | embedding of an element | `embedding` | `embedding.rs` |
//! | B(z), W_d, b_d, W_c, b_c | embedding of the neighbours | `neighbor_embedding.{embedding, distance_proj, combine}` | `embedding.rs` |
//! | y | LayerNorm(x) | `attention_layers.ℓ.layernorm` | `layer_norm.rs` |
//! | q, k, v = (s, a, b) | query, key, value | `attention_layers.ℓ.{q_proj, k_proj, v_proj}` | `attention.rs` |
//! | v1, v2, v3, d | W_vec vec, d = Σ_xyz v1 ⊙ v2 | `attention_layers.ℓ.vec_proj` | `attention.rs` |
//! | D^k, D^v | filters by distance | `attention_layers.ℓ.{dk_proj, dv_proj}` | `attention.rs` |
//! | o1, o2, o3 | W_o x̂ + b | `attention_layers.ℓ.o_proj` | `attention.rs` |
//! | W1, W2, MLP | gated blocks of the head | `output_network.{0, 1}.{vec1_proj, vec2_proj, update_net}` | `readout.rs` |
//! | E = std Σ_i e_i + mean | energy | `std`, `mean` | `model.rs` |
//!
//! Forces come from one reverse pass to the *pair vectors*, which are computed in f64 outside of the network: periodic
//! images and the virial then need nothing of their own. The gradient of a loss by the weights comes from a tangent pass
//! and one reverse pass (`weight_gradients.rs`): the blocks are written for numbers and for numbers with their derivative
//! alike (`quantity.rs`, `dual.rs`).

mod attention;
mod batch;
mod device;
mod dual;
mod embedding;
mod geometry;
#[cfg(test)]
mod gradients;
mod graph;
mod layer_norm;
mod linear;
mod model;
mod parameters;
mod potential;
mod quantity;
mod readout;
mod rows;
mod weight_gradients;

/// Where tensors live, and the types of their numbers; re-exported so that callers need not depend on candle.
pub use candle_core::{Device, FloatDType};
pub use device::gpu;
pub use graph::Graph;
pub use model::{Features, Model};
pub use parameters::tensors;
pub use potential::{OreoReference, Precision};
pub use weight_gradients::ReferenceGradients;

use candle_core::Result;
use candle_nn::ops::sigmoid;
use quantity::Quantity;

/// x·σ(x), with the slope σ + xσ(1 − σ). candle's own silu has NaN as second derivative at large negative x.
fn silu<Q: Quantity>(x: &Q) -> Result<Q> {
    x.elementwise(
        |x| x * sigmoid(x)?,
        |x, y| {
            let sigma = sigmoid(x)?;
            &sigma + (y * sigma.affine(-1.0, 1.0)?)?
        },
    )
}
