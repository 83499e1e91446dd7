//! Predictions for the frames of a data set, and how good they are.
//!
//! [`predict`] asks the network, [`scores`] compares, [`predictions`] keeps what was said, [`report`] is the result.

pub mod predict;
pub mod predictions;
pub mod report;
pub mod scores;
