//! The ET at the speed of the processor: no tensor library, no allocation per call, proven equal to the reference.

mod matrix;
mod options;
mod potential;
mod simd;
mod team;

pub use options::{Filters, Options, Precision, Rounding};
pub use potential::OreoFused;
pub use simd::{peak_flops, InstructionSet};
