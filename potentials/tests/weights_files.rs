//! Weights files: both kinds and all layouts hold the same network; what is written is read back.

mod common;

use common::edit::{self, with_entry};
use common::{read_npz, shared_file, test_file};
use oreo_potentials::oreo::layout::layout;
use oreo_potentials::oreo::{Config, FileKind, Inspection, Weights, WeightsProblem};
use std::fs;
use zip::CompressionMethod;

const ODD: [&str; 3] = [
    "odd_protocol2.ckpt",
    "odd_protocol4.ckpt",
    "odd_protocol5.ckpt",
];

fn small() -> Weights {
    Weights::load(test_file("small_et.safetensors")).unwrap()
}

fn tiny() -> Config {
    Config {
        channels: 4,
        layers: 1,
        heads: 2,
        radial_functions: 3,
        cutoff_upper: 4.5,
        max_z: 10,
        ..Config::et_oreo()
    }
}

#[test]
fn both_checkpoint_layouts_equal_the_safetensors_to_the_bit() {
    let reference = small();
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

#[test]
fn numbers_that_were_given_to_torchmd_net_are_found() {
    let weights = small();
    assert_eq!(weights.tensors["mean"].values, [-0.75]);
    assert_eq!(weights.tensors["std"].values, [1.25]);
    assert_eq!(weights.tensors.len(), layout(&weights.config).len());
    assert!(!weights.config.vector_cutoff);
    assert_eq!(weights.config.cutoff_upper, 5.0);
}

/// Ignoring strides, offsets, byte order or the wrapper of a parameter gives other numbers; the script that wrote the
/// files says which numbers belong where.
#[test]
fn checkpoints_with_everything_that_lightning_keeps_are_read_exactly() {
    for file in ODD {
        let weights = Weights::load(test_file(file)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(weights.config, tiny(), "{file}");
        assert_eq!(weights.unused, ["prior_model.0.steps", "strange"], "{file}");
        for (t, entry) in layout(&weights.config).iter().enumerate() {
            let expected: Vec<_> = (0..entry.count())
                .map(|i| (t % 16) as f64 + (i % 8) as f64 / 4.0)
                .collect();
            let found = &weights.tensors[&entry.name];
            assert_eq!(found.values, expected, "{file}: {}", entry.name);
            assert_eq!(found.shape, entry.shape, "{file}: {}", entry.name);
        }
    }
}

#[test]
fn missing_mean_and_std_are_zero_and_one() {
    let file = fs::read(test_file("small_et.safetensors")).unwrap();
    let without = edit::with_header(&file, |header| {
        for (old, new) in [("mean", "other_mean"), ("std", "other_std")] {
            let entry = header.remove(old).unwrap();
            header.insert(new.into(), entry);
        }
    });
    let weights = Weights::from_bytes(&without, "without").unwrap();
    assert_eq!(weights.tensors["mean"].values, [0.0]);
    assert_eq!(weights.tensors["std"].values, [1.0]);
    assert!(weights.unused.contains(&"other_mean".to_string()));
}

#[test]
fn tensors_of_the_2023_noise_head_are_named_as_unused() {
    let file = fs::read(test_file("small_et_2023layout.ckpt")).unwrap();
    let with_noise = with_entry(&file, "data.pkl", |pickle| {
        edit::replace(
            pickle,
            b"\x0a\x00\x00\x00model.mean",
            b"\x22\x00\x00\x00model.output_model_noise.vec1.bias",
        );
    });
    let weights = Weights::from_bytes(&with_noise, "noise").unwrap();
    assert_eq!(weights.unused, ["output_model_noise.vec1.bias"]);
    assert_eq!(weights.tensors["mean"].values, [0.0]);
}

#[test]
fn saved_weights_load_as_they_were_and_equal_weights_give_equal_bytes() {
    let folder = std::env::temp_dir().join(format!("oreo-weights-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("small.safetensors");
    fs::write(&path, "an older file").unwrap();
    let mut weights = small();
    weights.record.insert("elements".into(), "H C O".into());
    weights.save(&path).unwrap();
    let loaded = Weights::load(&path).unwrap();
    assert_eq!(loaded.config, weights.config);
    assert!(loaded.tensors == weights.tensors);
    assert_eq!(loaded.record["elements"], "H C O");
    assert_eq!(loaded.record["seed"], "20260101");
    assert!(loaded.record["program"].starts_with("oreo-potentials "));
    assert_eq!(loaded.to_bytes(), fs::read(&path).unwrap());
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        1,
        "a temporary file stayed"
    );
    fs::remove_dir_all(&folder).unwrap();
}

/// 0.1 is no f32: rounding it in silence would change the network.
#[test]
fn weights_beyond_f32_are_saved_in_f64() {
    let mut weights = Weights::random(tiny(), 3);
    assert!(
        Inspection::from_bytes(&weights.to_bytes(), "single")
            .unwrap()
            .tensors[0]
            .number_type
            == "F32"
    );
    weights.tensors.get_mut("mean").unwrap().values[0] = 0.1;
    let bytes = weights.to_bytes();
    assert!(Inspection::from_bytes(&bytes, "double").unwrap().tensors[0].number_type == "F64");
    let loaded = Weights::from_bytes(&bytes, "double").unwrap();
    assert_eq!(loaded.tensors["mean"].values, [0.1]);
}

#[test]
fn random_weights_are_a_file_of_their_own_digest() {
    let weights = Weights::random(tiny(), 3);
    let mut loaded = Weights::from_bytes(&weights.to_bytes(), "random").unwrap();
    assert_eq!(loaded.sha256, weights.sha256);
    loaded.record.remove("program");
    assert!(loaded == weights);
}

#[test]
fn a_failed_save_names_the_file_and_the_reason() {
    let error = small().save("/nowhere/at/all.safetensors").unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("/nowhere/at/all.safetensors: cannot write: "),
        "{message}"
    );
}

#[test]
fn elements_come_from_the_record_or_else_from_the_embedding() {
    let mut weights = Weights::random(tiny(), 3);
    assert!(!weights.elements_recorded());
    assert_eq!(weights.elements().to_string(), "H He Li Be B C N O F");
    weights.record.insert("elements".into(), "H C O".into());
    assert!(weights.elements_recorded());
    assert_eq!(weights.elements().to_string(), "H C O");
}

#[test]
fn an_inspection_lists_tensors_options_and_record() {
    let seen = Inspection::load(test_file("small_et.safetensors")).unwrap();
    assert_eq!(seen.kind, FileKind::Safetensors);
    assert_eq!(seen.parameters, Some(42_146));
    assert!(seen.refusals.is_empty());
    assert_eq!(seen.config, Some(small().config));
    assert_eq!(seen.hyper_parameters["max_num_neighbors"], "128");
    assert_eq!(
        seen.record["format"],
        "torchmd-net 3.1.0 TorchMD_Net.state_dict()"
    );
    assert_eq!(seen.sha256, small().sha256);
    let unused: Vec<_> = seen.tensors.iter().filter(|tensor| !tensor.used).collect();
    assert_eq!(unused.len(), 1);
    assert_eq!(
        (&unused[0].shape[..], unused[0].number_type.as_str()),
        (&[3, 3][..], "F32")
    );
}

#[test]
fn an_inspection_of_an_odd_checkpoint_names_what_it_does_not_understand() {
    let seen = Inspection::load(test_file(ODD[1])).unwrap();
    assert_eq!(seen.kind, FileKind::Checkpoint);
    let strange = seen
        .tensors
        .iter()
        .find(|tensor| tensor.name == "strange")
        .unwrap();
    assert_eq!(
        strange.number_type,
        "the Python object pytorch_lightning.utilities.parsing.EarlyStopping"
    );
    assert_eq!(seen.hyper_parameters["started"], "\"<datetime.datetime>\"");
    assert_eq!(seen.hyper_parameters["spread"], "\"NaN\"");
    assert_eq!(seen.hyper_parameters["splits"], "[1,[2,3]]");
}

/// A file that can be looked at but not evaluated: the option of 2023 that normalises the vectors.
#[test]
fn a_whitened_model_can_be_inspected_but_not_loaded() {
    let file = fs::read(test_file("small_et.safetensors")).unwrap();
    let file = edit::with_options(&file, |options| {
        options.insert("layernorm_on_vec".into(), "whitened".into());
    });
    let seen = Inspection::from_bytes(&file, "whitened").unwrap();
    assert_eq!(seen.refusals.len(), 1);
    assert_eq!(seen.parameters, Some(42_146));
    let error = Weights::from_bytes(&file, "whitened").unwrap_err();
    assert_eq!(error.problem.to_string(), seen.refusals[0].to_string());
    assert!(matches!(
        error.problem,
        WeightsProblem::OptionUnsupported {
            option: "layernorm_on_vec",
            ..
        }
    ));
}

#[test]
fn a_checkpoint_zipped_again_without_compression_still_loads() {
    let file = fs::read(test_file("small_et_today.ckpt")).unwrap();
    let again = edit::checkpoint(&edit::entries(&file), CompressionMethod::Stored);
    assert!(Weights::from_bytes(&again, "again").unwrap().tensors == small().tensors);
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
