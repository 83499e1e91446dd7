//! Springs: between two atoms, and from every atom to a point.

use crate::pairs::{add_bond, bond_vector, check_bond, finite, positive, require};
use oreo_core::{Capabilities, ElementSet, Potential, PotentialError, Request, Vec3};

/// One spring, E = ½ k (r − r₀)².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HarmonicBond {
    /// Indices from 0.
    pub atoms: [usize; 2],
    /// k, eV/Å²
    pub stiffness: f64,
    /// r₀, Å
    pub length: f64,
}

/// Bonds as springs. In a periodic cell a bond takes the shortest image, so it must stay shorter than half the box.
/// Two bonded atoms in one place have no direction: their force is NaN, unless the length of the bond is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Harmonic {
    bonds: Vec<HarmonicBond>,
}

impl Harmonic {
    /// Each stiffness above 0, each length at least 0.
    pub fn new(bonds: Vec<HarmonicBond>) -> Result<Self, PotentialError> {
        for bond in &bonds {
            check_bond("harmonic", bond.atoms)?;
            positive("harmonic", "stiffness", bond.stiffness)?;
            let allowed = bond.length >= 0.0 && bond.length.is_finite();
            let expected = "take a finite number of at least 0";
            require(allowed, "harmonic", "length", bond.length, expected)?;
        }
        Ok(Self { bonds })
    }

    fn evaluate_one(&self, request: &mut Request<'_>) -> Result<(), PotentialError> {
        for bond in &self.bonds {
            let r = bond_vector("harmonic", bond.atoms, request)?;
            let stretch = r.norm() - bond.length;
            let slope_over_distance = match bond.length {
                0.0 => bond.stiffness,
                _ => bond.stiffness * stretch / r.norm(),
            };
            let energy = 0.5 * bond.stiffness * stretch * stretch;
            add_bond(request, bond.atoms, r, energy, slope_over_distance);
        }
        Ok(())
    }
}

impl Potential for Harmonic {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "harmonic".into(),
            precision: "f64",
            neighbors: None,
            elements: ElementSet::all(),
            virial: true,
            periodic: true,
            atoms_per_call: None,
        }
    }

    /// Fails when a bond names an atom that the molecule does not have.
    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        batch
            .iter_mut()
            .try_for_each(|request| self.evaluate_one(request))
    }
}

/// Every atom on its own spring to one point, E = Σ ½ k |r − center|²: independent oscillators, for tests of
/// integrators and thermostats, and a tether for a cluster.
///
/// Space has a special point here: neither momentum nor, about another point, angular momentum is conserved, and no
/// centre-of-mass motion may be removed from the degrees of freedom.
#[derive(Debug, Clone, PartialEq)]
pub struct HarmonicWell {
    stiffness: f64,
    center: Vec3,
}

impl HarmonicWell {
    /// Stiffness k in eV/Å², above 0; center in Å.
    pub fn new(stiffness: f64, center: Vec3) -> Result<Self, PotentialError> {
        positive("harmonic well", "stiffness", stiffness)?;
        center
            .iter()
            .try_for_each(|&x| finite("harmonic well", "center", x))?;
        Ok(Self { stiffness, center })
    }
}

impl Potential for HarmonicWell {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "harmonic well".into(),
            precision: "f64",
            neighbors: None,
            elements: ElementSet::all(),
            virial: false,
            periodic: false,
            atoms_per_call: None,
        }
    }

    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for request in batch {
            for (force, position) in request.forces.iter_mut().zip(request.positions) {
                let r = position - self.center;
                *request.energy += 0.5 * self.stiffness * r.norm_squared();
                *force -= self.stiffness * r;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::testing::*;
    use oreo_core::Cell;

    fn bond(i: usize, j: usize, stiffness: f64, length: f64) -> HarmonicBond {
        HarmonicBond {
            atoms: [i, j],
            stiffness,
            length,
        }
    }

    #[test]
    fn contract() {
        let bonds = vec![
            bond(0, 1, 30.0, 1.0),
            bond(2, 0, 20.0, 0.9),
            bond(1, 2, 5.0, 0.0),
        ];
        let mut springs = Harmonic::new(bonds).unwrap();
        let (system, positions) = water();
        for cell in [Cell::Open, Cell::orthorhombic(5.0, 6.0, 7.0).unwrap()] {
            let tolerance = Tolerance::DOUBLE;
            assert_bonded_potential_contract(&mut springs, &system, &positions, &cell, tolerance);
        }
    }

    /// k = 2, stretched by 0.5: E = ¼, |F| = 1, pulling together, across the boundary of the cell too.
    #[test]
    fn one_spring_by_hand() {
        let mut spring = Harmonic::new(vec![bond(0, 1, 2.0, 1.0)]).unwrap();
        let (system, _) = argon_cluster(2);
        let positions = [Vec3::new(0.5, 0.0, 0.0), Vec3::new(9.0, 0.0, 0.0)];
        let cell = Cell::orthorhombic(10.0, 10.0, 10.0).unwrap();
        let (energy, forces, virial) = energy_and_forces(&mut spring, &system, &positions, &cell);
        assert!((energy - 0.25).abs() < 1e-14);
        assert!((forces[0] - Vec3::new(-1.0, 0.0, 0.0)).norm() < 1e-14);
        assert!((virial.unwrap()[(0, 0)] + 1.5).abs() < 1e-14);
    }

    #[test]
    fn a_spring_without_length_may_collapse() {
        let mut spring = Harmonic::new(vec![bond(0, 1, 2.0, 0.0)]).unwrap();
        let (system, _) = argon_cluster(2);
        let here = [Vec3::x(); 2];
        let (energy, forces, _) = energy_and_forces(&mut spring, &system, &here, &Cell::Open);
        assert_eq!((energy, forces[0]), (0.0, Vec3::zeros()));
    }

    /// All of the contract that a tether can keep.
    #[test]
    fn the_well_keeps_what_it_can_of_the_contract() {
        let well = &mut HarmonicWell::new(3.0, Vec3::new(0.1, -0.4, 2.0)).unwrap();
        let (system, r) = ethanol();
        let cell = &Cell::Open;
        assert_gradient(well, &system, &r, cell, 1e-3, 1e-9);
        assert_repeatable(well, &system, &r, cell);
        assert_adds_into_outputs(well, &system, &r, cell, 1e-12);
        assert_permutation_equivariant(well, &system, &r, cell, 1e-12);
        let central = &mut HarmonicWell::new(3.0, Vec3::zeros()).unwrap();
        assert_rotation_equivariant(central, &system, &r, cell, 1e-12);
    }

    #[test]
    fn nonsense_is_refused_with_its_number() {
        let message = |bond| Harmonic::new(vec![bond]).unwrap_err().to_string();
        assert_eq!(
            message(bond(0, 1, -2.0, 1.0)),
            "harmonic: stiffness = -2 is not allowed; take a finite number above 0"
        );
        assert!(message(bond(0, 1, 1.0, f64::NAN)).contains("length = NaN"));
        assert!(message(bond(4, 4, 1.0, 1.0)).contains("atom = 4"));
        assert!(HarmonicWell::new(1.0, Vec3::new(0.0, f64::INFINITY, 0.0)).is_err());
        let mut springs = Harmonic::new(vec![bond(0, 7, 1.0, 1.0)]).unwrap();
        let (system, positions) = water();
        let mut forces = positions.clone();
        let error = springs.evaluate(&mut [Request {
            system: &system,
            positions: &positions,
            cell: &Cell::Open,
            neighbors: &Default::default(),
            energy: &mut 0.0,
            forces: &mut forces,
            virial: None,
        }]);
        assert!(error.unwrap_err().to_string().contains("atom = 7"));
    }
}
