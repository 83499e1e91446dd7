//! Predictions for the frames of a data set, and how good they are.
//!
//! [`predict`] asks the network, [`scores`] compares, [`predictions`] keeps what was said, [`report`] is the result. [`property`] does all
//! of it for weights that predict a property.

pub mod held_out;
pub mod predict;
pub mod predictions;
pub mod property;
pub mod report;
pub mod scores;
