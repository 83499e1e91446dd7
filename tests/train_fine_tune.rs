//! Fine-tuning, energies of atoms, the second set, more steps and the forecast of `oreo train`, through the program.

#[path = "common/program.rs"]
mod program;

use oreo::potentials::oreo::{Config, Weights};
use program::{file, json, oreo, refusal, ETHANOL, MODEL};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Three other frames of ethanol, at another level of theory.
const OTHER: &str = "formats/tests/data/sgdml_ethanol_3.npz";

fn config(top: &str, data: &str, training: &str) -> String {
    format!(
        r#"
output = "unused"
{top}

[[data]]
file = "{}"
train = 4
validation = 3
test = 3
{data}

[training]
batch = 4
validation-every = 10
checkpoint-every = 5
{training}

[training.schedule]
learning-rate = 3e-3
warm-up-steps = 5
then = {{ kind = "constant" }}
"#,
        file(ETHANOL)
    )
}

const SMALL: &str = "[network]\nchannels = 16\nlayers = 2\nheads = 2\nradial-functions = 8";
const FORCES: &str = "objective = { variant = \"torchmdnet\" }";
const ENERGIES: &str = "objective = { variant = \"energy-forces\" }";

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

fn train(folder: &Path, name: &str, text: &str) -> (Value, String) {
    let config = write(folder, &format!("{name}.toml"), text);
    let output = folder.join(name).to_str().unwrap().to_string();
    (json(&["train", &config, "--output", &output]), output)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

fn near(a: f64, b: f64, share: f64) -> bool {
    (a - b).abs() <= share * a.abs()
}

/// The table says what `oreo evaluate` says of the second set, for the weights that were given and for the best ones.
/// Planted, and seen to fail: the trained weights judged as "before"; the validation set judged twice.
#[test]
fn the_second_set_is_judged_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let second = format!("[forgetting]\nfile = \"{}\"", file(OTHER));
    let top = format!("init = \"{}\"", file(MODEL));
    let text = config(&top, &second, &format!("steps = 10\n{FORCES}"));
    let (summary, output) = train(folder.path(), "tuned", &text);
    let row = |set: &str, measure: &str| -> [f64; 2] {
        let rows = summary["before_after"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|row| row["set"] == set && row["measure"] == measure);
        ["before", "after"].map(|side| number(&row.unwrap()[side]))
    };
    let evaluated = |weights: &str| -> f64 {
        let report = json(&["evaluate", "--weights", weights, "--data", &file(OTHER)]);
        number(&report["force_mae_mev_per_a"])
    };
    let [before, after] = row("forgetting", "force MAE");
    let best = format!("{output}/best.safetensors");
    for (said, found) in [(before, evaluated(&file(MODEL))), (after, evaluated(&best))] {
        assert!(near(said, found, 1e-3), "{said} {found}");
    }
    assert!(
        after > 1.05 * before,
        "nothing was forgotten: {before} {after}"
    );
    let validation = number(&summary["validation_force_mae_mev_per_a"]);
    assert!(near(row("validation", "force MAE")[1], validation, 1e-9));
    let log = fs::read_to_string(format!("{output}/log.txt")).unwrap();
    assert!(log.contains("forgetting force MAE"), "{log}");
}

/// Energies of the file are total ones: `oreo evaluate` finds the error that the training reported, without removing an
/// offset. Without energies of atoms they would be off by −4,200 eV, 470 eV for each atom. Planted, and seen to fail: the fit
/// to E instead of E − Ê; the energies of atoms not added in `oreo evaluate`.
#[test]
fn energies_of_atoms_make_energies_total_ones() {
    let folder = tempfile::tempdir().unwrap();
    // A test of all frames, so that evaluation is of the same ones.
    for (name, objective) in [("forces", FORCES), ("energies", ENERGIES)] {
        let text = config(SMALL, "", &format!("steps = 20\n{objective}"));
        let text = text.replace(
            "train = 4\nvalidation = 3\ntest = 3",
            "train = 1\nvalidation = 9",
        );
        let text = text.replace("batch = 4", "batch = 1");
        let (summary, output) = train(folder.path(), name, &text);
        let fitted = &summary["element_energies"];
        assert_eq!(
            (fitted["rank"].as_u64(), fitted["elements"].as_u64()),
            (Some(1), Some(3))
        );
        // One training frame is fitted exactly: all of the error is that of the nine others.
        let said = 0.9 * number(&fitted["validation_energy_mae_mev_per_atom"]);
        let best = format!("{output}/best.safetensors");
        let report = json(&["evaluate", "--weights", &best, "--data", &file(ETHANOL)]);
        let found = number(&report["total_energy_mae_mev_per_atom"]);
        assert!(near(said, found, 1e-3), "{name}: {said} {found}");
        assert!(found < 200.0, "{name}: {found} meV for each atom");
        let offset = number(&report["energy_offset_ev"]);
        assert!(offset.abs() < 9.0 * 0.2, "{name}: {offset}");
        let record = Weights::load(&best).unwrap().record;
        assert!(record["element_energies"].starts_with("H="), "{record:?}");
    }
    let given = json(&[
        "evaluate",
        "--weights",
        &file(MODEL),
        "--data",
        &file(ETHANOL),
    ]);
    assert!(given["total_energy_mae_mev_per_atom"].is_null());
}

/// Energies of atoms of an earlier training are not those of the next network, though nothing replaces them: QM9 without its
/// table has no energies. Planted, and seen to fail: the old record kept.
#[test]
fn energies_of_atoms_do_not_outlive_their_network() {
    let folder = tempfile::tempdir().unwrap();
    let mut weights = Weights::load(file(MODEL)).unwrap();
    let energies = "H=1 C=2 N=3 O=4".to_string();
    weights.record.insert("element_energies".into(), energies);
    let init = folder.path().join("init.safetensors");
    weights.save(&init).unwrap();
    let top = format!("init = \"{}\"", init.display());
    let text = config(&top, "", "steps = 2\nobjective = { variant = \"et-oreo\" }");
    let text = text.replace(&file(ETHANOL), &file("training/tests/data/qm9_first_7.npz"));
    let text = text.replace("validation = 3\ntest = 3", "validation = 3");
    let (summary, output) = train(folder.path(), "run", &text);
    assert!(summary["element_energies"].is_null());
    for name in ["best", "last"] {
        let weights = Weights::load(format!("{output}/{name}.safetensors")).unwrap();
        assert!(!weights.record.contains_key("element_energies"), "{name}");
    }
}

/// The run with more steps is the run that had them from the beginning, to the bit.
#[test]
fn more_steps_continue_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let of = |steps: u64| config(SMALL, "", &format!("steps = {steps}\n{FORCES}"));
    let (_, whole) = train(folder.path(), "whole", &of(30));
    let (_, half) = train(folder.path(), "half", &of(10));
    for steps in ["9", "10"] {
        let message = refusal(&["train", "--resume", &half, "--steps", steps]);
        assert!(message.contains("has 10 steps"), "{message}");
    }
    let summary = json(&["train", "--resume", &half, "--steps", "30"]);
    assert_eq!(summary["steps"], 30);
    let weights = |output: &str| fs::read(format!("{output}/last.safetensors")).unwrap();
    assert!(weights(&whole) == weights(&half));
    let recorded = fs::read_to_string(format!("{half}/config.toml")).unwrap();
    assert!(recorded.contains("steps = 30"));
}

/// Another end would bend the cosine behind the run.
#[test]
fn a_cosine_is_not_made_longer() {
    let folder = tempfile::tempdir().unwrap();
    let text = config(SMALL, "", &format!("steps = 10\n{FORCES}"));
    let text = text.replace(
        "{ kind = \"constant\" }",
        "{ kind = \"cosine\", lowest = 1e-6 }",
    );
    let (_, output) = train(folder.path(), "run", &text);
    let message = refusal(&["train", "--resume", &output, "--steps", "20"]);
    assert!(
        message.contains("cosine") && message.contains("init = "),
        "{message}"
    );
    let recorded = fs::read_to_string(format!("{output}/config.toml")).unwrap();
    assert!(recorded.contains("steps = 10"));
}

/// One line that names the setting; the same data in another place are the same data. Planted, and seen to fail: `[[data]]`
/// not compared at all (the weight is taken without a word).
#[test]
fn changed_data_are_noticed_on_resume() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::copy(file(ETHANOL), at.join("a.npz")).unwrap();
    let text = config(SMALL, "", &format!("steps = 10\n{FORCES}")).replace(&file(ETHANOL), "a.npz");
    let second = format!(
        "[[data]]\nfile = \"{}\"\ntrain = 2\nweight = 1.5\n\n[training]",
        file(OTHER)
    );
    let (_, output) = train(
        at,
        "run",
        &text.replace("[training]\n", &format!("{second}\n")),
    );
    let recorded = fs::read_to_string(format!("{output}/config.toml")).unwrap();
    for (from, to, word) in [
        ("weight = 1.5", "weight = 2.5", "weight = 1.5"),
        ("train = 2", "train = 1", "train = 2"),
        ("split-seed = 0", "split-seed = 3", "split-seed = 0"),
    ] {
        let changed = recorded.replacen(from, to, 1);
        assert_ne!(changed, recorded, "{from}");
        write(Path::new(&output), "config.toml", &changed);
        let message = refusal(&["train", "--resume", &output, "--steps", "20"]);
        assert!(
            message.contains(word) && message.contains("[[data]]"),
            "{message}"
        );
    }
    // The second file taken out, with its split.
    let first = recorded.rfind("[[data]]").unwrap();
    let rest = first + recorded[first..].find("[training]").unwrap();
    let without = recorded[..first].to_string() + &recorded[rest..];
    write(Path::new(&output), "config.toml", &without);
    let message = refusal(&["train", "--resume", &output, "--steps", "20"]);
    assert!(message.contains("[[data]] 2"), "{message}");
    fs::rename(at.join("a.npz"), at.join("b.npz")).unwrap();
    let moved = recorded.replace("a.npz", "b.npz");
    write(Path::new(&output), "config.toml", &moved);
    let message = refusal(&["train", "--resume", &output, "--steps", "5"]);
    assert!(message.contains("has 10 steps"), "{message}");
    fs::rename(at.join("b.npz"), at.join("moved")).unwrap();
    fs::create_dir(at.join("elsewhere")).unwrap();
    fs::rename(at.join("moved"), at.join("elsewhere/a.npz")).unwrap();
    let moved = recorded.replace("/a.npz", "/elsewhere/a.npz");
    assert_ne!(moved, recorded);
    write(Path::new(&output), "config.toml", &moved);
    let summary = json(&["train", "--resume", &output, "--steps", "20"]);
    assert_eq!(summary["steps"], 20);
}

/// One line each, exit status 2, no folder.
#[test]
fn weights_that_cannot_be_begun_with_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let plain = config("", "", &format!("steps = 2\n{FORCES}"));
    let sized = config(SMALL, "", &format!("steps = 2\n{FORCES}"));
    let small_table = Config {
        channels: 8,
        layers: 1,
        heads: 2,
        radial_functions: 4,
        max_z: 8,
        ..Config::et_oreo()
    };
    let path = |name: &str| at.join(name).to_str().unwrap().to_string();
    Weights::random(small_table, 1)
        .save(path("few.safetensors"))
        .unwrap();
    let whole = fs::read(file(MODEL)).unwrap();
    fs::write(path("torn.safetensors"), &whole[..whole.len() / 2]).unwrap();
    fs::write(path("text.safetensors"), "no weights").unwrap();
    let model = file(MODEL);
    for (text, init, word) in [
        (&plain, path("none.safetensors"), "none.safetensors"),
        (&plain, path("torn.safetensors"), "torn.safetensors"),
        (&plain, path("text.safetensors"), "text.safetensors"),
        (
            &plain,
            path("few.safetensors"),
            "has O, and the network has no place for it",
        ),
        (&sized, model, "leave [network] out"),
    ] {
        let config = write(at, "c.toml", text);
        let message = refusal(&["train", &config, "--init", &init, "--output", &path("run")]);
        assert!(message.contains(word), "{word}: {message}");
        assert!(!at.join("run").exists(), "{word}");
    }
}

#[test]
fn a_second_set_that_is_trained_on_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let same = format!("[forgetting]\nfile = \"{}\"", file(ETHANOL));
    for (second, word) in [
        (same.clone(), "is trained on"),
        (format!("{same}\ntrain = 3"), "judged only"),
    ] {
        let text = config(SMALL, &second, &format!("steps = 2\n{FORCES}"));
        let config = write(folder.path(), "c.toml", &text);
        let message = refusal(&["train", &config, "--dry-run"]);
        assert!(message.contains(word), "{message}");
    }
}

/// Says what is there, makes real steps and leaves nothing. The memory is that of the process to within a factor of 2; seen to
/// fail with the program itself left out.
#[test]
fn a_dry_run_forecasts_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let text = config(SMALL, "", &format!("steps = 1000\n{FORCES}"));
    let config = write(folder.path(), "c.toml", &text);
    let output = folder.path().join("run");
    let forecast = json(&[
        "train",
        &config,
        "--dry-run",
        "--output",
        output.to_str().unwrap(),
    ]);
    assert_eq!(number(&forecast["epochs"]), 1000.0);
    let steps = number(&forecast["step_ms"]) * 1e-3 * 1000.0;
    let validations = number(&forecast["validation_s"]) * 100.0;
    assert!(near(
        number(&forecast["expected_s"]),
        steps + validations,
        1e-9
    ));
    if let Some(peak) = forecast["peak_bytes"].as_f64() {
        let expected = number(&forecast["memory"]["total_bytes"]);
        assert!(expected > 0.5 * peak && expected < 2.0 * peak, "{forecast}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let assert = oreo(&["train", &config, "--dry-run"]).success();
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    for word in [
        "4 for training",
        "times through the data",
        "ms per step",
        "MiB expected",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}
