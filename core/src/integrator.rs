//! One step of dynamics, cut open where the forces are needed.

use crate::{Persist, State, System};

/// One step is `begin`, new forces, `finish`; the engine evaluates all replicas between the two.
pub trait Integrator: Persist + Send {
    /// Up to the point where forces at the new positions are needed.
    fn begin(&mut self, system: &System, state: &mut State);

    /// The rest; adds one to `state.step`.
    fn finish(&mut self, system: &System, state: &mut State);

    /// eV. Constant under the exact dynamics; the physics tests lean on it.
    fn conserved(&self, system: &System, state: &State) -> f64;
}
