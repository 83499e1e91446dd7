//! What changes during a run, and the two words of every splitting: kick and drift.

use crate::{Archive, ArchiveError, Cell, Persist, System, Vec3};

/// Everything the next step reads, and nothing that can be recomputed from it without changing a bit.
///
/// Positions are never wrapped into the cell, so that trajectories are continuous.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Å, (n,)
    pub positions: Vec<Vec3>,
    /// amu·Å/t, (n,)
    pub momenta: Vec<Vec3>,
    /// eV/Å, (n,), at `positions`
    pub forces: Vec<Vec3>,
    /// eV, at `positions`
    pub energy: f64,
    /// Open for molecules in vacuum
    pub cell: Cell,
    /// Number of finished steps
    pub step: u64,
}

impl State {
    /// At rest, forces not yet known (zero until the first evaluation).
    pub fn at_rest(positions: Vec<Vec3>, cell: Cell) -> Self {
        let zeros = vec![Vec3::zeros(); positions.len()];
        Self {
            positions,
            momenta: zeros.clone(),
            forces: zeros,
            energy: 0.0,
            cell,
            step: 0,
        }
    }

    /// p ← p + h F
    pub fn kick(&mut self, h: f64) {
        for (momentum, force) in self.momenta.iter_mut().zip(&self.forces) {
            *momentum += h * force;
        }
    }

    /// x ← x + h p/m
    pub fn drift(&mut self, system: &System, h: f64) {
        for ((position, momentum), mass) in self
            .positions
            .iter_mut()
            .zip(&self.momenta)
            .zip(&system.masses)
        {
            *position += (h / mass) * momentum;
        }
    }

    /// p ← factor · p
    pub fn scale_momenta(&mut self, factor: f64) {
        for momentum in &mut self.momenta {
            *momentum *= factor;
        }
    }

    /// K = Σ p²/2m, eV
    pub fn kinetic_energy(&self, system: &System) -> f64 {
        self.momenta
            .iter()
            .zip(&system.masses)
            .map(|(p, m)| p.norm_squared() / (2.0 * m))
            .sum()
    }

    /// Largest |F|, eV/Å, over the atoms.
    pub fn max_force(&self) -> f64 {
        self.forces
            .iter()
            .map(Vec3::norm_squared)
            .fold(0.0, f64::max)
            .sqrt()
    }

    /// False as soon as one number of the state is NaN or infinite.
    pub fn is_finite(&self) -> bool {
        let finite = |vectors: &[Vec3]| vectors.iter().all(|v| v.iter().all(|x| x.is_finite()));
        self.energy.is_finite()
            && finite(&self.forces)
            && finite(&self.positions)
            && finite(&self.momenta)
    }
}

impl Persist for State {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.vectors("positions", &mut self.positions)?;
        archive.vectors("momenta", &mut self.momenta)?;
        archive.vectors("forces", &mut self.forces)?;
        archive.f64("energy", &mut self.energy)?;
        self.cell.persist(archive)?;
        archive.u64("step", &mut self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kick_and_drift_by_hand() {
        let system = System {
            elements: vec!["H".parse().unwrap()],
            masses: vec![2.0],
        };
        let mut state = State::at_rest(vec![Vec3::zeros()], Cell::Open);
        state.forces[0] = Vec3::new(4.0, 0.0, 0.0);
        state.kick(0.5);
        assert_eq!(state.momenta[0].x, 2.0);
        assert_eq!(state.kinetic_energy(&system), 1.0);
        state.drift(&system, 3.0);
        assert_eq!(state.positions[0].x, 3.0);
    }

    #[test]
    fn one_nan_is_seen() {
        let mut state = State::at_rest(vec![Vec3::zeros(); 3], Cell::Open);
        assert!(state.is_finite());
        state.momenta[2].z = f64::NAN;
        assert!(!state.is_finite());
    }
}
