//! The motion of a molecule as a whole: what of its momentum is translation and rotation.
//!
//! `L = Σ (r − R) × p` and `I = Σ m (|r − R|² 1 − (r − R)(r − R)ᵀ)` about the centre of mass R; the angular velocity
//! is `ω = I⁺ L` with the pseudo-inverse `I⁺`, because a linear molecule has no moment of inertia about its axis
//! (Goldstein, Classical Mechanics, 3rd ed., §5.1–5.3).

use crate::{Mat3, System, Vec3};
use nalgebra::SymmetricEigen;

/// A principal moment below this fraction of the largest is the axis of a linear molecule: atoms within about 1e-4 of
/// its length off the axis, well above the digits of a coordinate file and well below thermal bending.
const LINEAR: f64 = 1e-8;
/// Å², times the total mass: atoms closer together than 1e-6 Å have no axis at all.
const POINT: f64 = 1e-12;

/// Translation and rotation about the centre of mass.
#[derive(Debug, Clone, PartialEq)]
pub struct RigidMotion {
    /// Å
    pub center_of_mass: Vec3,
    /// amu·Å/t
    pub momentum: Vec3,
    /// amu·Å²/t, about the centre of mass
    pub angular_momentum: Vec3,
    /// 1/t; the component about the axis of a linear molecule is 0
    pub angular_velocity: Vec3,
    /// P²/2M, eV
    pub translational_energy: f64,
    /// ½ L·ω, eV
    pub rotational_energy: f64,
    /// 0 for one atom, 2 for a linear molecule, else 3
    pub rotational_degrees_of_freedom: usize,
}

impl RigidMotion {
    /// Of all atoms together. Positions and momenta (n,). Numbers that are not finite give a result that is not.
    pub fn of(system: &System, positions: &[Vec3], momenta: &[Vec3]) -> Self {
        let inverse_mass = inverse_or_zero(system.total_mass());
        let momentum: Vec3 = momenta.iter().sum();
        let center_of_mass = inverse_mass
            * (system.masses.iter().zip(positions))
                .map(|(&mass, position)| mass * position)
                .sum::<Vec3>();
        let angular_momentum: Vec3 = (positions.iter().zip(momenta))
            .map(|(position, p)| (position - center_of_mass).cross(p))
            .sum();
        let inertia = inertia_tensor(system, positions, &center_of_mass);
        let (inverse_inertia, rank) = pseudo_inverse(&inertia, POINT * system.total_mass());
        let angular_velocity = inverse_inertia * angular_momentum;
        Self {
            center_of_mass,
            momentum,
            angular_momentum,
            angular_velocity,
            translational_energy: 0.5 * inverse_mass * momentum.norm_squared(),
            rotational_energy: 0.5 * angular_momentum.dot(&angular_velocity),
            rotational_degrees_of_freedom: rank,
        }
    }

    /// Subtracts the translation: p ← p − m V.
    pub fn remove_translation(&self, system: &System, momenta: &mut [Vec3]) {
        let velocity = inverse_or_zero(system.total_mass()) * self.momentum;
        for (momentum, &mass) in momenta.iter_mut().zip(&system.masses) {
            *momentum -= mass * velocity;
        }
    }

    /// Subtracts the rotation: p ← p − m ω × (r − R). Leaves the total momentum as it is, so the two removals may
    /// come in either order.
    pub fn remove_rotation(&self, system: &System, positions: &[Vec3], momenta: &mut [Vec3]) {
        for ((momentum, position), &mass) in momenta.iter_mut().zip(positions).zip(&system.masses) {
            let arm = position - self.center_of_mass;
            *momentum -= mass * self.angular_velocity.cross(&arm);
        }
    }
}

/// A system without atoms has no mass, and moves not at all.
fn inverse_or_zero(mass: f64) -> f64 {
    if mass > 0.0 {
        1.0 / mass
    } else {
        0.0
    }
}

/// amu·Å²
fn inertia_tensor(system: &System, positions: &[Vec3], center: &Vec3) -> Mat3 {
    (system.masses.iter().zip(positions))
        .map(|(&mass, position)| {
            let arm = position - center;
            mass * (Mat3::from_diagonal_element(arm.norm_squared()) - arm * arm.transpose())
        })
        .sum()
}

/// Inverts on the axes that have a moment of inertia, and counts them.
fn pseudo_inverse(inertia: &Mat3, smallest: f64) -> (Mat3, usize) {
    // Bounded, since the iteration never ends on NaN.
    let Some(eigen) = SymmetricEigen::try_new(*inertia, f64::EPSILON, 1000) else {
        return (Mat3::from_element(f64::NAN), 3);
    };
    let threshold = (LINEAR * eigen.eigenvalues.max()).max(smallest);
    let mut inverse = Mat3::zeros();
    let mut rank = 0;
    for (moment, axis) in eigen
        .eigenvalues
        .iter()
        .zip(eigen.eigenvectors.column_iter())
    {
        if *moment > threshold {
            inverse += axis * axis.transpose() / *moment;
            rank += 1;
        }
    }
    (inverse, rank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ethanol, water};

    /// p = m (V + ω × (r − R))
    fn rigid_momenta(system: &System, positions: &[Vec3], v: Vec3, omega: Vec3) -> Vec<Vec3> {
        let zeros = vec![Vec3::zeros(); system.len()];
        let center = RigidMotion::of(system, positions, &zeros).center_of_mass;
        (positions.iter().zip(&system.masses))
            .map(|(r, &m)| m * (v + omega.cross(&(r - center))))
            .collect()
    }

    fn kinetic_energy(system: &System, momenta: &[Vec3]) -> f64 {
        (momenta.iter().zip(&system.masses))
            .map(|(p, m)| p.norm_squared() / (2.0 * m))
            .sum()
    }

    /// Two masses 1 and 3 amu, 4 Å apart on x: R = 3, μ = 3/4, I = μ 4² = 12 amu Å².
    #[test]
    fn rigid_rotor_by_hand() {
        let system = System {
            elements: System::from_symbols(&["H", "He"]).unwrap().elements,
            masses: vec![1.0, 3.0],
        };
        let positions = [Vec3::zeros(), Vec3::new(4.0, 0.0, 0.0)];
        let omega = Vec3::new(0.0, 0.0, 0.5);
        let momenta = rigid_momenta(&system, &positions, Vec3::zeros(), omega);
        let motion = RigidMotion::of(&system, &positions, &momenta);
        assert_eq!(motion.center_of_mass, Vec3::new(3.0, 0.0, 0.0));
        assert!((motion.angular_momentum - Vec3::new(0.0, 0.0, 6.0)).norm() < 1e-14);
        assert!((motion.angular_velocity - omega).norm() < 1e-14);
        assert!((motion.rotational_energy - 1.5).abs() < 1e-14);
        assert_eq!(motion.translational_energy, 0.0);
        assert_eq!(motion.rotational_degrees_of_freedom, 2);
    }

    /// A general direction with the four digits of a coordinate file, so that the moment about the axis is small and
    /// not zero. Catches a threshold at zero: the molecule would have a third rotation.
    #[test]
    fn linear_carbon_dioxide_has_two_rotations() {
        let system = System::from_symbols(&["O", "C", "O"]).unwrap();
        let axis = Vec3::new(1.0, 2.0, -0.7).normalize();
        let center = Vec3::new(5.01234, -3.07777, 11.04321);
        let positions = [center - 1.16 * axis, center, center + 1.16 * axis]
            .map(|r| r.map(|x| (1e4 * x).round() / 1e4));
        let omega = axis.cross(&Vec3::x());
        let momenta = rigid_momenta(&system, &positions, Vec3::zeros(), omega);
        let motion = RigidMotion::of(&system, &positions, &momenta);
        assert_eq!(motion.rotational_degrees_of_freedom, 2);
        assert!((motion.angular_velocity - omega).norm() < 1e-3);
        assert!(motion.angular_velocity.dot(&axis).abs() < 1e-3);
        let moment = 2.0 * 15.999 * 1.16 * 1.16;
        let expected = 0.5 * moment * omega.norm_squared();
        assert!((motion.rotational_energy / expected - 1.0).abs() < 1e-3);
    }

    #[test]
    fn one_atom_translates_and_does_not_rotate() {
        let system = System::from_symbols(&["Ar"]).unwrap();
        let positions = [Vec3::new(0.1, 1e5, -7.3)];
        let momenta = [Vec3::new(1.0, 2.0, 3.0)];
        let motion = RigidMotion::of(&system, &positions, &momenta);
        assert_eq!(motion.rotational_degrees_of_freedom, 0);
        assert_eq!(motion.rotational_energy, 0.0);
        assert!((motion.translational_energy - 14.0 / (2.0 * 39.948)).abs() < 1e-15);
    }

    #[test]
    fn energies_of_a_rigidly_moving_body_add_up_to_its_kinetic_energy() {
        let (system, positions) = ethanol();
        let (v, omega) = (Vec3::new(0.3, -0.1, 0.2), Vec3::new(0.05, 0.4, -0.2));
        let momenta = rigid_momenta(&system, &positions, v, omega);
        let motion = RigidMotion::of(&system, &positions, &momenta);
        assert_eq!(motion.rotational_degrees_of_freedom, 3);
        assert!((motion.angular_velocity - omega).norm() < 1e-13);
        let sum = motion.translational_energy + motion.rotational_energy;
        let kinetic = kinetic_energy(&system, &momenta);
        assert!((sum / kinetic - 1.0).abs() < 1e-13, "{sum} {kinetic}");
    }

    /// Catches an inertia tensor without the transposed term, a wrong sign of ω × r, and L about the origin.
    #[test]
    fn after_the_removals_nothing_is_left() {
        let (system, mut positions) = water();
        for position in &mut positions {
            *position += Vec3::new(7.0, -2.0, 4.0);
        }
        let mut momenta = vec![
            Vec3::new(1.0, -2.0, 0.5),
            Vec3::new(0.3, 0.9, -1.1),
            Vec3::new(-0.2, 0.4, 2.0),
        ];
        let before = RigidMotion::of(&system, &positions, &momenta);
        let kinetic = kinetic_energy(&system, &momenta);
        before.remove_rotation(&system, &positions, &mut momenta);
        before.remove_translation(&system, &mut momenta);
        let after = RigidMotion::of(&system, &positions, &momenta);
        assert!(after.momentum.norm() < 1e-12);
        assert!(after.angular_momentum.norm() < 1e-12);
        let internal = kinetic_energy(&system, &momenta);
        let removed = before.translational_energy + before.rotational_energy;
        assert!((internal + removed - kinetic).abs() < 1e-12);
    }

    #[test]
    fn no_atoms_and_nan_end_without_a_panic() {
        let nothing = RigidMotion::of(&System::new(vec![]), &[], &[]);
        assert_eq!(nothing.rotational_degrees_of_freedom, 0);
        assert_eq!(nothing.translational_energy, 0.0);
        let (system, mut positions) = water();
        positions[1].y = f64::NAN;
        let broken = RigidMotion::of(&system, &positions, &[Vec3::x(); 3]);
        assert!(broken.rotational_energy.is_nan());
    }
}
