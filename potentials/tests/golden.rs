//! Energies and forces of a stored model, kept across versions: whoever changes them changes every trajectory.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod systems;

use candle_core::Device;
use common::test_file;
use oreo_core::Vec3;
use oreo_potentials::oreo::reference::{OreoReference, Precision};
use oreo_potentials::oreo::{Config, Weights};
use std::fmt::Write;
use systems::{evaluate_one, Molecule};

const WEIGHTS: &str = "golden/tiny_et.safetensors";
const ANSWERS: &str = "golden/hydrogen_cyanide_and_water.txt";

fn molecule() -> Molecule {
    Molecule::of(
        &["H", "C", "N", "O", "H", "H"],
        &[
            [-1.05, 0.03, 0.0],
            [0.02, 0.0, 0.01],
            [1.17, -0.02, 0.05],
            [-2.9, 0.2, 0.3],
            [-3.4, 0.9, -0.1],
            [-3.3, -0.6, 0.6],
        ],
    )
}

/// First the energy, then a force per line.
fn stored() -> (f64, Vec<Vec3>) {
    let text = std::fs::read_to_string(test_file(ANSWERS)).unwrap();
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect();
    (numbers[0], systems::vectors(&numbers[1..]))
}

#[test]
fn the_stored_model_still_gives_the_stored_forces() {
    let weights = Weights::load(test_file(WEIGHTS)).unwrap();
    let (energy, forces) = stored();
    // f32 rounds by itself; any change of meaning is far larger.
    for (precision, tolerance) in [(Precision::F64, 1e-10), (Precision::F32, 1e-5)] {
        let mut network = OreoReference::new(&weights, precision, &Device::Cpu).unwrap();
        let answer = evaluate_one(&mut network, &molecule());
        assert!((answer.energy - energy).abs() < tolerance * energy.abs());
        let error = systems::relative_error(&answer.forces, &forces);
        assert!(error < tolerance, "{precision:?}: {error:e}");
    }
}

/// How the files were made. To be run again only when the answers are meant to change, hence the variable: running all
/// slow tests must not move the goalposts.
#[test]
#[ignore = "writes the golden files"]
fn write_the_golden_files() {
    if std::env::var_os("OREO_WRITE_GOLDEN").is_none() {
        println!("skipped: set OREO_WRITE_GOLDEN to write the golden files anew");
        return;
    }
    let config = Config {
        channels: 8,
        layers: 3,
        heads: 2,
        radial_functions: 8,
        max_z: 10,
        ..Config::et_oreo()
    };
    let mut weights = Weights::random(config, 1);
    for (name, tensor) in &mut weights.tensors {
        if name.ends_with("bias") {
            for (k, value) in tensor.values.iter_mut().enumerate() {
                *value += 0.1 * f64::from((k as f32).sin());
            }
        }
    }
    weights.tensors.get_mut("std").unwrap().values[0] = 1.5;
    weights.tensors.get_mut("mean").unwrap().values[0] = -200.25;
    weights.record.insert("elements".into(), "H C N O".into());
    weights.save(test_file(WEIGHTS)).unwrap();
    let weights = Weights::load(test_file(WEIGHTS)).unwrap();
    let mut network = OreoReference::new(&weights, Precision::F64, &Device::Cpu).unwrap();
    let answer = evaluate_one(&mut network, &molecule());
    let mut text = format!("{:?}\n", answer.energy);
    for f in &answer.forces {
        writeln!(text, "{:?} {:?} {:?}", f.x, f.y, f.z).unwrap();
    }
    std::fs::write(test_file(ANSWERS), text).unwrap();
}
