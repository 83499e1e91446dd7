//! Constant temperature, deterministic: velocity Verlet between two halves of a Nosé–Hoover chain.
//!
//! Equations of motion (Martyna, Klein, Tuckerman, J. Chem. Phys. 97, 2635 (1992)), for M thermostats and g degrees of
//! freedom:
//!
//! ```text
//! ẋ = p/m              ṗ = F − v₁ p                       η̇ₖ = vₖ
//! v̇₁ = G₁ − v₁ v₂      v̇ₖ = Gₖ − vₖ vₖ₊₁                  v̇_M = G_M
//! G₁ = (2K − g kT)/Q₁  Gₖ = (Qₖ₋₁ vₖ₋₁² − kT)/Qₖ
//! H' = E + K + Σₖ ½ Qₖ vₖ² + kT (g η₁ + Σ_{k>1} ηₖ)        conserved
//! ```
//!
//! One step is `chain(Δt/2) kick(Δt/2) drift(Δt) | forces | kick(Δt/2) chain(Δt/2)`, and `chain` is itself a symmetric
//! splitting, cut finer by the weights of Suzuki and Yoshida (Martyna, Tuckerman, Tobias, Klein, Mol. Phys. 87, 1117
//! (1996), section 4.2). Second order and time-reversible when all velocities are flipped, the chain's too.
//!
//! | symbol | here | unit |
//! |---|---|---|
//! | g, kT | `target.degrees_of_freedom`, `target.kt` | 1, eV |
//! | M | `settings.length` | |
//! | τ | `settings.thermostat_time` | t |
//! | Q₁ = g kT τ², Qₖ = kT τ² | `masses` | eV·t² |
//! | vₖ | `velocities` | 1/t |
//! | ηₖ | `displacements` | 1 |
//! | Gₖ | `acceleration(k, twice_kinetic)` | 1/t² |
//! | n_c | `settings.substeps` | |
//! | w_j | `SuzukiYoshida::weights` | |
//!
//! All momenta are scaled by one factor, so a total momentum or angular momentum of zero stays zero, up to rounding
//! ([`crate::WithoutRigidMotion`]): g must then not count those modes ([`crate::DegreesOfFreedom`]). A chain of length 1
//! is the original thermostat of Nosé and Hoover, which does not sample small or stiff systems (tested); it is there to
//! show that.

use crate::error::{at_least_one, positive, IntegratorError};
use crate::KineticTarget;
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Archive, ArchiveError, Integrator, Persist, State, System};

/// Symmetric composition of 3 or 5 small steps into one of fourth order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SuzukiYoshida {
    /// `w = 1/(2 − 2^(1/3))` twice around `1 − 2w`. Yoshida, Phys. Lett. A 150, 262 (1990).
    #[default]
    Three,
    /// `w = 1/(4 − 4^(1/3))` four times around `1 − 4w`; smaller error. Suzuki, J. Math. Phys. 32, 400 (1991).
    Five,
}

impl SuzukiYoshida {
    /// Weights in the order of use; they add up to 1.
    pub fn weights(self) -> impl Iterator<Item = f64> {
        let (steps, outer) = match self {
            Self::Three => (3, 1.0 / (2.0 - 2f64.cbrt())),
            Self::Five => (5, 1.0 / (4.0 - 4f64.cbrt())),
        };
        let inner = 1.0 - (steps - 1) as f64 * outer;
        (0..steps).map(move |j| if j == steps / 2 { inner } else { outer })
    }
}

/// How the chain is built and how finely it is integrated.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainSettings {
    /// τ, t: the period of the thermostat's answer is about 2πτ/√2. Default 25 fs, near the periods of the bonds.
    pub thermostat_time: f64,
    /// M ≥ 1, default 5.
    pub length: usize,
    /// n_c ≥ 1, default 2.
    pub substeps: usize,
    /// Default 3.
    pub suzuki_yoshida: SuzukiYoshida,
}

impl Default for ChainSettings {
    fn default() -> Self {
        Self {
            thermostat_time: 25.0 * FEMTOSECOND,
            length: 5,
            substeps: 2,
            suzuki_yoshida: SuzukiYoshida::default(),
        }
    }
}

/// A chain of thermostats: the first acts on the kinetic energy, each other one on its predecessor.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    target: KineticTarget,
    settings: ChainSettings,
    masses: Vec<f64>,
    velocities: Vec<f64>,
    displacements: Vec<f64>,
}

impl Chain {
    /// At rest.
    ///
    /// # Errors
    /// kT or τ not finite and above zero; no degree of freedom, no link or no substep.
    pub fn new(target: KineticTarget, settings: ChainSettings) -> Result<Self, IntegratorError> {
        target.check()?;
        let tau = positive("thermostat_time", settings.thermostat_time)?;
        let length = at_least_one("length of the Nosé-Hoover chain", settings.length)?;
        at_least_one("substeps of the Nosé-Hoover chain", settings.substeps)?;
        let mut masses = vec![target.kt * tau * tau; length];
        masses[0] *= target.degrees_of_freedom as f64;
        Ok(Self {
            target,
            settings,
            masses,
            velocities: vec![0.0; length],
            displacements: vec![0.0; length],
        })
    }

    /// Advances the chain by `h` (t) beside a kinetic energy (eV); returns the factor for the momenta.
    #[must_use = "the momenta must be scaled by the factor"]
    pub fn propagate(&mut self, h: f64, kinetic_energy: f64) -> f64 {
        let mut factor = 1.0;
        for _ in 0..self.settings.substeps {
            for weight in self.settings.suzuki_yoshida.weights() {
                let h = weight * h / self.settings.substeps as f64;
                factor *= self.small_step(h, 2.0 * factor * factor * kinetic_energy);
            }
        }
        factor
    }

    /// Its share of the conserved quantity, eV: kinetic and potential energy of the thermostats.
    pub fn energy(&self) -> f64 {
        let kinetic: f64 = self
            .masses
            .iter()
            .zip(&self.velocities)
            .map(|(q, v)| 0.5 * q * v * v)
            .sum();
        let others: f64 = self.displacements[1..].iter().sum();
        let first = self.target.degrees_of_freedom as f64 * self.displacements[0];
        kinetic + self.target.kt * (first + others)
    }

    /// Turns time around for the chain; with all momenta flipped the dynamics runs back.
    pub fn reverse(&mut self) {
        self.velocities.iter_mut().for_each(|v| *v = -*v);
    }

    /// From the far end to the momenta and back: symmetric, hence reversible.
    fn small_step(&mut self, h: f64, mut twice_kinetic: f64) -> f64 {
        for k in (0..self.masses.len()).rev() {
            self.kick(k, h, twice_kinetic);
        }
        let factor = (-h * self.velocities[0]).exp();
        twice_kinetic *= factor * factor;
        for (displacement, velocity) in self.displacements.iter_mut().zip(&self.velocities) {
            *displacement += h * velocity;
        }
        for k in 0..self.masses.len() {
            self.kick(k, h, twice_kinetic);
        }
        factor
    }

    /// `v̇ₖ = Gₖ − vₖ vₖ₊₁` over h/2: friction for h/4, Gₖ for h/2, friction for h/4. The last link has no friction.
    fn kick(&mut self, k: usize, h: f64, twice_kinetic: f64) {
        let acceleration = self.acceleration(k, twice_kinetic);
        let friction = match self.velocities.get(k + 1) {
            Some(next) => (-0.25 * h * next).exp(),
            None => 1.0,
        };
        let velocity = &mut self.velocities[k];
        *velocity = (*velocity * friction + 0.5 * h * acceleration) * friction;
    }

    fn acceleration(&self, k: usize, twice_kinetic: f64) -> f64 {
        let (drive, target) = if k == 0 {
            (twice_kinetic, 2.0 * self.target.kinetic_energy())
        } else {
            let velocity = self.velocities[k - 1];
            (self.masses[k - 1] * velocity * velocity, self.target.kt)
        };
        (drive - target) / self.masses[k]
    }
}

impl Persist for Chain {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.f64s("chain_velocities", &mut self.velocities)?;
        archive.f64s("chain_displacements", &mut self.displacements)
    }
}

/// Canonical ensemble for the modes that the thermostat counts; deterministic.
#[derive(Debug, Clone, PartialEq)]
pub struct NoseHoover {
    timestep: f64,
    chain: Chain,
}

impl NoseHoover {
    /// `timestep` in t.
    ///
    /// # Errors
    /// A time step that is not finite and above zero.
    pub fn new(timestep: f64, chain: Chain) -> Result<Self, IntegratorError> {
        Ok(Self {
            timestep: positive("timestep", timestep)?,
            chain,
        })
    }

    /// t
    pub fn timestep(&self) -> f64 {
        self.timestep
    }

    /// The thermostats.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The thermostats, e.g. to turn time around.
    pub fn chain_mut(&mut self) -> &mut Chain {
        &mut self.chain
    }

    fn thermostat(&mut self, system: &System, state: &mut State) {
        let kinetic_energy = state.kinetic_energy(system);
        let factor = self.chain.propagate(0.5 * self.timestep, kinetic_energy);
        state.scale_momenta(factor);
    }
}

impl Integrator for NoseHoover {
    fn begin(&mut self, system: &System, state: &mut State) {
        self.thermostat(system, state);
        state.kick(0.5 * self.timestep);
        state.drift(system, self.timestep);
    }

    fn finish(&mut self, system: &System, state: &mut State) {
        state.kick(0.5 * self.timestep);
        self.thermostat(system, state);
        state.step += 1;
    }

    /// H' = E + K + energy of the chain.
    fn conserved(&self, system: &System, state: &State) -> f64 {
        state.energy + state.kinetic_energy(system) + self.chain.energy()
    }
}

impl Persist for NoseHoover {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        self.chain.persist(archive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(settings: ChainSettings) -> Chain {
        let target = KineticTarget {
            kt: 0.04,
            degrees_of_freedom: 6,
        };
        Chain::new(target, settings).unwrap()
    }

    /// Σ w = 1 is consistency, Σ w³ = 0 the condition for fourth order; catches a wrong root in the formulas.
    #[test]
    fn weights_add_up_to_one_and_cancel_the_third_order() {
        for scheme in [SuzukiYoshida::Three, SuzukiYoshida::Five] {
            assert!((scheme.weights().sum::<f64>() - 1.0).abs() < 1e-14);
            assert!(scheme.weights().map(|w| w.powi(3)).sum::<f64>().abs() < 1e-13);
        }
    }

    #[test]
    fn masses_follow_from_tau() {
        let settings = ChainSettings {
            thermostat_time: 2.0,
            length: 3,
            ..Default::default()
        };
        assert_eq!(chain(settings).masses, [0.96, 0.16, 0.16]);
    }

    /// The chain alone, with K scaled by its own factors, conserves K + chain energy; finer substeps do it better.
    /// Catches a force that was not recomputed after the momenta were scaled.
    #[test]
    fn more_substeps_conserve_better() {
        let error = |substeps, suzuki_yoshida| {
            let mut chain = chain(ChainSettings {
                thermostat_time: 2.0,
                substeps,
                suzuki_yoshida,
                ..Default::default()
            });
            let mut kinetic = 0.5;
            for _ in 0..40 {
                kinetic *= chain.propagate(0.5, kinetic).powi(2);
            }
            (kinetic + chain.energy() - 0.5f64).abs()
        };
        let coarse = error(1, SuzukiYoshida::Three);
        let fine = error(4, SuzukiYoshida::Three);
        let five = error(1, SuzukiYoshida::Five);
        assert!(fine < coarse / 30.0, "{coarse:e} -> {fine:e}");
        assert!(five < coarse / 3.0, "{coarse:e} -> {five:e}");
    }

    #[test]
    fn nonsense_is_refused() {
        let target = KineticTarget {
            kt: 0.04,
            degrees_of_freedom: 3,
        };
        for settings in [
            ChainSettings {
                thermostat_time: 0.0,
                ..Default::default()
            },
            ChainSettings {
                thermostat_time: f64::NAN,
                ..Default::default()
            },
            ChainSettings {
                length: 0,
                ..Default::default()
            },
            ChainSettings {
                substeps: 0,
                ..Default::default()
            },
        ] {
            assert!(Chain::new(target, settings).is_err());
        }
    }
}
