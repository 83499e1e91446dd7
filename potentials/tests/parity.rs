//! The reference network against TorchMD-NET 3.1.0: energies, forces and every feature in between.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod systems;

use candle_core::{DType, Device, Tensor};
use common::{read_npz, shared_file, test_file, Array};
use oreo_core::units::KCAL_PER_MOL;
use oreo_potentials::oreo::reference::{tensors, Features, Graph, Model, OreoReference, Precision};
use oreo_potentials::oreo::Weights;
use std::collections::BTreeMap;
use systems::{evaluate, evaluate_one, reference, reference_at, relative_error, vectors, Molecule};

const MOLECULES: [&str; 6] = [
    "water", "ethanol", "aspirin", "polymer2", "far_pair", "single",
];

fn small() -> Weights {
    Weights::load(test_file("small_et.safetensors")).unwrap()
}

fn network(weights: &Weights, precision: Precision) -> OreoReference {
    OreoReference::new(weights, precision, &Device::Cpu).unwrap()
}

/// Both f64: rounding only.
fn assert_f64_parity(weights: &Weights, molecule: &Molecule, arrays: &BTreeMap<String, Array>) {
    let answer = evaluate_one(&mut network(weights, Precision::F64), molecule);
    let energy = arrays["E_f64"].values[0];
    let error = relative_error(&answer.forces, &vectors(&arrays["F_f64"].values));
    println!(
        "f64: |ΔE| {:.1e}, forces {error:.1e}",
        (answer.energy - energy).abs()
    );
    assert!((answer.energy - energy).abs() < 1e-9 * energy.abs().max(1.0));
    assert!(error < 1e-9);
}

/// f32 against f64.
fn assert_f32_parity(weights: &Weights, molecule: &Molecule, arrays: &BTreeMap<String, Array>) {
    let answer = evaluate_one(&mut network(weights, Precision::F32), molecule);
    let exact = vectors(&arrays["F_f64"].values);
    let theirs = relative_error(&vectors(&arrays["F_f32"].values), &exact);
    let error = relative_error(&answer.forces, &exact);
    println!("f32: forces {error:.1e} (TorchMD-NET's own {theirs:.1e})");
    assert!(error < 2e-5);
}

#[test]
fn small_model_equals_torchmd_net() {
    for name in MOLECULES {
        println!("{name}");
        let (molecule, arrays) = reference(&format!("small_{name}.npz"));
        assert_f64_parity(&small(), &molecule, &arrays);
        assert_f32_parity(&small(), &molecule, &arrays);
        assert_features(&small(), &molecule, &arrays);
    }
}

#[test]
fn full_size_model_equals_torchmd_net() {
    let Some(weights) = shared_file("parity/full_et.safetensors") else {
        return;
    };
    let weights = Weights::load(weights).unwrap();
    for name in ["ethanol", "aspirin", "polymer2"] {
        println!("full {name}");
        let path = shared_file(&format!("parity/full_{name}.npz")).unwrap();
        let (molecule, arrays) = reference_at(&path);
        assert_f64_parity(&weights, &molecule, &arrays);
        assert_f32_parity(&weights, &molecule, &arrays);
        assert_features(&weights, &molecule, &arrays);
    }
}

/// The pickled checkpoints hold the same numbers, under today's names and under those of 2023.
#[test]
fn checkpoints_give_the_bits_of_the_safetensors_file() {
    let (molecule, _) = reference("small_ethanol.npz");
    let expected = evaluate_one(&mut network(&small(), Precision::F32), &molecule);
    for file in ["small_et_today.ckpt", "small_et_2023layout.ckpt"] {
        let weights = Weights::load(test_file(file)).unwrap();
        let answer = evaluate_one(&mut network(&weights, Precision::F32), &molecule);
        assert_eq!(answer, expected, "{file}");
    }
}

#[test]
fn the_batch_of_six_equals_torchmd_net_with_both_cutoffs() {
    let arrays = read_npz(&test_file("small_batch.npz"));
    let batch: Vec<_> = MOLECULES
        .iter()
        .map(|name| reference(&format!("small_{name}.npz")).0)
        .collect();
    for (vector_cutoff, suffix) in [(false, ""), (true, "_vector_cutoff")] {
        let mut weights = small();
        weights.config.vector_cutoff = vector_cutoff;
        let answers = evaluate(&mut network(&weights, Precision::F64), &batch);
        let energies = &arrays[&format!("E{suffix}_f64")].values;
        for (answer, energy) in answers.iter().zip(energies) {
            assert!((answer.energy - energy).abs() < 1e-9 * energy.abs().max(1.0));
        }
        let forces: Vec<_> = answers
            .into_iter()
            .flat_map(|answer| answer.forces)
            .collect();
        let error = relative_error(&forces, &vectors(&arrays[&format!("F{suffix}_f64")].values));
        println!("vector_cutoff = {vector_cutoff}: forces {error:.1e}");
        assert!(error < 1e-9);
    }
}

/// Every intermediate that the file has. Catches what energies may hide: a layer that is right in sum only.
fn assert_features(weights: &Weights, molecule: &Molecule, arrays: &BTreeMap<String, Array>) {
    let features = features(weights, molecule);
    for (l, x) in features.x.iter().enumerate() {
        assert_equal(x, &arrays[&format!("x_{l}_f64")], &format!("x_{l}"));
    }
    for (l, vec) in features.vec.iter().enumerate() {
        let name = format!("vec_{}", l + 1);
        assert_equal(&atoms_first(vec), &arrays[&format!("{name}_f64")], &name);
    }
    assert_equal(&features.x_out, &arrays["x_out_f64"], "x_out");
    assert_equal(
        &features.atom_energies,
        &arrays["atom_energy_raw_f64"],
        "atom energies",
    );
    if let Some(head_x) = arrays.get("head0_x_f64") {
        assert_equal(&features.head_x, head_x, "head x");
        assert_equal(
            &atoms_first(&features.head_vec),
            &arrays["head0_v_f64"],
            "head vec",
        );
    }
}

fn features(weights: &Weights, molecule: &Molecule) -> Features {
    let (mut pairs, mut pair_vectors) = (Vec::new(), Vec::new());
    let neighbors = molecule.neighbors(5.0);
    neighbors.for_each(&molecule.positions, &molecule.cell, 5.0, |i, j, r, _| {
        if i < j {
            pairs.push([i as u32, j as u32]);
            pair_vectors.extend(r.iter().copied());
        }
    });
    let numbers: Vec<_> = molecule
        .system
        .elements
        .iter()
        .map(|element| element.atomic_number() as u32)
        .collect();
    let device = Device::Cpu;
    let graph = Graph::new(&numbers, &vec![0; numbers.len()], 1, &pairs, &device).unwrap();
    let tensors = tensors(weights, DType::F64, &device).unwrap();
    let model = Model::new(&weights.config, &tensors).unwrap();
    let pair_vectors = Tensor::from_vec(pair_vectors, (pairs.len(), 3), &device).unwrap();
    model.features(&graph, &pair_vectors).unwrap()
}

/// (3N, C) → (N, 3, C)
fn atoms_first(vec: &Tensor) -> Tensor {
    let channels = vec.dim(1).unwrap();
    vec.reshape((3, (), channels))
        .unwrap()
        .transpose(0, 1)
        .unwrap()
}

/// 1e-9 of the largest value.
fn assert_equal(ours: &Tensor, theirs: &Array, name: &str) {
    assert_eq!(ours.dims(), theirs.shape, "{name}");
    let ours: Vec<f64> = ours.flatten_all().unwrap().to_vec1().unwrap();
    let size = theirs.values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let difference = ours
        .iter()
        .zip(&theirs.values)
        .fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
    assert!(
        difference <= 1e-9 * size,
        "{name}: {difference:e} of {size:e}"
    );
}

/// A trained model on real frames, if they are there: its README states a mean absolute error of 7.032 meV/Å over all
/// frames (by component). Every 100th frame is within 0.3 of that; other units or another order of atoms would not be.
#[test]
fn the_peer_model_has_its_recorded_force_error() {
    let files = [
        "models/peer_et_ethanol.ckpt",
        "data/rmd17/rmd17_ethanol.npz",
    ];
    let [Some(model), Some(set)] = files.map(shared_file) else {
        return;
    };
    let mut network = network(&Weights::load(model).unwrap(), Precision::F32);
    let arrays = read_npz(&set);
    let (mut sum, mut count) = (0.0, 0.0);
    for frame in (0..arrays["coords"].shape[0]).step_by(100) {
        let of_frame = |name: &str| vectors(&arrays[name].values[27 * frame..27 * (frame + 1)]);
        let molecule = Molecule::new(&arrays["nuclear_charges"].values, of_frame("coords"));
        let answer = evaluate_one(&mut network, &molecule);
        for (ours, theirs) in answer.forces.iter().zip(of_frame("forces")) {
            sum += (ours - theirs * KCAL_PER_MOL).abs().sum();
            count += 3.0;
        }
    }
    let error = 1e3 * sum / count;
    println!("peer model: {error:.3} meV/Å");
    assert!((error - 7.032).abs() < 0.3, "{error}");
}
