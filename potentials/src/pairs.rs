//! What pair potentials share: from `E(r)` and `dE/dr` to energy, forces and virial.

use oreo_core::{PotentialError, Request, Vec3};

/// r_j − r_i of a bond, Å, shortest image; refuses a bond that was made for a larger molecule.
pub(crate) fn bond_vector(
    potential: &str,
    [i, j]: [usize; 2],
    request: &Request<'_>,
) -> Result<Vec3, PotentialError> {
    let (largest, atoms) = (i.max(j), request.positions.len());
    let expected = "bonds count atoms from 0 to the number of atoms minus 1";
    require(largest < atoms, potential, "atom", largest as f64, expected)?;
    Ok(request
        .cell
        .displacement(&request.positions[i], &request.positions[j]))
}

/// Adds one bond along `r` = r_j − r_i. The slope comes divided by the distance, so that the force on j is
/// −slope_over_distance · r: a spring of length zero has no direction but does have that quotient.
pub(crate) fn add_bond(
    request: &mut Request<'_>,
    [i, j]: [usize; 2],
    r: Vec3,
    energy: f64,
    slope_over_distance: f64,
) {
    let force = -slope_over_distance * r;
    *request.energy += energy;
    request.forces[i] -= force;
    request.forces[j] += force;
    if let Some(virial) = &mut request.virial {
        **virial += r * force.transpose();
    }
}

/// Adds all pairs of the neighbour list closer than `cutoff`; `energy_and_slope(i, j, r)` gives E and dE/dr in eV, Å.
/// The list has both directions: each adds half the energy and virial, and the force on i.
pub(crate) fn add_pairs(
    request: &mut Request<'_>,
    cutoff: f64,
    energy_and_slope: impl Fn(usize, usize, f64) -> (f64, f64),
) {
    let Request {
        energy,
        forces,
        virial,
        ..
    } = request;
    request.neighbors.for_each(
        request.positions,
        request.cell,
        cutoff,
        |i, j, r, squared| {
            let distance = squared.sqrt();
            let (pair_energy, slope) = energy_and_slope(i, j, distance);
            let force = -slope / distance * r;
            **energy += 0.5 * pair_energy;
            forces[i] -= force;
            if let Some(virial) = virial {
                **virial += 0.5 * r * force.transpose();
            }
        },
    );
}

/// Refuses a parameter that is not a finite number above zero.
pub(crate) fn positive(
    potential: &str,
    parameter: &'static str,
    value: f64,
) -> Result<(), PotentialError> {
    require(
        value > 0.0 && value.is_finite(),
        potential,
        parameter,
        value,
        "take a finite number above 0",
    )
}

/// Refuses a parameter that is not a finite number.
pub(crate) fn finite(
    potential: &str,
    parameter: &'static str,
    value: f64,
) -> Result<(), PotentialError> {
    require(
        value.is_finite(),
        potential,
        parameter,
        value,
        "take a finite number",
    )
}

/// `expected` says what would be allowed.
pub(crate) fn require(
    allowed: bool,
    potential: &str,
    parameter: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), PotentialError> {
    if allowed {
        return Ok(());
    }
    Err(PotentialError::InvalidParameter {
        potential: potential.into(),
        parameter,
        value,
        expected,
    })
}

/// A bond joins two atoms of the molecule.
pub(crate) fn check_bond(potential: &str, [i, j]: [usize; 2]) -> Result<(), PotentialError> {
    require(
        i != j,
        potential,
        "atom",
        i as f64,
        "a bond joins two different atoms",
    )
}
