//! The page of a training: its numbers are those of `oreo evaluate` and of the learning curves, it works in a browser, and
//! `oreo analyze` makes it again.

use super::browser::{assert_works, Expected};
use super::html::{assert_alone, contents, floats, list, page};
use super::program::{file, json, refusal, ETHANOL};
use super::runs::{folder, oreo};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Of ten frames; small enough for seconds.
fn trained(folder: &Path, steps: u32) -> PathBuf {
    let (data, output) = (file(ETHANOL), folder.join("trained"));
    let config = format!(
        r#"
output = "trained"
[network]
channels = 16
layers = 2
heads = 2
radial-functions = 8
[[data]]
file = "{data}"
train = 4
validation = 3
test = 3
[training]
batch = 4
steps = {steps}
validation-every = 5
checkpoint-every = 5
[training.schedule]
learning-rate = 3e-3
warm-up-steps = 5
then = {{ kind = "constant" }}
"#
    );
    let path = folder.join("config.toml");
    fs::write(&path, config).unwrap();
    let words = [
        "train",
        path.to_str().unwrap(),
        "--output",
        output.to_str().unwrap(),
    ];
    oreo(&words, 0);
    output
}

fn near(found: &Value, expected: &Value) {
    let [found, expected] = [found, expected].map(|value| value.as_f64().unwrap());
    assert!(
        (found - expected).abs() < 1e-3 * expected,
        "{found}, {expected}"
    );
}

/// Parity, elements and file of the page against `oreo evaluate` on the same test frames. Catches
/// predictions of the last weights, of other frames, or a mean over atoms for one over components.
#[test]
fn the_page_of_a_training_has_the_errors_of_its_test_frames() {
    let folder = folder();
    let run = trained(folder.path(), 60);
    let page = page(&run);
    assert_alone(&page);
    let contents = contents(&page);
    let (report, path) = (&contents["report"], |name: &str| {
        run.join(name).to_str().unwrap().to_string()
    });
    let words = [
        "evaluate",
        "--filters",
        "exact",
        "--data",
        &file(ETHANOL),
        "--weights",
        &path("best.safetensors"),
        "--split",
        &path("splits/0.json"),
    ];
    let evaluated = json(&words);
    let predicted = &report["predicted"];
    assert_eq!(
        (&predicted["set"], &predicted["of"]),
        (&"test".into(), &3.into())
    );
    near(
        &predicted["force"]["force_mae_mev_per_a"],
        &evaluated["force_mae_mev_per_a"],
    );
    near(
        &predicted["by_source"][0]["force_mae_mev_per_a"],
        &evaluated["force_mae_mev_per_a"],
    );
    let elements = list(&predicted["force"]["per_element"]);
    assert_eq!(elements.len(), 3);
    for (own, other) in elements.iter().zip(list(&evaluated["per_element"])) {
        assert_eq!(own["element"], other["element"]);
        near(&own["force_mae_mev_per_a"], &other["force_mae_mev_per_a"]);
    }
    // 3 frames of 9 atoms: every component is drawn, and every atom is in a bin.
    let [label, own] = ["label", "predicted"].map(|name| floats(&contents["parity"][name]));
    assert_eq!((label.len(), own.len()), (81, 81));
    let sum: f32 = label.iter().zip(&own).map(|(a, b)| (a - b).abs()).sum();
    near(
        &(1e3 * f64::from(sum) / 81.0).into(),
        &evaluated["force_mae_mev_per_a"],
    );
    let atoms: u64 = list(&predicted["by_force"])
        .iter()
        .map(|bin| bin["atoms"].as_u64().unwrap())
        .sum();
    assert_eq!(atoms, 27);
    let files: Vec<&str> =
        "plots/parity.svg plots/parity.png plots/error-by-element.svg plots/error-by-file.png \
        plots/error-by-force.svg plots/error-by-force.csv learning_curves.png"
            .split_whitespace()
            .collect();
    files
        .iter()
        .for_each(|name| assert!(run.join(name).exists(), "{name}"));
    let headline = report["verdict"]["headline"].as_str().unwrap();
    assert!(headline.starts_with("Force MAE ") && headline.ends_with("on 3 test conformations"));
    let card = &contents["card"]["files"][0];
    assert_eq!(
        (&card["train"], &card["validation"], &card["test"]),
        (&4.into(), &3.into(), &3.into())
    );
    assert_eq!(card["level"], "PBE/def2-SVP");
}

#[test]
fn a_training_in_a_browser_and_again_from_its_folder() {
    let folder = folder();
    let run = trained(folder.path(), 60);
    let expected = Expected {
        sections: "verdict errors learning parity origins data training definitions",
        figures: 3,
        tables: 4,
        viewer: false,
    };
    assert_works(&run.join("report.html"), &expected);
    let made_at_the_end = contents(&page(&run));
    for name in ["report.html", "analysis.json"] {
        fs::remove_file(run.join(name)).unwrap();
    }
    let target = run.to_str().unwrap();
    let printed = json(&["analyze", target, "--figure-width", "85 mm"]);
    let again = contents(&page(&run));
    assert_eq!(again["report"], made_at_the_end["report"]);
    assert_eq!(again["report"], printed);
    let figure = fs::read_to_string(run.join("plots/parity.svg")).unwrap();
    assert!(figure.contains("width=\"85.04mm\""));
    // What is about trajectories is refused, and so is a second target.
    let message = refusal(&["analyze", target, "--bond-threshold", "0.4"]);
    assert!(message.contains("folder of a training"), "{message}");
    let message = refusal(&["analyze", target, target]);
    assert!(message.contains("alone"), "{message}");
}

/// Data that were moved away leave curves and errors; a training without its summary is unfinished, and its test set is
/// not looked at.
#[test]
fn less_is_there_and_less_is_said() {
    let folder = folder();
    let run = trained(folder.path(), 10);
    let target = run.to_str().unwrap();
    fs::remove_file(run.join("summary.json")).unwrap();
    let unfinished = json(&["analyze", target]);
    assert_eq!(
        (&unfinished["unfinished"], &unfinished["verdict"]["state"]),
        (&true.into(), &"unfinished".into())
    );
    assert_eq!(unfinished["predicted"]["set"], "validation");
    let config = fs::read_to_string(run.join("config.toml")).unwrap();
    let moved = config.replace("rmd17_ethanol_10", "gone");
    assert_ne!(moved, config);
    fs::write(run.join("config.toml"), moved).unwrap();
    let without = json(&["analyze", target]);
    assert_eq!(without["predicted"], Value::Null);
    assert!(without["notes"][0].as_str().unwrap().contains("gone.npz"));
    let rows = list(&without["errors"]);
    assert_eq!(
        (rows.len(), &rows[0]["set"], &rows[0]["conformations"]),
        (1, &"validation".into(), &3.into())
    );
}
