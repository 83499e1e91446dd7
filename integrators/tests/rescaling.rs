//! The random factor of velocity rescaling against the distributions it must have.

mod common;

use common::statistics::*;
use oreo_core::random::Generator;
use oreo_integrators::*;

fn target(degrees_of_freedom: usize) -> KineticTarget {
    KineticTarget {
        kt: 1.0,
        degrees_of_freedom,
    }
}

/// K/kT of N_f modes is a gamma variate of shape N_f/2. Six thermostat times between samples leave a correlation of
/// e⁻⁶ = 0.002. Catches N_f squares where N_f − 1 belong, a gamma variate of scale 1, and N_f taken for 2 N_f.
#[test]
fn kinetic_energies_are_canonical_for_odd_and_even_degrees_of_freedom() {
    for dof in [1, 2, 3, 6, 7, 57] {
        let rescaling = Rescaling::new(target(dof), 6.0).unwrap();
        let mut generator = Generator::new(5, dof as u32);
        let mut kinetic = 1.0;
        let samples: Vec<f64> = (0..20_000)
            .map(|_| {
                kinetic *= rescaling.factor(kinetic, &mut generator).powi(2);
                kinetic
            })
            .collect();
        let p = kolmogorov_smirnov(&samples, |x| gamma_cumulative(dof, x));
        println!("{dof} degrees of freedom: p = {p:.3}");
        assert!(p > 0.01, "{dof}: {p}");
    }
}

/// One interval from a given K: K'/s with s = (1 − c) kT/2 is a noncentral χ² of N_f and λ = c K/s, whose mean is
/// N_f + λ and variance 2 (N_f + 2 λ). Catches a wrong c or a cross term of half its size, which equilibrium forgives.
#[test]
fn one_interval_has_the_exact_mean_and_variance() {
    let n = 200_000;
    for (dof, kinetic) in [(1, 0.2), (3, 4.0), (6, 1.5)] {
        let interval = 0.3f64;
        let rescaling = Rescaling::new(target(dof), interval).unwrap();
        let mut generator = Generator::new(6, dof as u32);
        let c = (-interval).exp();
        let unit = 0.5 * (1.0 - c);
        let samples: Vec<f64> = (0..n)
            .map(|_| kinetic * rescaling.factor(kinetic, &mut generator).powi(2) / unit)
            .collect();
        let lambda = c * kinetic / unit;
        let (expected, spread) = (dof as f64 + lambda, 2.0 * (dof as f64 + 2.0 * lambda));
        assert!((mean(&samples) - expected).abs() < 4.0 * (spread / n as f64).sqrt());
        // the standard error of a variance is about √(2/n) of it for these nearly normal numbers, √(14/n) for χ²(1)
        assert!((variance(&samples) / spread - 1.0).abs() < 4.0 * (14.0 / n as f64).sqrt());
    }
}

/// With one mode, α p is an Ornstein–Uhlenbeck process: ⟨p p'⟩ = √c ⟨p²⟩. Catches a factor without its sign.
#[test]
fn the_sign_makes_one_mode_an_ornstein_uhlenbeck_process() {
    let interval = 1.0f64;
    let rescaling = Rescaling::new(target(1), interval).unwrap();
    let mut generator = Generator::new(7, 0);
    let mut momentum = 1.0;
    let samples: Vec<f64> = (0..200_000)
        .map(|_| {
            momentum *= rescaling.factor(0.5 * momentum * momentum, &mut generator);
            momentum
        })
        .collect();
    let correlation = autocorrelation(&samples, 1);
    println!(
        "correlation {correlation:.4}, expected {:.4}",
        (-0.5 * interval).exp()
    );
    assert!((correlation - (-0.5 * interval).exp()).abs() < 0.01);
    assert!(mean(&samples).abs() < 0.02);
}
