//! Bytes to frames and back.
//!
//! - [`read_frames`], [`read_structure`]: any file, frame by frame, format by extension and first bytes
//! - [`load`]: a labelled data set in memory, [`DataSet`], units checked and converted once
//! - [`XyzReader`], [`DcdReader`]: one format each, streaming
//! - [`TrajectoryWriter`]: frame by frame to XYZ or DCD, with restarts that are exact to the byte
//! - [`npz`]: arrays of NumPy, read and written
//! - [`FormatError`]: one line that says what, where, and what to do
//!
//! Everything is in Oreo's units (Å, eV, amu) once it is a [`oreo_core::Frame`]. A damaged file is an error, never a panic, and
//! never takes more memory than its length justifies.

mod append;
mod columns;
mod comment;
mod dcd;
mod error;
mod extxyz;
mod lines;
mod trajectory;
mod xyz;
mod xyz_writer;

pub use dcd::{DcdReader, DcdWriter, Timing};
pub use error::{FormatError, Place};
pub use trajectory::{create_trajectory, open_for_append, Position, TrajectoryWriter};
pub use xyz::XyzReader;
pub use xyz_writer::XyzWriter;
