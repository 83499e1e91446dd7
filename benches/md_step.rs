//! What a step costs beside the force call, and with it.
//!
//! `cargo bench --bench md_step`
//!
//! - `loop_alone`: a potential that costs nothing, so that integrator, containment and loop remain
//! - `lennard_jones`: crystals of argon, all of it
//! - `network`: ethanol under a network of the size of the model in `models/`, fast path

use divan::Bencher;
use oreo::core::testing::{argon_crystal, ethanol};
use oreo::core::units::FEMTOSECOND;
use oreo::core::{
    Capabilities, Cell, ElementSet, Potential, PotentialError, Request, State, System,
};
use oreo::integrators::VelocityVerlet;
use oreo::potentials::oreo::fused::{Options, OreoFused};
use oreo::potentials::oreo::{Config, Weights};
use oreo::potentials::LennardJones;
use oreo::{Replica, Simulation, DEFAULT_SKIN};

fn main() {
    oreo::cli::limit_threads(1);
    divan::main();
}

struct Nothing;

impl Potential for Nothing {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "nothing".into(),
            precision: "f64",
            neighbors: None,
            elements: ElementSet::all(),
            virial: false,
            periodic: true,
            atoms_per_call: None,
        }
    }

    fn evaluate(&mut self, _: &mut [Request<'_>]) -> Result<(), PotentialError> {
        Ok(())
    }
}

fn simulation(potential: Box<dyn Potential>, system: System, state: State) -> Simulation {
    let integrator = VelocityVerlet::new(0.1 * FEMTOSECOND).unwrap();
    let replica = Replica::new(0, system.into(), state, Box::new(integrator));
    let mut simulation = Simulation::new(potential, vec![replica], DEFAULT_SKIN).unwrap();
    simulation.start().unwrap();
    simulation
}

fn argon(potential: Box<dyn Potential>, cubes: usize) -> Simulation {
    let (system, positions, cell) = argon_crystal(cubes);
    simulation(potential, system, State::at_rest(positions, cell))
}

/// 4 n³ atoms.
#[divan::bench(args = [2, 4, 8])]
fn loop_alone(bencher: Bencher, cubes: usize) {
    let mut simulation = argon(Box::new(Nothing), cubes);
    bencher.bench_local(|| simulation.step().unwrap());
}

/// 4 n³ atoms.
#[divan::bench(args = [2, 4, 8])]
fn lennard_jones(bencher: Bencher, cubes: usize) {
    let mut simulation = argon(Box::new(LennardJones::argon()), cubes);
    bencher.bench_local(|| simulation.step().unwrap());
}

#[divan::bench]
fn network(bencher: Bencher) {
    let config = Config {
        channels: 128,
        layers: 4,
        radial_functions: 32,
        ..Config::et_oreo()
    };
    let weights = Weights::random(config, 1);
    let network = OreoFused::new(&weights, &Options::default()).unwrap();
    let (system, positions) = ethanol();
    let state = State::at_rest(positions, Cell::Open);
    let mut simulation = simulation(Box::new(network), system, state);
    bencher.bench_local(|| simulation.step().unwrap());
}
