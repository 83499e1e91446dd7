//! What a trajectory is worth. Pure arithmetic: nothing here reads a file, and every definition is written where it
//! is computed, so that a number in a report can be traced to one function.
//!
//! - [`distances`]: h(r), the distribution of all pair distances, and the MAE between two of them
//! - [`floor`]: how large that MAE would be for a perfect potential, from sampling alone
//! - [`reweighting`]: h(r) of one level of theory from frames of another
//! - [`rdf`]: g(r) of periodic boxes, whole or by pair of elements
//! - [`Topology`]: which atoms are bonded, and how long the bonds are on average
//! - [`stability`]: rules that watch every step and stop a replica: bond, temperature, force, non-finite, window
//! - [`temperatures`]: translation, rotation and vibration apart, with their degrees of freedom
//! - [`forces`], [`force_size`], [`energies`], [`correlation`]: errors of predictions
//! - [`deviation`]: how far several models are from each other
//! - [`drift`]: slope of the conserved quantity with its error
//! - [`geometry`]: superposition, RMSD, radius of gyration
//! - [`kinds`], [`angles`], [`worst_bond`]: bond lengths and angles by kind, against a reference; the bond that strayed most
//! - [`spectrum`]: velocity autocorrelation and vibrational spectrum
//! - [`unwrap`], [`diffusion`]: continuous paths out of a box, mean squared displacement, self-diffusion
//! - [`statistics`], [`blocks`]: errors of means of correlated samples, in fixed memory
//! - `plots` (feature): every figure as SVG and PNG

pub mod angles;
pub mod blocks;
pub mod correlation;
pub mod deviation;
pub mod diffusion;
pub mod distances;
pub mod drift;
pub mod energies;
mod error;
pub mod floor;
pub mod force_size;
pub mod forces;
pub mod geometry;
pub mod kinds;
mod moments;
#[cfg(feature = "plots")]
pub mod plots;
pub mod rdf;
pub mod reweighting;
pub mod spectrum;
pub mod stability;
pub mod statistics;
pub mod temperatures;
mod topology;
pub mod unwrap;
pub mod worst_bond;

pub use distances::{DistanceHistogram, Distribution};
pub use error::ValidationError;
pub use floor::{BlockedHistogram, SamplingFloor};
pub use reweighting::Reweighting;
pub use topology::{Bond, BondDeviation, Topology};
