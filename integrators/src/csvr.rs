//! Constant temperature, stochastic and momentum-conserving: canonical sampling through velocity rescaling.
//!
//! Velocity Verlet, then all momenta times one random factor α, such that the kinetic energy K of N_f degrees of
//! freedom follows the exact solution, over Δt, of
//!
//! ```text
//! dK = (K̄ − K) dt/τ + 2 √(K K̄/N_f) dW/√τ         K̄ = ½ N_f kT
//! ```
//!
//! (Bussi, Donadio, Parrinello, J. Chem. Phys. 126, 014101 (2007), eq. 7). That solution is what an Ornstein–Uhlenbeck
//! process does to the length of a vector with N_f Gaussian components: along the present direction the amplitude √K
//! shrinks by √c and gains one Gaussian, and N_f − 1 directions across it gain a Gaussian each (their eq. A7 in another
//! form),
//!
//! ```text
//! a  = √(c K) + √((1 − c) kT/2) R          c = e^(−Δt/τ),  R ~ N(0, 1)
//! K' = a² + (1 − c) (kT/2) S               S ~ χ²(N_f − 1), by a gamma variate of shape (N_f − 1)/2
//! α  = sign(a) √(K'/K)
//! ```
//!
//! The sign is that of eq. A8: the amplitude along the present direction may pass through zero, and then all momenta
//! turn around. It matters for few degrees of freedom or short τ, and not at all for N_f → ∞.
//!
//! Conserved: effective energy, E + K less the heat α brought in (their eq. 15). A total momentum or angular momentum
//! of zero stays zero, but rounding errors do not: use it inside [`crate::WithoutRigidMotion`].

use crate::error::{positive, IntegratorError};
use crate::KineticTarget;
use oreo_core::random::Generator;
use oreo_core::{Archive, ArchiveError, Integrator, Persist, State, System};
use rand_distr::{ChiSquared, Distribution};

/// Canonical ensemble for the modes that the thermostat counts; perturbs the dynamics little.
#[derive(Debug, Clone, PartialEq)]
pub struct Csvr {
    timestep: f64,
    rescaling: Rescaling,
    /// eV, brought in by all rescalings
    heat: f64,
    generator: Generator,
}

impl Csvr {
    /// `timestep` and `thermostat_time` in t; the generator becomes part of the integrator.
    ///
    /// A system without any momentum has no direction to be heated along: it is left as it is until forces set it in
    /// motion.
    ///
    /// # Errors
    /// Times or kT not finite and above zero; no degree of freedom.
    pub fn new(
        timestep: f64,
        target: KineticTarget,
        thermostat_time: f64,
        generator: Generator,
    ) -> Result<Self, IntegratorError> {
        let tau = positive("thermostat_time", thermostat_time)?;
        positive("timestep", timestep)?;
        Ok(Self {
            timestep,
            rescaling: Rescaling::new(target, timestep / tau)?,
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

    fn thermostat(&mut self, system: &System, state: &mut State) {
        let before = state.kinetic_energy(system);
        state.scale_momenta(self.rescaling.factor(before, &mut self.generator));
        self.heat += state.kinetic_energy(system) - before;
    }
}

impl Integrator for Csvr {
    fn begin(&mut self, system: &System, state: &mut State) {
        state.kick(0.5 * self.timestep);
        state.drift(system, self.timestep);
    }

    fn finish(&mut self, system: &System, state: &mut State) {
        state.kick(0.5 * self.timestep);
        self.thermostat(system, state);
        state.step += 1;
    }

    /// Effective energy E + K − heat.
    fn conserved(&self, system: &System, state: &State) -> f64 {
        state.energy + state.kinetic_energy(system) - self.heat
    }
}

impl Persist for Csvr {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.f64("heat", &mut self.heat)?;
        self.generator.persist(archive)
    }
}

/// The random factor α of one interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Rescaling {
    /// c
    retained: f64,
    /// (1 − c) kT/2, eV
    gain: f64,
    /// χ²(N_f − 1); `None` for one degree of freedom
    across: Option<ChiSquared<f64>>,
}

impl Rescaling {
    /// For an interval of `intervals` = Δt/τ.
    ///
    /// # Errors
    /// kT or the interval not finite and above zero; no degree of freedom.
    pub fn new(target: KineticTarget, intervals: f64) -> Result<Self, IntegratorError> {
        target.check()?;
        let retained = (-positive("timestep / thermostat_time", intervals)?).exp();
        Ok(Self {
            retained,
            gain: 0.5 * (1.0 - retained) * target.kt,
            // Fails for zero only, and that is the case without any direction across.
            across: ChiSquared::new((target.degrees_of_freedom - 1) as f64).ok(),
        })
    }

    /// α for momenta of this kinetic energy (eV); 1 when there is none.
    pub fn factor(&self, kinetic_energy: f64, generator: &mut Generator) -> f64 {
        // Drawn in any case, so that the stream of numbers does not depend on the energy.
        let along = generator.normal();
        let across = self.across.map_or(0.0, |chi| chi.sample(generator));
        if kinetic_energy == 0.0 {
            return 1.0;
        }
        let amplitude = (self.retained * kinetic_energy).sqrt() + self.gain.sqrt() * along;
        let new_energy = amplitude * amplitude + self.gain * across;
        (new_energy / kinetic_energy).sqrt().copysign(amplitude)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(degrees_of_freedom: usize) -> KineticTarget {
        KineticTarget {
            kt: 0.04,
            degrees_of_freedom,
        }
    }

    /// Eq. A7 as printed, with the same random numbers: catches a slip in the rearrangement above.
    #[test]
    fn the_factor_is_that_of_equation_a7() {
        let (nf, kinetic, ratio) = (6, 0.3, 0.7);
        let rescaling = Rescaling::new(target(nf), ratio).unwrap();
        let mut generator = Generator::new(1, 0);
        let mut same = generator.clone();
        for _ in 0..100 {
            let alpha = rescaling.factor(kinetic, &mut generator);
            let r1 = same.normal();
            let s = ChiSquared::new(nf as f64 - 1.0).unwrap().sample(&mut same);
            let c = (-ratio).exp();
            let share = target(nf).kinetic_energy() / (nf as f64 * kinetic);
            let squared = c
                + share * (1.0 - c) * (r1 * r1 + s)
                + 2.0 * (-0.5 * ratio).exp() * (share * (1.0 - c)).sqrt() * r1;
            let sign = r1 + (c / ((1.0 - c) * share)).sqrt();
            assert!((alpha - squared.sqrt().copysign(sign)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_system_at_rest_stays_at_rest() {
        let rescaling = Rescaling::new(target(3), 1.0).unwrap();
        assert_eq!(rescaling.factor(0.0, &mut Generator::new(1, 0)), 1.0);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Rescaling::new(target(0), 1.0).is_err());
        assert!(Rescaling::new(target(3), f64::INFINITY).is_err());
        assert!(Csvr::new(1.0, target(3), -1.0, Generator::new(1, 0)).is_err());
    }
}
