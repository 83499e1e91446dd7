//! What tables of the distance filters cost: forces with them against forces without, all in f64, so that nothing but the
//! table is seen. Documents that state the error of tables take it from what this prints (`--nocapture`).
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod networks;
mod systems;

use networks::{fused, small};
use oreo_core::random::Generator;
use oreo_core::Vec3;
use oreo_potentials::oreo::fused::{Filters, Precision};
use oreo_potentials::oreo::Weights;
use systems::{evaluate, reference, relative_error, Molecule};

const ETHANOLS: usize = 200;
/// Å, of each coordinate: about what 500 K makes of a molecule.
const DISPLACEMENT: f64 = 0.07;
/// The self-test of a run refuses more.
const WORST: f64 = 5e-5;

fn perturbed_ethanols() -> Vec<Molecule> {
    let (ethanol, _) = reference("small_ethanol.npz");
    let mut generator = Generator::new(7, 0);
    let mut displaced = |r: &Vec3| r + DISPLACEMENT * Vec3::from_fn(|_, _| generator.normal());
    let molecule = |_| Molecule {
        positions: ethanol.positions.iter().map(&mut displaced).collect(),
        ..ethanol.clone()
    };
    (0..ETHANOLS).map(molecule).collect()
}

/// Relative to the root mean square force of each molecule, ascending.
fn errors(weights: &Weights, molecules: &[Molecule]) -> Vec<f64> {
    let answers = |filters| evaluate(&mut fused(weights, Precision::F64, filters), molecules);
    let (table, exact) = (answers(Filters::DEFAULT), answers(Filters::Exact));
    let both = table.iter().zip(&exact);
    let mut errors: Vec<_> = both
        .map(|(table, exact)| relative_error(&table.forces, &exact.forces))
        .collect();
    errors.sort_by(f64::total_cmp);
    errors
}

fn assert_small(name: &str, errors: &[f64]) {
    let (median, worst) = (errors[errors.len() / 2], errors[errors.len() - 1]);
    let count = errors.len();
    println!("{name}: median {median:.1e}, worst {worst:.1e} of {count}");
    assert!(worst < WORST, "{name}: {worst:e}");
}

#[test]
fn forces_with_tables_are_those_without() {
    let shipped = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../models/et_ethanol_peer.safetensors"
    );
    let shipped = Weights::load(shipped).unwrap();
    let ethanols = perturbed_ethanols();
    assert_small("shipped weights, ethanol", &errors(&shipped, &ethanols));
    assert_small("small network, ethanol", &errors(&small(true), &ethanols));
    let (polymer, _) = reference("small_polymer2.npz");
    assert_small("small network, polymer", &errors(&small(true), &[polymer]));
}
