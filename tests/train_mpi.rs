//! `oreo train` as several processes. Run it with `cargo test --release --features mpi --test train_mpi`; without `mpirun`
//! nothing is tested and a line says so.
#![cfg(all(feature = "cli", feature = "mpi"))]

#[path = "common/program.rs"]
mod program;

use oreo::potentials::oreo::Weights;
use program::{file, json, ETHANOL};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// `mpirun` with a line of its own, `--` standing for the program; `None` where there is none. It ends what hangs.
fn mpirun(line: &[&str]) -> Option<Output> {
    let program = env!("CARGO_BIN_EXE_oreo");
    let words = line
        .iter()
        .map(|word| if *word == "--" { program } else { word });
    let mut command = Command::new("mpirun");
    command.args(["--oversubscribe", "--bind-to", "none", "--timeout", "120"]);
    for name in ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] {
        command.env(name, "1");
    }
    match command.args(words).output() {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped: mpirun cannot be started: {error}");
            None
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn config(folder: &Path, name: &str, steps: u64, data: &str) -> String {
    let text = format!(
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
steps = {steps}
batch = 4
validation-every = 4
checkpoint-every = 3
[training.objective]
variant = "torchmdnet"
[training.schedule]
learning-rate = 1e-3
warm-up-steps = 4
then = {{ kind = "constant" }}
"#
    );
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

fn parameters(folder: &Path) -> Vec<f64> {
    let weights = Weights::load(folder.join("last.safetensors"));
    weights.unwrap().parameters()
}

/// Of the difference, relative.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
    let pairs = || a.iter().zip(b);
    norm(&mut pairs().map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
}

/// Sums are rounded in another order; nothing else differs. Two ranks that stop half-way and go on are two that did not, to
/// the bit. The first rank alone speaks, in one JSON object, and writes.
#[test]
fn two_processes_train_like_one_and_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let [whole, half] = [12, 6].map(|steps| {
        config(
            folder.path(),
            &at(&steps.to_string()),
            steps,
            &file(ETHANOL),
        )
    });
    let on_two = |more: &[&str]| -> Option<Value> {
        let output = mpirun(&[&["-n", "2", "--", "train"], more, &["--json"]].concat())?;
        assert!(output.status.success(), "{}", text(&output.stderr));
        let said = text(&output.stderr);
        assert_eq!(said.matches("2 ranks").count(), 1, "{said}");
        Some(serde_json::from_slice(&output.stdout).unwrap())
    };
    let Some(two) = on_two(&[&whole, "--output", &at("two")]) else {
        return;
    };
    let one = json(&["train", &whole, "--output", &at("one")]);
    assert_eq!((&one["ranks"], &two["ranks"]), (&1.into(), &2.into()));
    let mae = |summary: &Value| summary["test_force_mae_mev_per_a"].as_f64().unwrap();
    assert!((mae(&one) / mae(&two) - 1.0).abs() < 1e-5, "{one} {two}");
    let [one, two] = ["one", "two"].map(|name| parameters(&folder.path().join(name)));
    let distance = distance(&two, &one);
    println!("parameters differ by {distance:e} of their norm");
    assert!(distance < 1e-5, "{distance:e}");
    on_two(&[&half, "--output", &at("halves")]);
    let recorded = folder.path().join("halves/config.toml");
    let longer = fs::read_to_string(&recorded)
        .unwrap()
        .replace("steps = 6", "steps = 12");
    fs::write(&recorded, longer).unwrap();
    on_two(&["--resume", &at("halves")]);
    assert!(parameters(&folder.path().join("halves")) == two);
}

/// Bad input of all ranks is said once; of one rank alone (here: other data), it ends the others, too, before anything is
/// written.
#[test]
fn bad_input_of_any_rank_ends_all_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let good = config(folder.path(), "good.toml", 2, &file(ETHANOL));
    let bad = config(folder.path(), "bad.toml", 2, "nothing.npz");
    let run = folder.path().join("run");
    let output = ["--output", run.to_str().unwrap()];
    let train = |config: &'_ str| ["-n", "1", "--", "train", config].map(str::to_string);
    for configs in [[&bad, &bad], [&good, &bad], [&bad, &good]] {
        let line = configs.map(|config| [&train(config)[..], &output.map(str::to_string)].concat());
        let line = line.join(&":".to_string());
        let Some(ended) = mpirun(&line.iter().map(String::as_str).collect::<Vec<_>>()) else {
            return;
        };
        let said = text(&ended.stderr);
        let errors: Vec<_> = said
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        assert_eq!(errors.len(), 1, "{said}");
        assert!(errors[0].contains("nothing.npz"), "{said}");
        // 2 of the rank whose input is bad, 1 of one that lost another: mpirun takes the first that it hears of.
        assert!([Some(1), Some(2)].contains(&ended.status.code()), "{said}");
        assert!(!run.exists());
    }
}
