//! Plans on an NVIDIA GPU, through the driver that is found at run time: nothing of CUDA is needed to build or to start.
//!
//! - [`OreoCuda`]: the network as a [`oreo_core::Potential`]
//! - [`survey`]: which devices there are, or why none can be used; [`check`]: the same about one of them
//! - [`CudaError`]: what can be wrong, each in one line
//!
//! **This part has never run on a GPU.** Its kernels and plans are tested on the processor (see `crate::oreo::cuda`) and
//! compiled by NVRTC; the calls of the driver here have only been compiled. `validation/gpu/check.sh` is to be run first.
//!
//! `unsafe` is here and nowhere else in the CUDA path: calls of libraries that are found at run time, and launches, whose
//! arguments the compiler cannot check. Each says what makes it sound.
#![allow(unsafe_code)]

mod cache;
mod captured;
mod compiler;
mod driver;
mod error;
mod potential;

pub use compiler::compile;
pub use driver::{check, survey, Survey};
pub use error::{CudaError, Version};
pub use potential::OreoCuda;
