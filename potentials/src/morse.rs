//! Bonds that can break.

use crate::pairs::{add_bond, bond_vector, check_bond, positive};
use oreo_core::{Capabilities, ElementSet, Potential, PotentialError, Request};

/// One bond, `E = D [e^{−2a(r−r₀)} − 2 e^{−a(r−r₀)}]`: −D at r₀ and 0 far away. P. M. Morse, Phys. Rev. 34, 57 (1929),
/// eq. 4. Near r₀ it is a spring of stiffness 2Da².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MorseBond {
    /// Indices from 0.
    pub atoms: [usize; 2],
    /// D, eV
    pub depth: f64,
    /// a, 1/Å
    pub steepness: f64,
    /// r₀, Å
    pub length: f64,
}

impl MorseBond {
    /// E in eV and dE/dr in eV/Å at r in Å. With x = e^{−a(r−r₀)}: E = D (x² − 2x), dE/dr = −2aD (x² − x).
    fn energy_and_slope(&self, r: f64) -> (f64, f64) {
        let x = (-self.steepness * (r - self.length)).exp();
        let energy = self.depth * x * (x - 2.0);
        (energy, -2.0 * self.steepness * self.depth * x * (x - 1.0))
    }
}

/// A list of Morse bonds. In a periodic cell a bond takes the shortest image, so it must stay shorter than half the
/// box. Two bonded atoms in one place have no direction: their force is NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Morse {
    bonds: Vec<MorseBond>,
}

impl Morse {
    /// Depth, steepness and length above 0.
    pub fn new(bonds: Vec<MorseBond>) -> Result<Self, PotentialError> {
        for bond in &bonds {
            check_bond("Morse", bond.atoms)?;
            positive("Morse", "depth", bond.depth)?;
            positive("Morse", "steepness", bond.steepness)?;
            positive("Morse", "length", bond.length)?;
        }
        Ok(Self { bonds })
    }
}

impl Potential for Morse {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "Morse".into(),
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
        for request in batch {
            for bond in &self.bonds {
                let r = bond_vector("Morse", bond.atoms, request)?;
                let (energy, slope) = bond.energy_and_slope(r.norm());
                add_bond(request, bond.atoms, r, energy, slope / r.norm());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::testing::*;
    use oreo_core::{Cell, Vec3};

    /// About the O–H bond of water.
    fn bond(i: usize, j: usize) -> MorseBond {
        MorseBond {
            atoms: [i, j],
            depth: 5.1,
            steepness: 2.2,
            length: 1.0,
        }
    }

    #[test]
    fn contract() {
        let mut morse = Morse::new(vec![bond(0, 1), bond(0, 2), bond(2, 1)]).unwrap();
        let (system, positions) = water();
        for cell in [Cell::Open, Cell::orthorhombic(5.0, 6.0, 7.0).unwrap()] {
            let tolerance = Tolerance::DOUBLE;
            assert_bonded_potential_contract(&mut morse, &system, &positions, &cell, tolerance);
        }
    }

    #[test]
    fn depth_stiffness_and_dissociation() {
        let bond = bond(0, 1);
        assert_eq!(bond.energy_and_slope(1.0), (-5.1, 0.0));
        assert!(bond.energy_and_slope(20.0).0.abs() < 1e-15);
        // A quarter of the way up at x = 1/2, r = 1 + ln 2 / a.
        let (energy, _) = bond.energy_and_slope(1.0 + 2f64.ln() / 2.2);
        assert!((energy + 0.75 * 5.1).abs() < 1e-14);
        let h = 1e-6;
        let stiffness =
            (bond.energy_and_slope(1.0 + h).1 - bond.energy_and_slope(1.0 - h).1) / (2.0 * h);
        assert!((stiffness / (2.0 * 5.1 * 2.2 * 2.2) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_stretched_bond_pulls() {
        let mut morse = Morse::new(vec![bond(0, 1)]).unwrap();
        let (system, _) = argon_cluster(2);
        let positions = [Vec3::zeros(), Vec3::new(0.0, 1.2, 0.0)];
        let (_, forces, _) = energy_and_forces(&mut morse, &system, &positions, &Cell::Open);
        assert!(forces[0].y > 0.0 && forces[1].y < 0.0);
    }

    #[test]
    fn nonsense_is_refused() {
        for broken in [
            MorseBond {
                depth: 0.0,
                ..bond(0, 1)
            },
            MorseBond {
                steepness: -1.0,
                ..bond(0, 1)
            },
            MorseBond {
                length: f64::INFINITY,
                ..bond(0, 1)
            },
            bond(3, 3),
        ] {
            assert!(Morse::new(vec![broken]).is_err(), "{broken:?}");
        }
    }
}
