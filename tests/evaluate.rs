//! `oreo evaluate` through the program. The numbers were computed with NumPy from the file of predictions and the
//! labels, kcal/mol converted with 4184/(6.02214076e23 · 1.602176634e-19), independently of the code under test.

#[path = "common/program.rs"]
mod program;

use oreo::formats::npz::NpzReader;
use program::{file, json, oreo, refusal, ETHANOL, MODEL};
use serde_json::Value;

fn evaluate(more: &[&str]) -> Value {
    let (model, data) = (file(MODEL), file(ETHANOL));
    let always = ["evaluate", "--weights", &model, "--data", &data];
    json(&[&always, more].concat())
}

fn number(report: &Value, key: &str) -> f64 {
    report[key]
        .as_f64()
        .unwrap_or_else(|| panic!("{key}: {report}"))
}

/// Catches the mean length of the error (11.85 meV/Å), the other calorie (4.1868 J: 6.08 meV/Å) and energies without their
/// offset removed (1.36 meV). Seen to fail with energies added to those of the frame before. Filters are exact, because
/// NumPy had the network and not tables of it.
#[test]
fn errors_are_those_that_numpy_finds() {
    let report = evaluate(&["--precision", "f64", "--filters", "exact"]);
    assert_eq!(
        (&report["frames"], &report["atoms"]),
        (&10.into(), &90.into())
    );
    assert!((number(&report, "force_mae_mev_per_a") - 5.972_347_4).abs() < 1e-5);
    assert!((number(&report, "force_rmse_mev_per_a") - 8.497_084_3).abs() < 1e-5);
    assert!((number(&report, "force_cosine") - 0.999_973_286).abs() < 1e-7);
    assert!((number(&report, "energy_mae_mev") - 0.985_476_0).abs() < 1e-5);
    assert!(number(&report, "ms_per_frame") > 0.0);
    let elements = report["per_element"].as_array().unwrap();
    let symbols: Vec<_> = elements
        .iter()
        .map(|e| e["element"].as_str().unwrap())
        .collect();
    assert_eq!(symbols, ["H", "C", "O"]);
    assert_eq!(report["precision"], "f64");
}

/// As a run computes by default. Forces of 1 eV/Å that tables change by 1e-5 of that are 0.01 meV/Å off at most; the mean of
/// errors of either sign by far less, and f32 adds nothing to it.
#[test]
fn single_precision_and_tables_change_the_error_by_less_than_its_noise() {
    let report = evaluate(&[]);
    assert_eq!(report["precision"], "f32");
    assert_eq!(report["path"], "fused");
    assert!((number(&report, "force_mae_mev_per_a") - 5.972_347_4).abs() < 5e-3);
}

/// Rounding 840,000 numbers to eleven bits costs a hundredth of the error that the model has anyway.
#[test]
fn half_precision_weights_change_the_error_by_less_than_its_noise() {
    let report = evaluate(&["--precision", "f16-weights"]);
    assert_eq!(report["precision"], "f16-weights");
    let change = number(&report, "force_mae_mev_per_a") - 5.972_347_4;
    assert!(change != 0.0 && change.abs() < 5e-2, "{change}");
}

#[test]
fn both_paths_find_the_same_errors() {
    let exact = ["--precision", "f64", "--filters", "exact"];
    let fused = evaluate(&exact);
    let reference = evaluate(&["--precision", "f64", "--path", "reference"]);
    assert_eq!(reference["path"], "reference");
    for key in [
        "force_mae_mev_per_a",
        "force_rmse_mev_per_a",
        "energy_mae_mev",
    ] {
        let [fused, reference] = [&fused, &reference].map(|report| number(report, key));
        assert!(
            (fused - reference).abs() < 1e-7,
            "{key}: {fused} {reference}"
        );
    }
}

/// The model learnt the revised labels: the original ones, of another functional, are far away.
#[test]
fn the_original_labels_are_compared_on_request() {
    let report = evaluate(&["--precision", "f64", "--labels", "md17"]);
    assert!((number(&report, "force_mae_mev_per_a") - 172.619_745_5).abs() < 1e-3);
    assert!((number(&report, "energy_mae_mev") - 40.995_15).abs() < 1e-3);
}

/// Frames 0, 3, 6 in batches of 2 and of 1. Catches a last, shorter batch that repeats or loses frames.
#[test]
fn the_batch_changes_nothing_and_frames_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let forces = |batch: &str, name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        let path = path.to_str().unwrap();
        let always = [
            "--precision",
            "f64",
            "--batch",
            batch,
            "--predictions",
            path,
        ];
        let report = evaluate(&[&always, more].concat());
        let mut npz = NpzReader::open(path).unwrap();
        let energies = npz.floats("energies").unwrap();
        assert_eq!(
            energies.shape,
            [report["frames"].as_u64().unwrap() as usize]
        );
        npz.floats("forces").unwrap()
    };
    let all = forces("1", "all.npz", &[]);
    assert_eq!(all.shape, [10, 9, 3]);
    let chosen = ["--every", "3", "--frames", "3"];
    let (one, two) = (
        forces("1", "one.npz", &chosen),
        forces("2", "two.npz", &chosen),
    );
    assert_eq!(one.shape, [3, 9, 3]);
    for (frame, values) in one.values.chunks(27).enumerate() {
        assert_eq!(values, &all.values[3 * frame * 27..][..27]);
    }
    let largest = one
        .values
        .iter()
        .zip(&two.values)
        .map(|(a, b)| (a - b).abs());
    assert!(largest.fold(0.0, f64::max) < 1e-10);
}

#[test]
fn unequal_molecules_are_concatenated_and_missing_labels_are_null() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("mixed.xyz");
    let text = "3\nProperties=species:S:1:pos:R:3\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n\
                2\nProperties=species:S:1:pos:R:3\nO 0 0 0\nH 0.97 0 0\n";
    std::fs::write(&data, text).unwrap();
    let predictions = folder.path().join("p.npz");
    let (model, data) = (file(MODEL), data.to_str().unwrap().to_string());
    let words = ["evaluate", "--weights", &model, "--data", &data];
    let message = refusal(&words);
    assert!(message.contains("neither energies nor forces"), "{message}");
    let path = predictions.to_str().unwrap();
    let report = json(&[&words[..], &["--predictions", path]].concat());
    for key in ["force_mae_mev_per_a", "force_cosine", "energy_mae_mev"] {
        assert_eq!(report[key], Value::Null, "{key}");
    }
    let mut npz = NpzReader::open(path).unwrap();
    assert_eq!(npz.floats("forces").unwrap().shape, [5, 3]);
    assert_eq!(npz.integers("n_atoms").unwrap().values, [3, 2]);
}

#[cfg(feature = "plots")]
#[test]
fn the_parity_plot_comes_as_svg_and_png() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parity.png");
    let report = evaluate(&["--frames", "2", "--plot", path.to_str().unwrap()]);
    assert_eq!(report["plots"].as_array().unwrap().len(), 2);
    assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
    let svg = std::fs::read_to_string(path.with_extension("svg")).unwrap();
    assert!(svg.contains("<svg"));
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_computed() {
    let folder = tempfile::tempdir().unwrap();
    let argon = folder.path().join("argon.xyz");
    let text =
        "2\nProperties=species:S:1:pos:R:3:forces:R:3\nAr 0 0 0 1.0 0 0\nAr 3.8 0 0 -1.0 0 0\n";
    std::fs::write(&argon, text).unwrap();
    let (model, data, argon) = (
        file(MODEL),
        file(ETHANOL),
        argon.to_str().unwrap().to_string(),
    );
    let copy = folder.path().join("copy.npz");
    std::fs::copy(&data, &copy).unwrap();
    let copy = copy.to_str().unwrap();
    let cases: [(&[&str], &str); 8] = [
        (&["--data", &argon], "was not made for Ar"),
        (&["--data", "/none.npz"], "/none.npz: cannot open"),
        (
            &["--data", &data, "--predictions", "out.csv"],
            "must end in .npz",
        ),
        (
            &["--data", &data, "--predictions", "/none/out.npz"],
            "the folder /none is not there",
        ),
        (
            &["--data", copy, "--predictions", copy],
            "is the data set itself",
        ),
        (
            &["--data", &data, "--device", "cuda", "--path", "reference"],
            "computes on the processor",
        ),
        (&["--data", &data, "--batch", "0"], "--batch"),
        (
            &[
                "--data",
                &data,
                "--path",
                "reference",
                "--precision",
                "f16-weights",
            ],
            "oreo convert --precision f16",
        ),
    ];
    for (words, message) in cases {
        let line = refusal(&[&["evaluate", "--weights", &model], words].concat());
        assert!(line.contains(message), "{words:?}: {line}");
    }
    let line = refusal(&["evaluate", "--weights", &data, "--data", &data]);
    assert!(line.contains("rmd17_ethanol_10.npz: is damaged"), "{line}");
}

#[test]
fn people_read_the_same_numbers() {
    let (model, data) = (file(MODEL), file(ETHANOL));
    let words = [
        "evaluate",
        "--weights",
        &model,
        "--data",
        &data,
        "--precision",
        "f64",
        "--filters",
        "exact",
    ];
    let output = oreo(&words).success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert!(
        text.contains("force MAE       5.972 meV/Å over frames, atoms and components"),
        "{text}"
    );
}
