//! A run that was saved and continued in fresh objects is the same run, to the bit (V11), and neither the number of
//! replicas nor who watches changes a trajectory (V12).

mod common;

use common::{argon_replica, argon_simulation, INTEGRATORS};
use oreo::checkpoint;
use oreo::core::State;
use oreo::observers::{Averages, Distances, FrameContent, Thermo, Trajectory};
use oreo::{Replica, Simulation};
use std::fs;
use std::path::Path;

fn bits(state: &State) -> Vec<u64> {
    let vectors = state
        .positions
        .iter()
        .chain(&state.momenta)
        .chain(&state.forces);
    let numbers = vectors.flat_map(|v| [v.x, v.y, v.z]).chain([state.energy]);
    numbers.map(f64::to_bits).chain([state.step]).collect()
}

fn conserved(simulation: &Simulation) -> Vec<u64> {
    simulation
        .replicas()
        .iter()
        .map(|replica| replica.conserved().to_bits())
        .collect()
}

/// With everything that writes, every 10 steps.
fn watched(id: u32, name: &str, folder: &Path) -> Replica {
    let timing = oreo::formats::Timing {
        first_step: 0,
        interval: 10,
        timestep: 0.2,
    };
    let content = FrameContent {
        forces: true,
        velocities: true,
    };
    let file = |extension: &str| folder.join(format!("{id}.{extension}"));
    argon_replica(id, name)
        .watch(10, Trajectory::new(file("xyz"), timing, content, 0.2))
        .watch(
            10,
            Trajectory::new(file("dcd"), timing, FrameContent::default(), 0.2),
        )
        .watch(10, Thermo::new(file("csv"), 0.2, 33, Default::default()))
        .watch(10, Distances::default())
        .watch(5, Averages::new(0.2, 33))
}

fn simulation(name: &str, folder: &Path) -> Simulation {
    argon_simulation((0..2).map(|id| watched(id, name, folder)).collect())
}

/// Catches: a thermostat or generator outside the checkpoint, forces recomputed or zeroed on resume, frames doubled or
/// lost. Seen to fail with the chain's velocities left out of `Persist`.
#[test]
fn restart_is_bit_identical_and_leaves_the_same_files() {
    for name in INTEGRATORS {
        let [whole, parts] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut uninterrupted = simulation(name, whole.path());
        uninterrupted.start().unwrap();
        uninterrupted.run(400).unwrap();

        let path = parts.path().join("checkpoint.oreo");
        let mut first = simulation(name, parts.path());
        first.start().unwrap();
        first.run(150).unwrap();
        checkpoint::save(&path, &mut first).unwrap();
        first.run(33).unwrap(); // what a crash leaves behind the checkpoint
        drop(first);
        let mut second = simulation(name, parts.path());
        checkpoint::load(&path, &mut second).unwrap();
        second.run(250).unwrap();

        for (a, b) in uninterrupted.replicas().iter().zip(second.replicas()) {
            assert_eq!(bits(&a.state), bits(&b.state), "{name}");
            assert_eq!(
                a.observer::<Distances>().unwrap().histogram(),
                b.observer::<Distances>().unwrap().histogram()
            );
            assert_eq!(
                a.observer::<Averages>().unwrap().drift(),
                b.observer::<Averages>().unwrap().drift()
            );
        }
        assert_eq!(conserved(&uninterrupted), conserved(&second), "{name}");
        for file in ["0.xyz", "1.xyz", "0.dcd", "1.dcd", "0.csv", "1.csv"] {
            let [a, b] = [&whole, &parts].map(|folder| fs::read(folder.path().join(file)).unwrap());
            assert!(a == b, "{name}: {file} differs");
        }
    }
}

#[test]
fn the_number_of_replicas_does_not_change_a_trajectory() {
    let mut many = argon_simulation((0..4).map(|id| argon_replica(id, "langevin")).collect());
    many.start().unwrap();
    many.run(200).unwrap();
    for id in 0..4 {
        let mut alone = argon_simulation(vec![argon_replica(id, "langevin")]);
        alone.start().unwrap();
        alone.run(200).unwrap();
        assert_eq!(
            bits(&alone.replicas()[0].state),
            bits(&many.replicas()[id as usize].state)
        );
    }
}

#[test]
fn who_watches_and_how_often_does_not_change_a_trajectory() {
    let folder = tempfile::tempdir().unwrap();
    let mut silent = argon_simulation(vec![argon_replica(0, "csvr")]);
    let mut observed = argon_simulation(vec![watched(0, "csvr", folder.path())]);
    for simulation in [&mut silent, &mut observed] {
        simulation.start().unwrap();
        simulation.run(200).unwrap();
    }
    assert_eq!(
        bits(&silent.replicas()[0].state),
        bits(&observed.replicas()[0].state)
    );
}

#[test]
fn the_skin_does_not_change_a_trajectory() {
    use oreo::potentials::LennardJones;
    let run = |skin| {
        let replicas = vec![argon_replica(0, "nve")];
        let mut simulation =
            Simulation::new(Box::new(LennardJones::argon()), replicas, skin).unwrap();
        simulation.start().unwrap();
        simulation.run(300).unwrap();
        bits(&simulation.replicas()[0].state)
    };
    assert_eq!(run(0.0), run(0.3));
    assert_eq!(run(0.0), run(5.0));
}
