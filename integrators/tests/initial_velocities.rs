//! Maxwell–Boltzmann momenta: their moments, and what the removals leave.

mod common;

use common::statistics::*;
use common::*;
use oreo_core::random::Generator;
use oreo_core::{Cell, RigidMotion, State, System, Vec3};
use oreo_integrators::*;

/// Catches a width of √(kT/m), which is that of velocities, and one generator draw for all components.
#[test]
fn momenta_have_the_moments_of_maxwell_and_boltzmann() {
    let system = System::from_symbols(&["H", "Br"].repeat(30_000)).unwrap();
    let mut state = State::at_rest(vec![Vec3::zeros(); system.len()], Cell::Open);
    let draw = MaxwellBoltzmann::all_modes(0.04);
    draw.draw(&system, &mut state, &mut Generator::new(1, 0))
        .unwrap();
    for (atom, axis) in [(0, 0), (0, 2), (1, 1)] {
        let scale = (system.masses[atom] * 0.04).sqrt();
        let reduced: Vec<f64> = state
            .momenta
            .iter()
            .skip(atom)
            .step_by(2)
            .map(|p| p[axis] / scale)
            .collect();
        let fourth: Vec<f64> = reduced.iter().map(|x| x.powi(4)).collect();
        // standard errors for n = 30,000: 1/√n, √(2/n), √(96/n)
        assert!(mean(&reduced).abs() < 4.0 * 0.0058);
        assert!((variance(&reduced) - 1.0).abs() < 4.0 * 0.0082);
        assert!((mean(&fourth) - 3.0).abs() < 4.0 * 0.057);
        assert!(kolmogorov_smirnov(&reduced, normal_cumulative) > 0.01);
    }
}

#[test]
fn internal_momenta_neither_translate_nor_rotate_and_have_the_energy_asked_for() {
    for toy in [molecule(), straight_triatomic(), lennard_jones_cluster()] {
        let target = toy.target(Coupling::Internal, 500.0);
        let state = toy.internal_start(target, 4);
        let motion = RigidMotion::of(&toy.system, &state.positions, &state.momenta);
        assert!(motion.momentum.norm() < 1e-13 && motion.angular_momentum.norm() < 1e-12);
        let ratio = state.kinetic_energy(&toy.system) / target.kinetic_energy();
        assert!((ratio - 1.0).abs() < 1e-14, "{ratio}");
    }
}

/// Each mode removed takes ½kT with it: 3N, 3N − 3 and 3N − 6 modes remain.
#[test]
fn removal_takes_half_kt_per_mode() {
    let toy = molecule();
    let mut generator = Generator::new(9, 0);
    for (remove_translation, remove_rotation, modes) in
        [(false, false, 15.0), (true, false, 12.0), (true, true, 9.0)]
    {
        let draw = MaxwellBoltzmann {
            remove_translation,
            remove_rotation,
            ..MaxwellBoltzmann::all_modes(1.0)
        };
        let mut state = toy.state();
        let energies: Vec<f64> = (0..20_000)
            .map(|_| {
                draw.draw(&toy.system, &mut state, &mut generator).unwrap();
                2.0 * state.kinetic_energy(&toy.system)
            })
            .collect();
        let error = (2.0 * modes / 20_000f64).sqrt();
        assert!((mean(&energies) - modes).abs() < 4.0 * error, "{modes}");
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let atom = System::from_symbols(&["Ar"]).unwrap();
    let state = || State::at_rest(vec![Vec3::zeros()], Cell::Open);
    let draw = |settings: MaxwellBoltzmann, mut state: State| {
        settings
            .draw(&atom, &mut state, &mut Generator::new(1, 0))
            .unwrap_err()
    };
    let thermal = MaxwellBoltzmann::all_modes(0.04);
    let still = MaxwellBoltzmann {
        remove_translation: true,
        kinetic_energy: Some(0.1),
        ..thermal.clone()
    };
    assert_eq!(
        draw(still, state()),
        IntegratorError::NothingToScale {
            kinetic_energy: 0.1
        }
    );
    let spinning = MaxwellBoltzmann {
        remove_rotation: true,
        ..thermal.clone()
    };
    let mut boxed = state();
    boxed.cell = Cell::orthorhombic(5.0, 5.0, 5.0).unwrap();
    assert_eq!(
        draw(spinning, boxed),
        IntegratorError::RotationInPeriodicCell
    );
    let cold = MaxwellBoltzmann {
        kt: -0.04,
        ..thermal.clone()
    };
    assert!(matches!(
        draw(cold, state()),
        IntegratorError::InvalidParameter { name: "kt", .. }
    ));
    let mut longer = state();
    longer.momenta.push(Vec3::zeros());
    assert_eq!(
        draw(thermal, longer),
        IntegratorError::Length {
            name: "momenta",
            found: 2,
            atoms: 1
        }
    );
}

/// Catches one time step or kT let through.
#[test]
fn settings_without_meaning_are_refused() {
    let generator = || Generator::new(1, 0);
    let target = KineticTarget {
        kt: 0.04,
        degrees_of_freedom: 3,
    };
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let chain = Chain::new(target, ChainSettings::default()).unwrap();
        assert!(VelocityVerlet::new(bad).is_err());
        assert!(NoseHoover::new(bad, chain).is_err());
        assert!(Langevin::new(bad, 0.04, 1.0, generator()).is_err());
        assert!(Langevin::new(1.0, 0.04, bad, generator()).is_err());
        assert!(Csvr::new(bad, target, 1.0, generator()).is_err());
        assert!(Csvr::new(1.0, target, bad, generator()).is_err());
        let target = KineticTarget { kt: bad, ..target };
        assert!(Chain::new(target, ChainSettings::default()).is_err());
        assert!(Csvr::new(1.0, target, 1.0, generator()).is_err());
    }
    let message = VelocityVerlet::new(-1.0).unwrap_err().to_string();
    assert!(message.contains("timestep = -1") && !message.contains('\n'));
}
