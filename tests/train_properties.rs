//! `oreo train` and `oreo evaluate` for scalar properties of QM9, through the program.

#[path = "common/program.rs"]
mod program;

use oreo::potentials::oreo::Weights;
use program::{file, json, oreo, refusal, ETHANOL, MODEL};
use std::fs;
use std::path::Path;

const HARTREE: f64 = 27.211386245981;

/// Gaps in hartree of the first seven molecules of QM9: made up, but for the last, which is not known.
const GAPS: [f64; 6] = [0.50, 0.33, 0.36, 0.29, 0.42, 0.15];

/// A config on the packed seven molecules; `more` stands at the top.
fn packed(folder: &Path, more: &str, training: &str) -> String {
    let mut table = String::from("gdb_index,homo_hartree,gap_hartree\n");
    for (molecule, gap) in GAPS.iter().enumerate() {
        table += &format!("{},-0.25,{gap}\n", molecule + 1);
    }
    fs::write(folder.join("table.csv"), table).unwrap();
    format!(
        r#"
output = "unused"
{more}

[[data]]
file = "{}"
properties = "table.csv"
property = "gap"
train = 4
validation = 2
split-seed = 2

[training]
batch = 4
steps = 40
validation-every = 20
{training}

[training.objective]
variant = "property"

[training.schedule]
learning-rate = 3e-3
warm-up-steps = 5
then = {{ kind = "constant" }}
"#,
        file("training/tests/data/qm9_first_7.npz")
    )
}

const SMALL: &str = "[network]\nchannels = 16\nlayers = 2\nheads = 2\nradial-functions = 8";

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

fn train(folder: &Path, name: &str, text: &str) -> (serde_json::Value, String) {
    let config = write(folder, &format!("{name}.toml"), text);
    let output = folder.join(name).to_str().unwrap().to_string();
    (json(&["train", &config, "--output", &output]), output)
}

fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

/// Mean and standard deviation of the training labels, in eV.
fn statistics(output: &str) -> (f64, f64) {
    let split = fs::read_to_string(format!("{output}/splits/0.json")).unwrap();
    let split: oreo_training::data::Split = serde_json::from_str(&split).unwrap();
    assert!(split.count == 7 && !split.train.contains(6) && !split.validation.contains(6));
    let labels: Vec<f64> = split
        .train
        .iter()
        .map(|k| GAPS[k as usize] * HARTREE)
        .collect();
    let n = labels.len() as f64;
    let mean = labels.iter().sum::<f64>() / n;
    let squares: f64 = labels.iter().map(|label| (label - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}

/// The weights file says what it predicts, holds mean and deviation of the training labels, and evaluates to the gap in eV:
/// to the error that the training reported. Planted, and seen to fail: the deviation not put into the weights; mean
/// and deviation of the validation labels.
#[test]
fn a_gap_is_learned_and_the_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (summary, output) = train(folder.path(), "gap", &packed(folder.path(), SMALL, ""));
    assert_eq!(summary["property"], "gap");
    assert!(summary["validation_force_mae_mev_per_a"].is_null());
    let weights = Weights::load(format!("{output}/best.safetensors")).unwrap();
    let (mean, deviation) = statistics(&output);
    let held = |name: &str| weights.tensors[name].values[0];
    assert!(
        (held("mean") - mean).abs() < 1e-6 * mean,
        "{} {mean}",
        held("mean")
    );
    assert!(
        (held("std") - deviation).abs() < 1e-6 * deviation,
        "{}",
        held("std")
    );
    assert_eq!(weights.record["property"], "gap");
    assert_eq!(weights.record["property_unit"], "eV");
    let reported = number(&summary["validation_property_mae_mev"]);
    let recorded: f64 = weights.record["validation_property_mae_mev"]
        .parse()
        .unwrap();
    assert!((recorded - reported).abs() < 1e-3 * reported);
    // On all six labels: between training and validation.
    let table = folder.path().join("table.csv");
    let evaluated = json(&[
        "evaluate",
        "--weights",
        &format!("{output}/last.safetensors"),
        "--data",
        &file("training/tests/data/qm9_first_7.npz"),
        "--properties",
        table.to_str().unwrap(),
    ]);
    assert_eq!(
        (evaluated["conformations"].as_u64(), &evaluated["property"]),
        (Some(6), &"gap".into())
    );
    let curves = fs::read_to_string(format!("{output}/learning_curves.csv")).unwrap();
    let mut lines = curves
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let last = lines.next_back().unwrap();
    let cell = |name: &str| -> f64 {
        let at = names.iter().position(|other| *other == name).unwrap();
        last[at].parse().unwrap()
    };
    // Six labels: 4/6 of the error is that of the training set, which is learned by now.
    let of_validation = cell("property_mae_mev") * 2.0 / 6.0;
    let all = number(&evaluated["property_mae_mev"]);
    assert!(all > 0.99 * of_validation, "{all} {of_validation}");
    assert!(
        all < of_validation + 0.5 * 1e3 * deviation,
        "{all} {of_validation} {deviation}"
    );
    assert!(cell("train_loss") < 0.5 * deviation * deviation);
    let log = fs::read_to_string(format!("{output}/log.txt")).unwrap();
    assert!(
        log.contains("validation gap MAE ") && log.contains(" meV"),
        "{log}"
    );
}

/// One line and exit status 2: a gap moves no atoms.
#[test]
fn weights_of_a_property_are_refused_by_dynamics() {
    let folder = tempfile::tempdir().unwrap();
    let quick = packed(folder.path(), SMALL, "").replace("steps = 40", "steps = 2");
    let (_, output) = train(folder.path(), "gap", &quick);
    let weights = format!("{output}/last.safetensors");
    let ethanol = file(ETHANOL);
    let run = folder.path().join("md");
    let run = run.to_str().unwrap();
    let common = ["--weights", &weights, "--steps", "1", "--output", run];
    let message = refusal(&[&["run", "--structure", &ethanol][..], &common[..]].concat());
    assert!(message.contains("predicts gap"), "{message}");
    let message = refusal(&["evaluate", "--weights", &weights, "--data", &ethanol]);
    assert!(message.contains("no 'gap'"), "{message}");
    let message = refusal(&[
        "evaluate",
        "--weights",
        &file(MODEL),
        "--data",
        &ethanol,
        "--properties",
        "t.csv",
    ]);
    assert!(message.contains("--properties"), "{message}");
}

/// From weights that predict an energy, a property begins with a fresh head and the encoder that was given; weights of the
/// same property keep head, mean and deviation, so that the first error is the last one of the training before. Planted, and
/// seen to fail: the encoder refreshed as well; mean and deviation replaced though the head is kept.
#[test]
fn a_head_is_fresh_or_kept() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let model = file(MODEL);
    let begin = |name: &str, init: &str, head: &str| {
        let text = packed(at, &format!("init = \"{init}\"\n{head}"), "");
        let text = text.replace("steps = 40", "steps = 1");
        // Too small a rate to change a number.
        let text = text.replace(
            "learning-rate = 3e-3",
            "learning-rate = 1e-30\nwarm-up-from = 0",
        );
        let (summary, output) = train(at, name, &text);
        let log = fs::read_to_string(format!("{output}/log.txt")).unwrap();
        let weights = Weights::load(format!("{output}/last.safetensors")).unwrap();
        (summary, log, weights)
    };
    let given = Weights::load(&model).unwrap();
    let of = |weights: &Weights, name: &str| weights.tensors[name].values.clone();
    let (encoder, head) = (
        "representation_model.embedding.weight",
        "output_model.output_network.0.vec1_proj.weight",
    );
    let (_, log, fresh) = begin("fresh", &model, "");
    assert!(
        log.contains("head: fresh, of weights that predicted an energy, to predict gap"),
        "{log}"
    );
    assert_eq!(of(&fresh, encoder), of(&given, encoder));
    assert_ne!(of(&fresh, head), of(&given, head));
    let (_, _, kept) = begin("kept", &model, "head = \"kept\"");
    assert_eq!(of(&kept, head), of(&given, head));
    assert_eq!(of(&kept, "std"), of(&fresh, "std"));
    // With another mean than that of the labels, to see that it stays.
    let mut moved = fresh.clone();
    moved.tensors.get_mut("mean").unwrap().values[0] += 1.0;
    let path = at.join("moved.safetensors");
    moved.save(&path).unwrap();
    let (summary, log, again) = begin("again", path.to_str().unwrap(), "");
    assert!(
        log.contains("head: kept, of weights that predicted gap"),
        "{log}"
    );
    assert_eq!(
        (of(&again, head), of(&again, "mean")),
        (of(&moved, head), of(&moved, "mean"))
    );
    let row = &summary["before_after"][1];
    assert_eq!(
        (&row["measure"], &row["unit"]),
        (&"gap MAE".into(), &"meV".into())
    );
    assert_eq!(row["before"], row["after"], "nothing can have moved");
}

#[test]
fn raw_qm9_has_its_properties_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("raw");
    fs::create_dir(&raw).unwrap();
    // H2 of some lengths, gaps that fall with it.
    for k in 1..=6 {
        let (length, gap) = (0.70 + 0.02 * f64::from(k), 0.6 - 0.03 * f64::from(k));
        let properties = format!("0.5 0.5 0.5 0. 13.0 -0.25 0.05 {gap} 35.0 0.04 -1 -1 -1 -1 6.4");
        let text = format!("2\ngdb {k} {properties}\nH 0 0 0 0\nH 0 0 {length} 0\n");
        fs::write(raw.join(format!("dsgdb9nsd_{k:06}.xyz")), text).unwrap();
    }
    let text = packed(folder.path(), SMALL, "");
    let text = text.replace(&file("training/tests/data/qm9_first_7.npz"), "raw");
    let text = text.replace("properties = \"table.csv\"\n", "");
    let (summary, _) = train(folder.path(), "run", &text);
    let (error, deviation) = (
        number(&summary["validation_property_mae_mev"]),
        number(&summary["label_deviation_mev"]),
    );
    assert!(error < deviation, "{error} {deviation}");
}

#[test]
fn what_does_not_go_together_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let good = packed(folder.path(), SMALL, "");
    for (from, to, word) in [
        (
            "variant = \"property\"",
            "variant = \"torchmdnet\"",
            "which needs an energy",
        ),
        (
            "property = \"gap\"\n",
            "",
            "objective \"property\" without property",
        ),
        (
            "property = \"gap\"",
            "property = \"lumo\"",
            "it has homo, gap",
        ),
        ("properties = \"table.csv\"\n", "", "TABLE.csv"),
        ("train = 4", "train = 5", "out of 6 conformations"),
        (
            "output = \"unused\"",
            "output = \"unused\"\nhead = \"fresh\"",
            "head without init",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let config = write(folder.path(), "c.toml", &good.replacen(from, to, 1));
        let output = folder.path().join("run");
        let message = refusal(&["train", &config, "--output", output.to_str().unwrap()]);
        assert!(message.contains(word), "{word}: {message}");
        assert!(!output.exists(), "{word}");
    }
    let config = write(folder.path(), "c.toml", &good);
    let help = oreo(&["train", &config, "--dry-run"]).success();
    let text = String::from_utf8(help.get_output().stdout.clone()).unwrap();
    assert!(text.contains("gap: 4 labels for training"), "{text}");
}
