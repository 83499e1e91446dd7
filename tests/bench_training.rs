//! `oreo bench --train` through the program: the promised keys, numbers that belong together, two engines on the same
//! steps, refusals. Nothing is asserted about how long anything takes.
#![cfg(all(feature = "cli", feature = "candle"))]

#[path = "common/program.rs"]
mod program;

use oreo::potentials::oreo::{Config, Weights};
use program::{file, json, refusal};
use serde_json::Value;
use std::path::Path;

const ASPIRIN: &str = "examples/data/aspirin.xyz";

fn tiny() -> Weights {
    let config = Config {
        channels: 16,
        layers: 2,
        heads: 4,
        radial_functions: 8,
        max_z: 10,
        ..Config::et_oreo()
    };
    Weights::random(config, 1)
}

/// Of the tiny network, as few steps as are possible.
fn arguments(folder: &Path, more: &[&str]) -> Vec<String> {
    let weights = folder.join("tiny.safetensors");
    tiny().save(&weights).unwrap();
    let weights = weights.to_str().unwrap();
    let fixed = ["bench", "--train", "--weights", weights];
    let fast = ["--case-seconds", "0.001"];
    let all = fixed.iter().chain(&fast).chain(more);
    all.map(ToString::to_string).collect()
}

fn train(more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let arguments = arguments(folder.path(), more);
    json(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn number(value: &Value) -> f64 {
    let number = value.as_f64().unwrap_or_else(|| panic!("{value}"));
    assert!(number > 0.0 && number.is_finite(), "{number}");
    number
}

fn assert_close(a: f64, b: f64) {
    assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
}

/// Parts add up to the step; throughput and time for each sample are those of the batch. Catches an engine that is named
/// and not used: both make the same steps, so their first losses and gradients agree to rounding, but not to the bit.
#[test]
fn both_engines_make_the_same_steps_and_their_parts_add_up() {
    let structure = file(ASPIRIN);
    let more = ["--structure", &structure, "--batch", "3"];
    let engines = ["--engine", "native,reference", "--threads", "2"];
    let report = train(&[&more[..], &engines].concat());
    let rows = report["train"].as_array().unwrap();
    let [native, reference] = &rows[..] else {
        panic!("{report}")
    };
    for (row, engine) in [(native, "native"), (reference, "reference")] {
        assert_eq!(
            (&row["name"], &row["engine"]),
            (&"aspirin".into(), &engine.into())
        );
        for (key, expected) in [("batch", 3), ("atoms", 21), ("threads", 2)] {
            assert_eq!(row[key], expected, "{key}");
        }
        assert!((130..=190).contains(&row["pairs"].as_u64().unwrap()));
        assert_eq!(row["parameters"], tiny().parameter_count());
        let wall = number(&row["wall_ms_per_step"]);
        assert_close(number(&row["samples_per_s"]), 3.0 * 1e3 / wall);
        let parts = ["forces_ms", "gradient_ms", "update_ms", "rest_ms"];
        assert_close(
            parts.map(|part| number(&row["parts"][part])).iter().sum(),
            wall,
        );
        assert!(number(&row["wall_ms_median"]) >= wall);
        if cfg!(unix) {
            let cpu = number(&row["cpu_ms_per_step"]);
            assert_close(3.0 * number(&row["cpu_ms_per_sample"]), cpu);
            assert!(number(&row["cpu_ms_mean"]) >= cpu);
        }
    }
    for key in ["first_loss", "first_gradient_norm"] {
        let (one, other) = (number(&native[key]), number(&reference[key]));
        assert!(
            (one / other - 1.0).abs() < 1e-4 && one != other,
            "{key}: {one} {other}"
        );
    }
    let note = report["notes"].as_array().unwrap().last().unwrap();
    let said = "aspirin: losses of native and reference at the first step differ by";
    assert!(note.as_str().unwrap().starts_with(said), "{note}");
}

/// Ethanol and aspirin by eight, a ball with the pairs of a polymer by four, on the native engine.
#[test]
fn without_structures_the_three_usual_cases_are_measured() {
    let usual = |more: &[&str]| -> Vec<[u64; 2]> {
        let report = train(more);
        assert!(report["network"]["channels"] == 16 && report["threads"] == 1);
        let rows = report["train"].as_array().unwrap().iter();
        let row = |row: &Value| {
            assert_eq!(row["engine"], "native");
            ["atoms", "batch"].map(|key| row[key].as_u64().unwrap())
        };
        rows.map(row).collect()
    };
    assert_eq!(usual(&[]), [[9, 8], [21, 8], [64, 4]]);
    assert_eq!(usual(&["--batch", "2"]), [[9, 2], [21, 2], [64, 2]]);
}

#[test]
fn what_cannot_be_trained_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    let argon = write("argon.xyz", "2\n\nAr 0 0 0\nAr 2 0 0\n");
    let lattice = "Lattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3";
    let water = format!("3\n{lattice}\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n");
    let periodic = write("water.xyz", &water);
    for (more, said) in [
        (&["--engine", "quick"][..], "quick"),
        (&["--engine", "native,"], "engine"),
        (&["--batch", "0"], "--batch"),
        (&["--batch", "1000000000"], "--batch"),
        (&["--structure", &argon], "Ar has no embedding"),
        (&["--structure", &periodic], "periodic"),
        (&["--structure", "nothing.xyz"], "nothing.xyz"),
        (&["--path", "reference"], "--path"),
        (&["--replicas", "2"], "--replicas"),
        (&["--suite", "folder"], "--suite"),
        (&["--device", "cuda"], "--device"),
    ] {
        let arguments = arguments(folder.path(), more);
        let message = refusal(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(message.contains(said), "{more:?}: {message}");
    }
    let aspirin = file(ASPIRIN);
    for flag in [["--batch", "8"], ["--engine", "native"]] {
        let message = refusal(&["bench", "--structure", &aspirin, flag[0], flag[1]]);
        assert!(message.contains("belongs to --train"), "{message}");
    }
}
