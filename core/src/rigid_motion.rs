//! The motion of a molecule as a whole: what of its momentum is translation and rotation.
//! (signatures fixed; body to be written)

use crate::{System, Vec3};

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
    /// Of all atoms together.
    pub fn of(_system: &System, _positions: &[Vec3], _momenta: &[Vec3]) -> Self {
        todo!()
    }

    /// Subtracts the translation: p ← p − m V.
    pub fn remove_translation(&self, _system: &System, _momenta: &mut [Vec3]) {
        todo!()
    }

    /// Subtracts the rotation: p ← p − m ω × (r − R).
    pub fn remove_rotation(&self, _system: &System, _positions: &[Vec3], _momenta: &mut [Vec3]) {
        todo!()
    }
}
