//! Forces and virial against numerical derivatives of the energy.

use super::contract::{scale, transform, SMALL};
use super::evaluation::energy_and_forces;
use crate::{Cell, Mat3, Potential, System, Vec3};

/// Forces equal minus the five-point central difference of the energy with `step` in Å.
///
/// # Panics
/// When they do not.
pub fn assert_gradient(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    step: f64,
    tolerance: f64,
) {
    let (_, forces, _) = energy_and_forces(potential, system, positions, cell);
    let scale = scale(&forces);
    let mut moved = positions.to_vec();
    for atom in 0..positions.len() {
        for axis in 0..3 {
            let slope = derivative(step, |h| {
                moved[atom] = positions[atom];
                moved[atom][axis] += h;
                energy_and_forces(potential, system, &moved, cell).0
            });
            moved[atom] = positions[atom];
            let force = forces[atom][axis];
            assert!(
                (force + slope).abs() <= tolerance * scale,
                "force {force:e} eV/Å on atom {atom}, axis {axis}, is not minus the slope {slope:e} of the energy \
                 (largest force {scale:e}, tolerance {tolerance:e})"
            );
        }
    }
}

/// `W_ba = −∂E/∂ε_ab` under the homogeneous strain `r → (1 + ε) r` of atoms and cell, which for pairs is
/// `Σ r_ij ⊗ f_ij`. Five-point differences with strains of `step`. Not checked where no virial is promised.
///
/// # Panics
/// When it is not.
pub fn assert_virial(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    step: f64,
    tolerance: f64,
) {
    let (_, _, Some(virial)) = energy_and_forces(potential, system, positions, cell) else {
        return;
    };
    let scale = virial.amax().max(SMALL);
    for a in 0..3 {
        for b in 0..3 {
            let slope = derivative(step, |h| {
                let mut strain = Mat3::identity();
                strain[(a, b)] += h;
                let strained: Vec<_> = positions.iter().map(|r| strain * r).collect();
                energy_and_forces(potential, system, &strained, &transform(&strain, cell)).0
            });
            let found = virial[(b, a)];
            assert!(
                (found + slope).abs() <= tolerance * scale,
                "virial component {b}{a} = {found:e} eV is not minus the slope {slope:e} under strain \
                 (largest component {scale:e}, tolerance {tolerance:e})"
            );
        }
    }
}

/// (8 [f(h) − f(−h)] − [f(2h) − f(−2h)]) / 12h, exact up to fourth order (Abramowitz and Stegun 25.3.6).
fn derivative(h: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    let mut difference = |h: f64| f(h) - f(-h);
    (8.0 * difference(h) - difference(2.0 * h)) / (12.0 * h)
}
