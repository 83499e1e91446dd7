//! `oreo bench` through the program: the promised keys, numbers that make sense, refusals.
#![cfg(all(feature = "cli", feature = "candle"))]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn weights() -> PathBuf {
    root().join("models/et_ethanol_peer.safetensors")
}

fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oreo"));
    command.arg("bench").args(arguments).output().unwrap()
}

fn aspirin_and(more: &[&str]) -> Output {
    let structure = root().join("examples/data/aspirin.xyz");
    let weights = weights();
    let mut all = vec!["--structure", structure.to_str().unwrap()];
    all.extend(["--weights", weights.to_str().unwrap()]);
    all.extend(["--warmup", "1", "--calls", "5"]);
    all.extend(more);
    bench(&all)
}

fn json(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn positive(value: &Value) -> f64 {
    let number = value.as_f64().unwrap_or_else(|| panic!("{value}"));
    assert!(number > 0.0 && number.is_finite(), "{number}");
    number
}

/// Aspirin has 153 pairs within 5 Å in the reference frame of the speed table; this frame has about as many of its 210.
#[test]
fn the_promised_keys_are_there_and_their_numbers_make_sense() {
    let report = json(&aspirin_and(&["--replicas", "2", "--json"]));
    let [system] = &report["systems"].as_array().unwrap()[..] else {
        panic!("{report}")
    };
    assert_eq!(system["name"], "aspirin");
    assert_eq!(system["atoms"], 21);
    assert!((130..=190).contains(&system["pairs"].as_u64().unwrap()));
    let [min, median, p99] = ["min", "median", "p99"].map(|key| positive(&system["ms"][key]));
    assert!(min <= median && median <= p99);
    let share = positive(&system["fraction_of_peak"]);
    assert!(share < 1.0, "{share}");
    let gflops = positive(&report["peak_gflops"]);
    let operations = positive(&system["mflop"]) * 1e6;
    let from_parts = operations / (min * 1e-3) / (gflops * 1e9);
    assert!(
        (share / from_parts - 1.0).abs() < 1e-9,
        "{share} {from_parts}"
    );
    positive(&system["steps_per_s"]);
    assert_eq!(report["threads"], 1);
    assert_eq!(report["replicas"], 2);
    assert_eq!(report["precision"], "f32");
    assert_eq!(report["path"], "reference");
    assert_eq!(report["weights_sha256"].as_str().unwrap().len(), 64);
}

/// f32 carries seven digits; the deviation is neither that of other weights nor exactly nothing.
#[test]
fn comparing_says_honestly_that_only_the_precision_differs() {
    let output = aspirin_and(&["--compare", "reference", "--json"]);
    let report = json(&output);
    let compare = &report["systems"][0]["compare"];
    assert_eq!(compare["precision"], "f64");
    let relative = positive(&compare["force_relative_rms"]);
    assert!((1e-9..1e-4).contains(&relative), "{relative:e}");
    positive(&compare["ms"]["median"]);
    let notes = report["notes"].to_string();
    assert!(notes.contains("only the reference path"), "{notes}");
}

#[test]
fn argon_needs_no_weights_and_text_has_a_row_for_each_system() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dimer.xyz");
    std::fs::write(&file, "2\n\nAr 0 0 0\nAr 3.8 0 0\n").unwrap();
    let file = file.to_str().unwrap();
    let output = bench(&[
        "--structure",
        file,
        "--structure",
        file,
        "--potential",
        "lennard-jones",
        "--calls",
        "9",
    ]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("\ndimer").count(), 2, "{text}");
    assert!(text.contains("analytic"), "{text}");
}

#[test]
fn what_cannot_be_done_is_refused_in_one_line() {
    for (more, said) in [
        (&["--compare", "fused"][..], "not in this version"),
        (&["--compare", "reference", "--precision", "f64"], "itself"),
        (&["--path", "fused"], "--path"),
        (&["--device", "cuda"], "no CUDA"),
        (&["--precision", "f16-weights"], "--precision"),
        (&["--frame", "3"], "frame"),
        (&["--calls", "0"], "--calls"),
    ] {
        let output = aspirin_and(more);
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        let line = error.lines().last().unwrap();
        assert!(line.starts_with("error: ") && line.contains(said), "{line}");
        assert!(output.stdout.is_empty());
    }
    let structure = root().join("examples/data/aspirin.xyz");
    let output = bench(&["--structure", structure.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--weights is missing"));
}
