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

/// On the reference path, unless `more` says otherwise.
fn aspirin_and(more: &[&str]) -> Output {
    let structure = root().join("examples/data/aspirin.xyz");
    let weights = weights();
    let mut all = vec!["--structure", structure.to_str().unwrap()];
    all.extend(["--weights", weights.to_str().unwrap()]);
    all.extend(["--warmup", "1", "--calls", "5"]);
    if !more.contains(&"--path") {
        all.extend(["--path", "reference"]);
    }
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
    let mflop = positive(&system["mflop"]);
    let parts = positive(&system["mflop_nodes"]) + positive(&system["mflop_edges"]);
    assert!((mflop / parts - 1.0).abs() < 1e-12, "{mflop} {parts}");
    let floor = positive(&system["floor_ms"]);
    assert!((floor / (mflop / gflops) - 1.0).abs() < 1e-9, "{floor}");
    assert!((share / (floor / min) - 1.0).abs() < 1e-9, "{share}");
    let [before, after] =
        ["before_gflops", "after_gflops"].map(|key| positive(&report["peak"][key]));
    assert_eq!(gflops, before.max(after));
    positive(&system["steps_per_s"]);
    assert_eq!(report["threads"], 1);
    assert_eq!(report["replicas"], 2);
    assert_eq!(report["precision"], "f32");
    assert_eq!(report["path"], "reference");
    assert_eq!(report["weights_sha256"].as_str().unwrap().len(), 64);
}

/// f32 carries seven digits; the deviation is neither that of other weights nor exactly nothing.
#[test]
fn a_path_is_compared_with_itself_in_f64() {
    let report = json(&aspirin_and(&["--compare", "reference", "--json"]));
    let compare = &report["systems"][0]["compare"];
    assert_eq!(compare["path"], "reference");
    assert_eq!(compare["precision"], "f64");
    let relative = positive(&compare["force_relative_rms"]);
    assert!((1e-9..1e-4).contains(&relative), "{relative:e}");
    let minima = positive(&compare["ms"]["min"]) / positive(&report["systems"][0]["ms"]["min"]);
    assert!((positive(&compare["speedup"]) / minima - 1.0).abs() < 1e-9);
    positive(&compare["speedup_median"]);
}

/// Each path against the other: the same deviation from both sides, inverse speed-ups are not asserted (nothing about
/// time is).
#[test]
fn the_paths_are_compared_with_each_other() {
    let [fused, reference] = [
        &["--path", "fused", "--compare", "reference", "--json"][..],
        &["--compare", "fused", "--json"],
    ]
    .map(|more| json(&aspirin_and(more)));
    assert_eq!(fused["path"], "fused");
    for (report, other) in [(&fused, "reference"), (&reference, "fused")] {
        let compare = &report["systems"][0]["compare"];
        assert_eq!(compare["path"], other);
        let mut notes = report["notes"].as_array().unwrap().iter();
        let agrees = "aspirin, f32: self-test: fused agrees with reference";
        assert!(notes.any(|note| note.as_str().unwrap().starts_with(agrees)));
        assert_eq!(compare["precision"], "f32");
        let relative = positive(&compare["force_relative_rms"]);
        assert!(relative < 2e-4, "{relative:e}");
    }
    let half = [
        "--path",
        "fused",
        "--precision",
        "f16-weights",
        "--compare",
        "reference",
        "--json",
    ];
    let half = json(&aspirin_and(&half));
    assert_eq!(half["precision"], "f16-weights");
    assert_eq!(half["systems"][0]["compare"]["precision"], "f32");
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
        (
            &["--compare", "reference", "--precision", "f64"][..],
            "itself",
        ),
        (&["--compare", "auto"], "auto"),
        (&["--device", "cuda"], "computes on the processor"),
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

/// Of a tiny untrained network, in a second; on the reference path, unless `more` says otherwise.
fn suite(folder: &Path, sizes: &str, more: &[&str]) -> Output {
    let weights = folder.join("tiny.safetensors");
    let config = oreo::potentials::oreo::Config {
        channels: 16,
        layers: 2,
        heads: 4,
        radial_functions: 8,
        max_z: 10,
        ..oreo::potentials::oreo::Config::et_oreo()
    };
    oreo::potentials::oreo::Weights::random(config, 1)
        .save(&weights)
        .unwrap();
    let target = folder.join("suite");
    let mut all = vec!["--suite", target.to_str().unwrap()];
    all.extend(["--weights", weights.to_str().unwrap()]);
    if !more.contains(&"--path") {
        all.extend(["--path", "reference"]);
    }
    all.extend(["--case-seconds", "0.001", "--sizes", sizes]);
    all.extend(more);
    bench(&all)
}

fn render(record: &Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bench.json");
    std::fs::write(&file, record.to_string()).unwrap();
    let output = bench(&["--render", file.to_str().unwrap()]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Places of all numbers of that name.
fn places(value: &Value, name: &str) -> Vec<String> {
    let below = |children: Vec<(String, &Value)>| {
        let paths = children.into_iter().flat_map(|(key, child)| {
            let here = (key == name && child.is_number()).then(String::new);
            let deeper = here.into_iter().chain(places(child, name));
            deeper
                .map(|rest| format!("/{key}{rest}"))
                .collect::<Vec<_>>()
        });
        paths.collect()
    };
    match value {
        Value::Object(map) => below(map.iter().map(|(k, v)| (k.clone(), v)).collect()),
        Value::Array(items) => below(
            items
                .iter()
                .enumerate()
                .map(|(k, v)| (k.to_string(), v))
                .collect(),
        ),
        _ => Vec::new(),
    }
}

/// The document comes from the record alone: rendered again it is the same, and each number that is changed there
/// changes it. Catches a number that is written into the text, or measured while rendering.
#[test]
fn a_suite_leaves_its_record_and_a_document_made_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let report = json(&suite(folder.path(), "21,1,9,3", &["--json"]));
    let target = folder.path().join("suite");
    let read = |name: &str| std::fs::read(target.join(name)).unwrap();
    let record: Value = serde_json::from_slice(&read("bench.json")).unwrap();
    assert_eq!(record, report);
    let atoms = record["sizes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| &case["atoms"]);
    assert!(atoms.eq([1, 3, 9, 21].iter()));
    assert_eq!(record["replicas"].as_array().unwrap().len(), 7);
    assert_eq!(record["modes"].as_array().unwrap().len(), 4);
    for key in ["processor", "cores", "date", "program", "peak", "network"] {
        assert!(record["conditions"].get(key).is_some(), "{key}");
    }
    let document = String::from_utf8(read("PERFORMANCE.md")).unwrap();
    assert_eq!(document, render(&record));
    assert!(read("time-against-atoms.png").starts_with(b"\x89PNG"));
    assert!(read("time-against-atoms.svg").starts_with(b"<svg"));
    let mut changeable = Vec::new();
    for name in [
        "min",
        "median",
        "floor_ms",
        "mflop_nodes",
        "gflops",
        "mflop_per_pair",
        "force_relative_rms",
    ] {
        changeable.extend(
            places(&record["sizes"], name)
                .iter()
                .map(|path| format!("/sizes{path}")),
        );
        changeable.extend(
            places(&record["modes"], name)
                .iter()
                .map(|path| format!("/modes{path}")),
        );
        changeable.extend(
            places(&record["conditions"], name)
                .iter()
                .map(|path| format!("/conditions{path}")),
        );
    }
    // The table of modes shows no counted work.
    changeable.retain(|path| {
        !(path.starts_with("/modes") && (path.contains("floor") || path.contains("mflop")))
    });
    assert!(changeable.len() > 20, "{changeable:?}");
    for path in changeable {
        let mut changed = record.clone();
        let number = changed.pointer_mut(&path).unwrap();
        *number = (3.7 * number.as_f64().unwrap()).into();
        assert_ne!(document, render(&changed), "{path}");
    }
}

/// The path that the suite is made for, compared with the reference before and after. Catches a table that this path leaves
/// empty, and a record that names another path than the one that computed.
#[test]
fn a_suite_of_the_fast_path_fills_every_table() {
    let folder = tempfile::tempdir().unwrap();
    let record = json(&suite(
        folder.path(),
        "9,21",
        &["--path", "fused", "--json"],
    ));
    let list = |name: &str| record[name].as_array().unwrap().clone();
    let conditions = &record["conditions"];
    assert_eq!(conditions["path"], "fused");
    let said = conditions["self_test"].as_str().unwrap();
    assert!(
        said.starts_with("ethanol: self-test: fused agrees"),
        "{said}"
    );
    assert_eq!(record["skipped"], serde_json::json!([]));
    assert_eq!(list("modes").len(), 2 * 4);
    assert!(list("threads").len() >= 4);
    let comparisons = list("comparisons");
    assert_eq!(comparisons.len(), 2);
    for case in &comparisons {
        assert_eq!(case["compare"]["path"], "reference");
        let relative = positive(&case["compare"]["force_relative_rms"]);
        assert!(relative < 1e-3, "{relative:e}");
    }
    let document = render(&record);
    for part in [said, "## Threads", "## Against the other path"] {
        assert!(document.contains(part), "{part}");
    }
}

/// Tables that the reference path does not fill, from a record made by hand: 4 ms on one thread and 2 ms on two are a
/// speed-up of 2; two copies on two threads in 5 ms are 1.6 times the throughput of one on one.
#[test]
fn threads_and_comparisons_are_rendered_with_their_ratios() {
    let folder = tempfile::tempdir().unwrap();
    let mut record = json(&suite(folder.path(), "9", &["--json"]));
    let case = |replicas: u32, threads: u32, ms: f64| {
        let mut case = record["sizes"][0].clone();
        case["replicas"] = replicas.into();
        case["threads"] = threads.into();
        case["ms"] = serde_json::json!({"min": ms, "median": ms, "p99": ms});
        case
    };
    let mut compared = case(1, 1, 4.0);
    compared["compare"] = serde_json::json!({
        "path": "another", "precision": "f32", "ms": {"min": 30.0, "median": 33.0, "p99": 40.0},
        "speedup": 7.5, "speedup_median": 8.25, "force_max_deviation_ev_per_a": 1e-5,
        "force_relative_rms": 2e-6, "energy_deviation_ev": 3e-7,
    });
    let threads = vec![
        case(1, 1, 4.0),
        case(2, 1, 8.0),
        case(1, 2, 2.0),
        case(2, 2, 5.0),
    ];
    record["threads"] = threads.into();
    record["comparisons"] = vec![compared].into();
    let document = render(&record);
    for part in [
        "| ethanol × 1 | 2 | 2.00 | 2.00 | 2.00 | 2.00× |",
        "| ethanol × 2 | 2 | 5.00 | 5.00 | 1.60 | 1.60× |",
        "| ethanol × 2 | 1 | 8.00 | 8.00 | 1.00 | 1.00× |",
        "| ethanol | 4.00 / 4.00 | 30.0 / 33.0 | 7.5 | 8.2 | 2.0e-6 | 1.0e-5 | 3.0e-7 |",
        "another in f32",
    ] {
        assert!(document.contains(part), "{part}\n{document}");
    }
}

#[test]
fn a_suite_replaces_nothing_unasked_and_renders_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("suite");
    std::fs::create_dir(&target).unwrap();
    std::fs::write(target.join("thesis.txt"), "mine").unwrap();
    let refused = suite(folder.path(), "1", &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--overwrite"));
    assert!(suite(folder.path(), "1", &["--overwrite"]).status.success());
    assert_eq!(std::fs::read(target.join("thesis.txt")).unwrap(), b"mine");
    let wrong = bench(&["--render", target.join("thesis.txt").to_str().unwrap()]);
    assert_eq!(wrong.status.code(), Some(2));
    let error = String::from_utf8(wrong.stderr).unwrap();
    assert!(error.contains("thesis.txt is no bench.json"), "{error}");
    let document = folder.path().join("out.md");
    let record = target.join("bench.json");
    let paths = [&record, &document].map(|path| path.to_str().unwrap());
    let again = bench(&["--render", paths[0], "--output", paths[1]]);
    assert!(again.status.success());
    assert!(document.is_file() && folder.path().join("time-against-atoms.svg").is_file());
}

#[test]
fn flags_of_the_suite_mean_nothing_without_it() {
    for line in [
        &["--sizes", "3"][..],
        &["--overwrite"],
        &["--case-seconds", "1"],
        &["--output", "out.md"],
        &["--suite", "folder"],
    ] {
        assert_eq!(aspirin_and(line).status.code(), Some(2), "{line:?}");
    }
    for line in [
        &["--suite", "folder"][..],
        &["--suite", "folder", "--case-seconds", "0"],
        &[],
    ] {
        assert_eq!(bench(line).status.code(), Some(2), "{line:?}");
    }
}

/// Numbers in the repository's document come from its record: nobody may edit one without the other.
#[test]
fn the_document_of_this_repository_is_what_its_record_says() {
    let docs = root().join("docs");
    let record = docs.join("bench.json");
    let output = bench(&["--render", record.to_str().unwrap()]);
    assert!(output.status.success());
    let document = std::fs::read_to_string(docs.join("PERFORMANCE.md")).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), document);
}
