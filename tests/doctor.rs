//! `oreo doctor` through the program.
#![cfg(all(feature = "cli", feature = "candle"))]

use serde_json::Value;
use std::process::Command;

#[test]
fn the_report_is_complete_and_the_self_test_passes() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oreo"));
    let output = command.args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report}");
    assert!(report["cpu"]["threads_available"].as_u64().unwrap() >= 1);
    assert!(report["cuda"]["verdict"].as_str().unwrap().len() > 10);
    for list in ["reads", "writes", "weights"] {
        assert!(!report["formats"][list].as_array().unwrap().is_empty());
    }
    let test = &report["self_test"];
    assert_eq!(test["passed"], true, "{test}");
    let checks = test["checks"].as_array().unwrap();
    let simd = &report["simd"];
    let sets = simd["available"].as_array().unwrap();
    assert!(sets.contains(&simd["used"]), "{simd}");
    assert_eq!(report["path"], "fused");
    // Three in f64 without the reference, five with it, and one for each instruction set.
    assert_eq!(checks.len(), 8 + sets.len());
    for check in checks {
        assert_eq!(check["passed"], true, "{check}");
        assert!(check["deviation"].as_f64().unwrap() <= check["tolerance"].as_f64().unwrap());
    }
    let speeds = test["speeds"].as_array().unwrap();
    let paths: Vec<_> = speeds.iter().map(|speed| &speed["path"]).collect();
    assert_eq!(paths, ["fused", "reference"]);
    for speed in speeds {
        assert!(speed["ms"]["min"].as_f64().unwrap() > 0.0, "{speed}");
    }
}

#[test]
fn people_read_the_same_without_json() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oreo"));
    let output = command.arg("doctor").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "cpu",
        "cuda",
        "reads",
        "not built",
        "path        fused of fused, reference",
        "simd",
        "self-test   passed",
        "ms per energy and forces",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}
