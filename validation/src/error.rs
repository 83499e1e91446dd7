//! Why a number could not be had.

use std::path::PathBuf;
use thiserror::Error;

/// The errors of this crate; each says what is wrong, where, and what to do.
#[derive(Debug, Clone, Error, PartialEq)]
pub enum ValidationError {
    /// NaN or infinity where a finite number is needed.
    #[error("{quantity} of atom {atom} in frame {frame} is not finite; end the analysis before that frame")]
    NonFinite {
        /// Which quantity, e.g. `position`.
        quantity: &'static str,
        /// From 0.
        atom: usize,
        /// From 0, counted by the accumulator.
        frame: u64,
    },
    /// NaN or infinity in a series of numbers.
    #[error("{quantity} is not finite at sample {sample}; end the analysis before it")]
    NonFiniteSample {
        /// Which quantity.
        quantity: &'static str,
        /// From 0.
        sample: u64,
    },
    /// Two things that must have the same length do not.
    #[error("{what}: {found} where {expected} were expected; both sides must describe the same atoms or bins")]
    LengthMismatch {
        /// What was compared.
        what: &'static str,
        /// Of the first.
        expected: usize,
        /// Of the second.
        found: usize,
    },
    /// Not enough to say anything.
    #[error("{quantity} needs at least {needed} {unit}, found {found}; use a longer trajectory or write frames more often")]
    TooFew {
        /// What was asked for.
        quantity: &'static str,
        /// `frames`, `samples`, `blocks`
        unit: &'static str,
        /// At least.
        needed: u64,
        /// There are.
        found: u64,
    },
    /// No pair of atoms is within the range of the histogram.
    #[error("none of the {beyond} pair distances is below {range} Å, so there is no distribution; is the unit Å?")]
    NothingInRange {
        /// Å
        range: f64,
        /// Pairs seen.
        beyond: u64,
    },
    /// g(r) reaches further than the nearest image allows.
    #[error("g(r) up to {range} Å needs a box at least twice as high, but half the smallest height is {limit:.3} Å; use a shorter range")]
    RangeBeyondBox {
        /// Å
        range: f64,
        /// Å
        limit: f64,
    },
    /// A density is needed.
    #[error("g(r) needs a periodic cell to define a density; use h(r) for molecules in vacuum")]
    OpenCell,
    /// An element that is not in the system.
    #[error("g(r) of {first}-{second}: the system has no such pair of atoms")]
    NoSuchPair {
        /// Symbol.
        first: &'static str,
        /// Symbol.
        second: &'static str,
    },
    /// A parameter without meaning.
    #[error("{parameter} = {value} is not allowed; {expected}")]
    InvalidParameter {
        /// Its name.
        parameter: &'static str,
        /// As given.
        value: f64,
        /// What would be allowed.
        expected: &'static str,
    },
    /// A figure could not be drawn or written.
    #[error("cannot draw {}: {problem}", path.display())]
    Plot {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
}

/// `Ok` when `value` is finite and above zero.
pub(crate) fn positive(parameter: &'static str, value: f64) -> Result<(), ValidationError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    let expected = "it must be a finite number above 0";
    Err(ValidationError::InvalidParameter {
        parameter,
        value,
        expected,
    })
}

/// `Ok` when both lengths agree.
pub(crate) fn same_length(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), ValidationError> {
    match expected == found {
        true => Ok(()),
        false => Err(ValidationError::LengthMismatch {
            what,
            expected,
            found,
        }),
    }
}

/// Refuses the first vector that is not finite.
pub(crate) fn all_finite(
    quantity: &'static str,
    vectors: &[oreo_core::Vec3],
    frame: u64,
) -> Result<(), ValidationError> {
    let broken = |v: &oreo_core::Vec3| !v.iter().all(|x| x.is_finite());
    match vectors.iter().position(broken) {
        None => Ok(()),
        Some(atom) => Err(ValidationError::NonFinite {
            quantity,
            atom,
            frame,
        }),
    }
}
