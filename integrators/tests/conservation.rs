//! V4 and V6: what must not drift, does not; and effective energies of stochastic thermostats wander at second order.

mod common;

use common::statistics::*;
use common::*;
use oreo_core::random::Generator;
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Integrator, RigidMotion, State};
use oreo_integrators::*;

/// The conserved quantity every `stride` steps.
fn history(
    toy: &Toy,
    integrator: &mut dyn Integrator,
    state: &mut State,
    stride: usize,
) -> Vec<f64> {
    (0..10_000)
        .map(|_| {
            toy.run(integrator, state, stride);
            integrator.conserved(&toy.system, state)
        })
        .collect()
}

/// Catches an Euler step and a force that lags by one step, whose energies grow.
#[test]
fn velocity_verlet_does_not_drift() {
    for toy in [molecule(), lennard_jones_cluster()] {
        let mut state = toy.internal_start(toy.target(Coupling::Internal, 300.0), 1);
        let mut integrator = VelocityVerlet::new(0.5 * FEMTOSECOND).unwrap();
        let energies = history(&toy, &mut integrator, &mut state, 50);
        let drift = slope(&energies, 20).0 / (50.0 * toy.system.len() as f64);
        println!("drift {drift:.1e} eV/atom/step");
        assert!(drift.abs() < 1e-8, "{drift:e} eV/atom/step");
        let motion = RigidMotion::of(&toy.system, &state.positions, &state.momenta);
        assert!(motion.momentum.norm() < 1e-9 && motion.angular_momentum.norm() < 1e-9);
    }
}

/// 1e6 steps. The spread is taken relative to the mean *kinetic* energy: the zero of the potential energy would make
/// any relative number small. Catches a chain energy with a wrong kT or g: its error grows with η, a random walk.
#[test]
fn the_conserved_quantity_of_nose_hoover_stays_for_a_million_steps() {
    let toy = molecule();
    let target = toy.target(Coupling::Internal, 300.0);
    let mut state = toy.internal_start(target, 2);
    let mut integrator = nose_hoover(0.5 * FEMTOSECOND, target);
    let values = history(&toy, &mut integrator, &mut state, 100);
    let spread = variance(&values).sqrt() / target.kinetic_energy();
    let (drift, error) = slope(&values, 20);
    println!(
        "relative spread {spread:.1e}, slope {:.2} standard errors",
        drift / error
    );
    assert!(spread < 5e-3, "{spread:e}");
    assert!(
        drift.abs() < 4.0 * error,
        "{drift:e} ± {error:e} eV per sample"
    );
}

type Make = fn(&Toy, f64, u64) -> Box<dyn Integrator>;

fn stochastic() -> [(&'static str, Make); 2] {
    [
        ("Langevin", |toy, h, seed| {
            let kt = toy.target(Coupling::AllModes, 300.0).kt;
            Box::new(Langevin::new(h, kt, TAU, Generator::new(seed, 1)).unwrap())
        }),
        ("CSVR", |toy, h, seed| {
            let target = toy.target(Coupling::Internal, 300.0);
            Box::new(Csvr::new(h, target, TAU, Generator::new(seed, 1)).unwrap())
        }),
    ]
}

/// Root mean square change of the effective energy over 50 fs, over 2,000 runs with their own noise. The change is a
/// sum of random terms of size Δt²·√Δt, 1/Δt of them, hence of second order. Standard error of the ratio: about 0.1.
fn wandering(make: Make, timestep_fs: f64) -> f64 {
    let toy = molecule();
    let target = toy.target(Coupling::Internal, 300.0);
    let squares = (0..2000).map(|seed| {
        let mut state = toy.internal_start(target, seed);
        let mut integrator = make(&toy, timestep_fs * FEMTOSECOND, seed);
        let initial = integrator.conserved(&toy.system, &state);
        toy.run(&mut *integrator, &mut state, (50.0 / timestep_fs) as usize);
        (integrator.conserved(&toy.system, &state) - initial).powi(2)
    });
    (squares.sum::<f64>() / 2000.0).sqrt()
}

/// Catches heat with the wrong sign or booked before the noise (ratio near 1, as the error is then of order zero).
#[test]
fn halving_the_step_quarters_the_wandering_of_effective_energies() {
    for (name, make) in stochastic() {
        let ratio = wandering(make, 1.0) / wandering(make, 0.5);
        println!("{name}: error ratio {ratio:.3}");
        assert!((1.0 - ratio / 4.0).abs() <= 0.1, "{name}: {ratio}");
    }
}

/// Half a million steps: the mean step of the effective energy is zero within its error, and below 1e-8 eV/atom/step.
#[test]
fn effective_energies_do_not_drift() {
    for (name, make) in stochastic() {
        let toy = molecule();
        let mut state = toy.internal_start(toy.target(Coupling::Internal, 300.0), 7);
        let mut integrator = make(&toy, 0.5 * FEMTOSECOND, 7);
        let values = history(&toy, &mut *integrator, &mut state, 50);
        // increments of a random walk over long blocks are independent
        let ends: Vec<f64> = values.chunks_exact(100).map(|block| block[99]).collect();
        let increments: Vec<f64> = ends.windows(2).map(|w| w[1] - w[0]).collect();
        let drift = mean(&increments);
        let error = (variance(&increments) / increments.len() as f64).sqrt();
        let per_step = drift / (5000.0 * toy.system.len() as f64);
        println!(
            "{name}: {per_step:.1e} eV/atom/step, {:.2} standard errors",
            drift / error
        );
        assert!(
            drift.abs() < 4.0 * error && per_step.abs() < 1e-8,
            "{name}: {per_step:e}"
        );
    }
}
