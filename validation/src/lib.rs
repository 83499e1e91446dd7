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
//! - [`geometry`], [`bond_statistics`]: RMSD, radius of gyration, bond lengths
//! - [`spectrum`]: velocity autocorrelation and vibrational spectrum
//! - [`statistics`], [`blocks`]: errors of means of correlated samples, in fixed memory
//! - `plots` (feature): every figure as SVG and PNG

pub mod blocks;
pub mod bond_statistics;
pub mod correlation;
pub mod deviation;
pub mod distances;
pub mod drift;
pub mod energies;
mod error;
pub mod floor;
pub mod force_size;
pub mod forces;
pub mod geometry;
#[cfg(feature = "plots")]
pub mod plots;
pub mod rdf;
pub mod reweighting;
pub mod spectrum;
pub mod stability;
pub mod statistics;
pub mod temperatures;
mod topology;

pub use distances::{DistanceHistogram, Distribution};
pub use error::ValidationError;
pub use floor::{BlockedHistogram, SamplingFloor};
pub use reweighting::Reweighting;
pub use topology::{Bond, BondDeviation, Topology};
