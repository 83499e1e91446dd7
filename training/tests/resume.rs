//! A run that is killed, really and at any moment, and started again is the run that was never stopped: same parameters to
//! the bit, same weights files, same curves.
//!
//! Planted, each seen to fail: the second moment, the count of optimiser steps, the average, the schedule, or the sums since
//! the last validation not saved; rows of the curves after the checkpoint kept.
#![allow(missing_docs)]

mod wells;

use oreo_potentials::oreo::{Config, Weights};
use oreo_training::trainer::{
    Ending, Errors, Keep, Run, Shuffled, Snapshot, Trainer, TrainerSettings, WeightsWriter, Which,
};
use oreo_training::TrainingError;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use wells::{at_rest, entries, labelled, parameters, Table, Wells};

const STEPS: u64 = 300;

fn settings() -> TrainerSettings {
    serde_json::from_str(
        r#"{"steps": 300, "batch": 5, "validation-every": 6, "checkpoint-every": 4, "clip": 5.0, "average": 0.95,
            "optimiser": {"weight-decay": 0.01},
            "schedule": {"learning-rate": 0.05, "warm-up-from": 1e-7, "warm-up-steps": 20, "stop-after": 1000,
                         "then": {"kind": "plateau", "factor": 0.8, "patience": 2, "lowest": 1e-6}}}"#,
    )
    .unwrap()
}

fn set(from: usize, count: usize) -> Table {
    let one = |k: usize| match k % 4 {
        0 => at_rest(3 + k % 2),
        _ => labelled(2 + k % 3, k),
    };
    Table((from..from + count).map(one).collect())
}

struct Files(PathBuf);

impl Keep for Files {
    fn keep(&mut self, snapshot: &Snapshot<'_>) -> Result<(), TrainingError> {
        let name = match snapshot.which {
            Which::Best => "best",
            Which::Last => "last",
        };
        let values = snapshot.parameters.iter();
        let bytes: Vec<u8> = values.flat_map(|x| x.to_le_bytes()).collect();
        fs::write(self.0.join(name), bytes).unwrap();
        Ok(())
    }
}

/// `slowness` in milliseconds for each call of the engine.
fn train(folder: &Path, slowness: u64) -> Vec<u32> {
    let engine = Wells {
        slowness,
        ..Wells::default()
    };
    let start = parameters(0.3, 0.0, [0.5, 0.0, -0.5]);
    let mut trainer = Trainer::new(settings(), engine, &entries(), start).unwrap();
    let (train, validation) = (set(0, 23), set(100, 7));
    let mut run = Run {
        train: &train,
        order: &Shuffled::new(23, 4),
        validation: &validation,
        stop: &AtomicBool::new(false),
        data: &[],
        keep: &mut Files(folder.to_path_buf()),
        watch: &mut (),
    };
    assert_eq!(run.train(&mut trainer, folder).unwrap(), Ending::Finished);
    assert_eq!(trainer.steps_done(), STEPS);
    trainer
        .parameters()
        .unwrap()
        .iter()
        .map(|x| x.to_bits())
        .collect()
}

/// The curves without wall time and speed.
fn curves(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("learning_curves.csv")).unwrap();
    let without_times = |line: &str| {
        let cells: Vec<_> = line.split(',').collect();
        let kept = cells.iter().enumerate();
        let kept = kept.filter(|(column, _)| *column != 2 && *column != cells.len() - 1);
        kept.map(|(_, cell)| *cell).collect::<Vec<_>>().join(",")
    };
    text.lines().map(without_times).collect()
}

const FOLDER: &str = "OREO_TEST_RUN_FOLDER";

/// Not a test of its own: the process that `a_run_killed_twenty_times…` starts and kills.
#[test]
fn process_that_is_killed() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        train(Path::new(&folder), 1);
    }
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "process_that_is_killed"]);
    command.env(FOLDER, folder).stdout(Stdio::null());
    command.spawn().unwrap()
}

/// Kills the process after a random time once it has made its first checkpoint; false when it was done before.
fn kill_at_a_random_moment(folder: &Path, milliseconds: u64) -> bool {
    let mut child = start(folder);
    let began = Instant::now();
    while !folder.join("checkpoint.oreo").exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(milliseconds));
    let done = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    !done
}

#[test]
fn a_run_killed_twenty_times_is_the_run_that_was_never_stopped() {
    let (whole, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = train(whole.path(), 0);
    let mut kills = 0;
    for round in 0..20u64 {
        // 10 to 29 ms, in an order that looks irregular; a few checkpoints each time.
        kills += u64::from(kill_at_a_random_moment(killed.path(), 10 + round * 13 % 20));
    }
    println!("killed {kills} times before the end");
    assert!(
        kills >= 10,
        "the run was over too early for this test: {kills}"
    );
    assert_eq!(train(killed.path(), 0), expected);
    assert_eq!(curves(killed.path()), curves(whole.path()));
    for name in ["best", "last"] {
        let read = |folder: &Path| fs::read(folder.join(name)).unwrap();
        assert_eq!(read(killed.path()), read(whole.path()), "{name}");
    }
}

#[test]
fn saved_weights_say_how_they_came_about() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        channels: 8,
        layers: 1,
        heads: 2,
        radial_functions: 4,
        ..Config::et_oreo()
    };
    let mut weights = Weights::random(config, 1);
    weights.record.insert("units".into(), "eV, Å".into());
    let parameters: Vec<f32> = (0..weights.parameter_count()).map(|k| k as f32).collect();
    let mut writer = WeightsWriter {
        weights,
        folder: folder.path().into(),
    };
    let settings = settings();
    let snapshot = |which, loss| Snapshot {
        which,
        parameters: parameters.clone(),
        step: 77,
        loss,
        errors: Errors {
            force: loss,
            ..Errors::default()
        },
        settings: &settings,
    };
    writer.keep(&snapshot(Which::Best, Some(0.25))).unwrap();
    writer.keep(&snapshot(Which::Last, None)).unwrap();
    let best = Weights::load(folder.path().join("best.safetensors")).unwrap();
    let found = best.parameters().into_iter().map(|x| x as f32);
    assert!(found.eq(parameters.iter().copied()));
    for (key, value) in [
        ("steps", "77"),
        ("seed", "1"),
        ("units", "eV, Å"),
        ("validation_loss", "2.500000e-1"),
    ] {
        assert_eq!(best.record.get(key).map(String::as_str), Some(value));
    }
    assert!(best.record["objective"].contains("et-oreo"));
    let last = Weights::load(folder.path().join("last.safetensors")).unwrap();
    assert_eq!(last.record.get("validation_loss"), None);
}
