//! Constant temperature, stochastic: Langevin dynamics in the BAOAB splitting.
//!
//! `dp = F dt − γ p dt + √(2 γ m kT) dW`, with γ = 1/τ. One step (Leimkuhler & Matthews, Appl. Math. Res. Express 2013,
//! 34; J. Chem. Phys. 138, 174102 (2013)):
//!
//! ```text
//! B  p ← p + (Δt/2) F
//! A  x ← x + (Δt/2) p/m
//! O  p ← c p + √((1 − c²) m kT) R      c = e^(−γΔt),  R ~ N(0, 1)
//! A  x ← x + (Δt/2) p/m
//!    forces
//! B  p ← p + (Δt/2) F
//! ```
//!
//! Positions are sampled very well (exactly for a harmonic oscillator, tested); momenta at the end of a step carry an
//! error of second order, `⟨p²⟩ = m kT (1 − ω²Δt²/4)` for the oscillator, so that a kinetic temperature reads low.
//!
//! Every atom has its own noise: **all 3N modes are thermostatted**, translation and rotation of the molecule included,
//! however they started.
//!
//! The conserved quantity is the "effective energy" of Bussi & Parrinello, Phys. Rev. E 75, 056707 (2007): total energy
//! less the heat that the O steps brought in. Unlike an energy it wanders, by O(Δt²).

use crate::error::{not_negative, positive, IntegratorError};
use oreo_core::random::Generator;
use oreo_core::{Archive, ArchiveError, Integrator, Persist, State, System};

/// Canonical ensemble for all 3N modes; conserves no momentum.
#[derive(Debug, Clone, PartialEq)]
pub struct Langevin {
    timestep: f64,
    kt: f64,
    /// c = e^(−Δt/τ)
    retained: f64,
    /// eV, brought in by all O steps
    heat: f64,
    generator: Generator,
}

impl Langevin {
    /// `timestep` in t, `kt` in eV, `thermostat_time` = 1/friction in t; the generator becomes part of the integrator.
    ///
    /// # Errors
    /// Times not finite and above zero; kT not finite or negative (0 is friction without noise).
    pub fn new(
        timestep: f64,
        kt: f64,
        thermostat_time: f64,
        generator: Generator,
    ) -> Result<Self, IntegratorError> {
        let tau = positive("thermostat_time", thermostat_time)?;
        Ok(Self {
            timestep: positive("timestep", timestep)?,
            kt: not_negative("kt", kt)?,
            retained: (-timestep / tau).exp(),
            heat: 0.0,
            generator,
        })
    }

    /// t
    pub fn timestep(&self) -> f64 {
        self.timestep
    }

    /// eV, brought in by the thermostat since the run began.
    pub fn heat(&self) -> f64 {
        self.heat
    }

    /// The O step; exact for any time step.
    fn thermostat(&mut self, system: &System, state: &mut State) {
        let before = state.kinetic_energy(system);
        let variance = self.kt * (1.0 - self.retained * self.retained);
        for (momentum, mass) in state.momenta.iter_mut().zip(&system.masses) {
            let noise = (mass * variance).sqrt() * self.generator.normal_vector();
            *momentum = self.retained * *momentum + noise;
        }
        self.heat += state.kinetic_energy(system) - before;
    }
}

impl Integrator for Langevin {
    fn begin(&mut self, system: &System, state: &mut State) {
        state.kick(0.5 * self.timestep);
        state.drift(system, 0.5 * self.timestep);
        self.thermostat(system, state);
        state.drift(system, 0.5 * self.timestep);
    }

    fn finish(&mut self, _system: &System, state: &mut State) {
        state.kick(0.5 * self.timestep);
        state.step += 1;
    }

    /// Effective energy E + K − heat.
    fn conserved(&self, system: &System, state: &State) -> f64 {
        state.energy + state.kinetic_energy(system) - self.heat
    }
}

impl Persist for Langevin {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.f64("heat", &mut self.heat)?;
        self.generator.persist(archive)
    }
}
