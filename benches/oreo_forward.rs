//! Energy and forces of the network, one thread, f32.
//!
//! `cargo bench --bench oreo_forward`
//!
//! Untrained weights of two sizes: that of the model in `models/`, and that of the ET-OREO paper. Speed does not depend
//! on what weights mean. `oreo bench` does the same for files of one's own, with the share of the processor's peak.

use divan::Bencher;
use oreo::core::testing::ethanol;
use oreo::core::units::FEMTOSECOND;
use oreo::core::Frame;
use oreo::formats::{read_structure, ReadOptions};
use oreo::integrators::VelocityVerlet;
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

fn energy_and_forces(bencher: Bencher, config: Config, frame: &Frame, copies: u32) {
    let weights = Weights::random(config, 1);
    let network = OreoReference::new(&weights, Precision::F32, &Device::Cpu).unwrap();
    let (system, state) = frame.to_system_and_state();
    let system = std::sync::Arc::new(system);
    let replicas = (0..copies).map(|id| {
        let integrator = VelocityVerlet::new(FEMTOSECOND).unwrap();
        Replica::new(id, system.clone(), state.clone(), Box::new(integrator))
    });
    let mut simulation =
        Simulation::new(Box::new(network), replicas.collect(), DEFAULT_SKIN).unwrap();
    bencher.bench_local(|| simulation.compute_forces().unwrap());
}

#[divan::bench(args = [1, 8])]
fn small_ethanol(bencher: Bencher, copies: u32) {
    energy_and_forces(bencher, small(), &ethanol_frame(), copies);
}

#[divan::bench]
fn small_aspirin(bencher: Bencher) {
    energy_and_forces(bencher, small(), &aspirin_frame(), 1);
}

#[divan::bench(args = [1, 8])]
fn paper_ethanol(bencher: Bencher, copies: u32) {
    energy_and_forces(bencher, Config::et_oreo(), &ethanol_frame(), copies);
}

#[divan::bench]
fn paper_aspirin(bencher: Bencher) {
    energy_and_forces(bencher, Config::et_oreo(), &aspirin_frame(), 1);
}
