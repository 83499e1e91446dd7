//! Each reason to refuse a weights file, with the message that the user sees.

mod common;

use common::edit::{self, with_entry, with_first_number, with_header, with_metadata, with_options};
use common::test_file;
use oreo_potentials::oreo::{Inspection, Weights};
use serde_json::{json, Value};
use std::fs;
use zip::CompressionMethod;

const ODD: &str = "odd_protocol2.ckpt";
const O_PROJ: &str = "representation_model.attention_layers.1.o_proj.weight";

fn bytes(name: &str) -> Vec<u8> {
    fs::read(test_file(name)).unwrap()
}

fn small() -> Vec<u8> {
    bytes("small_et.safetensors")
}

fn message(file: &[u8]) -> String {
    let error = Weights::from_bytes(file, "model.file").expect_err("must be refused");
    let message = error.to_string();
    assert!(message.starts_with("model.file: "), "{message}");
    assert!(!message.contains('\n'), "{message}");
    message
}

#[track_caller]
fn assert_refused(file: &[u8], parts: &[&str]) {
    let message = message(file);
    for part in parts {
        assert!(message.contains(part), "'{part}' is not in: {message}");
    }
}

#[test]
fn every_network_that_is_not_computed_is_refused_by_name_and_value() {
    for (option, value) in [
        ("model", json!("tensornet")),
        ("rbf_type", json!("gauss")),
        ("activation", json!("ssp")),
        ("attn_activation", json!("tanh")),
        ("distance_influence", json!("keys")),
        ("neighbor_embedding", json!(false)),
        ("layernorm_on_vec", json!("whitened")),
        ("output_model", json!("DipoleMoment")),
        ("prior_model", json!("Atomref")),
        ("prior_model", json!(["ZBL"])),
        ("reduce_op", json!("mean")),
        ("aggr", json!("mean")),
        ("atom_filter", json!(1)),
        ("cutoff_lower", json!(0.5)),
    ] {
        let file = with_options(&small(), |options| {
            options.insert(option.into(), value.clone());
        });
        let found = format!("'{option}' is {value}");
        assert_refused(&file, &["cannot be evaluated", &found, "use a model with"]);
        let seen = Inspection::from_bytes(&file, "model.file").unwrap();
        assert_eq!(seen.refusals.len(), 1, "{option}");
    }
}

#[test]
fn an_inspection_lists_every_reason_not_only_the_first() {
    let file = with_options(&small(), |options| {
        options.insert("activation".into(), json!("tanh"));
        options.insert("aggr".into(), json!("max"));
        options.remove("num_rbf");
    });
    let seen = Inspection::from_bytes(&file, "model.file").unwrap();
    assert_eq!(seen.refusals.len(), 3);
    assert!(seen.config.is_none() && seen.parameters.is_none());
}

#[test]
fn options_without_a_safe_default_must_be_there() {
    for option in [
        "model",
        "rbf_type",
        "activation",
        "attn_activation",
        "distance_influence",
        "neighbor_embedding",
        "embedding_dimension",
        "num_layers",
        "num_heads",
        "num_rbf",
        "cutoff_upper",
        "max_z",
    ] {
        let file = with_options(&small(), |options| {
            options.remove(option).unwrap();
        });
        assert_refused(&file, &[&format!("'{option}' is missing"), "convert again"]);
    }
}

#[test]
fn meaningless_sizes_are_refused_before_anything_is_allocated() {
    for (option, value) in [
        ("embedding_dimension", json!(0)),
        ("embedding_dimension", json!(1u64 << 60)),
        ("num_layers", json!(-1)),
        ("num_layers", json!(1_000_000_000)),
        ("num_heads", json!("eight")),
        ("num_heads", json!(5)),
        ("num_rbf", json!(16.5)),
        ("max_z", json!(null)),
        ("cutoff_upper", json!(0.0)),
        ("cutoff_upper", json!(1e300)),
        ("vector_cutoff", json!("yes")),
    ] {
        let file = with_options(&small(), |options| {
            options.insert(option.into(), value.clone());
        });
        assert_refused(&file, &[&format!("'{option}' is {value}, must be ")]);
    }
}

#[test]
fn heads_must_divide_the_channels() {
    let file = with_options(&small(), |options| {
        options.insert("num_heads".into(), json!(5));
    });
    assert_refused(
        &file,
        &["'num_heads' is 5", "a divisor of embedding_dimension = 32"],
    );
}

#[test]
fn a_missing_tensor_is_named_with_the_shape_it_should_have() {
    let file = with_header(&small(), |header| {
        let entry = header.remove(O_PROJ).unwrap();
        header.insert("somewhere.else".into(), entry);
    });
    assert_refused(&file, &[O_PROJ, "[96, 32] is missing", "convert it again"]);
    let file = with_options(&small(), |options| {
        options.insert("num_layers".into(), json!(3));
    });
    assert_refused(&file, &["attention_layers.2", "missing"]);
}

#[test]
fn a_wrong_shape_is_told_with_the_right_one() {
    let file = with_header(&small(), |header| {
        header[O_PROJ]["shape"] = json!([32, 96]);
    });
    assert_refused(&file, &[O_PROJ, "has shape [32, 96]", "demand [96, 32]"]);
}

#[test]
fn numbers_that_are_not_finite_are_located() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let file = with_first_number(&small(), O_PROJ, &value.to_le_bytes());
        assert_refused(&file, &[O_PROJ, "at index 0", "another checkpoint"]);
    }
}

#[test]
fn integers_are_no_weights() {
    let file = with_header(&small(), |header| header[O_PROJ]["dtype"] = json!("I32"));
    assert_refused(&file, &[O_PROJ, "is stored as I32", "convert it to"]);
    let file = with_entry(&bytes(ODD), "data.pkl", |pickle| {
        edit::replace(pickle, b"ctorch\nFloatStorage\n", b"ctorch\nShortStorage\n");
    });
    assert_refused(&file, &["is stored as torch.ShortStorage"]);
}

#[test]
fn a_newer_format_asks_for_a_newer_program() {
    for version in ["2", "1.5", "", "-1"] {
        let file = with_metadata(&small(), |metadata| {
            metadata.insert("oreo_format".into(), json!(version));
        });
        assert_refused(&file, &["format version", "update the program"]);
    }
}

#[test]
fn a_record_with_impossible_elements_is_refused() {
    for (elements, reason) in [
        ("H Xx", "'Xx' is not a chemical element"),
        ("H Cl", "Cl has no embedding (max_z = 10)"),
    ] {
        let mut weights = Weights::load(test_file(ODD)).unwrap();
        weights.record.insert("elements".into(), elements.into());
        let parts = [&format!("elements = '{elements}'"), reason];
        assert_refused(&weights.to_bytes(), &parts);
    }
}

#[test]
fn a_file_without_hyper_parameters_says_what_to_save() {
    let file = with_metadata(&small(), |metadata| {
        metadata.remove("hyper_parameters");
    });
    assert_refused(
        &file,
        &["no 'hyper_parameters'", "save the whole checkpoint"],
    );
    let file = with_header(&small(), |header| {
        header.remove("__metadata__");
    });
    assert_refused(&file, &["no 'hyper_parameters'"]);
    let file = with_entry(&bytes("small_et_today.ckpt"), "data.pkl", |pickle| {
        edit::replace(pickle, b"hyper_parameters", b"hyper_parametErs");
    });
    assert_refused(&file, &["no 'hyper_parameters' in its checkpoint"]);
}

/// The classic attack: unpickling this runs a program. Here it is a name in a message.
#[test]
fn a_pickle_that_wants_to_run_something_is_only_quoted() {
    let file = with_entry(&bytes(ODD), "data.pkl", |pickle| {
        edit::replace(
            pickle,
            b"ctorch._utils\n_rebuild_tensor_v2\n",
            b"cos\nsystem\n",
        );
    });
    assert_refused(
        &file,
        &["is stored as the Python object os.system", "convert it to"],
    );
}

#[test]
fn other_files_and_damaged_ones_say_so() {
    assert_refused(
        b"",
        &["neither a .safetensors file nor a PyTorch checkpoint"],
    );
    assert_refused(
        b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",
        &["PyTorch 1.6 or later"],
    );
    assert_refused(b"3\nwater\nO 0 0 0\n", &["neither"]);
    let (good, checkpoint) = (small(), bytes(ODD));
    assert_refused(
        &good[..good.len() - 1],
        &["is damaged: safetensors", "again"],
    );
    assert_refused(&good[..500], &["is damaged: safetensors"]);
    assert_refused(&checkpoint[..checkpoint.len() - 30], &["is damaged: zip"]);
    let squeezed = edit::checkpoint(&edit::entries(&checkpoint), CompressionMethod::Deflated);
    assert_refused(&squeezed, &["is compressed, which PyTorch never does"]);
}

/// A flipped bit in a weight changes forces without a trace, unless the archive's CRC is compared.
#[test]
fn a_flipped_bit_in_a_checkpoint_is_found_by_its_crc() {
    let mut file = bytes("small_et_today.ckpt");
    let at = file.len() / 2;
    file[at] ^= 1;
    assert_refused(&file, &["is damaged: entry 'data/", "again"]);
}

#[test]
fn a_tensor_that_reaches_beyond_its_storage_is_refused() {
    let file = with_entry(&bytes("small_et_today.ckpt"), "data/1", Vec::clear);
    assert_refused(&file, &["'std' reaches beyond its 0 stored numbers"]);
}

#[test]
fn a_missing_storage_is_named() {
    let mut entries = edit::entries(&bytes(ODD));
    entries.retain(|(name, _)| !name.ends_with("data/3"));
    let file = edit::checkpoint(&entries, CompressionMethod::Stored);
    assert_refused(&file, &["entry 'data/3'"]);
}

#[test]
fn two_tensors_of_one_name_are_refused() {
    let file = with_header(&small(), |header| {
        let entry: Value = header.remove("representation_model.distance.box").unwrap();
        header.insert("model.mean".into(), entry);
    });
    assert_refused(&file, &["'mean' appears twice"]);
}

#[test]
fn a_path_without_a_file_is_told() {
    let message = Weights::load("no/such/model.safetensors")
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("no/such/model.safetensors: cannot read: "),
        "{message}"
    );
    let folder = Weights::load(test_file("")).unwrap_err().to_string();
    assert!(folder.contains("cannot read"), "{folder}");
}
