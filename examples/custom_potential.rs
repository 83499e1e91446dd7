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

/// Rounded numbers of the size of argon's; for serious work take published ones.
struct Buckingham {
    /// A, eV
    repulsion: f64,
    /// ρ, Å
    range: f64,
    /// C, eV·Å⁶
    attraction: f64,
    /// Å
    cutoff: f64,
}

impl Buckingham {
    /// E in eV and dE/dr in eV/Å.
    fn energy_and_slope(&self, r: f64) -> (f64, f64) {
        let repulsion = self.repulsion * (-r / self.range).exp();
        let attraction = self.attraction / r.powi(6);
        (
            repulsion - attraction,
            -repulsion / self.range + 6.0 * attraction / r,
        )
    }

    /// E(r) − E(r_c) − (r − r_c) E'(r_c)
    fn shifted(&self, r: f64) -> (f64, f64) {
        let (energy, slope) = self.energy_and_slope(r);
        let (energy_there, slope_there) = self.energy_and_slope(self.cutoff);
        let line = energy_there + (r - self.cutoff) * slope_there;
        (energy - line, slope - slope_there)
    }
}

impl Potential for Buckingham {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "Buckingham".into(),
            precision: "f64",
            neighbors: Some(NeighborRequest {
                cutoff: self.cutoff,
            }),
            elements: ElementSet::all(),
            virial: false,
            periodic: true,
            atoms_per_call: None,
        }
    }

    /// Every pair comes twice, from either side: each time half the energy, and the force on i.
    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for Request {
            positions,
            cell,
            neighbors,
            energy,
            forces,
            ..
        } in batch
        {
            neighbors.for_each(positions, cell, self.cutoff, |i, _, r_ij, squared| {
                let r = squared.sqrt();
                let (pair_energy, slope) = self.shifted(r);
                **energy += 0.5 * pair_energy;
                forces[i] += slope / r * r_ij;
            });
        }
        Ok(())
    }
}

fn argon() -> Buckingham {
    Buckingham {
        repulsion: 7000.0,
        range: 0.28,
        attraction: 66.0,
        cutoff: 9.0,
    }
}

/// Largest change of the total energy of a swinging trimer, eV.
pub fn run(steps: u64) -> Result<f64, Box<dyn Error>> {
    let positions = [[0.0, 0.0, 0.0], [4.3, 0.0, 0.0], [1.9, 3.5, 0.4]].map(Vec3::from);
    let state = State::at_rest(positions.to_vec(), Cell::Open);
    let integrator = Box::new(VelocityVerlet::new(5.0 * FEMTOSECOND)?);
    let trimer = System::from_symbols(&["Ar", "Ar", "Ar"])?;
    let replica = Replica::new(0, trimer.into(), state, integrator);
    let mut simulation = Simulation::new(Box::new(argon()), vec![replica], DEFAULT_SKIN)?;
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
        &mut argon(),
        &system,
        &positions,
        &Cell::Open,
        Tolerance::DOUBLE,
    );
}
