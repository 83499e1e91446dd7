//! V7 and the known statistics of BAOAB: the one system whose every distribution can be written down.

mod common;

use common::statistics::*;
use common::*;
use oreo_core::random::Generator;
use oreo_integrators::*;

/// Thinned positions and momenta of one oscillator along x with m = k = kT = 1.
///
/// A deterministic trajectory gives correlated numbers, and the Kolmogorov–Smirnov test is only valid for independent
/// ones. 80 time units, 13 periods, lie between two samples; the caller checks that neighbours are uncorrelated, in
/// value and in square (the energy forgets last).
fn thinned(length: usize) -> [Vec<f64>; 2] {
    let toy = oscillators(1);
    let target = KineticTarget {
        kt: 1.0,
        degrees_of_freedom: 1,
    };
    let settings = ChainSettings {
        thermostat_time: 1.0,
        length,
        substeps: 1,
        ..Default::default()
    };
    let chain = Chain::new(target, settings).unwrap();
    let mut integrator = NoseHoover::new(0.1, chain).unwrap();
    let mut state = toy.state();
    state.positions[0].x = 1.0;
    state.momenta[0].x = 1.0;
    state.energy = (toy.forces)(&state.positions, &mut state.forces);
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..4000 {
        toy.run(&mut integrator, &mut state, 800);
        samples[0].push(state.positions[0].x);
        samples[1].push(state.momenta[0].x);
    }
    samples
}

/// Catches a second link that does not act on the first.
#[test]
fn a_chain_samples_the_harmonic_oscillator() {
    for samples in thinned(4) {
        let squares: Vec<f64> = samples.iter().map(|x| x * x).collect();
        let memory = [autocorrelation(&samples, 1), autocorrelation(&squares, 1)];
        let p = kolmogorov_smirnov(&samples, normal_cumulative);
        println!(
            "chain: p = {p:.3}, variance {:.3}, correlation of neighbours {memory:.3?}",
            variance(&samples)
        );
        assert!(
            memory.iter().all(|rho| rho.abs() < 4.0 / 4000f64.sqrt()),
            "{memory:?}"
        );
        assert!(p > 0.01, "{p}");
    }
}

/// Hoover, Phys. Rev. A 31, 1695 (1985): one thermostat leaves the oscillator on a torus. If this passed, the test
/// above could not fail.
#[test]
fn a_single_thermostat_does_not_sample_the_harmonic_oscillator() {
    for samples in thinned(1) {
        let p = kolmogorov_smirnov(&samples, normal_cumulative);
        println!("single: p = {p:.1e}, variance {:.3}", variance(&samples));
        assert!(p < 1e-6, "{p}");
    }
}

/// ⟨x²⟩ = kT/k exactly and ⟨p²⟩ = m kT (1 − ω²Δt²/4) at the end of a step, for any Δt (Leimkuhler & Matthews 2013).
/// Catches OBABO and ABOBA, whose positions carry the error, and a noise amplitude of second order in γΔt.
/// 300 oscillators × 20,000 steps; the bar is four standard errors, each some 0.1 %.
#[test]
fn baoab_positions_are_exact_and_momenta_are_known() {
    let toy = oscillators(100);
    for timestep in [0.5, 1.0, 1.5] {
        let mut integrator = Langevin::new(timestep, 1.0, 1.0, Generator::new(11, 0)).unwrap();
        let mut state = toy.state();
        toy.run(&mut integrator, &mut state, 200);
        let samples: Vec<[f64; 2]> = (0..20_000)
            .map(|_| {
                toy.run(&mut integrator, &mut state, 1);
                let kinetic = state.kinetic_energy(&toy.system);
                [2.0 * state.energy / 300.0, 2.0 * kinetic / 300.0]
            })
            .collect();
        let expected = [1.0, 1.0 - timestep * timestep / 4.0];
        for (k, name) in ["x²", "p²"].into_iter().enumerate() {
            let series: Vec<f64> = samples.iter().map(|s| s[k]).collect();
            let (measured, error) = (mean(&series), block_error(&series));
            println!(
                "Δt = {timestep}: {name} {measured:.4} ± {error:.4}, expected {:.4}",
                expected[k]
            );
            assert!(error < 2e-3);
            assert!((measured - expected[k]).abs() < 4.0 * error);
        }
    }
}
