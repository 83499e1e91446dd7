//! The kernels for GPUs, run on the processor, against the fast path: index maps, tiles, and every formula forward and
//! reverse. See `twin/mod.rs` for how; what only a GPU can show (its compiler, its memory, its speed) is not seen here.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod networks;
mod systems;
mod twin;

use common::shared_file;
use networks::{definition, fused, rough, small};
use oreo_core::{Cell, Vec3};
use oreo_potentials::oreo::cuda::Capacity;
use oreo_potentials::oreo::fused::{Filters, Precision};
use oreo_potentials::oreo::{Config, Weights};
use systems::{evaluate, evaluate_one, reference, relative_error, Answer, Molecule};
use twin::{constants, Program, Twin, FAST, WATCHED};

const MOLECULES: [&str; 6] = [
    "water", "ethanol", "aspirin", "polymer2", "far_pair", "single",
];
/// What is asked of a GPU: relative, root of the mean square.
const BAR: f64 = 5e-6;

fn batch() -> [Molecule; 6] {
    MOLECULES.map(|name| reference(&format!("small_{name}.npz")).0)
}

fn forces(answers: &[Answer]) -> Vec<Vec3> {
    answers.iter().flat_map(|answer| answer.forces.clone()).collect()
}

/// Against the fast path in f64 with the same tables, so that only the kernels' own rounding is left.
fn assert_agreement(name: &str, found: &[Answer], weights: &Weights, molecules: &[Molecule]) {
    let mut exact = fused(weights, Precision::F64, Filters::DEFAULT);
    let exact = evaluate(&mut exact, molecules);
    for (found, exact) in found.iter().zip(&exact) {
        let difference = (found.energy - exact.energy).abs();
        assert!(difference < BAR * exact.energy.abs().max(1.0), "{name}: {difference:e} eV");
        let virial = (found.virial - exact.virial).norm();
        assert!(virial <= BAR * exact.virial.norm(), "{name}: virial {virial:e} eV");
    }
    let error = relative_error(&forces(found), &forces(&exact));
    println!("{name}: forces {error:.1e}");
    assert!(error < BAR, "{name}: {error:e}");
}

#[test]
fn a_batch_of_six_molecules_agrees_with_the_fast_path_with_both_cutoffs() {
    let Some(program) = Program::build(&constants(&small(true)).source(), &FAST) else {
        return;
    };
    let molecules = batch();
    for vector_cutoff in [false, true] {
        let weights = small(vector_cutoff);
        let found = evaluate(&mut Twin::new(&program, &weights), &molecules);
        assert_agreement(&format!("batch, {vector_cutoff}"), &found, &weights, &molecules);
    }
}
