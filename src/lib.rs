//! Stub.

#[cfg(feature = "cli")]
pub mod cli;
