//! Figures, each written as SVG and PNG (1200 × 800) by [`Figure::save`].
//!
//! - [`Figure`], [`Panel`], [`Axis`], [`Series`]: any chart of lines and points, linear or logarithmic
//! - ready ones: [`distances`], [`radial_distribution`], [`temperature_and_energy`], [`bond_deviation`],
//!   [`force_deviation`], [`shape`], [`force_parity`], [`spectrum`]
//!
//! Drawn with our own axes on the canvas of `plotters`, so that both files are the same drawing and nothing is
//! clipped; colours of Okabe & Ito, told apart by colour-blind readers; the font (Ubuntu Light) is embedded.

mod canvas;
mod catalogue;
mod figure;
mod frame;
mod save;
mod ticks;

pub use catalogue::{
    bond_deviation, distances, force_deviation, force_parity, radial_distribution, relaxation,
    shape, spectrum, temperature_and_energy, DistanceScores,
};
pub use figure::{Axis, Figure, Level, Mark, Panel, Scale, Series};
