//! Rounding errors must not grow into translation and rotation, and what is taken out is accounted for.

mod common;

use common::*;
use oreo_core::random::Generator;
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Integrator, RigidMotion, State, Vec3};
use oreo_integrators::*;

fn rigid_energy(toy: &Toy, state: &State) -> f64 {
    let motion = RigidMotion::of(&toy.system, &state.positions, &state.momenta);
    motion.translational_energy + motion.rotational_energy
}

/// Largest energy of rigid motion in 200 ps, relative to K₀.
fn growth(wrap: fn(Csvr) -> Box<dyn Integrator>) -> f64 {
    let toy = molecule();
    let target = toy.target(Coupling::Internal, 300.0);
    let generator = Generator::new(5, 1);
    let csvr = Csvr::new(0.5 * FEMTOSECOND, target, FEMTOSECOND, generator).unwrap();
    let mut integrator = wrap(csvr);
    let mut state = toy.internal_start(target, 5);
    let energies = (0..400).map(|_| {
        toy.run(&mut *integrator, &mut state, 1000);
        rigid_energy(&toy, &state)
    });
    energies.fold(0.0, f64::max) / target.kinetic_energy()
}

/// The second assertion is the mistake that the first would catch: ten orders of magnitude in 200 ps, and on it goes.
#[test]
fn velocity_rescaling_grows_rigid_motion_out_of_rounding_unless_it_is_removed() {
    let bare = growth(|csvr| Box::new(csvr));
    let removed = growth(|csvr| Box::new(WithoutRigidMotion::new(Box::new(csvr))));
    println!("bare {bare:.1e}, removed {removed:.1e}");
    assert!(removed < 1e-28, "{removed:e}");
    assert!(bare > 1e3 * removed, "{bare:e}");
}

/// Catches energy taken out and not booked, or booked twice.
#[test]
fn removed_energy_is_part_of_the_conserved_quantity() {
    let toy = molecule();
    let mut state = toy.internal_start(toy.target(Coupling::Internal, 300.0), 5);
    let spin = Vec3::new(0.1, -0.2, 0.3);
    for ((momentum, mass), position) in state
        .momenta
        .iter_mut()
        .zip(&toy.system.masses)
        .zip(&state.positions)
    {
        *momentum += *mass * (Vec3::new(0.3, 0.0, 0.1) + spin.cross(position));
    }
    let rigid = rigid_energy(&toy, &state);
    let verlet = VelocityVerlet::new(0.01 * FEMTOSECOND).unwrap();
    let mut integrator = WithoutRigidMotion::new(Box::new(verlet));
    let before = integrator.conserved(&toy.system, &state);
    toy.run(&mut integrator, &mut state, 1);
    assert!((integrator.removed() / rigid - 1.0).abs() < 1e-4);
    assert!((integrator.conserved(&toy.system, &state) - before).abs() < 1e-7);
    assert!(rigid_energy(&toy, &state) < 1e-25);
}
