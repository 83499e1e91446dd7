//! `oreo train` through the program, on the excerpt of rMD17 ethanol.

#[path = "common/program.rs"]
mod program;

use program::{file, json, refusal, ETHANOL};
use std::fs;
use std::path::Path;

fn config(more: &str, training: &str) -> String {
    format!(
        r#"
output = "trained"
{more}

[[data]]
file = "{}"
train = 4
validation = 3
test = 3

[training]
batch = 4
validation-every = 10
checkpoint-every = 5
{training}

[training.objective]
variant = "torchmdnet"

[training.schedule]
learning-rate = 3e-3
warm-up-steps = 5
then = {{ kind = "constant" }}
"#,
        file(ETHANOL)
    )
}

const SMALL: &str = "[network]\nchannels = 16\nlayers = 2\nheads = 2\nradial-functions = 8";

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

/// Training lowers the error, leaves weights that evaluate to the error that was reported, and its curves.
#[test]
fn training_lowers_the_error_and_leaves_weights() {
    let folder = tempfile::tempdir().unwrap();
    let more = format!("licence = \"CC-BY-4.0\"\n{SMALL}");
    let config = write(folder.path(), "c.toml", &config(&more, "steps = 60"));
    let output = folder.path().join("run");
    let output = output.to_str().unwrap();
    let summary = json(&["train", &config, "--output", output]);
    let curves = fs::read_to_string(format!("{output}/learning_curves.csv")).unwrap();
    let at = curves.lines().next().unwrap();
    let at = at.split(',').position(|name| name == "force_mae_mev_per_a");
    let mae = |row: &str| -> f64 { row.split(',').nth(at.unwrap()).unwrap().parse().unwrap() };
    let rows: Vec<f64> = curves.lines().skip(1).map(mae).collect();
    assert_eq!(rows.len(), 6);
    assert!(rows[5] < 0.9 * rows[0], "{rows:?}");
    // The best are those of the least loss.
    let found = summary["validation_force_mae_mev_per_a"].as_f64().unwrap();
    let reported = rows.iter().any(|mae| (found - mae).abs() < 1e-3 * mae);
    assert!(reported, "{found} {rows:?}");
    for name in [
        "best.safetensors",
        "last.safetensors",
        "learning_curves.svg",
        "splits/0.json",
        "log.txt",
        "summary.json",
    ] {
        assert!(Path::new(output).join(name).exists(), "{name}");
    }
    let inspected = json(&["inspect", &format!("{output}/best.safetensors")]);
    let fact = |name: &str| inspected["record"][name].as_str().unwrap().to_string();
    assert!(fact("trained_on").contains("SHA-256"));
    assert_eq!(fact("licence"), "CC-BY-4.0");
    let test = summary["test_force_mae_mev_per_a"].as_f64().unwrap();
    let told = format!("{test:.6e} (3 conformations)");
    assert_eq!(fact("test_force_mae_mev_per_a"), told);
    assert_eq!(summary["weights_sha256"], inspected["sha256"]);
    assert_eq!(fact("origin"), "untrained, seed 1, then trained with oreo");
}

/// Both tests of one training, found again by `oreo evaluate` with the split that the run has kept. Seen to fail with
/// `--part` left unread.
#[test]
fn frames_kept_for_later_are_judged_apart() {
    let folder = tempfile::tempdir().unwrap();
    let dealt = "test = 3\nprotocol = { random-and-later = { later = 2, gap = 1 } }";
    let text = config(SMALL, "steps = 5")
        .replace("train = 4\nvalidation = 3", "validation = 1")
        .replace("test = 3", dealt);
    let config = write(folder.path(), "c.toml", &text);
    let output = folder.path().join("run");
    let output = output.to_str().unwrap();
    let summary = json(&["train", &config, "--output", output]);
    assert_eq!(summary["later_conformations"], 2);
    let (best, split) = (
        format!("{output}/best.safetensors"),
        format!("{output}/splits/0.json"),
    );
    let data = file(ETHANOL);
    let of = |more: &[&str]| {
        let always = ["evaluate", "--weights", &best, "--data", &data];
        let exact = ["--filters", "exact"];
        json(&[&always, &exact[..], more].concat())["force_mae_mev_per_a"].as_f64()
    };
    for (part, key) in [
        ("test", "test_force_mae_mev_per_a"),
        ("later", "later_force_mae_mev_per_a"),
    ] {
        let found = of(&["--split", &split, "--part", part]).unwrap();
        let reported = summary[key].as_f64().unwrap();
        assert!(
            (found - reported).abs() < 1e-3 * reported,
            "{part}: {found} {reported}"
        );
    }
    let empty = fs::read_to_string(&split).unwrap().replace("8-9", "");
    fs::write(&split, empty).unwrap();
    let refused = ["evaluate", "--weights", &best, "--data", &data];
    let more = ["--split", &split, "--part", "later"];
    assert!(refusal(&[&refused[..], &more].concat()).contains("no frames"));
}

/// Half the steps, then the rest after a resume, give the weights of the run that was not stopped, to the bit.
#[test]
fn a_resumed_training_is_the_same_training() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let whole = write(folder.path(), "whole.toml", &config(SMALL, "steps = 22"));
    json(&["train", &whole, "--output", &at("whole")]);
    let half = write(folder.path(), "half.toml", &config(SMALL, "steps = 11"));
    json(&["train", &half, "--output", &at("half")]);
    let recorded = fs::read_to_string(folder.path().join("half/config.toml")).unwrap();
    let longer = recorded.replace("steps = 11", "steps = 22");
    assert_ne!(recorded, longer);
    fs::write(folder.path().join("half/config.toml"), longer).unwrap();
    json(&["train", "--resume", &at("half")]);
    let weights = |name: &str| fs::read(folder.path().join(name).join("last.safetensors")).unwrap();
    assert!(weights("whole") == weights("half"));
}

/// Fine-tuning begins with the error of the weights that are given.
#[test]
fn fine_tuning_says_what_the_error_was_before() {
    let folder = tempfile::tempdir().unwrap();
    let model = file(program::MODEL);
    let text = config(&format!("init = \"{model}\""), "steps = 2");
    let config = write(folder.path(), "c.toml", &text);
    let output = folder.path().join("run");
    let output = output.to_str().unwrap();
    json(&["train", &config, "--output", output]);
    let log = fs::read_to_string(format!("{output}/log.txt")).unwrap();
    let before = log
        .lines()
        .find_map(|line| line.strip_prefix("before: validation force MAE "));
    let before: f64 = before.unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((4.0..12.0).contains(&before), "{log}");
}

/// One line: what, where, what to do; exit status 2; no folder is made.
#[test]
fn bad_input_is_refused_before_the_first_step() {
    let folder = tempfile::tempdir().unwrap();
    let good = config(SMALL, "steps = 2");
    let cases = [
        (good.replace("[[data]]", "[[date]]"), "date"),
        (
            good.replace("validation = 3", "validation = 0"),
            "validation",
        ),
        (good.replace("heads = 2", "heads = 3"), "heads"),
        (good.replace("train = 4", "train = 1000000"), "1000000"),
        (good.replace(&file(ETHANOL), "nothing.npz"), "nothing.npz"),
        (good.replace("steps = 2", "steps = 0"), "steps"),
        (
            format!("init = \"none.safetensors\"\n{}", good.replace(SMALL, "")),
            "none.safetensors",
        ),
    ];
    for (text, word) in cases {
        let config = write(folder.path(), "c.toml", &text);
        let output = folder.path().join("run");
        let message = refusal(&["train", &config, "--output", output.to_str().unwrap()]);
        assert!(message.contains(word), "{word}: {message}");
        assert!(!output.exists(), "{word}");
    }
    let message = refusal(&["train"]);
    assert!(message.contains("--resume"), "{message}");
}

/// A folder with somebody's work in it is left alone.
#[test]
fn a_folder_that_is_not_empty_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(folder.path(), "c.toml", &config(SMALL, "steps = 2"));
    let message = refusal(&[
        "train",
        &config,
        "--output",
        folder.path().to_str().unwrap(),
    ]);
    assert!(message.contains("not empty"), "{message}");
}

/// Several processes that do not know of each other would write into one folder.
#[cfg(not(feature = "mpi"))]
#[test]
fn a_build_without_mpi_refuses_to_be_one_of_several_processes() {
    let mut command = assert_cmd::Command::cargo_bin("oreo").unwrap();
    command.env("OMPI_COMM_WORLD_SIZE", "2");
    let ended = command.args(["train", "c.toml"]).assert().code(2);
    let said = String::from_utf8(ended.get_output().stderr.clone()).unwrap();
    assert!(said.starts_with("error: started as one of 2 processes"));
    assert!(said.contains("--features mpi"), "{said}");
}
