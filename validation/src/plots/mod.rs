//! Figures, each written as SVG and PNG by [`Figure::save`], for a screen or a column of paper: [`Size`].
//!
//! - [`Figure`], [`Panel`], [`Axis`], [`Series`]: any chart of lines and points, linear or logarithmic
//! - ready ones: [`distances`], [`radial_distribution`], [`temperature_and_energy`], [`bond_deviation`],
//!   [`force_deviation`], [`shape`], [`force_parity`], [`errors_by_name`], [`error_by_force`], [`spectrum`]
//!
//! Drawn with our own axes on the canvas of `plotters`, so that both files are the same drawing and nothing is
//! clipped; colours of Okabe & Ito, told apart by colour-blind readers; the font (Ubuntu Light) is embedded.

mod canvas;
mod catalogue;
mod figure;
mod frame;
mod layout;
mod png;
mod save;
mod size;
mod ticks;

pub use catalogue::{
    bond_deviation, distances, error_by_force, errors_by_name, force_deviation, force_parity,
    radial_distribution, relaxation, shape, spectrum, temperature_and_energy, DistanceScores,
};
pub use figure::{Axis, Figure, Level, Mark, Panel, Scale, Series};
pub use size::Size;
