//! Dynamics under a real network, the shipped one: order of the integrator, replicas, restart.
#![cfg(feature = "candle")]

use oreo::core::random::Generator;
use oreo::core::testing::ethanol;
use oreo::core::units::{FEMTOSECOND, KELVIN};
use oreo::core::{Cell, Integrator, State, System};
use oreo::integrators::*;
use oreo::potentials::oreo::reference::{Device, OreoReference, Precision};
use oreo::potentials::oreo::Weights;
use oreo::{checkpoint, Replica, Simulation, DEFAULT_SKIN};
use std::sync::Arc;

fn network(precision: Precision) -> Box<OreoReference> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/models/et_ethanol_peer.safetensors"
    );
    let weights = Weights::load(path).unwrap();
    Box::new(OreoReference::new(&weights, precision, &Device::Cpu).unwrap())
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
    precision: Precision,
    integrator: impl Fn(KineticTarget) -> Box<dyn Integrator>,
) -> Simulation {
    let replica = |&id: &u32| {
        let (system, state, _, target) = warm(id);
        Replica::new(id, Arc::new(system), state, integrator(target))
    };
    Simulation::new(
        network(precision),
        ids.iter().map(replica).collect(),
        DEFAULT_SKIN,
    )
    .unwrap()
}

/// Root mean square deviation of the total energy from its mean over 20 fs, eV.
fn energy_error(timestep: f64) -> f64 {
    let verlet =
        |_| Box::new(VelocityVerlet::new(timestep * FEMTOSECOND).unwrap()) as Box<dyn Integrator>;
    let mut simulation = simulation(&[0], Precision::F64, verlet);
    simulation.start().unwrap();
    let mut energies = Vec::new();
    for _ in 0..(20.0 / timestep) as usize {
        simulation.step().unwrap();
        energies.push(simulation.replicas()[0].conserved());
    }
    let mean = energies.iter().sum::<f64>() / energies.len() as f64;
    (energies.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / energies.len() as f64).sqrt()
}

/// Catches forces that are not the gradient of the energy, which a short run of small drift would not show.
#[test]
fn halving_the_step_quarters_the_energy_error() {
    let ratio = energy_error(0.5) / energy_error(0.25);
    assert!((1.0 - ratio / 4.0).abs() <= 0.25, "ratio {ratio}");
}

fn nose_hoover(target: KineticTarget) -> Box<dyn Integrator> {
    let chain = Chain::new(target, ChainSettings::default()).unwrap();
    Box::new(WithoutRigidMotion::new(Box::new(
        NoseHoover::new(0.5 * FEMTOSECOND, chain).unwrap(),
    )))
}

/// Singles and batch may sum in another order inside a matrix product: f32 rounding, not more.
#[test]
fn replicas_in_one_call_move_as_they_would_alone() {
    let mut together = simulation(&[0, 1, 2], Precision::F32, nose_hoover);
    together.start().unwrap();
    together.run(20).unwrap();
    for (id, replica) in together.replicas().iter().enumerate() {
        let mut alone = simulation(&[id as u32], Precision::F32, nose_hoover);
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

#[test]
fn a_network_run_continues_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.oreo");
    let mut whole = simulation(&[0, 1], Precision::F32, nose_hoover);
    whole.start().unwrap();
    whole.run(30).unwrap();
    let mut first = simulation(&[0, 1], Precision::F32, nose_hoover);
    first.start().unwrap();
    first.run(11).unwrap();
    checkpoint::save(&path, &mut first).unwrap();
    let mut second = simulation(&[0, 1], Precision::F32, nose_hoover);
    checkpoint::load(&path, &mut second).unwrap();
    second.run(19).unwrap();
    for (a, b) in whole.replicas().iter().zip(second.replicas()) {
        assert_eq!(a.state, b.state);
        assert_eq!(a.conserved().to_bits(), b.conserved().to_bits());
    }
}
