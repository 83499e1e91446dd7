//! V3 and V5: the order of the splitting, and time reversal.

mod common;

use common::*;
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Integrator, State, Vec3};
use oreo_integrators::*;

/// Root mean square of the error of the conserved quantity over 200 fs, looked at every 2 fs.
fn error(make: impl Fn(f64) -> Box<dyn Integrator>, start: &State, timestep_fs: f64) -> f64 {
    let toy = molecule();
    let mut state = start.clone();
    let mut integrator = make(timestep_fs * FEMTOSECOND);
    let initial = integrator.conserved(&toy.system, &state);
    let stride = (2.0 / timestep_fs).round() as usize;
    let squares = (0..100).map(|_| {
        toy.run(&mut *integrator, &mut state, stride);
        (integrator.conserved(&toy.system, &state) - initial).powi(2)
    });
    (squares.sum::<f64>() / 100.0).sqrt()
}

fn assert_second_order(make: impl Fn(f64) -> Box<dyn Integrator>) {
    let toy = molecule();
    let start = toy.internal_start(toy.target(Coupling::Internal, 500.0), 3);
    let ratio = error(&make, &start, 0.5) / error(&make, &start, 0.25);
    println!("error ratio {ratio:.4}");
    assert!((1.0 - ratio / 4.0).abs() <= 0.1, "{ratio}");
}

/// Catches a full instead of a half kick, forces of the wrong half step (both give ratio 2 or less).
#[test]
fn halving_the_step_quarters_the_error_of_velocity_verlet() {
    assert_second_order(|h| Box::new(VelocityVerlet::new(h).unwrap()));
}

/// Catches a factor of two in a thermostat's force, a chain energy without g, a chain advanced by Δt instead of Δt/2.
#[test]
fn halving_the_step_quarters_the_error_of_nose_hoover() {
    let target = molecule().target(Coupling::Internal, 300.0);
    for (length, suzuki_yoshida) in [(1, SuzukiYoshida::Three), (5, SuzukiYoshida::Five)] {
        let settings = ChainSettings {
            length,
            suzuki_yoshida,
            ..Default::default()
        };
        assert_second_order(|h| {
            let chain = Chain::new(target, settings.clone()).unwrap();
            Box::new(NoseHoover::new(h, chain).unwrap())
        });
    }
}

fn flip(state: &mut State) {
    state.scale_momenta(-1.0);
}

fn largest_distance(a: &[Vec3], b: &[Vec3]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y).norm())
        .fold(0.0, f64::max)
}

/// Catches a drift before the first kick, and forces not refreshed after the drift.
#[test]
fn velocity_verlet_runs_back_to_its_start() {
    for toy in [molecule(), lennard_jones_cluster()] {
        let start = toy.internal_start(toy.target(Coupling::Internal, 300.0), 5);
        let mut state = start.clone();
        let mut integrator = VelocityVerlet::new(0.5 * FEMTOSECOND).unwrap();
        toy.run(&mut integrator, &mut state, 1000);
        assert!(largest_distance(&state.positions, &start.positions) > 0.01);
        flip(&mut state);
        toy.run(&mut integrator, &mut state, 1000);
        let distance = largest_distance(&state.positions, &start.positions);
        println!("back within {distance:.1e} Å");
        assert!(distance < 1e-9, "{distance:e}");
    }
}

/// Catches a chain walked in one direction only, and weights that are not a palindrome.
#[test]
fn nose_hoover_runs_back_to_its_start() {
    let toy = molecule();
    let target = toy.target(Coupling::Internal, 300.0);
    let start = toy.internal_start(target, 5);
    let mut state = start.clone();
    let mut integrator = nose_hoover(0.5 * FEMTOSECOND, target);
    let initial = integrator.clone();
    toy.run(&mut integrator, &mut state, 1000);
    flip(&mut state);
    integrator.chain_mut().reverse();
    toy.run(&mut integrator, &mut state, 1000);
    let distance = largest_distance(&state.positions, &start.positions);
    println!("back within {distance:.1e} Å");
    assert!(distance < 1e-9, "{distance:e}");
    // η returns as well, so the chain's energy does
    assert!((integrator.chain().energy() - initial.chain().energy()).abs() < 1e-9);
}
