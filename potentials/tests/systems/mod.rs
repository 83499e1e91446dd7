//! Molecules for the tests of the network, neighbour lists by brute force, and one call that evaluates them.
#![allow(dead_code, missing_docs)]

use crate::common::{read_npz, test_file, Array};
use oreo_core::{Cell, Element, Mat3, Neighbors, Potential, PotentialError, Request, System, Vec3};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Clone)]
pub struct Molecule {
    pub system: System,
    pub positions: Vec<Vec3>,
    pub cell: Cell,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub energy: f64,
    pub forces: Vec<Vec3>,
    pub virial: Mat3,
}

/// One molecule of a reference file, and the file's arrays.
pub fn reference(name: &str) -> (Molecule, BTreeMap<String, Array>) {
    reference_at(&test_file(name))
}

pub fn reference_at(path: &Path) -> (Molecule, BTreeMap<String, Array>) {
    let arrays = read_npz(path);
    let molecule = Molecule::new(&arrays["z"].values, vectors(&arrays["pos"].values));
    (molecule, arrays)
}

/// (3n,) → (n,)
pub fn vectors(values: &[f64]) -> Vec<Vec3> {
    values
        .chunks_exact(3)
        .map(Vec3::from_column_slice)
        .collect()
}

impl Molecule {
    pub fn new(atomic_numbers: &[f64], positions: Vec<Vec3>) -> Self {
        let element = |&z: &f64| Element::from_atomic_number(z as usize).unwrap();
        Self {
            system: System::new(atomic_numbers.iter().map(element).collect()),
            positions,
            cell: Cell::Open,
        }
    }

    pub fn of(symbols: &[&str], positions: &[[f64; 3]]) -> Self {
        Self {
            system: System::from_symbols(symbols).unwrap(),
            positions: positions.iter().map(|&r| Vec3::from(r)).collect(),
            cell: Cell::Open,
        }
    }

    pub fn in_cell(self, cell: Cell) -> Self {
        Self { cell, ..self }
    }

    /// The same atoms elsewhere.
    pub fn moved(&self, map: impl FnMut(&Vec3) -> Vec3) -> Self {
        Self {
            positions: self.positions.iter().map(map).collect(),
            ..self.clone()
        }
    }

    /// Every directed pair within `reach`, in the order that core prescribes, by looking at everything.
    pub fn neighbors(&self, reach: f64) -> Neighbors {
        let images = match &self.cell {
            Cell::Open => [0, 0, 0],
            Cell::Periodic(cell) => {
                let extent = self.positions.iter().map(|r| cell.fractional(r)).fold(
                    (Vec3::repeat(f64::MAX), Vec3::repeat(f64::MIN)),
                    |(low, high), s| (low.inf(&s), high.sup(&s)),
                );
                let spread = extent.1 - extent.0;
                [0, 1, 2].map(|k| (reach / cell.heights()[k] + spread[k]).ceil() as i32 + 1)
            }
        };
        let mut list = Neighbors {
            first: vec![0],
            ..Neighbors::default()
        };
        for (i, a) in self.positions.iter().enumerate() {
            for (j, b) in self.positions.iter().enumerate() {
                for shift in shifts(images) {
                    let r = b + self.cell.translation(shift) - a;
                    if r.norm() < reach && (i != j || shift != [0, 0, 0]) {
                        list.second.push(j as u32);
                        if self.cell != Cell::Open {
                            list.shifts.push(shift);
                        }
                    }
                }
            }
            list.first.push(list.second.len() as u32);
        }
        list
    }
}

fn shifts([a, b, c]: [i32; 3]) -> impl Iterator<Item = [i32; 3]> {
    (-a..=a).flat_map(move |x| (-b..=b).flat_map(move |y| (-c..=c).map(move |z| [x, y, z])))
}

/// All molecules in one call, neighbours up to 5.5 Å (a skin of 0.5 Å).
pub fn evaluate(potential: &mut dyn Potential, molecules: &[Molecule]) -> Vec<Answer> {
    try_evaluate(potential, molecules, 5.5).unwrap()
}

pub fn evaluate_one(potential: &mut dyn Potential, molecule: &Molecule) -> Answer {
    evaluate(potential, std::slice::from_ref(molecule)).remove(0)
}

pub fn try_evaluate(
    potential: &mut dyn Potential,
    molecules: &[Molecule],
    reach: f64,
) -> Result<Vec<Answer>, PotentialError> {
    let lists: Vec<_> = molecules.iter().map(|m| m.neighbors(reach)).collect();
    let mut answers: Vec<_> = molecules
        .iter()
        .map(|m| Answer {
            energy: 0.0,
            forces: vec![Vec3::zeros(); m.system.len()],
            virial: Mat3::zeros(),
        })
        .collect();
    let mut requests: Vec<_> = molecules
        .iter()
        .zip(&lists)
        .zip(&mut answers)
        .map(|((molecule, neighbors), answer)| Request {
            system: &molecule.system,
            positions: &molecule.positions,
            cell: &molecule.cell,
            neighbors,
            energy: &mut answer.energy,
            forces: &mut answer.forces,
            virial: Some(&mut answer.virial),
        })
        .collect();
    potential.evaluate(&mut requests)?;
    Ok(answers)
}

/// Root of the mean squared difference over root of the mean square of `exact`.
pub fn relative_error(forces: &[Vec3], exact: &[Vec3]) -> f64 {
    assert_eq!(forces.len(), exact.len());
    let difference: f64 = forces
        .iter()
        .zip(exact)
        .map(|(a, b)| (a - b).norm_squared())
        .sum();
    let size: f64 = exact.iter().map(Vec3::norm_squared).sum();
    match size == 0.0 {
        true => difference.sqrt(),
        false => (difference / size).sqrt(),
    }
}
