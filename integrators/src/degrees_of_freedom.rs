//! How many modes carry kinetic energy: the number a thermostat must know and a thermometer must divide by.
//!
//! | integrator | conserves | modes with energy |
//! |---|---|---|
//! | Nosé–Hoover, CSVR, open space | momentum and angular momentum (zero at the start) | 3N − 6; 1 for two atoms; 0 for one |
//! | Nosé–Hoover, CSVR, periodic box | momentum (zero at the start) | 3N − 3 |
//! | Langevin | nothing | 3N |
//!
//! **Straight molecules.** The familiar 3N − 5 counts the vibrations of a molecule that keeps straight, which only two
//! atoms do. Three atoms or more bend, and with no angular momentum at all the component along the axis, which couples
//! the two directions of a bend, is zero as well: carbon dioxide without spin bends in one plane for ever. So the count
//! is 3N − 6 from three atoms on, straight at the start or not (tested: the motion stays in its plane).
//!
//! **Two modes.** The MD17 frames neither translate nor rotate, but their thermostat counted 3N modes, so that
//! `K₀ = ½·3N·kT` sits in 3N − 6 modes, whose temperature is `T·3N/(3N − 6)`. [`Mode::Md17`] reproduces that ensemble.
//! It does so by a bath at kT·3N/(3N − 6) for the 3N − 6 modes, and not by telling a thermostat of 3N modes that are not
//! there: K₀ is the same, but the latter is no ensemble (a chain with a wrong number of modes has no canonical
//! distribution, and CSVR would draw K with too small a variance).

use crate::error::{positive, IntegratorError};
use oreo_core::{Cell, System};

/// What the temperature of a run refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The temperature of the modes that move: K₀ = ½·dof·kT.
    #[default]
    Physical,
    /// The convention of the MD17 frames: internal motion at T·3N/(internal dof), K₀ = ½·3N·kT when nothing else moves.
    Md17,
}

/// Which modes a thermostat exchanges energy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coupling {
    /// Scales all momenta together: translation and rotation, removed at the start, stay removed (Nosé–Hoover, CSVR).
    Internal,
    /// Pushes every atom by itself: translation and rotation become thermal as well (Langevin).
    AllModes,
}

/// What a thermostat works towards: `degrees_of_freedom` modes, each with ½kT on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KineticTarget {
    /// eV
    pub kt: f64,
    /// Modes that really move; not what a report divides by (see [`DegreesOfFreedom::reported`]).
    pub degrees_of_freedom: usize,
}

impl KineticTarget {
    /// K₀ = ½·dof·kT, eV.
    pub fn kinetic_energy(&self) -> f64 {
        0.5 * self.degrees_of_freedom as f64 * self.kt
    }

    /// kT finite and above zero, at least one mode.
    pub(crate) fn check(&self) -> Result<(), IntegratorError> {
        positive("kt", self.kt)?;
        crate::error::at_least_one("degrees of freedom", self.degrees_of_freedom)?;
        Ok(())
    }
}

/// The modes of one system: translation + rotation + internal = 3N.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DegreesOfFreedom {
    /// 3
    pub translation: usize,
    /// Modes of the rotation as a whole: in open space 0 for one atom, 2 for two, else 3; 0 in a periodic box, where
    /// angular momentum is not conserved.
    pub rotation: usize,
    /// The rest.
    pub internal: usize,
}

impl DegreesOfFreedom {
    /// Counts.
    ///
    /// # Errors
    /// A system without atoms.
    pub fn of(system: &System, cell: &Cell) -> Result<Self, IntegratorError> {
        let rotation = match (cell, system.len()) {
            (_, 0) => return Err(IntegratorError::NoAtoms),
            (Cell::Periodic(_), _) | (Cell::Open, 1) => 0,
            (Cell::Open, 2) => 2,
            (Cell::Open, _) => 3,
        };
        Ok(Self {
            translation: 3,
            rotation,
            internal: 3 * system.len() - 3 - rotation,
        })
    }

    /// 3N
    pub fn all(&self) -> usize {
        self.translation + self.rotation + self.internal
    }

    /// What the thermostat is told for a temperature of `kt` (eV).
    ///
    /// In the mode `Md17` the *internal* temperature is the convention's, whatever the coupling: a Langevin bath
    /// warms translation and rotation to it as well.
    ///
    /// # Errors
    /// kT not finite and above zero; no internal motion (one atom) where it is needed.
    pub fn target(
        &self,
        mode: Mode,
        coupling: Coupling,
        kt: f64,
    ) -> Result<KineticTarget, IntegratorError> {
        positive("kt", kt)?;
        if self.internal == 0 && (coupling == Coupling::Internal || mode == Mode::Md17) {
            return Err(IntegratorError::NoInternalMotion {
                atoms: self.all() / 3,
            });
        }
        let scale = match mode {
            Mode::Physical => 1.0,
            Mode::Md17 => self.all() as f64 / self.internal as f64,
        };
        Ok(KineticTarget {
            kt: kt * scale,
            degrees_of_freedom: match coupling {
                Coupling::Internal => self.internal,
                Coupling::AllModes => self.all(),
            },
        })
    }

    /// The number by which a report divides 2K/k to print one temperature for everything. `Md17` always divides by 3N,
    /// as MD17 does, so that an internal bath prints the nominal temperature although the internal modes are hotter.
    ///
    /// Without a thermostat: `Coupling::Internal` when translation and rotation were removed, else `AllModes`.
    pub fn reported(&self, mode: Mode, coupling: Coupling) -> usize {
        match (mode, coupling) {
            (Mode::Physical, Coupling::Internal) => self.internal,
            (Mode::Md17, _) | (_, Coupling::AllModes) => self.all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hydrogens(n: usize) -> System {
        System::from_symbols(&vec!["H"; n]).unwrap()
    }

    #[test]
    fn counts_in_open_space_and_in_a_box() {
        let cube = Cell::orthorhombic(9.0, 9.0, 9.0).unwrap();
        let internal = |n, cell: &Cell| DegreesOfFreedom::of(&hydrogens(n), cell).unwrap().internal;
        assert_eq!(
            [1, 2, 3, 21].map(|n| internal(n, &Cell::Open)),
            [0, 1, 3, 57]
        );
        assert_eq!([1, 2, 21].map(|n| internal(n, &cube)), [0, 3, 60]);
        assert_eq!(
            DegreesOfFreedom::of(&hydrogens(0), &Cell::Open),
            Err(IntegratorError::NoAtoms)
        );
    }

    /// The temperatures of the published frames by this count: aspirin 553 K, ethanol 643 K.
    #[test]
    fn md17_puts_all_the_energy_into_the_internal_modes() {
        for (atoms, kelvin) in [(21, 553.0), (9, 643.0), (18, 562.0), (16, 571.0)] {
            let dof = DegreesOfFreedom::of(&hydrogens(atoms), &Cell::Open).unwrap();
            let target = dof.target(Mode::Md17, Coupling::Internal, 500.0).unwrap();
            assert!((target.kt - kelvin).abs() < 1.0);
            assert_eq!(target.degrees_of_freedom, 3 * atoms - 6);
            let nominal = 0.5 * 3.0 * atoms as f64 * 500.0;
            assert!((target.kinetic_energy() / nominal - 1.0).abs() < 1e-14);
            assert_eq!(dof.reported(Mode::Md17, Coupling::Internal), 3 * atoms);
        }
    }

    #[test]
    fn langevin_counts_every_mode() {
        let dof = DegreesOfFreedom::of(&hydrogens(1), &Cell::Open).unwrap();
        let target = |coupling| dof.target(Mode::Physical, coupling, 0.04);
        assert_eq!(target(Coupling::AllModes).unwrap().degrees_of_freedom, 3);
        assert_eq!(
            target(Coupling::Internal),
            Err(IntegratorError::NoInternalMotion { atoms: 1 })
        );
    }
}
