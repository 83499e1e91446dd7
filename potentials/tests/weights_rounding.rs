//! Weights with their matrices rounded to f16: what changes, what does not, how they are stored, what it does to forces.

mod common;
#[cfg(feature = "candle")]
mod systems;

use common::test_file;
use oreo_potentials::oreo::{
    is_stored_in_f16, F16Rounding, Inspection, StoredAs, Weights, WeightsProblem,
};
use std::collections::BTreeSet;

const Q_PROJ: &str = "representation_model.attention_layers.0.q_proj.weight";

fn small() -> Weights {
    Weights::load(test_file("small_et.safetensors")).unwrap()
}

fn rounded() -> (Weights, F16Rounding) {
    let mut weights = small();
    let rounding = weights.round_to_f16().unwrap();
    (weights, rounding)
}

/// Numbers by hand, put into one matrix; every other matrix is zero. The largest relative change does not count the
/// third number, which is below 2⁻¹⁴ and loses everything.
#[test]
fn the_cost_of_rounding_is_counted_number_by_number() {
    let mut weights = small();
    for (name, tensor) in &mut weights.tensors {
        if is_stored_in_f16(name) {
            tensor.values.fill(0.0);
        }
    }
    let (step, tiny) = (2f64.powi(-10), 2f64.powi(-26));
    let matrix = weights.tensors.get_mut(Q_PROJ).unwrap();
    matrix.values[..4].copy_from_slice(&[1.0 + 0.25 * step, -3.0, tiny, -2.0 - step]);
    let numbers = weights
        .tensors
        .iter()
        .filter(|(name, _)| is_stored_in_f16(name));
    let numbers: usize = numbers.map(|(_, tensor)| tensor.values.len()).sum();
    let rounding = weights.round_to_f16().unwrap();
    assert_eq!(weights.tensors[Q_PROJ].values[..4], [1.0, -3.0, 0.0, -2.0]);
    assert_eq!((rounding.numbers, rounding.changed), (numbers, 3));
    assert_eq!(rounding.zeroed, 1);
    let largest = step / (2.0 + step);
    assert!((rounding.largest_relative_change - largest).abs() < 1e-12);
    let rms = step * (1.0625f64 / (1.0 + 9.0 + 4.0)).sqrt();
    assert!((rounding.rms_relative_change / rms - 1.0).abs() < 1e-3);
}

/// 2⁻¹² is the root mean square that eleven digits leave of themselves, give or take. Planted and caught: rounding towards
/// zero, which doubles it.
#[test]
fn only_matrices_change_and_by_at_most_half_a_step() {
    let (weights, rounding) = rounded();
    assert!(weights.matrices_are_f16() && !small().matrices_are_f16());
    assert!(rounding.changed > rounding.numbers * 9 / 10);
    assert!(rounding.largest_relative_change <= 2f64.powi(-11));
    assert!((1e-4..2.5e-4).contains(&rounding.rms_relative_change));
    for (name, tensor) in &small().tensors {
        let now = &weights.tensors[name];
        assert_eq!(now == tensor, !is_stored_in_f16(name), "{name}");
    }
}

#[test]
fn rounding_again_changes_nothing_and_keeps_the_first_source() {
    let (mut weights, first) = rounded();
    assert_eq!(weights.record["matrices_rounded_to"], "f16");
    assert_eq!(weights.record["rounded_from_sha256"], small().sha256);
    assert_eq!(weights.record["seed"], small().record["seed"]);
    weights = Weights::from_bytes(&weights.to_bytes(), "rounded").unwrap();
    let before = weights.clone();
    let second = weights.round_to_f16().unwrap();
    assert!(weights == before);
    assert_eq!(second.numbers, first.numbers);
    assert_eq!((second.changed, second.zeroed), (0, 0));
    assert_eq!(
        (second.largest_relative_change, second.rms_relative_change),
        (0.0, 0.0)
    );
}

#[test]
fn a_number_beyond_f16_is_refused_and_nothing_is_changed() {
    for value in [65_504.1, -1e30, f64::NAN] {
        let mut weights = small();
        let mut keys = weights.tensors.keys().rev();
        let last = keys.find(|name| is_stored_in_f16(name)).unwrap().clone();
        weights.tensors.get_mut(&last).unwrap().values[3] = value;
        let before = weights.clone();
        let problem = weights.round_to_f16().unwrap_err();
        let message = problem.to_string();
        assert!(
            message.contains(&format!("'{last}' holds {value} at index 3")),
            "{message}"
        );
        assert!(matches!(problem, WeightsProblem::BeyondF16 { .. }));
        assert_eq!(weights.record, before.record);
        assert_eq!(weights.tensors[Q_PROJ], before.tensors[Q_PROJ]);
    }
    let mut weights = small();
    weights.tensors.get_mut(Q_PROJ).unwrap().values[0] = -65_504.0;
    assert!(weights.round_to_f16().is_ok());
}

/// Half the numbers of a kind in the wrong place would read as other numbers; a rest in f16 would lose digits.
#[test]
fn both_kinds_of_file_keep_every_number_in_less_space() {
    let (weights, _) = rounded();
    let single = weights.to_safetensors(StoredAs::F32).len() as f64;
    assert_eq!(StoredAs::exact(&weights), StoredAs::F16Matrices);
    for bytes in [
        weights.to_bytes(),
        weights.to_checkpoint(StoredAs::F16Matrices),
    ] {
        let read = Weights::from_bytes(&bytes, "rounded").unwrap();
        assert!(read.tensors == weights.tensors);
        assert_eq!(read.record["matrices_rounded_to"], "f16");
        for tensor in Inspection::from_bytes(&bytes, "rounded").unwrap().tensors {
            let matrix = is_stored_in_f16(&tensor.name);
            assert_eq!(tensor.number_type, if matrix { "F16" } else { "F32" });
        }
    }
    let share = weights.to_bytes().len() as f64 / single;
    assert!((0.5..0.75).contains(&share), "{share}");
}

/// The record alone does not make a file small at the price of digits, nor do the numbers alone rename what they are.
#[test]
fn space_is_saved_only_where_record_and_numbers_agree() {
    let (mut weights, _) = rounded();
    weights.record.remove("matrices_rounded_to");
    assert_eq!(StoredAs::exact(&weights), StoredAs::F32);
    let (mut trained_on, _) = rounded();
    trained_on.tensors.get_mut(Q_PROJ).unwrap().values[7] = f64::from(0.1f32);
    assert!(!trained_on.matrices_are_f16());
    assert_eq!(StoredAs::exact(&trained_on), StoredAs::F32);
    assert_eq!(StoredAs::F16Matrices.inexact(&trained_on), 1);
}

/// 0.1 is no f32; the matrices stay small beside it. The eight bytes must start at a multiple of eight.
#[test]
fn one_number_that_needs_f64_keeps_it_and_only_it() {
    let (mut weights, _) = rounded();
    weights.tensors.get_mut("mean").unwrap().values[0] = 0.1;
    let bytes = weights.to_bytes();
    let seen = Inspection::from_bytes(&bytes, "mean").unwrap();
    let types: BTreeSet<_> = seen.tensors.iter().map(|t| &*t.number_type).collect();
    assert_eq!(types, BTreeSet::from(["F16", "F32", "F64"]));
    let double = seen.tensors.iter().filter(|t| t.number_type == "F64");
    assert_eq!(double.map(|t| &*t.name).collect::<Vec<_>>(), ["mean"]);
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    for tensor in &seen.tensors {
        let width = tensor.number_type[1..].parse::<u64>().unwrap() / 8;
        let start = header[&tensor.name]["data_offsets"][0].as_u64().unwrap();
        assert_eq!(start % width, 0, "{}", tensor.name);
    }
    let read = Weights::from_bytes(&bytes, "mean").unwrap();
    assert!(read.tensors == weights.tensors);
    let checkpoint = weights.to_checkpoint(StoredAs::F16Matrices);
    let seen = Inspection::from_bytes(&checkpoint, "mean").unwrap();
    assert_eq!(seen.hyper_parameters["precision"], "64");
}

/// Another network, but nearly the same: 2⁻¹² of relative error a number, averaged over many. Planted and caught:
/// rounding towards zero (3e-3, since its errors add up), to eight digits (bf16), and not at all.
#[cfg(feature = "candle")]
#[test]
fn forces_of_the_rounded_network_are_close_but_not_equal() {
    use candle_core::Device;
    use oreo_potentials::oreo::reference::{OreoReference, Precision};
    let forces = |weights: &Weights, molecule: &systems::Molecule| {
        let mut network = OreoReference::new(weights, Precision::F64, &Device::Cpu).unwrap();
        systems::evaluate_one(&mut network, molecule).forces
    };
    let (weights, _) = rounded();
    for name in ["small_water.npz", "small_ethanol.npz"] {
        let (molecule, _) = systems::reference(name);
        let exact = forces(&small(), &molecule);
        let error = systems::relative_error(&forces(&weights, &molecule), &exact);
        println!("{name}: forces {error:.1e}");
        assert!((1e-5..2e-3).contains(&error), "{name}: {error}");
    }
}
