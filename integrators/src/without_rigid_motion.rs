//! Keeps a molecule from drifting and spinning on numerical noise.
//!
//! Zero total momentum times any factor is zero, but a rounding error times many factors is not. Velocity rescaling
//! multiplies momenta by α₁ α₂ α₃ …, whose logarithm has no mean but walks at random without bound, so that 10⁻¹⁶ grows
//! until translation takes energy that the thermostat believes to be in vibrations. (Measured: without this, five atoms
//! under CSVR with τ = 25 fs drift at 0.3 K after 10⁷ steps; under a Nosé–Hoover chain below 10⁻⁹ K.) Forces in single
//! precision, which do not add up to zero, feed the same growth.
//!
//! So after each step translation is taken out, and in open space rotation. The energy that goes with them is booked,
//! and `conserved` counts it. Not for external fields, which really push the molecule as a whole, nor for Langevin,
//! which thermostats those modes.

use oreo_core::{Archive, ArchiveError, Cell, Integrator, Persist, RigidMotion, State, System};

/// Another integrator, and after each of its steps no translation and (in open space) no rotation.
pub struct WithoutRigidMotion {
    inner: Box<dyn Integrator>,
    /// eV, taken out so far
    removed: f64,
}

impl WithoutRigidMotion {
    /// Around any integrator that conserves momentum.
    pub fn new(inner: Box<dyn Integrator>) -> Self {
        Self {
            inner,
            removed: 0.0,
        }
    }

    /// eV, taken out since the run began; anything but rounding says that the forces do not add up to zero.
    pub fn removed(&self) -> f64 {
        self.removed
    }
}

impl Integrator for WithoutRigidMotion {
    fn begin(&mut self, system: &System, state: &mut State) {
        self.inner.begin(system, state);
    }

    fn finish(&mut self, system: &System, state: &mut State) {
        self.inner.finish(system, state);
        let motion = RigidMotion::of(system, &state.positions, &state.momenta);
        motion.remove_translation(system, &mut state.momenta);
        self.removed += motion.translational_energy;
        if state.cell == Cell::Open {
            motion.remove_rotation(system, &state.positions, &mut state.momenta);
            self.removed += motion.rotational_energy;
        }
    }

    /// That of the inner integrator, and the energy taken out.
    fn conserved(&self, system: &System, state: &State) -> f64 {
        self.inner.conserved(system, state) + self.removed
    }
}

impl Persist for WithoutRigidMotion {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.f64("removed_energy", &mut self.removed)?;
        self.inner.persist(archive)
    }
}
