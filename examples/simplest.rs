//! The simplest run: a crystal of argon at constant energy.
//!
//! `cargo run --release --example simplest [STEPS]`
//!
//! A system (what), a state (where and how fast), a potential (why it moves) and an integrator (how). Total energy is
//! the judge: velocity Verlet lets it swing a little and never drift.

use oreo::core::random::Generator;
use oreo::core::units::{FEMTOSECOND, KELVIN};
use oreo::core::{Cell, State, System, Vec3};
use oreo::integrators::{Coupling, DegreesOfFreedom, MaxwellBoltzmann, Mode, VelocityVerlet};
use oreo::potentials::LennardJones;
use oreo::{Replica, Simulation, DEFAULT_SKIN};
use std::error::Error;

/// Å, lattice constant of solid argon (Kittel, Introduction to Solid State Physics, 8th ed., table 3).
const LATTICE: f64 = 5.31;

/// `cubes`³ face-centred cubes, 4 `cubes`³ atoms, periodic.
fn crystal(cubes: i32) -> Result<(System, State), Box<dyn Error>> {
    let corners = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]];
    let mut positions = Vec::new();
    for (x, y, z) in (0..cubes.pow(3)).map(|k| (k % cubes, k / cubes % cubes, k / cubes.pow(2))) {
        let half_edges = corners.map(|[a, b, c]| [2 * x + a, 2 * y + b, 2 * z + c]);
        positions.extend(half_edges.map(|site| 0.5 * LATTICE * Vec3::from(site.map(f64::from))));
    }
    let argon = System::from_symbols(&vec!["Ar"; positions.len()])?;
    let edge = f64::from(cubes) * LATTICE;
    let cell = Cell::orthorhombic(edge, edge, edge)?;
    Ok((argon, State::at_rest(positions, cell)))
}

/// Largest change of the total energy over the run, eV per atom.
pub fn run(steps: u64) -> Result<f64, Box<dyn Error>> {
    let (argon, mut state) = crystal(3)?;
    let degrees_of_freedom = DegreesOfFreedom::of(&argon, &state.cell)?;
    let target = degrees_of_freedom.target(Mode::Physical, Coupling::Internal, 40.0 * KELVIN)?;
    MaxwellBoltzmann::internal(target, &state.cell).draw(
        &argon,
        &mut state,
        &mut Generator::new(1, 0),
    )?;
    let atoms = argon.len() as f64;
    let integrator = VelocityVerlet::new(5.0 * FEMTOSECOND)?;
    let replica = Replica::new(0, argon.into(), state, Box::new(integrator));
    let potential = Box::new(LennardJones::argon());
    let mut simulation = Simulation::new(potential, vec![replica], DEFAULT_SKIN)?;
    simulation.start()?;

    let first = simulation.replicas()[0].conserved();
    let mut drift: f64 = 0.0;
    println!("    step  potential eV  kinetic eV  total - first eV");
    for step in 0..=steps {
        let replica = &simulation.replicas()[0];
        let change = replica.conserved() - first;
        drift = drift.max(change.abs() / atoms);
        if step % (steps / 10).max(1) == 0 {
            let kinetic = replica.state.kinetic_energy(&replica.system);
            let potential = replica.state.energy;
            println!("{step:>8}  {potential:>12.6}  {kinetic:>10.6}  {change:>16.2e}");
        }
        if step < steps {
            simulation.step()?;
        }
    }
    println!("largest change of the total energy: {drift:.1e} eV per atom");
    Ok(drift)
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(2000), |n| n.parse())?;
    run(steps).map(|_| ())
}
