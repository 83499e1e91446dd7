//! What can be chosen about the fast path.

use super::InstructionSet;

/// The arithmetic of the network; the dynamics are f64 in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// As exact as the reference in f64; twice to three times as slow as f32.
    F64,
    /// For production.
    F32,
    /// Matrices stored in two bytes, all arithmetic in f32. Made for weights that `oreo convert --precision f16` rounded;
    /// others are rounded when they are loaded, see [`super::OreoFused::rounding`].
    F16Weights,
}

impl Precision {
    /// `f64`, `f32`, `f16-weights`
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::F16Weights => "f16-weights",
        }
    }
}

/// How the distance filters D(r) are had.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Filters {
    /// Computed for each pair from the radial functions.
    Exact,
    /// Piecewise polynomials of degree five; the number of intervals is chosen at load so that the measured error of the
    /// slopes stays below this share of their root mean square.
    Table {
        /// Relative.
        bound: f64,
    },
}

impl Filters {
    /// Keeps the relative error of forces below 5e-5, see `potentials/tests/`.
    pub const DEFAULT: Self = Self::Table { bound: 3e-6 };
}

/// How [`super::OreoFused`] computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Default f32.
    pub precision: Precision,
    /// Default a table.
    pub filters: Filters,
    /// Default the best that this processor has.
    pub instruction_set: InstructionSet,
    /// At least 1, default 1. The answer does not depend on it, to the bit.
    pub threads: usize,
}

/// # Panics
/// As [`InstructionSet::detect`].
impl Default for Options {
    fn default() -> Self {
        Self {
            precision: Precision::F32,
            filters: Filters::DEFAULT,
            instruction_set: InstructionSet::detect(),
            threads: 1,
        }
    }
}
