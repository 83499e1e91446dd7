//! Several potentials added up.

use oreo_core::testing::*;
use oreo_core::{Cell, Mat3, Potential, Sum, Vec3};
use oreo_potentials::{
    Harmonic, HarmonicBond, HarmonicWell, LennardJones, ZieglerBiersackLittmark,
};

fn repulsion() -> ZieglerBiersackLittmark {
    ZieglerBiersackLittmark::new(1.0, 2.0).unwrap()
}

fn attraction() -> LennardJones {
    LennardJones::new(0.01, 2.0, 5.0).unwrap()
}

/// The parts share one neighbour list, made for the largest cutoff; each must skip what is beyond its own.
#[test]
fn a_sum_keeps_the_contract() {
    let (system, positions) = random_cloud(14, 9, 0.9);
    let cell = Cell::periodic([[4.1, 0.0, 0.0], [0.8, 4.4, 0.0], [-0.3, 0.6, 4.2]]).unwrap();
    let mut sum = Sum(vec![Box::new(repulsion()), Box::new(attraction())]);
    for cell in [Cell::Open, cell] {
        assert_potential_contract(&mut sum, &system, &positions, &cell, Tolerance::DOUBLE);
    }
}

#[test]
fn a_sum_equals_its_parts_added_up() {
    let (system, positions) = ethanol();
    let bond = HarmonicBond {
        atoms: [0, 2],
        stiffness: 3.0,
        length: 2.0,
    };
    let springs = || Harmonic::new(vec![bond]).unwrap();
    let mut parts: Vec<Box<dyn Potential>> = vec![
        Box::new(repulsion()),
        Box::new(springs()),
        Box::new(attraction()),
    ];
    let (mut energy, mut forces, mut virial) = (0.0, vec![Vec3::zeros(); 9], Mat3::zeros());
    for part in &mut parts {
        let (e, f, w) = energy_and_forces(part.as_mut(), &system, &positions, &Cell::Open);
        energy += e;
        forces.iter_mut().zip(f).for_each(|(sum, f)| *sum += f);
        virial += w.unwrap();
    }
    let (e, f, w) = energy_and_forces(&mut Sum(parts), &system, &positions, &Cell::Open);
    assert!((e - energy).abs() < 1e-12 * energy.abs());
    assert!(f
        .iter()
        .zip(&forces)
        .all(|(a, b)| (a - b).norm() < 1e-12 * b.norm().max(1.0)));
    assert!((w.unwrap() - virial).norm() < 1e-12 * virial.norm());
}

/// What one part cannot do, the sum cannot.
#[test]
fn capabilities_of_a_sum_are_the_meet_of_its_parts() {
    let well = HarmonicWell::new(1.0, Vec3::zeros()).unwrap();
    let sum = Sum(vec![
        Box::new(LennardJones::argon()),
        Box::new(repulsion()),
        Box::new(well),
    ]);
    let meet = sum.capabilities();
    assert_eq!(meet.name, "Lennard-Jones + ZBL + harmonic well");
    assert_eq!(meet.neighbors.unwrap().cutoff, 8.5);
    assert_eq!(meet.elements.to_string(), "Ar");
    assert!(!meet.periodic && !meet.virial);
    let nothing = Sum(vec![]).capabilities();
    assert!(nothing.neighbors.is_none() && nothing.periodic && nothing.virial);
}
