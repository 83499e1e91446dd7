//! A potential of one's own, and the test that shows it right.
//!
//! `cargo run --release --example custom_potential [STEPS]`
//!
//! Buckingham's E = A e^(−r/ρ) − C/r⁶ between all pairs (R. A. Buckingham, Proc. R. Soc. A 168, 264 (1938)), shifted so
//! that energy and force go to zero at the cutoff. Declare what it can do and needs, add energy and forces: that is all.
//! The engine checks elements and cell, keeps the neighbour list, batches replicas. The contract test at the end is
//! one line; it checks forces against slopes, symmetries, batches and the cutoff.

use oreo::core::units::FEMTOSECOND;
use oreo::core::{Capabilities, Cell, ElementSet, NeighborRequest, Potential, PotentialError};
use oreo::core::{Request, State, System, Vec3};
use oreo::integrators::VelocityVerlet;
use oreo::{Replica, Simulation, DEFAULT_SKIN};
use std::error::Error;

/// A in eV, ρ in Å, C in eV·Å⁶, r_c in Å; round numbers of the size of argon's, for serious work take published ones.
struct Buckingham;
const REPULSION: f64 = 7000.0;
const RANGE: f64 = 0.28;
const ATTRACTION: f64 = 66.0;
const CUTOFF: f64 = 9.0;

/// E in eV and dE/dr in eV/Å.
fn energy_and_slope(r: f64) -> (f64, f64) {
    let repulsion = REPULSION * (-r / RANGE).exp();
    let attraction = ATTRACTION / r.powi(6);
    let slope = -repulsion / RANGE + 6.0 * attraction / r;
    (repulsion - attraction, slope)
}

/// E(r) − E(r_c) − (r − r_c) E'(r_c)
fn shifted(r: f64) -> (f64, f64) {
    let (energy, slope) = energy_and_slope(r);
    let (energy_there, slope_there) = energy_and_slope(CUTOFF);
    let line = energy_there + (r - CUTOFF) * slope_there;
    (energy - line, slope - slope_there)
}

impl Potential for Buckingham {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "Buckingham".into(),
            precision: "f64",
            neighbors: Some(NeighborRequest { cutoff: CUTOFF }),
            elements: ElementSet::all(),
            virial: false,
            periodic: true,
            atoms_per_call: None,
        }
    }

    /// Every pair comes twice, from either side: each time half the energy, and the force on i.
    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for request in batch {
            let Request { energy, forces, .. } = request;
            let (positions, cell) = (request.positions, request.cell);
            request
                .neighbors
                .for_each(positions, cell, CUTOFF, |i, _, r_ij, squared| {
                    let r = squared.sqrt();
                    let (pair_energy, slope) = shifted(r);
                    **energy += 0.5 * pair_energy;
                    forces[i] += slope / r * r_ij;
                });
        }
        Ok(())
    }
}

/// Largest change of the total energy of a swinging trimer, eV.
pub fn run(steps: u64) -> Result<f64, Box<dyn Error>> {
    let positions = [[0.0, 0.0, 0.0], [4.3, 0.0, 0.0], [1.9, 3.5, 0.4]].map(Vec3::from);
    let state = State::at_rest(positions.to_vec(), Cell::Open);
    let integrator = Box::new(VelocityVerlet::new(5.0 * FEMTOSECOND)?);
    let trimer = System::from_symbols(&["Ar", "Ar", "Ar"])?;
    let replica = Replica::new(0, trimer.into(), state, integrator);
    let mut simulation = Simulation::new(Box::new(Buckingham), vec![replica], DEFAULT_SKIN)?;
    simulation.start()?;
    let first = simulation.replicas()[0].conserved();
    let mut drift: f64 = 0.0;
    for _ in 0..steps {
        simulation.step()?;
        drift = drift.max((simulation.replicas()[0].conserved() - first).abs());
    }
    println!("{steps} steps: energy {first:.6} eV, changed by {drift:.1e} eV at most");
    Ok(drift)
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(20_000), |n| n.parse())?;
    run(steps).map(|_| ())
}

#[test]
fn contract() {
    use oreo::core::testing::{argon_cluster, assert_potential_contract, Tolerance};
    let (system, mut positions) = argon_cluster(13);
    positions
        .iter_mut()
        .enumerate()
        .for_each(|(i, r)| r.x += 0.1 * (i as f64).sin());
    assert_potential_contract(
        &mut Buckingham,
        &system,
        &positions,
        &Cell::Open,
        Tolerance::DOUBLE,
    );
}
