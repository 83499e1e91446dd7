//! A larger molecule: a ring of 15 ring-opened lactone units, 180 atoms, at 300 K.
//!
//! `cargo run --release --example polymer [STEPS] [WEIGHTS]`
//!
//! Langevin dynamics, since a long chain mixes slowly and needs no thermostat that couples all its parts; radius of
//! gyration to see it fold. Without WEIGHTS this takes the network in `models/` that was fine-tuned on polymers of one and
//! three units (GFN2-xTB) and never saw a ring of fifteen. The start structure is described in `examples/data/README.md`.

use oreo::core::random::Generator;
use oreo::core::units::{FEMTOSECOND, KELVIN};
use oreo::core::{State, Stop, System, Vec3};
use oreo::formats::{read_structure, ReadOptions};
use oreo::integrators::{Langevin, MaxwellBoltzmann};
use oreo::potentials::oreo::fused::{Options, OreoFused};
use oreo::potentials::oreo::Weights;
use oreo::validation::stability::{BondRule, DEFAULT_BOND_THRESHOLD};
use oreo::validation::Topology;
use oreo::{Replica, Simulation, DEFAULT_SKIN};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// √(Σ m |r − R|² / M) about the centre of mass R, Å.
fn radius_of_gyration(system: &System, state: &State) -> f64 {
    let mass = system.total_mass();
    let weighted = || system.masses.iter().zip(&state.positions);
    let centre: Vec3 = weighted().map(|(m, r)| *m * r).sum::<Vec3>() / mass;
    let squared: f64 = weighted()
        .map(|(m, r)| m * (r - centre).norm_squared())
        .sum();
    (squared / mass).sqrt()
}

/// Why the run ended, if it ended before `steps`.
pub fn run(steps: u64, weights: Option<&Path>) -> Result<Option<Stop>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = root.join("models/polymers.safetensors");
    let weights = Weights::load(weights.unwrap_or(&shipped))?;
    let network = OreoFused::new(&weights, &Options::default())?;

    let start = root.join("examples/data/lactone_15_loops.xyz");
    let frame = read_structure(start, 0, &ReadOptions::default())?;
    let (polymer, mut state) = frame.to_system_and_state();
    println!("{}, {} atoms", polymer.formula(), polymer.len());

    let kt = 300.0 * KELVIN;
    let (mut start_stream, bath_stream) = (Generator::new(1, 0), Generator::new(1, 1));
    MaxwellBoltzmann::all_modes(kt).draw(&polymer, &mut state, &mut start_stream)?;
    let integrator = Langevin::new(0.5 * FEMTOSECOND, kt, 100.0 * FEMTOSECOND, bath_stream)?;
    let topology = Topology::from_structure(&frame.elements, &frame.positions, &frame.cell);
    println!("{} bonds are watched", topology.bonds.len());
    let rule = BondRule::new(topology, DEFAULT_BOND_THRESHOLD)?;
    let replica = Replica::new(0, polymer.into(), state, Box::new(integrator)).watch(1, rule);
    let mut simulation = Simulation::new(Box::new(network), vec![replica], DEFAULT_SKIN)?;
    simulation.start()?;

    let clock = Instant::now();
    println!("    step  potential eV  radius of gyration A");
    let report_every = (steps / 10).max(1);
    for done in (0..steps).step_by(report_every as usize) {
        simulation.run(report_every.min(steps - done))?;
        let replica = &simulation.replicas()[0];
        let radius = radius_of_gyration(&replica.system, &replica.state);
        println!(
            "{:>8}  {:>12.4}  {radius:>20.3}",
            replica.state.step, replica.state.energy
        );
        if let Some(stop) = replica.stop() {
            println!("stopped at step {} ({}): {stop}", stop.step(), stop.cause());
            return Ok(Some(stop.clone()));
        }
    }
    println!(
        "all {steps} steps done in {:.1} s",
        clock.elapsed().as_secs_f64()
    );
    Ok(None)
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(20), |n| n.parse())?;
    let weights = std::env::args().nth(2);
    run(steps, weights.as_deref().map(Path::new)).map(|_| ())
}
