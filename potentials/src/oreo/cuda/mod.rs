//! The ET on a GPU: what is computed there, in which order, and on what memory.
//!
//! | part | what |
//! |---|---|
//! | `kernels/` | CUDA C++, forward and reverse of every block; see `kernels/prelude.h` for how they are written |
//! | [`Source`] | the kernels as one text for one network, and the macros that go with it |
//! | [`Constants`] | weights, each matrix for both directions, and the filter tables of the fast path, in one piece |
//! | [`Memory`] | where everything else lies, for systems up to a [`Capacity`] |
//! | [`Plan`] | the launches of one evaluation in their order, with their arguments |
//! | [`Batch`] | requests as one flat list of atoms and edges, and answers back |
//!
//! Nothing here needs a GPU: a plan is data. The tests run it on the processor, with the same kernels compiled by a C++
//! compiler, and hold it to the fast path. Everything is deterministic: no sum is added to by two blocks, so that equal
//! requests give equal bits on equal devices.
//!
//! All arithmetic of the network is f32; distances, directions and the way from gradients to forces are f64.

mod arena;
mod batch;
mod constants;
#[cfg(feature = "cuda")]
pub mod device;
mod memory;
mod plan;
mod source;

pub use arena::{Fixed, Region, Work};
pub use batch::Batch;
pub use constants::Constants;
pub use memory::{Capacity, Memory};
pub use plan::{Argument, Launch, Plan};
pub use source::Source;

/// For messages.
pub(crate) const NAME: &str = "OREO on CUDA";

pub(crate) fn backend(problem: impl std::fmt::Display) -> oreo_core::PotentialError {
    oreo_core::PotentialError::Backend {
        potential: NAME.into(),
        message: problem.to_string(),
    }
}
