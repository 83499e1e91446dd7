//! The ET at the speed of the processor: no tensor library, no allocation per call, proven equal to the reference.

mod instruction_set;
mod options;
mod potential;

pub use instruction_set::{peak_flops, InstructionSet};
pub use options::{Filters, Options, Precision, Rounding};
pub use potential::OreoFused;
