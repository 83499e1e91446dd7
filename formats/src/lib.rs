//! Bytes to frames and back.
//!
//! - [`read_frames`], [`read_structure`]: any file, frame by frame, format by first bytes and extension
//! - [`load`]: a labelled data set in memory, [`DataSet`], units checked and converted once
//! - [`XyzReader`], [`DcdReader`]: one format each, streaming
//! - [`TrajectoryWriter`]: frame by frame to XYZ or DCD, with restarts that are exact to the byte
//! - [`npz`]: arrays of NumPy, read and written
//! - [`archive`], [`atomic`]: the inside of checkpoints, and files that are there as a whole or not at all
//! - [`FormatError`]: one line that says what, where, and what to do
//!
//! Everything is in Oreo's units (Å, eV, amu) once it is a [`oreo_core::Frame`]. A damaged file is an error, never a
//! panic, and never takes more memory than its length justifies.

mod append;
pub mod archive;
pub mod atomic;
#[cfg(feature = "chemfiles")]
mod chemfiles;
mod columns;
mod comment;
mod data_set;
mod dcd;
mod declared_units;
mod error;
mod extxyz;
mod lines;
mod md17;
pub mod npz;
mod open;
mod plausibility;
mod trajectory;
mod xyz;
mod xyz_writer;

#[cfg(feature = "chemfiles")]
pub use chemfiles::{ChemfilesReader, ChemfilesWriter};
pub use data_set::DataSet;
pub use dcd::{DcdReader, DcdWriter, Timing};
pub use declared_units::{DeclaredUnits, EnergyUnit, LengthUnit, UnknownUnit};
pub use error::{FormatError, Place};
pub use open::{load, read_frames, read_structure, FileFormat, Frames, Labels, ReadOptions};
pub use trajectory::{create_trajectory, open_for_append, Position, TrajectoryWriter};
pub use xyz::XyzReader;
pub use xyz_writer::XyzWriter;
