//! `--device` through the program, on machines with and without a GPU.
#![cfg(all(feature = "cli", feature = "candle", feature = "cuda"))]

use serde_json::Value;
use std::process::{Command, Output};

fn oreo(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oreo"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(words).output().unwrap()
}

fn bench(device: &str) -> Output {
    let structure = [
        "--structure",
        "examples/data/aspirin.xyz",
        "--weights",
        "general",
    ];
    let short = ["--calls", "2", "--warmup", "0", "--device", device];
    oreo(&[&["bench"], &structure[..], &short].concat())
}

/// What the doctor has to say about a GPU.
fn answer() -> String {
    let output = oreo(&["doctor", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["cuda"]["answer"].as_str().unwrap().to_string()
}

/// Nothing falls back in silence, and nothing that came in is at fault: exit code 1, not 2.
#[test]
fn without_a_driver_a_gpu_is_refused_in_one_line_and_the_doctor_says_the_same() {
    let answer = answer();
    if !answer.contains("no NVIDIA driver was found") {
        println!("skipped: there is a driver here: {answer}");
        return;
    }
    for device in ["cuda", "cuda:1"] {
        let output = bench(device);
        assert_eq!(output.status.code(), Some(1), "{device}");
        let error = String::from_utf8(output.stderr).unwrap();
        let line = error.lines().last().unwrap();
        assert!(
            line.starts_with("error: ") && line.contains(&answer),
            "{line}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn what_is_not_computed_on_a_gpu_is_refused_as_bad_input() {
    for (more, said) in [
        (
            &["--potential", "lennard-jones"][..],
            "lennard-jones is computed on the processor",
        ),
        (
            &["--weights", "general", "--precision", "f64"],
            "f64 is not computed on cuda:0",
        ),
        (
            &["--weights", "general", "--filters", "exact"],
            "exact filters are not computed",
        ),
        (
            &["--weights", "general", "--path", "reference"],
            "the reference computes on the processor",
        ),
    ] {
        let words = [
            "bench",
            "--structure",
            "examples/data/aspirin.xyz",
            "--device",
            "cuda",
        ];
        let output = oreo(&[&words[..], more].concat());
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        let line = error.lines().last().unwrap();
        assert!(line.starts_with("error: ") && line.contains(said), "{line}");
    }
}

#[test]
fn auto_is_the_processor() {
    let output = bench("auto");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
}
