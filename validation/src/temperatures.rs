//! Temperatures of translation, rotation and vibration, each with its own degrees of freedom.
//!
//! One number hides an integrator that drains rotation, or a data set whose frames hold all heat in vibration (MD17:
//! 553 to 643 K inside at a nominal 500 K). T = 2K/(dof k) for each part, K_vib = K − K_trans − K_rot.

use oreo_core::units::KELVIN;
use oreo_core::{Archive, ArchiveError, Cell, Persist, RigidMotion, State, System};
use serde::Serialize;

/// How many degrees of freedom each kind of motion has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DegreesOfFreedom {
    /// 3
    pub translation: usize,
    /// 3; 2 for a linear molecule, 0 for one atom and in a periodic cell, where nothing rotates as a whole
    pub rotation: usize,
    /// The rest of 3N.
    pub vibration: usize,
}

/// K; `None` where there is no degree of freedom.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Temperatures {
    /// 2K/(dof k) with the degrees of freedom that the thermostat counts.
    pub all: f64,
    /// Of the centre of mass.
    pub translation: Option<f64>,
    /// About the centre of mass.
    pub rotation: Option<f64>,
    /// Of the rest.
    pub vibration: Option<f64>,
}

impl DegreesOfFreedom {
    /// From the shape of the molecule, which decides whether two or three rotations exist.
    pub fn of(system: &System, state: &State) -> Self {
        Self::from_motion(
            system,
            state,
            &RigidMotion::of(system, &state.positions, &state.momenta),
        )
    }

    fn from_motion(system: &System, state: &State, motion: &RigidMotion) -> Self {
        let rotation = match state.cell {
            Cell::Open => motion.rotational_degrees_of_freedom,
            Cell::Periodic(_) => 0,
        };
        let vibration = (3 * system.len()).saturating_sub(3 + rotation);
        Self {
            translation: 3,
            rotation,
            vibration,
        }
    }
}

impl Temperatures {
    /// `degrees_of_freedom` is what the thermostat counts (3N for MD17's ensemble, 3N − 6 for the physical one) and
    /// enters `all` only.
    pub fn of(system: &System, state: &State, degrees_of_freedom: f64) -> Self {
        let motion = RigidMotion::of(system, &state.positions, &state.momenta);
        let dof = DegreesOfFreedom::from_motion(system, state, &motion);
        let kinetic = state.kinetic_energy(system);
        let rotational = if dof.rotation == 0 {
            0.0
        } else {
            motion.rotational_energy
        };
        // Rounding can leave a rigid molecule a vibrational energy of −1e-17 eV.
        let vibrational = (kinetic - motion.translational_energy - rotational).max(0.0);
        let part =
            |energy: f64, dof: usize| (dof > 0).then(|| 2.0 * energy / (dof as f64 * KELVIN));
        Self {
            all: 2.0 * kinetic / (degrees_of_freedom * KELVIN),
            translation: part(motion.translational_energy, dof.translation),
            rotation: part(rotational, dof.rotation),
            vibration: part(vibrational, dof.vibration),
        }
    }
}

/// Mean temperatures of a run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MeanTemperatures {
    /// all, translation, rotation, vibration
    sums: [f64; 4],
    counts: [u64; 4],
}

impl MeanTemperatures {
    /// Without samples.
    pub fn new() -> Self {
        Self::default()
    }

    /// One step.
    pub fn add(&mut self, now: &Temperatures) {
        let values = [Some(now.all), now.translation, now.rotation, now.vibration];
        for (k, value) in values.into_iter().enumerate() {
            if let Some(value) = value {
                self.sums[k] += value;
                self.counts[k] += 1;
            }
        }
    }

    /// `None` without samples.
    pub fn mean(&self) -> Option<Temperatures> {
        let mean = |k: usize| (self.counts[k] > 0).then(|| self.sums[k] / self.counts[k] as f64);
        let [translation, rotation, vibration] = [1, 2, 3].map(mean);
        Some(Temperatures {
            all: mean(0)?,
            translation,
            rotation,
            vibration,
        })
    }
}

impl Persist for MeanTemperatures {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.f64s("temperature-sums", &mut self.sums)?;
        archive.u64s("temperature-counts", &mut self.counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::Vec3;

    fn state(positions: &[[f64; 3]], velocities: &[[f64; 3]], system: &System) -> State {
        let mut state = State::at_rest(
            positions.iter().map(|&p| Vec3::from(p)).collect(),
            Cell::Open,
        );
        for ((p, v), m) in state.momenta.iter_mut().zip(velocities).zip(&system.masses) {
            *p = *m * Vec3::from(*v);
        }
        state
    }

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-9 * b.abs().max(1.0))
    }

    /// Water of unit masses moving as a whole: everything in translation. Catches K_trans with one atom's mass.
    #[test]
    fn a_moving_rigid_molecule_has_only_translation() {
        let mut system = System::from_symbols(&["O", "H", "H"]).unwrap();
        system.masses = vec![1.0; 3];
        let at = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        let t = Temperatures::of(&system, &state(&at, &[[0.1, 0.2, 0.0]; 3], &system), 9.0);
        assert!(close(t.translation, 3.0 * 0.05 / (3.0 * KELVIN)));
        assert!(t.rotation.unwrap().abs() < 1e-9 && t.vibration.unwrap().abs() < 1e-9);
        assert!((t.all - 3.0 * 0.05 / (9.0 * KELVIN)).abs() < 1e-9);
    }

    /// Two unit masses at ±1: perpendicular velocities rotate (2 degrees of freedom), parallel ones vibrate (1).
    #[test]
    fn a_linear_molecule_has_two_rotations_and_one_vibration() {
        let mut system = System::from_symbols(&["H", "H"]).unwrap();
        system.masses = vec![1.0; 2];
        let at = [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]];
        let turning = state(&at, &[[0.0, -0.3, 0.0], [0.0, 0.3, 0.0]], &system);
        let t = Temperatures::of(&system, &turning, 6.0);
        assert!(close(t.rotation, 2.0 * 0.09 / (2.0 * KELVIN)));
        assert!(t.vibration.unwrap().abs() < 1e-9);
        let stretching = state(&at, &[[-0.3, 0.0, 0.0], [0.3, 0.0, 0.0]], &system);
        let t = Temperatures::of(&system, &stretching, 6.0);
        assert!(close(t.vibration, 2.0 * 0.09 / (1.0 * KELVIN)));
        assert!(t.rotation.unwrap().abs() < 1e-9);
        let dof = DegreesOfFreedom::of(&system, &turning);
        assert_eq!((dof.translation, dof.rotation, dof.vibration), (3, 2, 1));
    }

    #[test]
    fn a_single_atom_only_translates() {
        let system = System::from_symbols(&["Ar"]).unwrap();
        let t = Temperatures::of(
            &system,
            &state(&[[0.0; 3]], &[[0.1, 0.0, 0.0]], &system),
            3.0,
        );
        assert!(close(t.translation, t.all));
        assert_eq!((t.rotation, t.vibration), (None, None));
    }

    /// Catches removing rotation in a periodic cell, where L depends on the choice of images.
    #[test]
    fn a_periodic_box_does_not_rotate() {
        let mut system = System::from_symbols(&["H", "H"]).unwrap();
        system.masses = vec![1.0; 2];
        let at = [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]];
        let mut turning = state(&at, &[[0.0, -0.3, 0.0], [0.0, 0.3, 0.0]], &system);
        turning.cell = Cell::orthorhombic(9.0, 9.0, 9.0).unwrap();
        let t = Temperatures::of(&system, &turning, 3.0);
        assert_eq!(t.rotation, None);
        assert!(close(t.vibration, 2.0 * 0.09 / (3.0 * KELVIN)));
        assert_eq!(DegreesOfFreedom::of(&system, &turning).vibration, 3);
    }

    #[test]
    fn means_skip_what_does_not_exist() {
        let mut mean = MeanTemperatures::new();
        assert_eq!(mean.mean(), None);
        let now = |all, translation| Temperatures {
            all,
            translation: Some(translation),
            rotation: None,
            vibration: Some(1.0),
        };
        mean.add(&now(100.0, 3.0));
        mean.add(&now(300.0, 5.0));
        assert_eq!(mean.mean(), Some(now(200.0, 4.0)));
    }
}
