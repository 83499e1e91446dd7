//! FIRE 2.0, the fast inertial relaxation engine.
//!
//! E. Bitzek, P. Koskinen, F. Gähler, M. Moseler, P. Gumbsch, Phys. Rev. Lett. 97, 170201 (2006), with the corrections of
//! J. Guénolé, W. G. Nöhring, A. Vaid, F. Houllé, Z. Xie, A. Prakash, E. Bitzek, Comput. Mater. Sci. 175, 109584 (2020):
//! half a step back where the motion went uphill, and the mixing between kick and drift of a semi-implicit Euler step. All
//! atoms weigh 1 amu.
//!
//! ```text
//! P = F·v
//! P > 0   after N_delay steps in a row:  Δt ← min(f_inc Δt, Δt_max),  α ← f_α α
//! P ≤ 0   α ← α₀,  Δt ← f_dec Δt unless that is below Δt_min
//!         x ← x − ½ Δt v,  v ← 0             and the next step begins here, with the forces of this place
//! else    v ← v + Δt F                       kick
//!         v ← (1 − α) v + α |v|/|F| F        turn towards the force
//!         x ← x + Δt v                       drift
//! ```
//!
//! | symbol | here | default (those of the second paper) |
//! |---|---|---|
//! | N_delay | `DELAY` | 20 |
//! | f_inc, f_dec | `GROW`, `SHRINK` | 1.1, 0.5 |
//! | α₀, f_α | `MIXING`, `MIXING_SHRINKS` | 0.25, 0.99 |
//! | Δt_max/Δt, Δt_min/Δt | `LONGEST`, `SHORTEST` | 10, 0.02 |
//!
//! One rule of the paper is left out: not to shorten the time step within the first N_delay steps. One that is too long for the
//! stiffest bond would throw the atoms about all that time. One rule is ours: where an atom would move farther than
//! `max_step`, all velocities are shortened, so that the ball has a speed limit and half a step back is no more than half of
//! what was made. To give up (in the paper after 2000 steps uphill) is left to whoever counts steps.

use super::{assert_atoms, displace, dot, shortening, Minimizer, MAX_STEP};
use crate::error::{positive, IntegratorError};
use oreo_core::Vec3;

const DELAY: u64 = 20;
const GROW: f64 = 1.1;
const SHRINK: f64 = 0.5;
const MIXING: f64 = 0.25;
const MIXING_SHRINKS: f64 = 0.99;
const LONGEST: f64 = 10.0;
const SHORTEST: f64 = 0.02;

/// How far and how fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FireSettings {
    /// t, of the first steps. The default is 0.1 t ≈ 1 fs, at which 1 amu on a spring of 100 eV/Å² still swings: Δt √k < 2.
    pub timestep: f64,
    /// Å; the farthest that an atom moves in one step.
    pub max_step: f64,
}

impl Default for FireSettings {
    fn default() -> Self {
        Self {
            timestep: 0.1,
            max_step: MAX_STEP,
        }
    }
}

/// See the top of this file.
#[derive(Debug, Clone)]
pub struct Fire {
    settings: FireSettings,
    /// Å/t, (n,)
    velocities: Vec<Vec3>,
    /// Scratch: Å, (n,)
    displacements: Vec<Vec3>,
    /// t
    timestep: f64,
    /// α
    mixing: f64,
    /// Steps with P > 0 in a row.
    downhill: u64,
    /// Before the first step, and after a turn: the next step only begins to move.
    at_rest: bool,
}

impl Fire {
    /// For a structure of `atoms` atoms.
    ///
    /// # Errors
    /// Settings that are not finite and above zero, or no atoms.
    pub fn new(settings: FireSettings, atoms: usize) -> Result<Self, IntegratorError> {
        if atoms == 0 {
            return Err(IntegratorError::NoAtoms);
        }
        positive("max_step", settings.max_step)?;
        Ok(Self {
            settings,
            velocities: vec![Vec3::zeros(); atoms],
            displacements: vec![Vec3::zeros(); atoms],
            timestep: positive("timestep", settings.timestep)?,
            mixing: MIXING,
            downhill: 0,
            at_rest: true,
        })
    }

    /// The motion went downhill: bolder.
    fn speed_up(&mut self) {
        self.downhill += 1;
        if self.downhill > DELAY {
            self.timestep = (GROW * self.timestep).min(LONGEST * self.settings.timestep);
            self.mixing *= MIXING_SHRINKS;
        }
    }

    /// The motion went uphill: half a step back, where it ends.
    fn turn_back(&mut self, positions: &mut [Vec3]) {
        self.downhill = 0;
        self.mixing = MIXING;
        let shorter = SHRINK * self.timestep;
        if shorter >= SHORTEST * self.settings.timestep {
            self.timestep = shorter;
        }
        displace(positions, &self.velocities, -0.5 * self.timestep);
        self.velocities.fill(Vec3::zeros());
        self.at_rest = true;
    }

    fn kick_and_turn(&mut self, forces: &[Vec3]) {
        for (velocity, force) in self.velocities.iter_mut().zip(forces) {
            *velocity += self.timestep * force;
        }
        let force = dot(forces, forces).sqrt();
        if force == 0.0 {
            return;
        }
        let along = self.mixing * dot(&self.velocities, &self.velocities).sqrt() / force;
        for (velocity, force) in self.velocities.iter_mut().zip(forces) {
            *velocity = (1.0 - self.mixing) * *velocity + along * force;
        }
    }

    fn drift(&mut self, positions: &mut [Vec3]) {
        for (displacement, velocity) in self.displacements.iter_mut().zip(&self.velocities) {
            *displacement = self.timestep * velocity;
        }
        let factor = shortening(&self.displacements, self.settings.max_step);
        if factor < 1.0 {
            self.velocities.iter_mut().for_each(|v| *v *= factor);
        }
        displace(positions, &self.displacements, factor);
    }
}

impl Minimizer for Fire {
    fn name(&self) -> &'static str {
        "fire"
    }

    fn step(&mut self, positions: &mut [Vec3], forces: &[Vec3]) {
        assert_atoms(self.velocities.len(), positions, forces);
        let is_downhill = dot(forces, &self.velocities) > 0.0;
        match (self.at_rest, is_downhill) {
            (true, _) => {}
            (false, true) => self.speed_up(),
            (false, false) => return self.turn_back(positions),
        }
        self.kick_and_turn(forces);
        self.drift(positions);
        self.at_rest = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fire(timestep: f64) -> Fire {
        let settings = FireSettings {
            timestep,
            max_step: 100.0,
        };
        Fire::new(settings, 1).unwrap()
    }

    /// From rest v = Δt F, the turn changes nothing, x = Δt² F. Then, with the force across the motion (P = 0 is not
    /// downhill), the time step is halved, and half of what the velocity makes of that is taken back: x = ¾ Δt² F. The force of
    /// that place, and not the one before, adds ¼ Δt² F'.
    #[test]
    fn the_first_step_half_a_step_back_and_the_new_start_by_hand() {
        let (mut minimizer, mut positions) = (fire(0.5), [Vec3::zeros()]);
        minimizer.step(&mut positions, &[Vec3::new(2.0, 0.0, 0.0)]);
        assert_eq!(positions[0], Vec3::new(0.5, 0.0, 0.0));
        minimizer.step(&mut positions, &[Vec3::new(0.0, 0.0, 8.0)]);
        assert_eq!(positions[0], Vec3::new(0.375, 0.0, 0.0));
        minimizer.step(&mut positions, &[Vec3::new(0.0, 4.0, 0.0)]);
        assert_eq!(positions[0], Vec3::new(0.375, 0.25, 0.0));
        assert_eq!(minimizer.timestep, 0.25);
    }

    /// v = (1, 0) Δt-kicked by (1, 1): (1.5, 0.5), |v| = √2.5; α = ¼ turns it towards F/|F| = (1, 1)/√2.
    #[test]
    fn the_velocity_turns_towards_the_force_by_hand() {
        let mut minimizer = fire(0.5);
        minimizer.velocities[0] = Vec3::x();
        minimizer.kick_and_turn(&[Vec3::new(1.0, 1.0, 0.0)]);
        let along = 0.25 * 1.25f64.sqrt();
        let expected = Vec3::new(0.75 * 1.5 + along, 0.75 * 0.5 + along, 0.0);
        assert!((minimizer.velocities[0] - expected).norm() < 1e-15);
    }

    /// Twenty steps downhill are waited for; then every one lengthens the time step, up to ten times the first. Uphill halves
    /// it, down to a fiftieth of the first.
    #[test]
    fn the_time_step_grows_downhill_and_shrinks_uphill_within_its_bounds() {
        let (mut minimizer, mut positions) = (fire(0.01), [Vec3::zeros()]);
        let mut steps = |count: usize, force: Vec3| {
            (0..count).for_each(|_| minimizer.step(&mut positions, &[force]));
            minimizer.timestep
        };
        assert_eq!(steps(21, Vec3::x()), 0.01, "one to begin, twenty to wait");
        assert!((steps(1, Vec3::x()) - 0.011).abs() < 1e-15);
        assert!((steps(100, Vec3::x()) - 0.1).abs() < 1e-15);
        assert!((steps(1, -Vec3::x()) - 0.05).abs() < 1e-15);
        for _ in 0..20 {
            steps(1, Vec3::x());
            steps(1, -Vec3::x());
        }
        assert!((2e-4..4e-4).contains(&steps(1, Vec3::x())));
    }

    #[test]
    fn the_speed_limit_holds_for_the_velocity_too() {
        let settings = FireSettings::default();
        let (mut minimizer, mut positions) = (Fire::new(settings, 1).unwrap(), [Vec3::zeros()]);
        minimizer.step(&mut positions, &[Vec3::new(1e6, 0.0, 0.0)]);
        assert!((positions[0].x - 0.2).abs() < 1e-15);
        assert!((minimizer.velocities[0].x - 2.0).abs() < 1e-14);
    }

    #[test]
    fn nonsense_is_refused() {
        let settings = FireSettings::default();
        assert_eq!(
            Fire::new(settings, 0).unwrap_err(),
            IntegratorError::NoAtoms
        );
        let wrong = [
            FireSettings {
                timestep: -0.1,
                ..settings
            },
            FireSettings {
                max_step: f64::NAN,
                ..settings
            },
        ];
        assert!(wrong.iter().all(|wrong| Fire::new(*wrong, 3).is_err()));
    }
}
