//! Dynamics of a molecule under a network: aspirin at 500 K, the bond rule watching.
//!
//! `cargo run --release --example aspirin [STEPS] [WEIGHTS]`
//!
//! Without WEIGHTS this takes the network in `models/` that was fine-tuned on aspirin. A network of another molecule would
//! not complain: its forces are guesses there, and the bond rule is what ends such a run. The
//! program `oreo run` adds files, checkpoints and progress, and compares the network's kernels with its reference
//! implementation before the first step.

use oreo::core::random::Generator;
use oreo::core::units::{FEMTOSECOND, KELVIN, PICOSECOND};
use oreo::core::Stop;
use oreo::formats::{read_structure, ReadOptions};
use oreo::integrators::*;
use oreo::potentials::oreo::fused::{Options, OreoFused};
use oreo::potentials::oreo::Weights;
use oreo::validation::stability::{BondRule, DEFAULT_BOND_THRESHOLD};
use oreo::validation::Topology;
use oreo::{Replica, Simulation, DEFAULT_SKIN};
use std::error::Error;
use std::path::Path;

const TIMESTEP: f64 = 0.5 * FEMTOSECOND;

/// Why the run ended, if it ended before `steps`.
pub fn run(steps: u64, weights: Option<&Path>) -> Result<Option<Stop>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = root.join("models/aspirin.safetensors");
    let weights = Weights::load(weights.unwrap_or(&shipped))?;
    let network = OreoFused::new(&weights, &Options::default())?;

    let start = root.join("examples/data/aspirin.xyz");
    let frame = read_structure(start, 0, &ReadOptions::default())?;
    let (aspirin, mut state) = frame.to_system_and_state();
    println!("{}, {} atoms", aspirin.formula(), aspirin.len());

    let target = DegreesOfFreedom::of(&aspirin, &state.cell)?;
    let target = target.target(Mode::Physical, Coupling::Internal, 500.0 * KELVIN)?;
    let velocities = MaxwellBoltzmann::internal(target, &state.cell);
    velocities.draw(&aspirin, &mut state, &mut Generator::new(1, 0))?;
    let chain = Chain::new(target, ChainSettings::default())?;
    let integrator = WithoutRigidMotion::new(Box::new(NoseHoover::new(TIMESTEP, chain)?));

    // Every bond is measured at every step against its length at the start.
    let topology = Topology::from_structure(&frame.elements, &frame.positions, &frame.cell);
    let rule = BondRule::new(topology, DEFAULT_BOND_THRESHOLD)?;
    let replica = Replica::new(0, aspirin.into(), state, Box::new(integrator)).watch(1, rule);
    let mut simulation = Simulation::new(Box::new(network), vec![replica], DEFAULT_SKIN)?;
    simulation.start()?;

    println!("    step  potential eV  temperature K  worst bond A");
    let report_every = (steps / 10).max(1);
    for done in (0..steps).step_by(report_every as usize) {
        simulation.run(report_every.min(steps - done))?;
        let replica = &simulation.replicas()[0];
        let kinetic = replica.state.kinetic_energy(&replica.system);
        let temperature = 2.0 * kinetic / (target.degrees_of_freedom as f64 * KELVIN);
        let rule = replica
            .observer::<BondRule>()
            .expect("watching since the start");
        let (step, energy) = (replica.state.step, replica.state.energy);
        let worst = rule.max_bond_deviation();
        println!("{step:>8}  {energy:>12.4}  {temperature:>13.0}  {worst:>12.3}");
        if let Some(stop) = replica.stop() {
            let time = stop.step() as f64 * TIMESTEP / PICOSECOND;
            println!("stopped after {time:.4} ps ({}): {stop}", stop.cause());
            return Ok(Some(stop.clone()));
        }
    }
    println!("all {steps} steps done");
    Ok(None)
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(400), |n| n.parse())?;
    let weights = std::env::args().nth(2);
    run(steps, weights.as_deref().map(Path::new)).map(|_| ())
}
