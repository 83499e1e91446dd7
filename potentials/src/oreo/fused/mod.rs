//! The ET at the speed of the processor: no tensor library, no allocation per call, proven equal to the reference.

mod attention;
mod calibration;
mod channels;
mod embedding;
mod engine;
mod filters;
mod gates;
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
mod readout;
mod simd;
mod team;
mod update;
mod work;

pub use options::{Filters, Options, Precision};
pub use potential::OreoFused;
pub use simd::{peak_flops, InstructionSet};
