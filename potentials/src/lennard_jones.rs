//! Noble gases, and the standard test of an engine.

use crate::pairs::{add_pairs, positive, require};
use crate::switching::Switch;
use oreo_core::units::KELVIN;
use oreo_core::{
    Capabilities, Element, ElementSet, NeighborRequest, Potential, PotentialError, Request,
};

/// Where the switch begins, as a fraction of the cutoff.
const SWITCH_FROM: f64 = 0.8;

/// `E = 4ε [(σ/r)¹² − (σ/r)⁶]` between all pairs of atoms (J. E. Jones, Proc. R. Soc. A 106, 463 (1924)), switched
/// smoothly to zero over the last fifth of the cutoff, so that energy, force and force constant are continuous. There
/// is no long-range correction. Any cell, also one smaller than the cutoff.
#[derive(Debug, Clone, PartialEq)]
pub struct LennardJones {
    epsilon: f64,
    sigma: f64,
    switch: Switch,
    elements: ElementSet,
}

impl LennardJones {
    /// ε in eV, σ and cutoff in Å, all above 0. For every element alike; see [`Self::only`].
    pub fn new(epsilon: f64, sigma: f64, cutoff: f64) -> Result<Self, PotentialError> {
        positive("Lennard-Jones", "epsilon", epsilon)?;
        positive("Lennard-Jones", "sigma", sigma)?;
        positive("Lennard-Jones", "cutoff", cutoff)?;
        Ok(Self {
            epsilon,
            sigma,
            switch: Switch {
                from: SWITCH_FROM * cutoff,
                to: cutoff,
            },
            elements: ElementSet::all(),
        })
    }

    /// ε = 119.8 K·k_B, σ = 3.405 Å (L. Verlet, Phys. Rev. 159, 98 (1967)), cutoff 8.5 Å ≈ 2.5 σ; argon only.
    pub fn argon() -> Self {
        let argon = Element::from_atomic_number(18).expect("argon is an element");
        Self::new(119.8 * KELVIN, 3.405, 8.5)
            .expect("positive constants")
            .only(ElementSet::from_iter([argon]))
    }

    /// Refuses other elements.
    pub fn only(mut self, elements: ElementSet) -> Self {
        self.elements = elements;
        self
    }

    /// Begins the switch at `from` Å instead of at 0.8 times the cutoff.
    pub fn switched_from(mut self, from: f64) -> Result<Self, PotentialError> {
        let allowed = (0.0..self.switch.to).contains(&from);
        let expected = "take a distance of at least 0 and below the cutoff";
        require(allowed, "Lennard-Jones", "switch", from, expected)?;
        self.switch.from = from;
        Ok(self)
    }

    /// E in eV and dE/dr in eV/Å at r in Å below the cutoff.
    fn energy_and_slope(&self, r: f64) -> (f64, f64) {
        let attraction = (self.sigma / r).powi(6);
        let repulsion = attraction * attraction;
        let energy = 4.0 * self.epsilon * (repulsion - attraction);
        let slope = -24.0 * self.epsilon * (2.0 * repulsion - attraction) / r;
        self.switch.apply(r, energy, slope)
    }
}

impl Potential for LennardJones {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "Lennard-Jones".into(),
            precision: "f64",
            neighbors: Some(NeighborRequest {
                cutoff: self.switch.to,
            }),
            elements: self.elements,
            virial: true,
            periodic: true,
            atoms_per_call: None,
        }
    }

    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for request in batch {
            add_pairs(request, self.switch.to, |_, _, r| self.energy_and_slope(r));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::testing::*;
    use oreo_core::{Cell, System, Vec3};

    /// Displaced, so that there are forces.
    fn shaken(positions: Vec<Vec3>) -> Vec<Vec3> {
        let shake = |i: usize, r: Vec3| {
            let t = i as f64;
            r + 0.2 * Vec3::new((1.1 * t).sin(), (2.3 * t).cos(), (0.7 * t).sin())
        };
        positions
            .into_iter()
            .enumerate()
            .map(|(i, r)| shake(i, r))
            .collect()
    }

    #[test]
    fn contract_open() {
        let (system, positions) = argon_cluster(13);
        let mut argon = LennardJones::argon();
        let tolerance = Tolerance::DOUBLE;
        assert_potential_contract(
            &mut argon,
            &system,
            &shaken(positions),
            &Cell::Open,
            tolerance,
        );
    }

    /// The tilted cell holds four atoms and is smaller than the cutoff.
    #[test]
    fn contract_periodic() {
        let (system, positions, _) = argon_crystal(1);
        let cell = Cell::periodic([[5.3, 0.0, 0.0], [0.9, 5.2, 0.0], [-0.5, 0.4, 5.5]]).unwrap();
        let mut argon = LennardJones::argon();
        let tolerance = Tolerance::DOUBLE;
        assert_potential_contract(&mut argon, &system, &shaken(positions), &cell, tolerance);
    }

    /// −ε at 2^{1/6} σ, 0 at σ.
    #[test]
    fn minimum_and_zero_are_where_they_should_be() {
        let argon = LennardJones::argon();
        let (energy, slope) = argon.energy_and_slope(2f64.powf(1.0 / 6.0) * 3.405);
        assert!((energy / (119.8 * KELVIN) + 1.0).abs() < 1e-14);
        assert!(slope.abs() < 1e-15);
        assert!(argon.energy_and_slope(3.405).0.abs() < 1e-15);
    }

    /// The lattice sum of the fcc crystal at the distance that minimises it, −8.610 ε per atom (Kittel, Introduction to
    /// Solid State Physics, 8th ed., ch. 3, from the sums 12.13188 and 14.45392), with a cutoff of 12 σ. Catches
    /// missing images, double counting and a wrong half.
    #[test]
    fn cohesive_energy_of_the_fcc_crystal() {
        let (system, positions, _) = argon_crystal(1);
        let nearest = 1.0902 * 3.405;
        let edge = 2f64.sqrt() * nearest;
        let cell = Cell::orthorhombic(edge, edge, edge).unwrap();
        let positions: Vec<_> = positions.iter().map(|r| edge / 5.31 * r).collect();
        let cutoff = 12.0 * 3.405;
        let mut argon = LennardJones::new(1.0, 3.405, cutoff)
            .unwrap()
            .switched_from(0.99 * cutoff)
            .unwrap();
        let (energy, forces, _) = energy_and_forces(&mut argon, &system, &positions, &cell);
        // What the cutoff at R leaves out: −(8π/3) ρ ε σ⁶/R³ · per atom with ρ = √2/d³, at most by the switch's width.
        let density = 2f64.sqrt() / nearest.powi(3);
        let tail = -8.0 / 3.0 * std::f64::consts::PI * density * 3.405f64.powi(6)
            / (0.995 * cutoff).powi(3);
        assert!(
            (energy / 4.0 + tail + 8.610).abs() < 2e-3,
            "{}",
            energy / 4.0 + tail
        );
        assert!(forces.iter().all(|force| force.norm() < 1e-12));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(LennardJones::new(0.0, 1.0, 2.0).is_err());
        assert!(LennardJones::new(1.0, f64::NAN, 2.0).is_err());
        assert!(LennardJones::new(1.0, 1.0, -2.0).is_err());
        assert!(LennardJones::argon().switched_from(8.5).is_err());
        let krypton = System::from_symbols(&["Kr"]).unwrap();
        let error = LennardJones::argon()
            .capabilities()
            .check(&krypton, &Cell::Open);
        assert!(error.unwrap_err().to_string().contains("Kr"));
    }
}
