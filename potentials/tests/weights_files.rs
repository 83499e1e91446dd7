//! Weights files: both kinds and both layouts hold the same network.

mod common;

use common::{read_npz, shared_file, test_file};
use oreo_potentials::oreo::layout::layout;
use oreo_potentials::oreo::Weights;

#[test]
fn both_checkpoint_layouts_equal_the_safetensors_to_the_bit() {
    let reference = Weights::load(test_file("small_et.safetensors")).unwrap();
    assert_eq!(reference.unused, ["representation_model.distance.box"]);
    assert_eq!(reference.parameter_count(), 42_146);
    for (file, unused) in [
        ("small_et_today.ckpt", reference.unused.clone()),
        ("small_et_2023layout.ckpt", vec![]),
    ] {
        let checkpoint = Weights::load(test_file(file)).unwrap();
        assert_eq!(checkpoint.config, reference.config, "{file}");
        assert_eq!(checkpoint.unused, unused, "{file}");
        assert!(checkpoint.tensors == reference.tensors, "{file}");
    }
}

/// Reads two numbers that torchmd-net was given by hand, and one that PyTorch drew.
#[test]
fn scalars_and_tensors_have_their_values() {
    let weights = Weights::load(test_file("small_et.safetensors")).unwrap();
    assert_eq!(weights.tensors["mean"].values, [-0.75]);
    assert_eq!(weights.tensors["std"].values, [1.25]);
    let expected: Vec<_> = layout(&weights.config)
        .iter()
        .map(|e| e.name.clone())
        .collect();
    assert_eq!(weights.tensors.len(), expected.len());
}

#[test]
fn npz_arrays_have_shape_and_values() {
    let water = read_npz(&test_file("small_water.npz"));
    assert_eq!(water["z"].values, [8.0, 1.0, 1.0]);
    assert_eq!(water["vec_1_f64"].shape, [3, 3, 32]);
    assert_eq!(water["vec_1_f64"].values.len(), 288);
    let net_force: f64 = water["F_f64"].values.iter().sum();
    assert!(net_force.abs() < 1e-12);
}

#[test]
fn the_large_reference_and_the_peer_model_load() {
    for (file, parameters) in [
        ("parity/full_et.safetensors", 6_865_026),
        ("models/peer_et_ethanol.ckpt", 943_170),
    ] {
        let Some(path) = shared_file(file) else {
            continue;
        };
        let weights = Weights::load(path).unwrap();
        assert_eq!(weights.parameter_count(), parameters);
    }
}
