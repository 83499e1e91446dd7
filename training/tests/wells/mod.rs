//! Stand-ins for a network and for data: small enough to be worked out by hand.
#![allow(dead_code, missing_docs)]

use oreo_core::{Element, PotentialError, Vec3};
use oreo_potentials::oreo::gradients::{Gradients, Molecule, Rule};
use oreo_potentials::oreo::layout::{Entry, Start};
use oreo_training::data::{Conformation, Source};
use oreo_training::TrainingError;

/// E = Σ_i (½k |r_i − c|² + e): parameters k (eV/Å²), e (eV), c (Å, 3), and a few that do nothing.
#[derive(Debug, Clone, Default)]
pub struct Wells {
    pub parameters: Vec<f64>,
    /// Calls of `evaluate`.
    pub calls: u64,
    /// Milliseconds for each of them.
    pub slowness: u64,
    pub order: Vec<u32>,
    pub gradient: Vec<f32>,
}

pub const IDLE: usize = 20;

pub fn entries() -> Vec<Entry> {
    let entry = |name: &str, count| Entry {
        name: name.into(),
        shape: vec![count],
        start: Start::Constant(0.0),
        trainable: true,
    };
    vec![
        entry("well.stiffness", 1),
        entry("well.depth", 1),
        entry("well.centre", 3),
        entry("idle", IDLE),
    ]
}

/// For all tensors of [`entries`].
pub fn parameters(k: f32, e: f32, c: [f32; 3]) -> Vec<f32> {
    let mut parameters = vec![k, e, c[0], c[1], c[2]];
    parameters.extend([0.5; IDLE]);
    parameters
}

impl Wells {
    fn centre(&self) -> Vec3 {
        Vec3::from_column_slice(&self.parameters[2..5])
    }
}

impl Gradients<f32> for Wells {
    fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), PotentialError> {
        self.parameters = parameters.iter().map(|&x| f64::from(x)).collect();
        self.order = (1..).take(parameters.len()).collect();
        self.gradient = vec![0.0; parameters.len()];
        Ok(())
    }

    fn evaluate(
        &mut self,
        batch: &[Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [Vec3],
    ) -> Result<(), PotentialError> {
        self.calls += 1;
        std::thread::sleep(std::time::Duration::from_millis(self.slowness));
        let (k, e, c) = (self.parameters[0], self.parameters[1], self.centre());
        let mut forces = forces.iter_mut();
        for (molecule, energy) in batch.iter().zip(energies) {
            assert_eq!(molecule.elements.len(), molecule.positions.len());
            *energy = 0.0;
            for position in molecule.positions {
                let d = position - c;
                *energy += 0.5 * k * d.norm_squared() + e;
                *forces.next().unwrap() = -k * d;
            }
        }
        assert!(forces.next().is_none());
        Ok(())
    }

    fn differentiate(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
    ) -> Result<(), PotentialError> {
        let (k, c) = (self.parameters[0], self.centre());
        let mut sums = [0.0; 5];
        let mut by_force = by_force.iter();
        for (molecule, by_energy) in batch.iter().zip(by_energy) {
            for position in molecule.positions {
                let (d, by_force) = (position - c, by_force.next().unwrap());
                sums[0] += by_energy * 0.5 * d.norm_squared() - by_force.dot(&d);
                sums[1] += by_energy;
                for axis in 0..3 {
                    sums[2 + axis] += -by_energy * k * d[axis] + by_force[axis] * k;
                }
            }
        }
        self.gradient.fill(0.0);
        let pairs = self.gradient.iter_mut().zip(sums);
        pairs.for_each(|(gradient, sum)| *gradient = sum as f32);
        Ok(())
    }

    fn gradient(&mut self) -> &mut [f32] {
        &mut self.gradient
    }

    fn update(&mut self, rule: Rule<'_, f32>) -> Result<(), PotentialError> {
        for (at, parameter) in self.parameters.iter_mut().enumerate() {
            let mut number = [*parameter as f32];
            rule(at, &mut number, &self.gradient[at..=at]);
            *parameter = f64::from(number[0]);
        }
        Ok(())
    }

    fn parameters(&mut self) -> Result<Vec<f32>, PotentialError> {
        Ok(self.parameters.iter().map(|&x| x as f32).collect())
    }

    fn order(&self) -> &[u32] {
        &self.order
    }
}

/// Conformations in memory.
#[derive(Debug, Clone, Default)]
pub struct Table(pub Vec<Conformation>);

impl Source for Table {
    fn name(&self) -> &str {
        "table"
    }
    fn len(&self) -> usize {
        self.0.len()
    }
    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        conformation.clone_from(&self.0[index]);
        Ok(())
    }
}

pub fn elements(count: usize) -> Vec<Element> {
    vec!["C".parse().unwrap(); count]
}

/// Atoms at places that look irregular, within 1 Å of the origin.
pub fn positions(count: usize, seed: usize) -> Vec<Vec3> {
    let place = |atom: usize| {
        let t = (17 * seed + atom + 1) as f64;
        Vec3::new((1.3 * t).sin(), (2.7 * t).cos(), (3.1 * t).sin())
    };
    (0..count).map(place).collect()
}

/// Labelled by a well of stiffness 2, depth −3, centre (0.1, 0.2, 0.3).
pub fn labelled(count: usize, seed: usize) -> Conformation {
    let positions = positions(count, seed);
    let d: Vec<_> = positions
        .iter()
        .map(|r| r - Vec3::new(0.1, 0.2, 0.3))
        .collect();
    Conformation {
        elements: elements(count),
        energy: Some(d.iter().map(|d| d.norm_squared() - 3.0).sum()),
        forces: Some(d.iter().map(|d| -2.0 * d).collect()),
        positions,
    }
}

/// An equilibrium structure: every atom at the origin.
pub fn at_rest(count: usize) -> Conformation {
    Conformation {
        elements: elements(count),
        positions: vec![Vec3::zeros(); count],
        ..Conformation::default()
    }
}
