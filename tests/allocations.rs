//! The loop allocates nothing once it is warm, whatever moves the atoms and whoever watches.

mod common;

use common::{argon_replica, argon_simulation, INTEGRATORS};
use oreo::observers::{Averages, Distances, FrameContent, Thermo, Trajectory};
use oreo::validation::stability::{BondRule, TemperatureRule};
use oreo::validation::Topology;

/// Catches a request vector that is collected anew, and scratch that is not kept. Seen to fail with
/// `Simulation::evaluate` collecting into a new vector.
#[test]
fn a_warm_step_allocates_nothing() {
    for name in INTEGRATORS {
        let folder = tempfile::tempdir().unwrap();
        let timing = oreo::formats::Timing {
            first_step: 0,
            interval: 2,
            timestep: 0.2,
        };
        let file = |file: String| folder.path().join(file);
        let replica = |id: u32| {
            let replica = argon_replica(id, name);
            let (elements, positions) = (&replica.system.elements, &replica.state.positions);
            let topology = Topology::from_structure(elements, positions, &replica.state.cell);
            let content = FrameContent {
                forces: true,
                velocities: true,
            };
            replica
                .watch(1, BondRule::new(topology.clone(), 50.0).unwrap())
                .watch(1, TemperatureRule::new(1e5, 33.0).unwrap())
                .watch(2, Averages::new(0.2, 33))
                .watch(2, Distances::default())
                .watch(2, Thermo::new(file(format!("{id}.csv")), 0.2, 33, topology))
                .watch(
                    2,
                    Trajectory::new(file(format!("{id}.xyz")), timing, content, 0.2),
                )
                .watch(
                    2,
                    Trajectory::new(
                        file(format!("{id}.dcd")),
                        timing,
                        FrameContent::default(),
                        0.2,
                    ),
                )
        };
        let mut simulation = argon_simulation((0..3).map(replica).collect());
        simulation.start().unwrap();
        simulation.run(1000).unwrap(); // several rebuilds of the neighbour list, full blocks of the histogram
        let counted =
            allocation_counter::measure(|| (0..200).for_each(|_| simulation.step().unwrap()));
        assert_eq!(
            counted.count_total, 0,
            "{name}: {} allocations in 200 steps",
            counted.count_total
        );
    }
}
