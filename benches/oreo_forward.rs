//! Energy and forces of the network on both paths, one thread, f32.
//!
//! `cargo bench --bench oreo_forward`
//!
//! Untrained weights of two sizes: that of the model in `models/`, and that of the ET-OREO paper. Speed does not depend
//! on what weights mean. `oreo bench` does the same for files of one's own, with the share of the processor's peak.

use divan::Bencher;
use oreo::core::testing::ethanol;
use oreo::core::units::FEMTOSECOND;
use oreo::core::{Frame, Potential};
use oreo::formats::{read_structure, ReadOptions};
use oreo::integrators::VelocityVerlet;
use oreo::potentials::oreo::fused::{Options, OreoFused};
use oreo::potentials::oreo::reference::{Device, OreoReference, Precision};
use oreo::potentials::oreo::{Config, Weights};
use oreo::{Replica, Simulation, DEFAULT_SKIN};

fn main() {
    oreo::cli::limit_threads(1);
    divan::main();
}

fn small() -> Config {
    Config {
        channels: 128,
        layers: 4,
        radial_functions: 32,
        ..Config::et_oreo()
    }
}

fn ethanol_frame() -> Frame {
    let (system, positions) = ethanol();
    Frame::new(system.elements, positions)
}

fn aspirin_frame() -> Frame {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/aspirin.xyz");
    read_structure(path, 0, &ReadOptions::default()).unwrap()
}

/// Which implementation.
#[derive(Debug, Clone, Copy)]
enum Path {
    Fused,
    Reference,
}
use Path::{Fused, Reference};

fn network(path: Path, config: Config) -> Box<dyn Potential> {
    let weights = Weights::random(config, 1);
    match path {
        Fused => Box::new(OreoFused::new(&weights, &Options::default()).unwrap()),
        Reference => Box::new(OreoReference::new(&weights, Precision::F32, &Device::Cpu).unwrap()),
    }
}

fn energy_and_forces(bencher: Bencher, path: Path, config: Config, frame: &Frame, copies: u32) {
    let (system, state) = frame.to_system_and_state();
    let system = std::sync::Arc::new(system);
    let replicas = (0..copies).map(|id| {
        let integrator = VelocityVerlet::new(FEMTOSECOND).unwrap();
        Replica::new(id, system.clone(), state.clone(), Box::new(integrator))
    });
    let network = network(path, config);
    let mut simulation = Simulation::new(network, replicas.collect(), DEFAULT_SKIN).unwrap();
    bencher.bench_local(|| simulation.compute_forces().unwrap());
}

/// Path and copies.
const ETHANOL: [(Path, u32); 4] = [(Fused, 1), (Fused, 8), (Reference, 1), (Reference, 8)];

#[divan::bench(args = ETHANOL)]
fn small_ethanol(bencher: Bencher, (path, copies): (Path, u32)) {
    energy_and_forces(bencher, path, small(), &ethanol_frame(), copies);
}

#[divan::bench(args = [Fused, Reference])]
fn small_aspirin(bencher: Bencher, path: Path) {
    energy_and_forces(bencher, path, small(), &aspirin_frame(), 1);
}

#[divan::bench(args = ETHANOL)]
fn paper_ethanol(bencher: Bencher, (path, copies): (Path, u32)) {
    energy_and_forces(bencher, path, Config::et_oreo(), &ethanol_frame(), copies);
}

#[divan::bench(args = [Fused, Reference])]
fn paper_aspirin(bencher: Bencher, path: Path) {
    energy_and_forces(bencher, path, Config::et_oreo(), &aspirin_frame(), 1);
}
