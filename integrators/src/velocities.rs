//! Momenta to start from: Maxwell–Boltzmann, `p ~ N(0, m kT)` for each component, with what the thermostat will not
//! count taken out.

use crate::error::{not_negative, IntegratorError};
use crate::KineticTarget;
use oreo_core::random::Generator;
use oreo_core::{Cell, RigidMotion, State, System};

/// How to draw momenta. Steps in this order: draw, remove, rescale.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxwellBoltzmann {
    /// eV
    pub kt: f64,
    /// Total momentum to zero.
    pub remove_translation: bool,
    /// Angular momentum about the centre of mass to zero; open space only.
    pub remove_rotation: bool,
    /// eV; rescale to exactly this kinetic energy at the end, or `None` to keep the fluctuation of the draw.
    pub kinetic_energy: Option<f64>,
}

impl MaxwellBoltzmann {
    /// Every mode thermal and nothing rescaled: for Langevin dynamics.
    pub fn all_modes(kt: f64) -> Self {
        Self {
            kt,
            remove_translation: false,
            remove_rotation: false,
            kinetic_energy: None,
        }
    }

    /// Translation and (in open space) rotation removed, kinetic energy exactly that of the target: for constant
    /// energy, Nosé–Hoover and CSVR.
    pub fn internal(target: KineticTarget, cell: &Cell) -> Self {
        Self {
            kt: target.kt,
            remove_translation: true,
            remove_rotation: *cell == Cell::Open,
            kinetic_energy: Some(target.kinetic_energy()),
        }
    }

    /// Replaces the momenta of `state`.
    ///
    /// # Errors
    /// Energies not finite or negative; no atoms; lists of other lengths; rotation in a periodic cell; nothing left to
    /// rescale. The momenta are unspecified after an error.
    pub fn draw(
        &self,
        system: &System,
        state: &mut State,
        generator: &mut Generator,
    ) -> Result<(), IntegratorError> {
        self.check(system, state)?;
        for (momentum, mass) in state.momenta.iter_mut().zip(&system.masses) {
            *momentum = (mass * self.kt).sqrt() * generator.normal_vector();
        }
        let drawn = state.kinetic_energy(system);
        self.remove(system, state);
        match self.kinetic_energy {
            Some(wanted) => rescale(system, state, wanted, drawn),
            None => Ok(()),
        }
    }

    fn check(&self, system: &System, state: &State) -> Result<(), IntegratorError> {
        not_negative("kt", self.kt)?;
        not_negative("kinetic_energy", self.kinetic_energy.unwrap_or(0.0))?;
        if system.is_empty() {
            return Err(IntegratorError::NoAtoms);
        }
        for (name, found) in [
            ("positions", state.positions.len()),
            ("momenta", state.momenta.len()),
            ("masses", system.masses.len()),
        ] {
            let atoms = system.len();
            if found != atoms {
                return Err(IntegratorError::Length { name, found, atoms });
            }
        }
        if self.remove_rotation && state.cell != Cell::Open {
            return Err(IntegratorError::RotationInPeriodicCell);
        }
        Ok(())
    }

    fn remove(&self, system: &System, state: &mut State) {
        let motion = RigidMotion::of(system, &state.positions, &state.momenta);
        if self.remove_translation {
            motion.remove_translation(system, &mut state.momenta);
        }
        if self.remove_rotation {
            motion.remove_rotation(system, &state.positions, &mut state.momenta);
        }
    }
}

/// To exactly `wanted` (eV), unless all that is left of `drawn` is rounding.
fn rescale(
    system: &System,
    state: &mut State,
    wanted: f64,
    drawn: f64,
) -> Result<(), IntegratorError> {
    let kinetic_energy = state.kinetic_energy(system);
    if wanted > 0.0 && kinetic_energy <= 1e-20 * drawn {
        return Err(IntegratorError::NothingToScale {
            kinetic_energy: wanted,
        });
    }
    if kinetic_energy > 0.0 {
        state.scale_momenta((wanted / kinetic_energy).sqrt());
    }
    Ok(())
}
