//! What can be wrong with the settings of a run or a minimisation.

use thiserror::Error;

/// Why an integrator, a thermostat, initial velocities or a minimiser could not be made.
#[derive(Debug, Clone, Error, PartialEq)]
pub enum IntegratorError {
    /// A setting without physical meaning.
    #[error("{name} = {value} (internal units) is not allowed: it must be {expected}")]
    InvalidParameter {
        /// Name of the setting.
        name: &'static str,
        /// As given, in internal units.
        value: f64,
        /// What would be allowed.
        expected: &'static str,
    },
    /// A system without atoms.
    #[error("the system has no atoms; give a structure with at least one")]
    NoAtoms,
    /// Lists that should be as long as the list of atoms.
    #[error("{name} has {found} entries for {atoms} atoms; give one per atom")]
    Length {
        /// Which list.
        name: &'static str,
        /// Entries in it.
        found: usize,
        /// Atoms of the system.
        atoms: usize,
    },
    /// Without translation and rotation there is no motion left whose temperature could be set.
    #[error(
        "{atoms} atom(s) have no internal motion for a thermostat; use Langevin dynamics or no thermostat"
    )]
    NoInternalMotion {
        /// Atoms of the system.
        atoms: usize,
    },
    /// Momenta that are all zero cannot be scaled to a kinetic energy.
    #[error(
        "no momentum is left after the removals, so it cannot be scaled to {kinetic_energy} eV; \
         keep translation and rotation, or ask for no kinetic energy"
    )]
    NothingToScale {
        /// eV, asked for.
        kinetic_energy: f64,
    },
    /// A fixed atom that is not in the structure.
    #[error("atom {atom} cannot be fixed: the {atoms} atoms are numbered 0 to {}", atoms.saturating_sub(1))]
    NoSuchAtom {
        /// As given, from 0.
        atom: usize,
        /// Atoms of the system.
        atoms: usize,
    },
    /// Every atom is fixed.
    #[error("all {atoms} atoms are fixed, so that nothing can move; leave at least one free")]
    NothingFree {
        /// Atoms of the system.
        atoms: usize,
    },
    /// The angular momentum of a periodic box means nothing.
    #[error("rotation cannot be removed in a periodic cell; remove translation only")]
    RotationInPeriodicCell,
}

/// Accepts finite values above zero.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, IntegratorError> {
    accept(
        name,
        value,
        value.is_finite() && value > 0.0,
        "finite and above zero",
    )
}

/// Accepts finite values from zero.
pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<f64, IntegratorError> {
    accept(
        name,
        value,
        value.is_finite() && value >= 0.0,
        "finite and not negative",
    )
}

/// Accepts counts from one.
pub(crate) fn at_least_one(name: &'static str, count: usize) -> Result<usize, IntegratorError> {
    accept(name, count as f64, count > 0, "at least 1").map(|_| count)
}

fn accept(
    name: &'static str,
    value: f64,
    allowed: bool,
    expected: &'static str,
) -> Result<f64, IntegratorError> {
    if allowed {
        return Ok(value);
    }
    Err(IntegratorError::InvalidParameter {
        name,
        value,
        expected,
    })
}
