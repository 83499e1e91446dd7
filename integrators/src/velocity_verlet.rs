//! Constant energy: velocity Verlet.
//!
//! ```text
//! begin    p ← p + (Δt/2) F(x)      kick
//!          x ← x + Δt p/m           drift
//! finish   p ← p + (Δt/2) F(x)      kick
//! ```
//!
//! Swope, Andersen, Berens, Wilson, J. Chem. Phys. 76, 637 (1982), as the splitting `e^{B/2} e^{A} e^{B/2}` of
//! Tuckerman, Berne, Martyna, J. Chem. Phys. 97, 1990 (1992). Second order, time-reversible, symplectic: the energy
//! fluctuates by O(Δt²) and does not drift. Total momentum and angular momentum are conserved to rounding.

use crate::error::{positive, IntegratorError};
use oreo_core::{Archive, ArchiveError, Integrator, Persist, State, System};

/// Newton's equations; samples constant energy.
#[derive(Debug, Clone, PartialEq)]
pub struct VelocityVerlet {
    timestep: f64,
}

impl VelocityVerlet {
    /// `timestep` in t.
    ///
    /// # Errors
    /// A time step that is not finite and above zero.
    pub fn new(timestep: f64) -> Result<Self, IntegratorError> {
        Ok(Self {
            timestep: positive("timestep", timestep)?,
        })
    }

    /// t
    pub fn timestep(&self) -> f64 {
        self.timestep
    }
}

impl Integrator for VelocityVerlet {
    fn begin(&mut self, system: &System, state: &mut State) {
        state.kick(0.5 * self.timestep);
        state.drift(system, self.timestep);
    }

    fn finish(&mut self, _system: &System, state: &mut State) {
        state.kick(0.5 * self.timestep);
        state.step += 1;
    }

    /// The total energy, E + K.
    fn conserved(&self, system: &System, state: &State) -> f64 {
        state.energy + state.kinetic_energy(system)
    }
}

/// Nothing: the state holds all that the next step reads.
impl Persist for VelocityVerlet {
    fn persist(&mut self, _archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        Ok(())
    }
}
