//! An observer of one's own that ends a run: here when an atom has evaporated from a hot drop of argon.
//!
//! `cargo run --release --example custom_observer [STEPS]`
//!
//! An observer sees finished steps, changes nothing, and may say stop. Its replica then leaves; others would go on.

use oreo::core::random::Generator;
use oreo::core::units::{FEMTOSECOND, KELVIN};
use oreo::core::{Archive, ArchiveError, Cell, Observer, ObserverError, Persist};
use oreo::core::{State, Stop, System, Vec3, View};
use oreo::integrators::{MaxwellBoltzmann, VelocityVerlet};
use oreo::potentials::LennardJones;
use oreo::{Replica, Simulation, DEFAULT_SKIN};
use std::error::Error;
use std::ops::ControlFlow;

/// Stops when an atom is farther than `limit` Å from every other one, and remembers the widest gap so far.
struct Evaporation {
    limit: f64,
    widest_gap: f64,
}

impl Observer for Evaporation {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let State {
            positions, step, ..
        } = view.state;
        for (i, here) in positions.iter().enumerate() {
            let others = positions.iter().enumerate().filter(|(j, _)| *j != i);
            let gap = others
                .map(|(_, there)| (here - there).norm())
                .fold(f64::INFINITY, f64::min);
            self.widest_gap = self.widest_gap.max(gap);
            if gap > self.limit {
                let reason = format!("atom {i} has evaporated: its neighbour is {gap:.2} Å away");
                return Ok(ControlFlow::Break(Stop::Requested {
                    step: *step,
                    reason,
                }));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// What must survive a restart. `limit` comes from the program again, the record does not.
impl Persist for Evaporation {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.f64("widest_gap", &mut self.widest_gap)
    }
}

/// Why the run ended, if it ended before `steps`.
pub fn run(steps: u64) -> Result<Option<Stop>, Box<dyn Error>> {
    let argon = System::from_symbols(&["Ar"; 8])?;
    let corner = |k: usize| [k & 1, k >> 1 & 1, k >> 2 & 1].map(|bit| 3.8 * bit as f64);
    let mut state = State::at_rest((0..8).map(|k| Vec3::from(corner(k))).collect(), Cell::Open);
    // Far above the boiling point of 87 K.
    let hot = MaxwellBoltzmann::all_modes(300.0 * KELVIN);
    hot.draw(&argon, &mut state, &mut Generator::new(5, 0))?;

    let integrator = Box::new(VelocityVerlet::new(4.0 * FEMTOSECOND)?);
    let watch = Evaporation {
        limit: 8.0,
        widest_gap: 0.0,
    };
    let replica = Replica::new(0, argon.into(), state, integrator).watch(10, watch);
    let mut simulation =
        Simulation::new(Box::new(LennardJones::argon()), vec![replica], DEFAULT_SKIN)?;
    simulation.start()?;
    simulation.run(steps)?;

    let replica = &simulation.replicas()[0];
    match replica.stop() {
        Some(stop) => println!("stopped at step {}: {stop}", stop.step()),
        None => println!("all {steps} steps done"),
    }
    let watch = replica
        .observer::<Evaporation>()
        .expect("watching since the start");
    println!("widest gap {:.2} Å", watch.widest_gap);
    Ok(replica.stop().cloned())
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(20_000), |n| n.parse())?;
    run(steps).map(|_| ())
}
