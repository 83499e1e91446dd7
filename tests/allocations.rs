//! The loop allocates nothing once it is warm, whatever moves the atoms and whoever watches, also under the network.

mod common;

use common::{argon_replica, argon_simulation, INTEGRATORS};
use oreo::core::random::Generator;
use oreo::core::testing::{argon_cluster, ethanol};
use oreo::core::units::{FEMTOSECOND, KELVIN};
use oreo::core::{Cell, Potential, State, System, Vec3};
use oreo::integrators::{
    Fire, FireSettings, FixedAtoms, Lbfgs, LbfgsSettings, MaxwellBoltzmann, Minimizer,
    VelocityVerlet,
};
use oreo::observers::{Averages, Deviations, Distances, FrameContent, Thermo, Trajectory, Unseen};
use oreo::potentials::oreo::fused::{Filters, Options, OreoFused, Precision};
use oreo::potentials::oreo::seen::SeenDistances;
use oreo::potentials::oreo::{Config, Weights};
use oreo::potentials::LennardJones;
use oreo::validation::stability::{BondRule, DeviationRule, TemperatureRule};
use oreo::validation::Topology;
use oreo::{Committee, Relaxation, Replica, Simulation, DEFAULT_SKIN};

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
                .watch(2, Unseen::new(SeenDistances::new(5.0).into()))
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

/// Catches a request that is collected, and pairs of L-BFGS that are kept in new vectors. 120 steps fill its memory of 100.
#[test]
fn a_warm_step_of_a_relaxation_allocates_nothing() {
    for optimizer in ["lbfgs", "fire"] {
        let (system, mut positions) = argon_cluster(13);
        let atoms = positions.len();
        for (i, position) in positions.iter_mut().enumerate() {
            *position += 0.3 * Vec3::new((1.1 * i as f64).sin(), (2.3 * i as f64).cos(), 0.1);
        }
        let minimizer: Box<dyn Minimizer> = match optimizer {
            "lbfgs" => Box::new(Lbfgs::new(LbfgsSettings::default(), atoms).unwrap()),
            _ => Box::new(Fire::new(FireSettings::default(), atoms).unwrap()),
        };
        let (state, fixed) = (State::at_rest(positions, Cell::Open), FixedAtoms::none());
        let argon = Box::new(LennardJones::argon());
        let mut relaxation = Relaxation::new(argon, system, state, minimizer, fixed).unwrap();
        relaxation.start().unwrap();
        (0..20).for_each(|_| relaxation.step().unwrap());
        let counted =
            allocation_counter::measure(|| (0..100).for_each(|_| relaxation.step().unwrap()));
        assert_eq!(counted.count_total, 0, "{optimizer}");
    }
}

/// The replicas are looked at only when something is printed, and that is not in the first quarter of a second. Catches text
/// that is made and not shown.
#[cfg(feature = "cli")]
#[test]
fn a_display_between_two_pictures_allocates_nothing() {
    let mut progress = oreo::cli::progress::Progress::new(u64::MAX, 0, 0.5, 3);
    let counted = allocation_counter::measure(|| {
        for step in 0..20_000 {
            progress.update(step, || unreachable!("nothing is printed yet"));
        }
    });
    assert_eq!(counted.count_total, 0);
}

/// Two warm ethanols as far apart as the cutoff: pairs between them come and go.
fn two_ethanols(id: u32) -> Replica {
    let (one, mut positions) = ethanol();
    let there = Vec3::new(6.0, 0.5, 0.0);
    let other: Vec<_> = positions.iter().map(|r| r + there).collect();
    positions.extend(other);
    let system = System::new([&one.elements[..], &one.elements[..]].concat());
    let mut state = State::at_rest(positions, Cell::Open);
    let velocities = MaxwellBoltzmann::all_modes(500.0 * KELVIN);
    velocities
        .draw(&system, &mut state, &mut Generator::new(5, id))
        .unwrap();
    let integrator = VelocityVerlet::new(0.5 * FEMTOSECOND).unwrap();
    Replica::new(id, system.into(), state, Box::new(integrator))
}

fn pairs(positions: &[Vec3]) -> usize {
    let after = |i: usize| positions[i + 1..].iter();
    let near = |i: usize| {
        after(i)
            .filter(|r| (*r - positions[i]).norm() < 5.0)
            .count()
    };
    (0..positions.len()).map(near).sum()
}

/// Of the size of the model in `models/`, untrained.
fn network(precision: Precision, filters: Filters) -> Box<OreoFused> {
    let config = Config {
        channels: 128,
        layers: 4,
        radial_functions: 32,
        ..Config::et_oreo()
    };
    let options = Options {
        precision,
        filters,
        ..Options::default()
    };
    Box::new(OreoFused::new(&Weights::random(config, 1), &options).unwrap())
}

/// Catches scratch that fits the pairs of this step only, and layers that take their memory anew.
#[test]
fn a_step_under_the_network_allocates_nothing() {
    for (precision, filters) in [
        (Precision::F32, Filters::DEFAULT),
        (Precision::F32, Filters::Exact),
        (Precision::F16Weights, Filters::DEFAULT),
    ] {
        let replicas = (0..2).map(two_ethanols).collect();
        let network = network(precision, filters);
        let mut simulation = Simulation::new(network, replicas, DEFAULT_SKIN).unwrap();
        simulation.start().unwrap();
        simulation.run(20).unwrap();
        let (mut fewest, mut most) = (usize::MAX, 0);
        let counted = allocation_counter::measure(|| {
            for _ in 0..200 {
                simulation.step().unwrap();
                let here = simulation.replicas().iter();
                let here = here.map(|one| pairs(&one.state.positions)).sum();
                (fewest, most) = (fewest.min(here), most.max(here));
            }
        });
        assert!(!simulation.is_over());
        assert!(most > fewest + 5, "{fewest} to {most} pairs: too few");
        assert_eq!(
            counted.count_total, 0,
            "{precision:?}, {filters:?}: {} allocations in 200 steps of {fewest} to {most} pairs",
            counted.count_total
        );
    }
}

/// One member reaches farther than the network of the dynamics and has lists of its own. Seen to fail with the requests
/// of a member collected into a new vector.
#[test]
fn asking_a_committee_allocates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let replica = |id: u32| {
        let path = folder.path().join(format!("{id}.csv"));
        let thermo = Thermo::new(path, 0.2, 54, Default::default());
        two_ethanols(id)
            .watch(1, DeviationRule::new(1e6).unwrap())
            .watch(1, thermo.with_force_deviation())
            .watch(1, Deviations::default())
    };
    let member = |seed, cutoff_upper| {
        let config = Config {
            channels: 64,
            layers: 2,
            radial_functions: 16,
            cutoff_upper,
            ..Config::et_oreo()
        };
        let options = Options::default();
        OreoFused::new(&Weights::random(config, seed), &options).unwrap()
    };
    let members: Vec<Box<dyn Potential>> = vec![Box::new(member(2, 5.0)), Box::new(member(3, 6.0))];
    let replicas = (0..2).map(replica).collect();
    let simulation = Simulation::new(Box::new(member(1, 5.0)), replicas, DEFAULT_SKIN).unwrap();
    let mut simulation = simulation
        .with_committee(Committee::new(members, 1))
        .unwrap();
    simulation.start().unwrap();
    simulation.run(100).unwrap();
    let counted = allocation_counter::measure(|| simulation.run(100).unwrap());
    assert!(!simulation.is_over());
    let flushes = allocation_counter::measure(|| simulation.flush().unwrap());
    assert_eq!(counted.count_total, flushes.count_total, "in 100 steps");
}
