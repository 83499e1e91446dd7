//! Saved in the middle and continued by fresh objects, every method gives the same bits.

mod common;

use common::memory::Memory;
use common::*;
use oreo_core::random::Generator;
use oreo_core::units::FEMTOSECOND;
use oreo_core::{ArchiveError, Integrator, Persist};
use oreo_integrators::*;

/// Every method, with a generator of this seed where it has one.
fn methods(seed: u64) -> Vec<Box<dyn Integrator>> {
    let target = molecule().target(Coupling::Internal, 300.0);
    let (h, generator) = (0.5 * FEMTOSECOND, Generator::new(seed, 0));
    vec![
        Box::new(VelocityVerlet::new(h).unwrap()),
        Box::new(nose_hoover(h, target)),
        Box::new(Langevin::new(h, target.kt, TAU, generator.clone()).unwrap()),
        Box::new(Csvr::new(h, target, TAU, generator.clone()).unwrap()),
        Box::new(WithoutRigidMotion::new(Box::new(
            Csvr::new(h, target, TAU, generator).unwrap(),
        ))),
    ]
}

/// The fresh objects start from another seed and at rest, so that whatever is not saved shows. Catches chain velocities,
/// displacements, heat or a generator left out (the last two one by one: positions, then the conserved quantity).
#[test]
fn restart_is_bit_identical() {
    let toy = molecule();
    let target = toy.target(Coupling::Internal, 300.0);
    for (mut whole, mut fresh) in methods(1).into_iter().zip(methods(2)) {
        let mut state = toy.internal_start(target, 1);
        state.momenta[0].x += 1.0; // some translation to remove
        toy.run(&mut *whole, &mut state, 150);

        let mut memory = Memory::default();
        state.persist(&mut memory).unwrap();
        whole.persist(&mut memory).unwrap();
        let mut continued = toy.state();
        let mut memory = memory.reading();
        continued.persist(&mut memory).unwrap();
        fresh.persist(&mut memory).unwrap();

        toy.run(&mut *whole, &mut state, 250);
        toy.run(&mut *fresh, &mut continued, 250);
        assert_eq!(state, continued);
        assert_eq!(state.step, 400);
        let conserved = [&whole, &fresh].map(|i| i.conserved(&toy.system, &state).to_bits());
        assert_eq!(conserved[0], conserved[1]);
    }
}

#[test]
fn a_chain_of_another_length_is_refused() {
    let target = KineticTarget {
        kt: 0.04,
        degrees_of_freedom: 3,
    };
    let chain = |length| {
        Chain::new(
            target,
            ChainSettings {
                length,
                ..Default::default()
            },
        )
        .unwrap()
    };
    let mut memory = Memory::default();
    chain(3).persist(&mut memory).unwrap();
    let refused = chain(5).persist(&mut memory.reading()).unwrap_err();
    assert!(
        matches!(
            refused,
            ArchiveError::Length {
                expected: 5,
                found: 3,
                ..
            }
        ),
        "{refused}"
    );
}
