//! What a file is.

pub mod kind;
