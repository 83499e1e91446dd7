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

/// Exit code and last line of what went wrong.
fn refused(words: &[&str]) -> (Option<i32>, String) {
    let output = oreo(words);
    let error = String::from_utf8(output.stderr).unwrap();
    let line = error.lines().last().unwrap_or_default().to_string();
    assert!(line.starts_with("error: "), "{words:?}: {error}");
    assert_eq!(error.matches("error: ").count(), 1, "{error}");
    (output.status.code(), line)
}

/// Before any data are read: the file does not exist. Without the feature the line says how to rebuild, with it (and without a
/// GPU of this number) what the driver says.
#[test]
fn a_training_on_a_gpu_that_is_not_there_ends_in_one_line_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("training.toml");
    let write = |keys: &str| {
        let data = "[[data]]\nfile = \"nothing.npz\"\nvalidation = 1\n";
        std::fs::write(&config, format!("output = \"out\"\n{keys}\n{data}")).unwrap();
    };
    let config = config.to_str().unwrap();
    write("engine = \"reference\"\ndevice = \"cuda:4000\"");
    let (code, line) = refused(&["train", config]);
    assert!(
        code == Some(1) && line.contains("cuda:4000 cannot be used"),
        "{line}"
    );
    if cfg!(not(feature = "candle-cuda")) {
        assert!(line.contains("candle_cuda.sh"), "{line}");
    }
    let (code, line) = refused(&["train", config, "--device", "cpu"]);
    assert!(code == Some(2) && line.contains("nothing.npz"), "{line}");
    write("engine = \"reference\"");
    let (code, line) = refused(&["train", config, "--device", "cuda:4000"]);
    assert!(code == Some(1) && line.contains("cuda:4000"), "{line}");
    write("");
    let (code, line) = refused(&["train", config, "--device", "cuda"]);
    assert!(
        code == Some(2) && line.contains("set engine = \"reference\""),
        "{line}"
    );
    let bench = ["bench", "--train", "--engine", "native,reference"];
    let (code, line) = refused(&[&bench[..], &["--device", "cuda:4000"]].concat());
    assert!(code == Some(1) && line.contains("cuda:4000"), "{line}");
}

/// A run that was recorded on a GPU which this machine does not have: nothing is touched until a device is named that is there.
#[test]
fn a_run_of_a_gpu_goes_on_where_the_user_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let run = path.to_str().unwrap();
    let structure = ["--structure", "examples/data/aspirin.xyz"];
    let short = ["--steps", "4", "--every", "2", "--output", run];
    let began = oreo(&[&["run"], &structure[..], &short].concat());
    assert!(began.status.success());
    let config = path.join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains("device = \"cpu\""), "{text}");
    std::fs::write(&config, text.replace("\"cpu\"", "\"cuda:4000\"")).unwrap();
    let files = ["checkpoint.oreo", "replica-0/trajectory.xyz"];
    let before = files.map(|name| std::fs::read(path.join(name)).unwrap());
    let (code, line) = refused(&["resume", run, "--steps", "8"]);
    assert!(
        code == Some(1) && line.contains("use --device cpu"),
        "{line}"
    );
    let after = files.map(|name| std::fs::read(path.join(name)).unwrap());
    assert!(before == after);
    let words = ["resume", run, "--steps", "8", "--device", "cpu", "--json"];
    let output = oreo(&words);
    assert!(output.status.success());
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["device"], "cpu");
    assert_eq!(summary["replicas"][0]["steps"], 8);
}
