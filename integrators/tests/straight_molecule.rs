//! Why a straight molecule of three atoms counts 3 internal modes and not 3N − 5 = 4.

mod common;

use common::*;
use oreo_core::units::FEMTOSECOND;
use oreo_core::Vec3;
use oreo_integrators::*;

/// Displacement of the middle atom from the line through the other two, Å.
fn bend(positions: &[Vec3]) -> Vec3 {
    let axis = (positions[1] - positions[2]).normalize();
    let arm = positions[0] - positions[2];
    arm - axis * axis.dot(&arm)
}

/// At the start both directions of the bend have momentum. Without angular momentum they stay in step, so that the
/// molecule bends in one plane for ever: three atoms in a plane have 6 coordinates, less 2 and 1 for translation and
/// rotation. Catches a count of 3N − 5, and a rotation about the axis left in by the removal.
#[test]
fn a_straight_triatomic_without_spin_bends_in_one_plane() {
    let toy = straight_triatomic();
    let target = toy.target(Coupling::Internal, 300.0);
    assert_eq!(target.degrees_of_freedom, 3);
    let mut state = toy.internal_start(target, 1);
    let plane = Vec3::x().cross(&state.momenta[0]).normalize();
    assert!(
        plane.y.abs() > 0.1 && plane.z.abs() > 0.1,
        "both directions take part"
    );
    let mut integrator = nose_hoover(0.5 * FEMTOSECOND, target);
    let mut largest = 0.0f64;
    for _ in 0..20_000 {
        toy.run(&mut integrator, &mut state, 1);
        let bend = bend(&state.positions);
        largest = largest.max(bend.norm());
        assert!(bend.dot(&plane).abs() < 1e-10);
    }
    assert!(largest > 0.05, "{largest} Å");
}
