//! `oreo run --dry-run` through the program: what it expects is what a run then takes, and it leaves no trace.
#![cfg(all(feature = "cli", feature = "candle"))]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, more: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_oreo"));
    command.current_dir(folder).arg("run");
    command
        .arg("--structure")
        .arg(root.join("examples/data/aspirin.xyz"));
    command
        .arg("--weights")
        .arg(root.join("models/et_ethanol_peer.safetensors"));
    command.args(["--temperature", "50 K", "--stability", "none"]);
    if !more.contains(&"--output") {
        command.args(["--output", "run"]);
    }
    command.args(more).output().unwrap()
}

fn json(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Of the files that grow with a run.
fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let size = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let grows = ["trajectory", "thermo", "checkpoint"];
        match entry.file_type().unwrap().is_dir() {
            true => bytes_below(&entry.path()),
            false if grows.iter().any(|start| name.starts_with(start)) => {
                entry.metadata().unwrap().len()
            }
            false => 0,
        }
    };
    entries.map(size).sum()
}

fn number(value: &Value) -> f64 {
    let number = value.as_f64().unwrap_or_else(|| panic!("{value}"));
    assert!(number > 0.0, "{number}");
    number
}

#[test]
fn the_promised_keys_are_there_and_agree_with_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let report = json(&run(
        folder.path(),
        &["--steps", "60000", "--dry-run", "--json"],
    ));
    assert_eq!(report["dry_run"], true);
    assert_eq!(report["settings"]["steps"], 60_000);
    assert_eq!(report["simulated_ps"], 30.0);
    let wall = number(&report["expected_wall_s"]);
    let speed = number(&report["expected_steps_per_s"]);
    assert!((wall * speed / 60_000.0 - 1.0).abs() < 1e-9);
    // 0.5 fs: 86,400 s of so many steps.
    let per_day = speed * 0.5e-6 * 86_400.0;
    assert!((number(&report["expected_ns_per_day"]) / per_day - 1.0).abs() < 1e-9);
    number(&report["expected_disk_bytes"]);
    // More than the weights alone, less than any machine that runs this.
    let memory = number(&report["expected_memory_bytes"]);
    assert!((4e6..64e9).contains(&memory), "{memory}");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "a dry run writes nothing");
}

/// Catches velocities, forces, a format, a replica or the second checkpoint that is not counted: each is far more than
/// 3 %.
#[test]
fn a_run_takes_the_disk_space_that_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        "--steps",
        "40",
        "--every",
        "1",
        "--replicas",
        "2",
        "--formats",
        "xyz,dcd",
        "--write-velocities",
        "--write-forces",
        "--checkpoint-every",
        "20",
    ];
    let mut dry = settings.to_vec();
    dry.extend(["--dry-run", "--json"]);
    let expected = number(&json(&run(folder.path(), &dry))["expected_disk_bytes"]);
    let mut real = settings.to_vec();
    real.push("--json");
    json(&run(folder.path(), &real));
    let found = bytes_below(&folder.path().join("run")) as f64;
    assert!((expected / found - 1.0).abs() < 0.03, "{expected} {found}");
}

#[test]
fn what_a_run_would_refuse_a_dry_run_refuses() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("run")).unwrap();
    std::fs::write(folder.path().join("run/thesis.tex"), "x").unwrap();
    let full = run(folder.path(), &["--steps", "1", "--dry-run"]);
    let not_a_run = run(folder.path(), &["--steps", "1", "--dry-run", "--resume"]);
    let other = run(
        folder.path(),
        &[
            "--steps",
            "1",
            "--dry-run",
            "--output",
            "other",
            "--frame",
            "5",
        ],
    );
    for (output, said) in [
        (full, "not empty"),
        (not_a_run, "config.toml"),
        (other, "frame"),
    ] {
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said), "{error}");
    }
    let overwriting = run(folder.path(), &["--steps", "1", "--dry-run", "--overwrite"]);
    assert!(overwriting.status.success());
    assert!(folder.path().join("run/thesis.tex").exists());
}
