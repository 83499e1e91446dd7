//! When a run has left the world it was meant to describe, and by which rule.
//!
//! Every rule but one is an [`oreo_core::Observer`] that wants to see **every** step: a run that dies between two saved frames
//! is otherwise missed. Order them so that the root cause speaks first: [`NonFiniteRule`] (in Oreo the loop itself does its work), [`BondRule`],
//! [`TemperatureRule`], [`ForceRule`], [`RdfRule`]. None allocates while the run is healthy.
//!
//! - [`BondRule`]: a bond of the reference topology is more than 0.5 Å from its mean; sees lost hydrogens too
//! - [`RdfRule`]: the distances of a window of 1 ps left the reference; the rule for liquids
//! - [`NonFiniteRule`], [`TemperatureRule`], [`ForceRule`]: guards against an explosion
//! - [`DeviationRule`]: several networks no longer agree; the one rule that looks only when they are asked
//! - [`first_broken_frame`]: the bond rule on a saved trajectory, which can only say between which frames

mod bonds;
mod deviation;
mod guards;
mod window;

pub use bonds::{first_broken_frame, BondRule, BrokenFrame, DEFAULT_BOND_THRESHOLD};
pub use deviation::DeviationRule;
pub use guards::{
    first_non_finite, ForceRule, NonFiniteRule, TemperatureRule, DEFAULT_TEMPERATURE_CAP,
};
pub use window::{RdfRule, Window, DEFAULT_DISTANCES_THRESHOLD, DEFAULT_RADIAL_THRESHOLD};
