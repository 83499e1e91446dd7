//! The fast path through the program: what is written down about it, what it is compared with, what may not change a bit.
#![cfg(all(feature = "cli", feature = "candle"))]

mod program;

use program::{repository, weights, Workplace, ETHANOL};

fn run(more: &str) -> String {
    format!(
        "run --structure a.xyz --weights {} --steps 20 --every 5 --seed 4 {more}",
        weights()
    )
}

fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("a.xyz", ETHANOL);
    place
}

fn text(place: &Workplace, name: &str) -> String {
    String::from_utf8(place.read(name)).unwrap()
}

const FILES: [&str; 4] = [
    "replica-0/trajectory.xyz",
    "replica-0/trajectory.dcd",
    "replica-0/thermo.csv",
    "replica-1/trajectory.xyz",
];

fn assert_same_files(place: &Workplace, a: &str, b: &str) {
    for file in FILES {
        let read = |folder| place.read(&format!("{folder}/{file}"));
        assert!(read(a) == read(b), "{file} of {a} and {b}");
    }
}

#[test]
fn a_run_says_which_path_computed_and_how_far_it_is_from_the_reference() {
    let place = workplace();
    let ended = place.oreo(&run("--output out"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended
        .stderr
        .contains("note: self-test: fused agrees with reference: forces"));
    let config = text(&place, "out/config.toml");
    for line in [
        "path = \"fused\"",
        "precision = \"f32\"",
        "filters = \"table\"",
    ] {
        assert!(config.contains(line), "{config}");
    }
    let log = text(&place, "out/log.txt");
    assert!(
        log.contains("cpu, fused path, f32, distance filters from a table"),
        "{log}"
    );
    assert!(
        log.contains("self-test: fused agrees with reference"),
        "{log}"
    );
    assert_eq!(place.json("out/summary.json")["path"], "fused");
}

#[test]
fn every_precision_of_the_fast_path_runs_and_the_reference_can_be_had() {
    let place = workplace();
    for more in [
        "--precision f64 --filters exact",
        "--precision f64",
        "--filters exact",
    ] {
        let ended = place.oreo(&run(&format!("{more} --output out --overwrite")));
        assert_eq!(ended.code, 0, "{more}: {}", ended.stderr);
        assert!(ended.stderr.contains("self-test: fused agrees"), "{more}");
    }
    let ended = place.oreo(&run("--path reference --output slow"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(!ended.stderr.contains("self-test"), "nothing to compare");
    assert_eq!(place.json("slow/summary.json")["path"], "reference");
}

/// The shipped matrices are f32: half of their digits go, and the reference gets the same rounded ones.
#[test]
fn rounding_to_half_is_said_and_passes_the_self_test() {
    let place = workplace();
    let ended = place.oreo(&run("--precision f16-weights --output out"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for part in ["were rounded to f16 on loading", "self-test: fused agrees"] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    assert_eq!(place.json("out/summary.json")["precision"], "f16-weights");
}

/// Catches a self-test that leaves a trace in the run, and threads that change a sum.
#[test]
fn neither_threads_nor_an_interruption_change_a_byte() {
    let place = workplace();
    let two = "--replicas 2 --output";
    for (folder, more) in [("one", ""), ("two", "--threads 2")] {
        let ended = place.oreo(&run(&format!("{more} {two} {folder}")));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    assert_same_files(&place, "one", "two");
    let half = run(&format!("{two} half")).replace("--steps 20", "--steps 10");
    assert_eq!(place.oreo(&half).code, 0);
    let ended = place.oreo("resume half --steps 20 --threads 2");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("self-test: fused agrees"));
    assert_same_files(&place, "one", "half");
}

#[test]
fn evaluate_compares_at_its_first_frame() {
    let place = Workplace::new();
    let data = repository("formats/tests/data/rmd17_ethanol_10.npz");
    let words = format!(
        "evaluate --weights {} --data {} --batch 4",
        weights(),
        data.display()
    );
    let ended = place.oreo(&words);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended
        .stderr
        .contains("note: self-test: fused agrees with reference"));
    assert_eq!(place.oreo(&format!("{words} --path reference")).code, 0);
}
