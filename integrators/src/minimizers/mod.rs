//! Ways downhill: from the forces on a structure to the minimum that it belongs to.
//!
//! | method | character |
//! |---|---|
//! | [`Lbfgs`] | learns the curvature from its own steps: few force calls near a minimum |
//! | [`Fire`] | a ball that rolls downhill and is stopped when it rolls up: robust far from a minimum, more calls near it |
//!
//! Both read forces and no energies, and search no line: an energy in f32 is known to a millionth of itself, which is more
//! than the steps near a minimum gain. Masses play no part, so that the centroid of the atoms keeps still, not their centre
//! of mass. The cell is fixed; positions may be periodic or not.
//!
//! The caller computes forces, [holds](FixedAtoms::hold) those of atoms that must not move, and asks for a step:
//!
//! ```
//! use oreo_core::Vec3;
//! use oreo_integrators::{Lbfgs, LbfgsSettings, Minimizer};
//!
//! let mut positions = vec![Vec3::new(0.3, -0.1, 0.2)];
//! let mut minimizer = Lbfgs::new(LbfgsSettings::default(), 1)?;
//! for _ in 0..3 {
//!     let forces = [-2.0 * positions[0]]; // of a bowl
//!     minimizer.step(&mut positions, &forces);
//! }
//! assert!(positions[0].norm() < 1e-12);
//! # Ok::<(), oreo_integrators::IntegratorError>(())
//! ```

mod fire;
mod fixed_atoms;
mod history;
mod lbfgs;

pub use fire::{Fire, FireSettings};
pub use fixed_atoms::FixedAtoms;
pub use lbfgs::{Lbfgs, LbfgsSettings};

use oreo_core::Vec3;

/// One step of a minimisation is `step`, then new forces. Nothing is allocated in a step.
pub trait Minimizer: Send {
    /// On the command line and in reports.
    fn name(&self) -> &'static str;

    /// Moves `positions` (Å, (n,)) on which `forces` act (eV/Å, (n,)). An atom without a force keeps its position to the bit,
    /// as long as it never had one.
    ///
    /// # Panics
    /// When the number of atoms is not the one it was made for.
    fn step(&mut self, positions: &mut [Vec3], forces: &[Vec3]);
}

/// Å; no atom moves farther in one step, unless the settings say otherwise.
const MAX_STEP: f64 = 0.2;

/// At most 1: makes the longest of the displacements as long as is allowed. All are shortened alike, so that the direction
/// and the centroid stay.
fn shortening(displacements: &[Vec3], max_step: f64) -> f64 {
    let longest = displacements
        .iter()
        .map(Vec3::norm_squared)
        .fold(0.0, f64::max);
    (max_step / longest.sqrt()).min(1.0)
}

/// x ← x + factor · d; an atom that does not move keeps even the sign of a zero.
fn displace(positions: &mut [Vec3], displacements: &[Vec3], factor: f64) {
    for (position, displacement) in positions.iter_mut().zip(displacements) {
        if *displacement != Vec3::zeros() {
            *position += factor * displacement;
        }
    }
}

/// Σ aᵢ · bᵢ
fn dot(a: &[Vec3], b: &[Vec3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.dot(b)).sum()
}

/// A broken invariant of the caller: lists of another structure.
fn assert_atoms(expected: usize, positions: &[Vec3], forces: &[Vec3]) {
    let found = (positions.len(), forces.len());
    assert_eq!(
        found,
        (expected, expected),
        "positions and forces of the {expected} atoms that the minimiser was made for"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_displacement_is_shortened_to_what_is_allowed_and_short_ones_are_left_alone() {
        let displacements = [Vec3::new(0.0, 3.0, 4.0), Vec3::new(1.0, 0.0, 0.0)];
        assert_eq!(shortening(&displacements, 1.0), 0.2);
        assert_eq!(shortening(&displacements, 7.0), 1.0);
        assert_eq!(shortening(&[Vec3::zeros()], 0.2), 1.0);
    }

    /// −0 + 0 is +0: the bits of a position would change.
    #[test]
    fn an_atom_that_does_not_move_keeps_its_bits() {
        let mut positions = [Vec3::new(-0.0, 1.0, -0.0)];
        displace(&mut positions, &[Vec3::zeros()], 1.0);
        assert!(positions[0].x.is_sign_negative() && positions[0].z.is_sign_negative());
    }
}
