//! An atom whose vectors vanish by symmetry: lengths of vectors have no derivative there unless they are smoothed.
//!
//! All three tests were seen to fail with a way back of the fast path that forgets ε; so was `native_gradients.rs`.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod networks;

use networks::{definition, fused, rough};
use oreo_core::testing::energy_and_forces;
use oreo_core::{Cell, Element, Potential, System, Vec3};
use oreo_potentials::oreo::fused::{Filters, Precision};
use oreo_potentials::oreo::{Config, Weights};

/// A tetrahedron with C–H of 1.09 Å, whose carbon is at `shift` (Å) along x.
fn methane(shift: f64) -> (System, Vec<Vec3>) {
    let corners = [[1., 1., 1.], [1., -1., -1.], [-1., 1., -1.], [-1., -1., 1.]];
    let hydrogen = |corner: [f64; 3]| Vec3::from(corner) * (1.09 / 3_f64.sqrt());
    let carbon = std::iter::once(Vec3::new(shift, 0.0, 0.0));
    let elements = ["C", "H", "H", "H", "H"].map(|symbol| symbol.parse::<Element>().unwrap());
    let positions = carbon.chain(corners.map(hydrogen)).collect();
    (System::new(elements.to_vec()), positions)
}

fn network(vector_smoothing: f64) -> Weights {
    let config = Config {
        channels: 32,
        layers: 2,
        heads: 4,
        radial_functions: 16,
        max_z: 10,
        vector_smoothing,
        ..Config::et_oreo()
    };
    rough(config, 5)
}

/// eV/Å
fn force_on_carbon(potential: &mut dyn Potential, shift: f64) -> Vec3 {
    let (system, positions) = methane(shift);
    energy_and_forces(potential, &system, &positions, &Cell::Open).1[0]
}

/// What the smoothing is for. Without it the force is as large as ever beside the point, in whatever direction.
#[test]
fn the_force_vanishes_with_the_distance_from_a_symmetric_point_if_lengths_are_smoothed() {
    let force = |smoothing: f64, shift: f64| {
        let mut potential = fused(&network(smoothing), Precision::F64, Filters::Exact);
        force_on_carbon(&mut potential, shift).norm()
    };
    let (near, nearer) = (force(0.05, 1e-5), force(0.05, 1e-6));
    println!("smoothed: {near:.3e}, {nearer:.3e} eV/Å");
    assert!((near / nearer - 10.0).abs() < 0.01);
    let (near, nearer) = (force(0.0, 1e-5), force(0.0, 1e-6));
    println!("not smoothed: {near:.3e}, {nearer:.3e} eV/Å");
    assert!((near / nearer - 1.0).abs() < 0.01 && nearer > 1e-3);
}

/// Catches: a smoothing that one of the paths does not have, or has without its square.
#[test]
fn all_paths_agree_at_a_symmetric_point_if_lengths_are_smoothed() {
    let weights = network(0.05);
    let (system, positions) = methane(0.0);
    let answer = |potential: &mut dyn Potential| {
        energy_and_forces(potential, &system, &positions, &Cell::Open)
    };
    let (energy, forces, _) = answer(&mut definition(&weights));
    for (precision, bar) in [(Precision::F64, 1e-9), (Precision::F32, 1e-5)] {
        let mut network = fused(&weights, precision, Filters::Exact);
        let (found, found_forces, _) = answer(&mut network);
        let apart = |(a, b): (&Vec3, &Vec3)| (a - b).norm();
        let worst = forces
            .iter()
            .zip(&found_forces)
            .map(apart)
            .fold(0.0, f64::max);
        println!(
            "{precision:?}: {:.1e} eV, {worst:.1e} eV/Å",
            (found - energy).abs()
        );
        assert!((found - energy).abs() < bar && worst < bar);
        assert!(found_forces[0].norm() < bar);
    }
}

/// The force is the derivative of the energy, also within the smoothed region: at 0.002 Å from the point.
#[test]
fn smoothed_forces_are_the_derivative_of_the_energy() {
    let mut network = fused(&network(0.05), Precision::F64, Filters::Exact);
    let mut energy = |shift: f64| {
        let (system, positions) = methane(shift);
        energy_and_forces(&mut network, &system, &positions, &Cell::Open).0
    };
    let (at, step) = (2e-3, 1e-4);
    // Fourth order: Abramowitz & Stegun 25.3.6.
    let derivative = (energy(at - 2.0 * step) - 8.0 * energy(at - step) + 8.0 * energy(at + step)
        - energy(at + 2.0 * step))
        / (12.0 * step);
    let force = force_on_carbon(&mut network, at)[0];
    println!("{force:.6e} against {:.6e} eV/Å", -derivative);
    assert!((force + derivative).abs() < 1e-6 * force.abs().max(1e-3));
}
