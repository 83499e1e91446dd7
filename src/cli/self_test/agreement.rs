//! How far two answers for one structure are apart, and how far they may be.

use crate::cli::choices::{FiltersChoice, PrecisionChoice};
use crate::cli::plan::Compute;
use anyhow::{bail, Result};
use oreo_core::{Mat3, Vec3};
use std::fmt;

/// Energy, forces and virial of one structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// eV
    pub energy: f64,
    /// eV/Å, (n,)
    pub forces: Vec<Vec3>,
    /// eV
    pub virial: Mat3,
}

/// What may be found between the fast path and the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Root mean square of the difference over that of the forces.
    pub forces: f64,
    /// eV
    pub energy_per_atom: f64,
    /// Of the energy without its constant.
    pub energy_relative: f64,
    /// eV, the constant that both paths add in f64 (`mean` of the weights).
    pub energy_constant: f64,
}

/// eV/Å, about the root mean square at 300 K. Rounding and tables are a share of the terms that a force is the sum of, not
/// of the force, which at a minimum or on a single atom is a small rest of large terms: smaller forces are held to as many
/// eV/Å as thermal ones. Measured in f32 at a minimum of ethanol, of forces of 0.007 eV/Å: 1.3e-6 eV/Å.
const THERMAL_FORCE: f64 = 1.0;

impl Tolerance {
    /// Forces: f32 keeps 6e-8 of each number, and some twenty layers of products and sums leave 1e-6 to 4e-6 of it. A
    /// table has slopes that are right to 3e-6; what that makes of forces depends on network and structure: 7e-7 at worst of 200
    /// ethanols under the shipped weights, 4e-6 for a polymer under a small network (`potentials/tests/fused_tables.rs`).
    /// Energies: those of atoms are a few eV, and f32 knows them to about 1e-6 of that,
    /// in the same direction for all atoms at worst; a table displaces them by its force error over about 1 Å; atoms with
    /// large energies lose sixteen roundings of these. All of it is far below the error of any network, and below 0.3 % of
    /// kT per atom at room temperature.
    pub fn of(compute: &Compute, energy_constant: f64) -> Self {
        let single = compute.precision != PrecisionChoice::F64;
        let exact = compute.filters != Some(FiltersChoice::Table);
        let (forces, energy_per_atom) = match (exact, single) {
            (false, _) => (5e-5, 5e-5),
            (true, true) => (5e-6, 1e-5),
            (true, false) => (1e-9, 1e-9),
        };
        let rounding = match single {
            true => f64::from(f32::EPSILON),
            false => f64::EPSILON,
        };
        Self {
            forces,
            energy_per_atom,
            energy_relative: 16.0 * rounding,
            energy_constant,
        }
    }
}

/// What was found, and what was allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Root mean square of the difference over that of the true forces, or over 1 eV/Å where these are smaller.
    pub forces: f64,
    /// Allowed.
    pub forces_allowed: f64,
    /// eV
    pub energy: f64,
    /// eV
    pub energy_allowed: f64,
    /// eV, root mean square of the differences of the nine components.
    pub virial: f64,
    /// eV
    pub virial_allowed: f64,
    /// The truth is a finite number everywhere.
    pub truth_is_finite: bool,
}

impl Agreement {
    /// Of two answers for the same atoms. The virial is a sum over pairs of distance times force: it is held to the
    /// tolerance of the forces, against itself or against thermal forces at 1 Å on all atoms, whichever is larger.
    pub fn of(found: &Answer, truth: &Answer, tolerance: Tolerance) -> Self {
        let atoms = truth.forces.len() as f64;
        let differences = found.forces.iter().zip(&truth.forces).map(|(a, b)| a - b);
        let difference = differences.map(|d| d.norm_squared()).sum::<f64>();
        let size = truth.forces.iter().map(Vec3::norm_squared).sum::<f64>();
        let floor = atoms.sqrt() * THERMAL_FORCE;
        let variable = (truth.energy - tolerance.energy_constant).abs();
        Self {
            forces: difference.sqrt() / size.sqrt().max(floor),
            forces_allowed: tolerance.forces,
            energy: (found.energy - truth.energy).abs(),
            energy_allowed: tolerance.energy_per_atom * atoms
                + tolerance.energy_relative * variable,
            virial: root_mean_square(&(found.virial - truth.virial)),
            virial_allowed: tolerance.forces
                * root_mean_square(&truth.virial).max(atoms * THERMAL_FORCE),
            truth_is_finite: size.is_finite()
                && truth.energy.is_finite()
                && root_mean_square(&truth.virial).is_finite(),
        }
    }

    /// Not so for NaN.
    pub fn holds(&self) -> bool {
        self.forces <= self.forces_allowed
            && self.energy <= self.energy_allowed
            && self.virial <= self.virial_allowed
    }

    /// Refuses what does not hold, with what to do.
    pub fn check(&self) -> Result<()> {
        if !self.truth_is_finite {
            bail!("self-test: energy, forces or virial are not finite at this structure; do two atoms overlap?");
        }
        if !self.holds() {
            bail!(
                "self-test: fused differs from reference at this structure: {self}; \
                 use --path reference, and please report this with what `oreo doctor` says"
            );
        }
        Ok(())
    }
}

/// Of the nine components.
fn root_mean_square(virial: &Mat3) -> f64 {
    virial.norm() / 3.0
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "forces {:.1e} relative (tolerance {:.0e}), energy {:.1e} eV (tolerance {:.0e}), virial {:.1e} eV \
             (tolerance {:.0e})",
            self.forces,
            self.forces_allowed,
            self.energy,
            self.energy_allowed,
            self.virial,
            self.virial_allowed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::choices::{DeviceChoice, PathChoice};

    fn tolerance(precision: PrecisionChoice, filters: FiltersChoice) -> Tolerance {
        let compute = Compute {
            device: DeviceChoice::Cpu,
            path: PathChoice::Fused,
            precision,
            filters: Some(filters),
            threads: 1,
        };
        Tolerance::of(&compute, 0.0)
    }

    fn truth() -> Answer {
        Answer {
            energy: -3.0,
            forces: vec![Vec3::new(1.0, -2.0, 0.5), Vec3::new(-1.0, 2.0, -0.5)],
            virial: Mat3::from_diagonal(&Vec3::new(6.0, 3.0, -6.0)),
        }
    }

    fn scaled(factor: f64) -> Answer {
        let forces = truth().forces.into_iter().map(|force| force * factor);
        Answer {
            energy: truth().energy,
            forces: forces.collect(),
            ..truth()
        }
    }

    #[test]
    fn equal_answers_agree_in_every_arithmetic() {
        for precision in [
            PrecisionChoice::F64,
            PrecisionChoice::F32,
            PrecisionChoice::F16Weights,
        ] {
            for filters in [FiltersChoice::Table, FiltersChoice::Exact] {
                let agreement = Agreement::of(&truth(), &truth(), tolerance(precision, filters));
                assert!(agreement.holds() && agreement.check().is_ok());
                assert_eq!(agreement.forces, 0.0);
            }
        }
    }

    /// The force error is what the forces were scaled by.
    #[test]
    fn each_arithmetic_has_its_own_tolerance() {
        use {FiltersChoice::*, PrecisionChoice::*};
        for (precision, filters, passes, fails) in [
            (F64, Exact, 5e-10, 2e-9),
            (F32, Exact, 4e-6, 6e-6),
            (F16Weights, Exact, 4e-6, 6e-6),
            (F64, Table, 4.5e-5, 5.5e-5),
            (F32, Table, 4.5e-5, 5.5e-5),
        ] {
            let holds = |error: f64| {
                let tolerance = tolerance(precision, filters);
                Agreement::of(&scaled(1.0 + error), &truth(), tolerance).holds()
            };
            assert!(holds(passes) && !holds(fails), "{precision} {filters}");
        }
    }

    #[test]
    fn a_wrong_energy_is_refused_although_its_forces_are_right() {
        let tolerance = tolerance(PrecisionChoice::F32, FiltersChoice::Table);
        let mut found = truth();
        found.energy += 2e-4;
        let error = Agreement::of(&found, &truth(), tolerance)
            .check()
            .unwrap_err();
        assert!(error.to_string().contains("energy 2.0e-4 eV"), "{error}");
    }

    /// Of three components of 6, 3 and 6 eV the root mean square is 3 eV, which 5e-6 allow 1.5e-5 eV: a difference of one
    /// component is a third of it in the mean.
    #[test]
    fn a_wrong_virial_is_refused_although_energy_and_forces_are_right() {
        let tolerance = tolerance(PrecisionChoice::F32, FiltersChoice::Exact);
        let off_by = |error: f64| {
            let mut found = truth();
            found.virial[(0, 2)] += error;
            Agreement::of(&found, &truth(), tolerance)
        };
        assert!(off_by(4.4e-5).holds() && !off_by(4.6e-5).holds());
        assert!(!off_by(f64::NAN).holds());
        let error = off_by(0.3).check().unwrap_err();
        assert!(error.to_string().contains("virial 1.0e-1 eV"), "{error}");
    }

    /// Total electronic energies, −4200 eV for ethanol, where f32 steps by 5e-4 eV: a constant that was added in f32 is a
    /// mistake, atomic energies of that size are not.
    #[test]
    fn a_constant_keeps_its_digits_and_large_atomic_energies_may_lose_theirs() {
        let truth = Answer {
            energy: -4200.0,
            ..truth()
        };
        let found = Answer {
            energy: truth.energy + 5e-4,
            ..truth.clone()
        };
        let atomic = tolerance(PrecisionChoice::F32, FiltersChoice::Exact);
        assert!(Agreement::of(&found, &truth, atomic).holds());
        let constant = Tolerance {
            energy_constant: -4197.0,
            ..atomic
        };
        assert!(!Agreement::of(&found, &truth, constant).holds());
    }

    /// Catches a comparison written as "refuse if larger", which lets NaN through.
    #[test]
    fn nan_never_passes_and_a_structure_without_a_truth_is_named_so() {
        let tolerance = tolerance(PrecisionChoice::F32, FiltersChoice::Table);
        let mut found = truth();
        found.forces[1].y = f64::NAN;
        let error = Agreement::of(&found, &truth(), tolerance)
            .check()
            .unwrap_err();
        assert!(error.to_string().contains("fused differs"), "{error}");
        found = truth();
        found.energy = f64::NAN;
        assert!(!Agreement::of(&found, &truth(), tolerance).holds());
        let error = Agreement::of(&found, &found, tolerance)
            .check()
            .unwrap_err();
        assert!(error.to_string().contains("overlap"), "{error}");
    }

    /// At a minimum and on single atoms nothing may be divided by nothing.
    #[test]
    fn small_forces_are_held_to_as_many_digits_as_thermal_ones() {
        let tolerance = tolerance(PrecisionChoice::F32, FiltersChoice::Exact);
        let with = |force: f64| Answer {
            energy: 1.0,
            forces: vec![Vec3::new(force, 0.0, 0.0)],
            virial: Mat3::zeros(),
        };
        for force in [0.0, 1e-3] {
            let holds =
                |error| Agreement::of(&with(force + error), &with(force), tolerance).holds();
            assert!(holds(0.0) && holds(4e-6) && !holds(6e-6));
        }
    }
}
