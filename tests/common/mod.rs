//! A small argon run that the tests of the loop share.
#![allow(dead_code)] // each test uses its part

use oreo::core::random::Generator;
use oreo::core::testing::argon_cluster;
use oreo::core::units::{FEMTOSECOND, KELVIN};
use oreo::core::{Cell, Integrator, State};
use oreo::integrators::*;
use oreo::potentials::LennardJones;
use oreo::{Replica, Simulation, DEFAULT_SKIN};
use std::sync::Arc;

/// Every way to move atoms, by the name it has on the command line.
pub const INTEGRATORS: [&str; 4] = ["nve", "nose-hoover", "langevin", "csvr"];

const TIMESTEP: f64 = 2.0 * FEMTOSECOND;
const KT: f64 = 30.0 * KELVIN;

fn integrator(name: &str, dof: DegreesOfFreedom, generator: Generator) -> Box<dyn Integrator> {
    let internal = dof.target(Mode::Physical, Coupling::Internal, KT).unwrap();
    let time = 100.0 * FEMTOSECOND;
    match name {
        "nve" => Box::new(VelocityVerlet::new(TIMESTEP).unwrap()),
        "nose-hoover" => {
            let chain = Chain::new(internal, ChainSettings::default()).unwrap();
            Box::new(NoseHoover::new(TIMESTEP, chain).unwrap())
        }
        "langevin" => Box::new(Langevin::new(TIMESTEP, KT, time, generator).unwrap()),
        "csvr" => Box::new(Csvr::new(TIMESTEP, internal, time, generator).unwrap()),
        other => panic!("no integrator {other}"),
    }
}

/// Thirteen argon atoms near their minimum, warm, each replica with its own velocities.
pub fn argon_replica(id: u32, name: &str) -> Replica {
    let (system, positions) = argon_cluster(13);
    let mut state = State::at_rest(positions, Cell::Open);
    let dof = DegreesOfFreedom::of(&system, &state.cell).unwrap();
    let target = dof.target(Mode::Physical, Coupling::Internal, KT).unwrap();
    let start = MaxwellBoltzmann::internal(target, &state.cell);
    start
        .draw(&system, &mut state, &mut Generator::new(7, 2 * id))
        .unwrap();
    let integrator = integrator(name, dof, Generator::new(7, 2 * id + 1));
    Replica::new(id, Arc::new(system), state, integrator)
}

/// A simulation of such replicas, not started yet.
pub fn argon_simulation(replicas: Vec<Replica>) -> Simulation {
    Simulation::new(Box::new(LennardJones::argon()), replicas, DEFAULT_SKIN).unwrap()
}
