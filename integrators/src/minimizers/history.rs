//! What L-BFGS remembers of its last steps, in memory that is taken once.

use super::dot;
use oreo_core::Vec3;

/// A pair whose cosine between step and change of gradient is smaller says nothing that can be told from noise.
const LEAST_COSINE: f64 = 1e-8;

/// Whether s·y can be told from a flat or downward bend of the energy; not so with NaN.
pub(super) fn is_upward(curvature: f64, displacement: &[Vec3], change: &[Vec3]) -> bool {
    let lengths = (dot(displacement, displacement) * dot(change, change)).sqrt();
    curvature > LEAST_COSINE * lengths
}

/// The last pairs `s = x_{k+1} − x_k`, `y = ∇E_{k+1} − ∇E_k` along which the curvature `s·y` is positive.
#[derive(Debug, Clone)]
pub(super) struct History {
    atoms: usize,
    memory: usize,
    /// Slot that the next pair takes; from then on of the oldest one.
    next: usize,
    /// s of slot k is `k·atoms..(k + 1)·atoms`, Å
    displacements: Vec<Vec3>,
    /// y in the same order, eV/Å
    changes: Vec<Vec3>,
    /// 1/(s·y) of each slot, 1/eV
    inverse_curvatures: Vec<f64>,
}

impl History {
    /// Room for `memory` pairs, at least one. What is never filled is reserved and not touched.
    pub fn new(memory: usize, atoms: usize) -> Self {
        Self {
            atoms,
            memory,
            next: 0,
            displacements: Vec::with_capacity(memory * atoms),
            changes: Vec::with_capacity(memory * atoms),
            inverse_curvatures: Vec::with_capacity(memory),
        }
    }

    /// Takes over a pair (s, y), (n,) each, in place of the oldest one if there is no room. A pair along which the energy
    /// does not curve upwards is left out: the approximate Hessian would lose its definiteness, and the next step might lead
    /// uphill (Nocedal & Wright, eq. 6.7 and §7.2).
    pub fn learn(&mut self, displacement: &[Vec3], change: &[Vec3]) {
        let curvature = dot(displacement, change);
        if !is_upward(curvature, displacement, change) {
            return;
        }
        let slot = self.next;
        if slot == self.inverse_curvatures.len() {
            self.displacements.extend_from_slice(displacement);
            self.changes.extend_from_slice(change);
            self.inverse_curvatures.push(1.0 / curvature);
        } else {
            let place = slot * self.atoms..(slot + 1) * self.atoms;
            self.displacements[place.clone()].copy_from_slice(displacement);
            self.changes[place].copy_from_slice(change);
            self.inverse_curvatures[slot] = 1.0 / curvature;
        }
        self.next = (slot + 1) % self.memory;
    }

    /// Pairs that are remembered.
    pub fn len(&self) -> usize {
        self.inverse_curvatures.len()
    }

    /// (s, y, 1/(s·y)) of a pair, counted from the newest.
    pub fn pair(&self, age: usize) -> (&[Vec3], &[Vec3], f64) {
        let slot = (self.next + self.memory - 1 - age) % self.memory;
        let place = slot * self.atoms..(slot + 1) * self.atoms;
        (
            &self.displacements[place.clone()],
            &self.changes[place],
            self.inverse_curvatures[slot],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches an order that begins with the oldest, and a slot that is overwritten too early.
    #[test]
    fn the_newest_pair_comes_first_and_the_oldest_makes_room() {
        let mut history = History::new(3, 1);
        for k in 1..=5 {
            let step = [Vec3::new(f64::from(k), 0.0, 0.0)];
            history.learn(&step, &step);
            let newest = history.pair(0);
            assert_eq!(
                (newest.0[0].x, newest.2),
                (f64::from(k), f64::from(k * k).recip())
            );
            assert_eq!(history.len(), 3.min(k as usize));
            let oldest = history.pair(history.len() - 1).0[0].x;
            assert_eq!(oldest, f64::from((k - 2).max(1)));
        }
    }

    #[test]
    fn steps_along_which_the_energy_curves_down_are_not_learnt() {
        let mut history = History::new(3, 1);
        for change in [
            -Vec3::x(),
            Vec3::zeros(),
            Vec3::y(),
            Vec3::new(f64::NAN, 0.0, 0.0),
        ] {
            history.learn(&[Vec3::x()], &[change]);
            assert_eq!(history.len(), 0, "{change}");
        }
    }
}
