//! Each replica has its own fate: what happens to one is seen by no other.

mod common;

use common::argon_replica;
use oreo::checkpoint;
use oreo::core::{
    Archive, ArchiveError, Capabilities, Observer, ObserverError, Persist, Potential,
    PotentialError, Request, Stop, Vec3, View,
};
use oreo::potentials::LennardJones;
use oreo::{RunError, Simulation, DEFAULT_SKIN};
use std::ops::ControlFlow;

/// Argon that misbehaves at a chosen call.
struct Faulty {
    argon: LennardJones,
    calls: usize,
    at_call: usize,
    fault: fn(&mut [Request<'_>]) -> Result<(), PotentialError>,
}

impl Potential for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.argon.capabilities()
    }
    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        self.argon.evaluate(batch)?;
        self.calls += 1;
        if self.calls == self.at_call {
            return (self.fault)(batch);
        }
        Ok(())
    }
}

fn faulty(
    at_call: usize,
    fault: fn(&mut [Request<'_>]) -> Result<(), PotentialError>,
) -> Box<dyn Potential> {
    Box::new(Faulty {
        argon: LennardJones::argon(),
        calls: 0,
        at_call,
        fault,
    })
}

/// What is not finite must reach no observer.
struct Finite;

impl Observer for Finite {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        assert!(
            view.state.is_finite(),
            "replica {} is shown with NaN",
            view.replica
        );
        Ok(ControlFlow::Continue(()))
    }
}

impl Persist for Finite {
    fn persist(&mut self, _: &mut dyn Archive) -> Result<(), ArchiveError> {
        Ok(())
    }
}

fn simulation(potential: Box<dyn Potential>, replicas: u32) -> Simulation {
    let replicas = (0..replicas)
        .map(|id| argon_replica(id, "nose-hoover").watch(1, Finite))
        .collect();
    let mut simulation = Simulation::new(potential, replicas, DEFAULT_SKIN).unwrap();
    simulation.start().unwrap();
    simulation
}

/// Seen to fail when the finished step is not looked at, although the next one would retire the replica as well.
#[test]
fn a_nan_force_retires_only_its_replica() {
    let poison = |batch: &mut [Request<'_>]| {
        batch[1].forces[3] = Vec3::repeat(f64::NAN);
        Ok(())
    };
    let mut struck = simulation(faulty(6, poison), 3);
    let mut healthy = simulation(Box::new(LennardJones::argon()), 3);
    struck.run(20).unwrap();
    healthy.run(20).unwrap();
    let [a, b, c] = struck.replicas() else {
        panic!()
    };
    assert_eq!(
        b.stop(),
        Some(&Stop::NonFinite {
            step: 5,
            quantity: "force on atom 3".into()
        })
    );
    assert_eq!(b.state.step, 4, "the bad step is not counted as done");
    for (replica, twin) in [(a, &healthy.replicas()[0]), (c, &healthy.replicas()[2])] {
        assert!(replica.is_active());
        assert_eq!(replica.state, twin.state);
    }
}

/// Catches a loop that goes on after a failed force call (fairchem) or saves what it left behind.
#[test]
fn a_failed_force_call_ends_the_run_and_cannot_be_saved() {
    let fail = |_: &mut [Request<'_>]| {
        Err(PotentialError::Backend {
            potential: "argon".into(),
            message: "out of memory".into(),
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.oreo");
    let mut broken = simulation(faulty(4, fail), 2);
    broken.run(2).unwrap();
    checkpoint::save(&path, &mut broken).unwrap();
    let error = broken.run(5).unwrap_err().to_string();
    assert_eq!(error, "no forces for step 3: argon failed: out of memory");
    assert!(matches!(broken.step(), Err(RunError::Broken)));
    assert!(checkpoint::save(&path, &mut broken).is_err());

    let mut again = simulation(Box::new(LennardJones::argon()), 2);
    checkpoint::load(&path, &mut again).unwrap();
    assert_eq!(
        again.replicas()[0].state.step,
        2,
        "the last good checkpoint is untouched"
    );
}

/// A force that throws one atom out of every box there is.
#[test]
fn an_atom_that_leaves_by_millions_of_boxes_retires_only_its_replica() {
    use oreo::core::testing::argon_crystal;
    use oreo::core::State;
    use oreo::integrators::VelocityVerlet;
    let throw = |batch: &mut [Request<'_>]| {
        batch[0].forces[0] = Vec3::repeat(1e25);
        Ok(())
    };
    let (system, positions, cell) = argon_crystal(2);
    let replica = |id| {
        let state = State::at_rest(positions.clone(), cell.clone());
        oreo::Replica::new(
            id,
            system.clone().into(),
            state,
            Box::new(VelocityVerlet::new(0.2).unwrap()),
        )
    };
    let mut simulation =
        Simulation::new(faulty(3, throw), vec![replica(0), replica(1)], DEFAULT_SKIN).unwrap();
    simulation.start().unwrap();
    simulation.run(10).unwrap();
    let [thrown, other] = simulation.replicas() else {
        panic!()
    };
    assert_eq!(thrown.stop().unwrap().cause(), "non_finite");
    assert_eq!(other.state.step, 10);
}

struct StopAt(u64);

impl Observer for StopAt {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let step = view.state.step;
        Ok(match step == self.0 {
            true => ControlFlow::Break(Stop::Requested {
                step,
                reason: "as planned".into(),
            }),
            false => ControlFlow::Continue(()),
        })
    }
}

impl Persist for StopAt {
    fn persist(&mut self, _: &mut dyn Archive) -> Result<(), ArchiveError> {
        Ok(())
    }
}

#[test]
fn a_stopped_replica_stays_stopped_after_a_restart() {
    let build = || {
        let replicas = vec![
            argon_replica(0, "nve"),
            argon_replica(1, "nve").watch(1, StopAt(7)),
        ];
        Simulation::new(Box::new(LennardJones::argon()), replicas, DEFAULT_SKIN).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.oreo");
    let mut first = build();
    first.start().unwrap();
    first.run(10).unwrap();
    checkpoint::save(&path, &mut first).unwrap();
    let mut second = build();
    checkpoint::load(&path, &mut second).unwrap();
    second.run(10).unwrap();
    let steps: Vec<_> = second
        .replicas()
        .iter()
        .map(|replica| replica.state.step)
        .collect();
    assert_eq!(steps, [20, 7]);
    assert_eq!(
        second.replicas()[1].stop(),
        Some(&Stop::Requested {
            step: 7,
            reason: "as planned".into()
        })
    );
}

#[test]
fn an_element_the_potential_does_not_know_is_refused_before_the_first_step() {
    use oreo::core::{Cell, State, System};
    use oreo::integrators::VelocityVerlet;
    let system = System::from_symbols(&["Ar", "Kr"]).unwrap();
    let state = State::at_rest(vec![Vec3::zeros(), Vec3::new(4.0, 0.0, 0.0)], Cell::Open);
    let integrator = Box::new(VelocityVerlet::new(0.1).unwrap());
    let replica = oreo::Replica::new(0, system.into(), state, integrator);
    let refused = Simulation::new(Box::new(LennardJones::argon()), vec![replica], DEFAULT_SKIN);
    let message = refused.err().unwrap().to_string();
    assert!(message.contains("not made for Kr (atom 1)"), "{message}");
}
