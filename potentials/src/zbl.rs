//! Nuclei that come too close: a repulsion to put under a network that has never seen such distances.

use crate::pairs::{add_pairs, positive, require};
use crate::switching::Switch;
use oreo_core::units::{BOHR, HARTREE};
use oreo_core::{
    Capabilities, Element, ElementSet, NeighborRequest, Potential, PotentialError, Request,
};

/// e²/4πε₀ in eV·Å.
const COULOMB: f64 = HARTREE * BOHR;
/// Universal screening function, (amplitude, exponent): `φ(x) = Σ c e^{−d x}`.
const SCREENING: [(f64, f64); 4] = [
    (0.18175, 3.1998),
    (0.50986, 0.94229),
    (0.28022, 0.4029),
    (0.02817, 0.20162),
];
/// Screening length in bohr before division by Z₁^0.23 + Z₂^0.23.
const LENGTH: f64 = 0.8854;
const POWER: f64 = 0.23;

/// `E = Z₁Z₂ e²/(4πε₀ r) · φ(r/a)`, `a = 0.8854 a₀ / (Z₁^0.23 + Z₂^0.23)`: the universal potential of J. F. Ziegler,
/// J. P. Biersack, U. Littmark, The Stopping and Range of Ions in Solids, Pergamon (1985), ch. 2. Atomic numbers come
/// from the system; every element.
///
/// It is meant for distances far below a bond. Between `from` and `cutoff` it is switched off with continuous energy,
/// force and force constant; choose a cutoff below the shortest bond, or the bond changes.
#[derive(Debug, Clone, PartialEq)]
pub struct ZieglerBiersackLittmark {
    switch: Switch,
    /// Z^0.23 by Z, a power less per pair
    powers: Vec<f64>,
}

impl ZieglerBiersackLittmark {
    /// `0 ≤ from < cutoff`, Å.
    pub fn new(from: f64, cutoff: f64) -> Result<Self, PotentialError> {
        positive("ZBL", "cutoff", cutoff)?;
        let allowed = (0.0..cutoff).contains(&from);
        let expected = "take a distance of at least 0 and below the cutoff";
        require(allowed, "ZBL", "from", from, expected)?;
        let largest = Element::all()
            .map(Element::atomic_number)
            .max()
            .unwrap_or(0);
        Ok(Self {
            switch: Switch { from, to: cutoff },
            powers: (0..=largest).map(|z| (z as f64).powf(POWER)).collect(),
        })
    }

    /// E in eV and dE/dr in eV/Å at r in Å below the cutoff.
    fn energy_and_slope(&self, first: Element, second: Element, r: f64) -> (f64, f64) {
        let (z1, z2) = (first.atomic_number(), second.atomic_number());
        let length = LENGTH * BOHR / (self.powers[z1] + self.powers[z2]);
        let (mut screening, mut screening_slope) = (0.0, 0.0);
        for (amplitude, exponent) in SCREENING {
            let term = amplitude * (-exponent * r / length).exp();
            screening += term;
            screening_slope -= exponent / length * term;
        }
        let bare = COULOMB * (z1 * z2) as f64 / r;
        let slope = bare * (screening_slope - screening / r);
        self.switch.apply(r, bare * screening, slope)
    }
}

impl Potential for ZieglerBiersackLittmark {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "ZBL".into(),
            precision: "f64",
            neighbors: Some(NeighborRequest {
                cutoff: self.switch.to,
            }),
            elements: ElementSet::all(),
            virial: true,
            periodic: true,
            atoms_per_call: None,
        }
    }

    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for request in batch {
            let elements = &request.system.elements;
            add_pairs(request, self.switch.to, |i, j, r| {
                self.energy_and_slope(elements[i], elements[j], r)
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::testing::*;
    use oreo_core::Cell;

    #[test]
    fn contract() {
        let mut zbl = ZieglerBiersackLittmark::new(1.0, 2.0).unwrap();
        let (system, positions) = ethanol();
        let crowded = Cell::periodic([[3.9, 0.0, 0.0], [0.7, 4.1, 0.0], [0.3, -0.6, 3.7]]).unwrap();
        for cell in [Cell::Open, crowded] {
            let tolerance = Tolerance::DOUBLE;
            assert_potential_contract(&mut zbl, &system, &positions, &cell, tolerance);
        }
    }

    /// Bare Coulomb repulsion of the nuclei at the shortest distances, since φ(0) = 1: the amplitudes add up to one.
    #[test]
    fn without_distance_there_is_no_screening() {
        let zbl = ZieglerBiersackLittmark::new(1.0, 2.0).unwrap();
        let (carbon, oxygen) = ("C".parse().unwrap(), "O".parse().unwrap());
        let (energy, _) = zbl.energy_and_slope(carbon, oxygen, 1e-7);
        assert!((energy * 1e-7 / (48.0 * 14.399_645) - 1.0).abs() < 1e-5);
    }

    /// Two carbon atoms at half an ångström, worked out apart from this code:
    /// a = 0.8854 · 0.529177 / (2 · 6^0.23) = 0.155144 Å, x = 3.22281, φ = 0.115668, E = 36 · 14.39964 / 0.5 · φ.
    #[test]
    fn carbon_pair_by_hand() {
        let zbl = ZieglerBiersackLittmark::new(1.0, 2.0).unwrap();
        let carbon = "C".parse().unwrap();
        let (energy, slope) = zbl.energy_and_slope(carbon, carbon, 0.5);
        assert!((energy - 119.9216).abs() < 1e-4, "{energy}");
        assert!(slope < 0.0);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(ZieglerBiersackLittmark::new(1.0, 1.0).is_err());
        assert!(ZieglerBiersackLittmark::new(-0.1, 1.0).is_err());
        assert!(ZieglerBiersackLittmark::new(0.1, f64::INFINITY).is_err());
        assert!(ZieglerBiersackLittmark::new(f64::NAN, 1.0).is_err());
    }
}
