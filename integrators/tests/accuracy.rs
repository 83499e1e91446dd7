//! V3 and V5: the order of the splitting, time reversal; and the thermostats' own clocks.

mod common;

use common::*;
use oreo_core::random::Generator;
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

/// Catches a factor of two in a thermostat's force, a chain energy without g, momenta scaled but 2K left as it was.
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

/// x, p, v₁, v₂, v₃ of an oscillator (m = k = kT = 1) with three links of τ = 2: the equations in the head of
/// `nose_hoover.rs`, typed in once more.
fn chain_equations(y: [f64; 5]) -> [f64; 5] {
    let [x, p, v1, v2, v3] = y;
    let q = 4.0;
    [
        p,
        -x - v1 * p,
        (p * p - 1.0) / q - v1 * v2,
        (q * v1 * v1 - 1.0) / q - v2 * v3,
        (q * v2 * v2 - 1.0) / q,
    ]
}

/// Classical Runge–Kutta of fourth order over 10 time units; its error, below 1e-10, does not matter here.
fn reference_solution(mut y: [f64; 5]) -> [f64; 5] {
    let h = 1e-3;
    let along = |y: [f64; 5], h: f64, k: [f64; 5]| std::array::from_fn(|i| y[i] + h * k[i]);
    for _ in 0..10_000 {
        let k1 = chain_equations(y);
        let k2 = chain_equations(along(y, 0.5 * h, k1));
        let k3 = chain_equations(along(y, 0.5 * h, k2));
        let k4 = chain_equations(along(y, h, k3));
        y = std::array::from_fn(|i| y[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
    }
    y
}

/// Conservation and reversal hold for a chain that runs too fast or has wrong masses; the equations do not. Catches a
/// chain advanced by Δt instead of Δt/2.
#[test]
fn nose_hoover_follows_its_equations_of_motion_at_second_order() {
    let toy = oscillators(1);
    let target = KineticTarget {
        kt: 1.0,
        degrees_of_freedom: 1,
    };
    let settings = ChainSettings {
        thermostat_time: 2.0,
        length: 3,
        ..Default::default()
    };
    let [x, p, ..] = reference_solution([1.0, 0.5, 0.0, 0.0, 0.0]);
    let error = |steps: usize| {
        let chain = Chain::new(target, settings.clone()).unwrap();
        let mut integrator = NoseHoover::new(10.0 / steps as f64, chain).unwrap();
        let mut state = toy.state();
        state.positions[0].x = 1.0;
        state.momenta[0].x = 0.5;
        state.energy = (toy.forces)(&state.positions, &mut state.forces);
        toy.run(&mut integrator, &mut state, steps);
        (state.positions[0].x - x).hypot(state.momenta[0].x - p)
    };
    let (coarse, fine) = (error(200), error(400));
    println!("errors {coarse:.1e}, {fine:.1e}");
    assert!(
        fine < 1e-3 && (coarse / fine / 4.0 - 1.0).abs() < 0.05,
        "{coarse:e} {fine:e}"
    );
}

fn free_atoms() -> Toy {
    Toy {
        forces: |_, _| 0.0,
        ..oscillators(20)
    }
}

/// At kT = 0 a free atom just slows down, p = p₀ e^(−t/τ). Catches a friction of 2/τ or 1/2τ.
#[test]
fn langevin_momenta_decay_with_the_thermostat_time() {
    let toy = free_atoms();
    let mut state = toy.state();
    state.momenta[3].y = 2.0;
    let mut integrator = Langevin::new(0.1, 0.0, 5.0, Generator::new(1, 0)).unwrap();
    toy.run(&mut integrator, &mut state, 70);
    assert!((state.momenta[3].y / (2.0 * (-1.4f64).exp()) - 1.0).abs() < 1e-12);
}

/// Far from equilibrium ⟨K⟩ − K̄ decays as e^(−t/τ) (Bussi et al. 2007, eq. 2). Catches a clock off by a factor of two.
#[test]
fn csvr_kinetic_energy_relaxes_with_the_thermostat_time() {
    let toy = free_atoms();
    let target = KineticTarget {
        kt: 0.01,
        degrees_of_freedom: 60,
    };
    let ends = (0..1000).map(|seed| {
        let mut state = toy.state();
        state.momenta[0].x = 20.0; // K = 200, K̄ = 0.3
        let mut integrator = Csvr::new(0.1, target, 5.0, Generator::new(seed, 0)).unwrap();
        toy.run(&mut integrator, &mut state, 70);
        state.kinetic_energy(&toy.system)
    });
    let mean = ends.sum::<f64>() / 1000.0;
    let expected = 0.3 + 199.7 * (-1.4f64).exp();
    // the noise is √(4 K kT/2 …) ≈ 1.6 in one run, so 0.05 in the mean
    assert!((mean - expected).abs() < 0.25, "{mean} {expected}");
}
