//! Dynamics under a real network, the shipped one: order of the integrator, replicas, restart, on every path.

use oreo::core::random::Generator;
use oreo::core::testing::ethanol;
use oreo::core::units::{FEMTOSECOND, KELVIN};
use oreo::core::{Cell, Integrator, Potential, State, System};
use oreo::integrators::*;
use oreo::potentials::oreo::fused::{Filters, Options, OreoFused, Precision};
use oreo::potentials::oreo::Weights;
use oreo::{checkpoint, Replica, Simulation, DEFAULT_SKIN};
use std::sync::Arc;

fn weights() -> Weights {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/models/et_ethanol_peer.safetensors"
    );
    Weights::load(path).unwrap()
}

#[cfg(feature = "candle")]
fn reference(precision: Precision) -> Box<dyn Potential> {
    use oreo::potentials::oreo::reference::{Device, OreoReference, Precision as Reference};
    let precision = match precision {
        Precision::F64 => Reference::F64,
        _ => Reference::F32,
    };
    Box::new(OreoReference::new(&weights(), precision, &Device::Cpu).unwrap())
}

fn fused(precision: Precision, filters: Filters, threads: usize) -> Box<dyn Potential> {
    let options = Options {
        precision,
        filters,
        threads,
        ..Options::default()
    };
    Box::new(OreoFused::new(&weights(), &options).unwrap())
}

/// As a run computes by default.
fn fast(threads: usize) -> Box<dyn Potential> {
    fused(Precision::F32, Filters::DEFAULT, threads)
}

fn warm(id: u32) -> (System, State, DegreesOfFreedom, KineticTarget) {
    let (system, positions) = ethanol();
    let mut state = State::at_rest(positions, Cell::Open);
    let dof = DegreesOfFreedom::of(&system, &state.cell).unwrap();
    let target = dof
        .target(Mode::Physical, Coupling::Internal, 300.0 * KELVIN)
        .unwrap();
    let start = MaxwellBoltzmann::internal(target, &state.cell);
    start
        .draw(&system, &mut state, &mut Generator::new(3, id))
        .unwrap();
    (system, state, dof, target)
}

fn simulation(
    ids: &[u32],
    network: Box<dyn Potential>,
    integrator: impl Fn(KineticTarget) -> Box<dyn Integrator>,
) -> Simulation {
    let replica = |&id: &u32| {
        let (system, state, _, target) = warm(id);
        Replica::new(id, Arc::new(system), state, integrator(target))
    };
    Simulation::new(network, ids.iter().map(replica).collect(), DEFAULT_SKIN).unwrap()
}

/// Root mean square deviation of the total energy from its mean over 20 fs, eV.
fn energy_error(network: Box<dyn Potential>, timestep: f64) -> f64 {
    let verlet =
        |_| Box::new(VelocityVerlet::new(timestep * FEMTOSECOND).unwrap()) as Box<dyn Integrator>;
    let mut simulation = simulation(&[0], network, verlet);
    simulation.start().unwrap();
    let mut energies = Vec::new();
    for _ in 0..(20.0 / timestep) as usize {
        simulation.step().unwrap();
        energies.push(simulation.replicas()[0].conserved());
    }
    let mean = energies.iter().sum::<f64>() / energies.len() as f64;
    (energies.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / energies.len() as f64).sqrt()
}

fn assert_second_order(network: impl Fn() -> Box<dyn Potential>) {
    let ratio = energy_error(network(), 0.5) / energy_error(network(), 0.25);
    assert!((1.0 - ratio / 4.0).abs() <= 0.25, "ratio {ratio}");
}

/// Catches forces that are not the gradient of the energy, which a short run of small drift would not show.
#[cfg(feature = "candle")]
#[test]
fn halving_the_step_quarters_the_energy_error() {
    assert_second_order(|| reference(Precision::F64));
}

/// The same of the fast path. A table is a potential of its own: its forces must be the slopes of its energy.
#[test]
fn halving_the_step_quarters_the_energy_error_on_the_fast_path() {
    for filters in [Filters::Exact, Filters::DEFAULT] {
        assert_second_order(|| fused(Precision::F64, filters, 1));
    }
}

fn nose_hoover(target: KineticTarget) -> Box<dyn Integrator> {
    let chain = Chain::new(target, ChainSettings::default()).unwrap();
    Box::new(WithoutRigidMotion::new(Box::new(
        NoseHoover::new(0.5 * FEMTOSECOND, chain).unwrap(),
    )))
}

/// Singles and batch may sum in another order inside a matrix product: f32 rounding, not more.
#[cfg(feature = "candle")]
#[test]
fn replicas_in_one_call_of_the_reference_move_as_they_would_alone() {
    let mut together = simulation(&[0, 1, 2], reference(Precision::F32), nose_hoover);
    together.start().unwrap();
    together.run(20).unwrap();
    for (id, replica) in together.replicas().iter().enumerate() {
        let mut alone = simulation(&[id as u32], reference(Precision::F32), nose_hoover);
        alone.start().unwrap();
        alone.run(20).unwrap();
        let deviation = replica
            .state
            .positions
            .iter()
            .zip(&alone.replicas()[0].state.positions);
        let largest = deviation.map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
        println!("replica {id}: largest deviation {largest:.1e} Å");
        assert!(largest < 1e-5, "replica {id}: {largest} Å");
    }
}

/// Catches sums whose order depends on who else is in the call, or on which thread took which part.
#[test]
fn the_number_of_replicas_and_threads_does_not_change_a_bit_under_the_network() {
    let run = |ids: &[u32], threads| {
        let mut simulation = simulation(ids, fast(threads), nose_hoover);
        simulation.start().unwrap();
        simulation.run(20).unwrap();
        simulation
    };
    let alone = [0, 1, 2].map(|id| run(&[id], 1));
    for (ids, threads) in [
        (&[0, 1, 2][..], 1),
        (&[0, 1, 2], 2),
        (&[2, 0], 3),
        (&[1], 2),
        (&[0, 1], 16),
    ] {
        for replica in run(ids, threads).replicas() {
            let single = &alone[replica.id as usize].replicas()[0];
            assert!(
                replica.state == single.state
                    && replica.conserved().to_bits() == single.conserved().to_bits(),
                "replica {} of {ids:?} with {threads} threads",
                replica.id
            );
        }
    }
}

fn assert_continues(network: impl Fn() -> Box<dyn Potential>, other: Box<dyn Potential>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.oreo");
    let mut whole = simulation(&[0, 1], network(), nose_hoover);
    whole.start().unwrap();
    whole.run(30).unwrap();
    let mut first = simulation(&[0, 1], network(), nose_hoover);
    first.start().unwrap();
    first.run(11).unwrap();
    checkpoint::save(&path, &mut first).unwrap();
    let mut second = simulation(&[0, 1], other, nose_hoover);
    checkpoint::load(&path, &mut second).unwrap();
    second.run(19).unwrap();
    for (a, b) in whole.replicas().iter().zip(second.replicas()) {
        assert_eq!(a.state, b.state);
        assert_eq!(a.conserved().to_bits(), b.conserved().to_bits());
    }
}

#[cfg(feature = "candle")]
#[test]
fn a_network_run_continues_to_the_bit() {
    assert_continues(|| reference(Precision::F32), reference(Precision::F32));
}

/// Also when it goes on with another number of threads.
#[test]
fn a_run_on_the_fast_path_continues_to_the_bit() {
    assert_continues(|| fast(1), fast(2));
}
