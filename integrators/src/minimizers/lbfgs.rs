//! L-BFGS without a line search.
//!
//! ```text
//! direction  q ← −∇E = F                                two loops (Nocedal & Wright, Numerical Optimization, 2nd ed.,
//!            newest to oldest:  α_i ← (s_i·q)/(s_i·y_i)  algorithm 7.4; here q carries the force, which is the
//!                               q ← q − α_i y_i          negative gradient, so that the result is the direction itself)
//!            r ← H₀ q
//!            oldest to newest:  β ← (y_i·r)/(s_i·y_i)
//!                               r ← r + (α_i − β) s_i
//! step       x ← x + min(1, longest/max_i |r_i|) r        algorithm 7.5 with α_k = 1 in place of the line search
//! ```
//!
//! Where the energy bends down along a step, s·y is not positive, and a Hessian that learns that sends atoms apart. Such a
//! pair is damped (Powell's rule, ibid., procedure 18.2): y ← θ y + (1 − θ) B s with the θ at which s·y = ⅕ s·B s. The Hessian
//! stays positive definite and becomes softer by as much, so that the next step is bolder. B s costs nothing: the step was s
//! = λ H F, so that B s = λ F.
//!
//! H₀ is one number for all atoms and steps, an inverse force constant, and the last 100 pairs are kept: the defaults that
//! ASE documents for its optimiser of this name (A. H. Larsen et al., J. Phys.: Condens. Matter 29, 273002 (2017)). The
//! scaling of H₀ by the last pair (eq. 7.20) was not taken: in f32 the last pair near a minimum is noise.

use super::history::{is_upward, History};
use super::{assert_atoms, displace, dot, shortening, Minimizer, MAX_STEP};
use crate::error::{at_least_one, positive, IntegratorError};
use oreo_core::Vec3;

/// What is left of the expected curvature where the true one is not positive (ibid., eq. 18.15).
const DAMPED: f64 = 0.2;

/// How far, how bold, and how much is remembered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LbfgsSettings {
    /// Pairs that are kept.
    pub memory: usize,
    /// Å; the farthest that an atom moves in one step.
    pub max_step: f64,
    /// Å²/eV; H₀. The default is one over 70 eV/Å², somewhat more than the force constant of most bonds.
    pub initial_inverse_curvature: f64,
}

impl Default for LbfgsSettings {
    fn default() -> Self {
        Self {
            memory: 100,
            max_step: MAX_STEP,
            initial_inverse_curvature: 1.0 / 70.0,
        }
    }
}

/// Limited-memory Broyden–Fletcher–Goldfarb–Shanno, see the top of this file.
#[derive(Debug, Clone)]
pub struct Lbfgs {
    settings: LbfgsSettings,
    history: History,
    /// Of the step before, (n,); only meaningful once `began`.
    last_positions: Vec<Vec3>,
    last_forces: Vec<Vec3>,
    began: bool,
    /// λ, by which the step before was shortened
    last_factor: f64,
    /// Scratch, (n,)
    displacement: Vec<Vec3>,
    change: Vec<Vec3>,
    /// α of each pair, newest first; scratch
    projections: Vec<f64>,
}

impl Lbfgs {
    /// For a structure of `atoms` atoms.
    ///
    /// # Errors
    /// Settings that are not finite and above zero, or no atoms.
    pub fn new(settings: LbfgsSettings, atoms: usize) -> Result<Self, IntegratorError> {
        if atoms == 0 {
            return Err(IntegratorError::NoAtoms);
        }
        let memory = at_least_one("memory", settings.memory)?;
        positive("max_step", settings.max_step)?;
        positive(
            "initial_inverse_curvature",
            settings.initial_inverse_curvature,
        )?;
        let zeros = || vec![Vec3::zeros(); atoms];
        Ok(Self {
            settings,
            history: History::new(memory, atoms),
            last_positions: zeros(),
            last_forces: zeros(),
            began: false,
            last_factor: 1.0,
            displacement: zeros(),
            change: zeros(),
            projections: vec![0.0; memory],
        })
    }

    /// From what the last step did to the forces.
    fn learn(&mut self, positions: &[Vec3], forces: &[Vec3]) {
        for i in 0..positions.len() {
            self.displacement[i] = positions[i] - self.last_positions[i];
            // Gradients are negative forces.
            self.change[i] = self.last_forces[i] - forces[i];
        }
        self.damp();
        self.history.learn(&self.displacement, &self.change);
    }

    /// Of a pair along which the energy does not bend up; others stay as they are.
    fn damp(&mut self) {
        let curvature = dot(&self.displacement, &self.change);
        if is_upward(curvature, &self.displacement, &self.change) {
            return;
        }
        let expected = self.last_factor * dot(&self.displacement, &self.last_forces);
        let theta = (1.0 - DAMPED) * expected / (expected - curvature);
        for (change, force) in self.change.iter_mut().zip(&self.last_forces) {
            *change = theta * *change + (1.0 - theta) * self.last_factor * force;
        }
    }

    /// H F, into `displacement`.
    fn find_direction(&mut self, forces: &[Vec3]) {
        let direction = &mut self.displacement;
        direction.copy_from_slice(forces);
        for age in 0..self.history.len() {
            let (step, change, inverse_curvature) = self.history.pair(age);
            let projection = inverse_curvature * dot(step, direction);
            add(direction, change, -projection);
            self.projections[age] = projection;
        }
        for component in direction.iter_mut() {
            *component *= self.settings.initial_inverse_curvature;
        }
        for age in (0..self.history.len()).rev() {
            let (step, change, inverse_curvature) = self.history.pair(age);
            let correction = inverse_curvature * dot(change, direction);
            add(direction, step, self.projections[age] - correction);
        }
    }
}

impl Minimizer for Lbfgs {
    fn name(&self) -> &'static str {
        "lbfgs"
    }

    fn step(&mut self, positions: &mut [Vec3], forces: &[Vec3]) {
        assert_atoms(self.displacement.len(), positions, forces);
        if self.began {
            self.learn(positions, forces);
        }
        self.began = true;
        self.last_positions.copy_from_slice(positions);
        self.last_forces.copy_from_slice(forces);
        self.find_direction(forces);
        let factor = shortening(&self.displacement, self.settings.max_step);
        displace(positions, &self.displacement, factor);
        self.last_factor = factor;
    }
}

/// a ← a + factor · b
fn add(a: &mut [Vec3], b: &[Vec3], factor: f64) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += factor * b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lbfgs(atoms: usize) -> Lbfgs {
        Lbfgs::new(LbfgsSettings::default(), atoms).unwrap()
    }

    #[test]
    fn the_first_step_follows_the_force_by_the_initial_inverse_curvature() {
        let mut positions = [Vec3::zeros()];
        lbfgs(1).step(&mut positions, &[Vec3::new(7.0, 0.0, -1.4)]);
        assert!((positions[0] - Vec3::new(0.1, 0.0, -0.02)).norm() < 1e-16);
    }

    /// Along one direction the secant is exact: whatever H₀ is, the second step ends in the minimum of a bowl with one force
    /// constant. Seen to fail with the sign of y turned, and with the order of either loop turned.
    #[test]
    fn a_round_bowl_is_solved_in_two_steps() {
        for constant in [0.5, 30.0, 110.0] {
            let (mut minimizer, mut positions) = (lbfgs(2), [Vec3::new(0.1, 0.2, -0.1); 2]);
            positions[1] *= -0.4;
            for _ in 0..2 {
                let forces = positions.map(|r| -constant * r);
                minimizer.step(&mut positions, &forces);
            }
            // The second step from a soft bowl is longer than an atom may move, and is cut: one more is needed.
            if constant < 1.0 {
                let forces = positions.map(|r| -constant * r);
                minimizer.step(&mut positions, &forces);
            }
            let left = positions[0].norm() + positions[1].norm();
            assert!(left < 1e-14, "{constant}: {left:e}");
        }
    }

    /// F = 28 eV/Å asks for 0.4 Å and gets λ = ½ of it; the force grows to 30, so that s·y = −0.4 eV. Expected was s·λF = 2.8 eV.
    /// Seen to fail with λ left out of B s.
    #[test]
    fn a_pair_that_bends_down_keeps_a_fifth_of_the_expected_curvature() {
        let (mut minimizer, mut positions) = (lbfgs(1), [Vec3::zeros()]);
        for force in [28.0, 30.0] {
            minimizer.step(&mut positions, &[force * Vec3::x()]);
        }
        assert_eq!(minimizer.history.len(), 1);
        let (_, _, inverse_curvature) = minimizer.history.pair(0);
        assert!((1.0 / inverse_curvature - 0.2 * 2.8).abs() < 1e-14);
    }

    #[test]
    fn nonsense_is_refused() {
        let settings = LbfgsSettings::default();
        assert_eq!(
            Lbfgs::new(settings, 0).unwrap_err(),
            IntegratorError::NoAtoms
        );
        let wrong = [
            LbfgsSettings {
                memory: 0,
                ..settings
            },
            LbfgsSettings {
                max_step: 0.0,
                ..settings
            },
            LbfgsSettings {
                initial_inverse_curvature: f64::NAN,
                ..settings
            },
        ];
        assert!(wrong.iter().all(|wrong| Lbfgs::new(*wrong, 3).is_err()));
    }
}
