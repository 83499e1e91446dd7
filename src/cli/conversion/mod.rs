//! From one format to another.
//!
//! [`weights`]: networks; [`frames`]: trajectories and data sets, frame by frame, [`packed`] into an npz file; [`selection`],
//! [`placement`]: which atoms of them, and where; [`pack`]: any
//! sources of conformations into one file for training; [`unfinished`]: a file that appears under its name only when it is complete.

pub mod frames;
pub mod pack;
pub mod packed;
pub mod placement;
pub mod selection;
pub mod unfinished;
pub mod weights;
