//! The ET at the speed of the processor: no tensor library, no allocation per call, proven equal to `reference`.
//!
//! Forward and reverse stand beside each other, block by block in the order of the network. N atoms, P undirected pairs
//! within the cutoff, B panels of 32 channels (C padded so that heads fill half a row or whole rows):
//!
//! | block | forward | reverse | shapes |
//! |---|---|---|---|
//! | pairs: û, c(r), place in the tables | `pairs.rs` | `pairs.rs` | (P) |
//! | distance filters | `filters/` | `filters/` | (B, kinds, P), or tables (B, intervals, kinds, 6) |
//! | embedding | `embedding.rs` | `embedding.rs` | x (B, N) |
//! | layer: norm | `norm.rs` | `norm.rs` | (B, N) |
//! | layer: q, k, s, b, a; v1, v2, v3 | `matrix/`, `node.rs` | the same | (B, N) nodes; (B, 3, 3N) |
//! | layer: attention and messages | `messages.rs`, `attention.rs` | `messages_reverse.rs`, `attention_reverse.rs` | l (B, P + N); x̂ (B, N), v̂ (B, 3N) |
//! | layer: o1, o2, o3 and update | `update.rs` | `update.rs` | (B, 3, N) |
//! | layer, all of it | `layer_forward.rs` | `layer_reverse.rs` | x (B, N), vec (B, 3N) |
//! | head | `readout.rs`, `gates.rs` | the same | e (N) |
//! | network | `network.rs`, from weights by `assembly.rs` | `network.rs` | E, F, W |
//!
//! Memory is rows of 32 numbers, panel by panel (`simd/row.rs`), so that panels are independent wherever the network's
//! channels are: between two matrix products, threads share panels and nothing else (`team.rs`, `engine.rs`). Weights are
//! packed once for both directions (`packing.rs`, `matrix/`), constants are folded (`embedding.rs`: what depends on the
//! element alone; `layer.rs`: filters of self loops), and every kernel is written once for all processors (`simd/`).
//!
//! The affine part of a norm is not folded into the weights after it: the products would be no f16 numbers any more, and
//! f16 weights are to be the model, not an approximation of it.

mod assembly;
mod attention;
mod attention_reverse;
mod calibration;
mod channels;
mod embedding;
mod engine;
mod filter_tables;
mod filters;
mod gates;
mod gradient;
mod layer;
mod layer_forward;
mod layer_reverse;
mod matrix;
mod memory;
mod messages;
mod messages_reverse;
mod network;
mod node;
mod norm;
mod options;
mod packing;
mod pairs;
mod potential;
mod product;
mod readout;
mod simd;
mod team;
mod update;
mod work;

pub(in crate::oreo) use filter_tables::FilterTables;
pub use gradient::NativeGradients;
pub use options::{Filters, Options, Precision};
pub use potential::OreoFused;
pub use product::Product;
pub use simd::{peak_flops, InstructionSet};
