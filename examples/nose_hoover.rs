//! Constant temperature with a Nosé–Hoover chain, and the quantity that says whether it was done right.
//!
//! `cargo run --release --example nose_hoover [STEPS]`
//!
//! A thermostat takes energy in and gives it out, so the energy of the atoms is no judge any more. The chain keeps book
//! of what went through it: E + K + chain is constant. To show that a thermostat is only one more word in a splitting,
//! the integrator here is written out with the chain in the *middle* of the step; the library's `NoseHoover` has it at
//! both ends.

use oreo::core::random::Generator;
use oreo::core::units::{FEMTOSECOND, KELVIN};
use oreo::core::{Archive, ArchiveError, Cell, Integrator, Persist, State, System, Vec3};
use oreo::integrators::*;
use oreo::potentials::LennardJones;
use oreo::{Replica, Simulation, DEFAULT_SKIN};
use std::error::Error;

/// kick(h/2) drift(h/2) chain(h) drift(h/2) | forces | kick(h/2): symmetric, hence reversible and of second order.
struct ChainInTheMiddle {
    timestep: f64,
    chain: Chain,
}

impl Integrator for ChainInTheMiddle {
    fn begin(&mut self, system: &System, state: &mut State) {
        let h = self.timestep;
        state.kick(0.5 * h);
        state.drift(system, 0.5 * h);
        let factor = self.chain.propagate(h, state.kinetic_energy(system));
        state.scale_momenta(factor);
        state.drift(system, 0.5 * h);
    }

    fn finish(&mut self, _: &System, state: &mut State) {
        state.kick(0.5 * self.timestep);
        state.step += 1;
    }

    fn conserved(&self, system: &System, state: &State) -> f64 {
        state.energy + state.kinetic_energy(system) + self.chain.energy()
    }
}

/// What the next step reads beside the state: the chain's own variables.
impl Persist for ChainInTheMiddle {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        self.chain.persist(archive)
    }
}

/// Mean temperature (K) over the second half, and largest change of the conserved quantity (eV).
pub fn run(steps: u64) -> Result<(f64, f64), Box<dyn Error>> {
    let argon = System::from_symbols(&["Ar"; 8])?;
    let corner = |k: usize| [k & 1, k >> 1 & 1, k >> 2 & 1].map(|bit| 3.8 * bit as f64);
    let positions = (0..8).map(|k| Vec3::from(corner(k))).collect();
    let mut state = State::at_rest(positions, Cell::Open);

    let kt = 25.0 * KELVIN;
    let target = DegreesOfFreedom::of(&argon, &Cell::Open)?;
    let target = target.target(Mode::Physical, Coupling::Internal, kt)?;
    MaxwellBoltzmann::internal(target, &Cell::Open).draw(
        &argon,
        &mut state,
        &mut Generator::new(3, 0),
    )?;
    let settings = ChainSettings {
        thermostat_time: 300.0 * FEMTOSECOND,
        ..Default::default()
    };
    let (timestep, chain) = (5.0 * FEMTOSECOND, Chain::new(target, settings)?);
    // A factor on all momenta also multiplies the rounding error of a total momentum of zero.
    let integrator = WithoutRigidMotion::new(Box::new(ChainInTheMiddle { timestep, chain }));
    let replica = Replica::new(0, argon.into(), state, Box::new(integrator));
    let mut simulation =
        Simulation::new(Box::new(LennardJones::argon()), vec![replica], DEFAULT_SKIN)?;
    simulation.start()?;

    let first = simulation.replicas()[0].conserved();
    let (mut sum, mut samples, mut drift) = (0.0, 0_u32, 0.0_f64);
    println!("    step  temperature K  E + K - first eV  E + K + chain - first eV");
    for step in 1..=steps {
        simulation.step()?;
        let replica = &simulation.replicas()[0];
        let kinetic = replica.state.kinetic_energy(&replica.system);
        let temperature = 2.0 * kinetic / (target.degrees_of_freedom as f64 * KELVIN);
        let change = replica.conserved() - first;
        drift = drift.max(change.abs());
        if 2 * step > steps {
            (sum, samples) = (sum + temperature, samples + 1);
        }
        if step % (steps / 10).max(1) == 0 {
            let atoms = replica.state.energy + kinetic - first;
            println!("{step:>8}  {temperature:>13.2}  {atoms:>16.5}  {change:>24.2e}");
        }
    }
    let mean = sum / f64::from(samples.max(1));
    println!("mean temperature of the second half: {mean:.2} K (wanted 25 K)");
    Ok((mean, drift))
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(50_000), |n| n.parse())?;
    run(steps).map(|_| ())
}
