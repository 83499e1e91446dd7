//! Milliseconds per energy and forces of the reference network, minima over many calls.
//!
//! `RAYON_NUM_THREADS=1 cargo run --release --features candle --example time_reference -- WEIGHTS CALLS NPZ…`

use candle_core::Device;
use oreo_core::{Potential, Request, Vec3};
use oreo_potentials::oreo::reference::{OreoReference, Precision};
use oreo_potentials::oreo::Weights;
use std::path::Path;
use std::time::Instant;

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/systems/mod.rs"]
mod systems;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [weights, calls, geometries @ ..] = arguments.as_slice() else {
        return Err("usage: time_reference WEIGHTS CALLS NPZ…".into());
    };
    let weights = Weights::load(weights)?;
    let calls: usize = calls.parse()?;
    for path in geometries {
        let (molecule, _) = systems::reference_at(Path::new(path));
        let mut network = OreoReference::new(&weights, Precision::F32, &Device::Cpu)?;
        let neighbors = molecule.neighbors(5.5);
        let (mut energy, mut forces) = (0.0, vec![Vec3::zeros(); molecule.system.len()]);
        let mut times = Vec::new();
        for _ in 0..calls {
            let start = Instant::now();
            network.evaluate(&mut [Request {
                system: &molecule.system,
                positions: &molecule.positions,
                cell: &molecule.cell,
                neighbors: &neighbors,
                energy: &mut energy,
                forces: &mut forces,
                virial: None,
            }])?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{path}: {} atoms, minimum {:.2} ms, median {:.2} ms",
            molecule.system.len(),
            times[0],
            times[calls / 2]
        );
    }
    Ok(())
}
