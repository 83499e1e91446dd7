//! `oreo reproduce`: jobs in their order, what is done is not done again, what fails is named; and the document.

#[path = "common/program.rs"]
mod program;

use oreo::cli::exit::Outcome;
use oreo::cli::reproduce::job::{Job, Progress, Work};
use oreo::cli::reproduce::results::Results;
use oreo::cli::reproduce::workers::{work, Children, Place};
use program::{file, oreo, refusal, ETHANOL, MODEL};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn job(name: &str, needs: &[&str], work: Work) -> Job {
    let owned = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
    Job {
        name: name.into(),
        needs: owned(needs),
        work,
    }
}

fn ask(words: &[&str]) -> Work {
    Work::Ask(words.iter().map(|word| word.to_string()).collect())
}

fn training(folder: &str, steps: u64) -> Work {
    Work::Train(format!(
        r#"output = "{folder}"
[network]
channels = 16
layers = 1
heads = 2
radial-functions = 8
[[data]]
file = "{}"
validation = 3
test = 3
[training]
steps = {steps}
checkpoint-every = 5
batch = 2
[training.objective]
variant = "torchmdnet"
"#,
        file(ETHANOL)
    ))
}

/// Training, test and dynamics of one molecule, listed in the wrong order.
fn jobs() -> Vec<Job> {
    let (data, best) = (file(ETHANOL), "ethanol/best.safetensors");
    let judged = ["evaluate", "--weights", best, "--data", &data];
    let split = ["--split", "ethanol/splits/0.json"];
    let run = ["--weights", best, "--reference", &data, "--steps", "20"];
    let run = run.iter().map(|word| word.to_string()).collect();
    vec![
        job("dynamics", &["ethanol"], Work::Run(run)),
        job("test", &["ethanol"], ask(&[&judged[..], &split].concat())),
        job("ethanol", &[], training("ethanol", 4)),
    ]
}

fn done_in(root: &Path, jobs: &[Job]) -> anyhow::Result<Outcome> {
    work_until(root, jobs, &AtomicBool::new(false))
}

fn work_until(root: &Path, jobs: &[Job], stop: &AtomicBool) -> anyhow::Result<Outcome> {
    let place = Place {
        program: &assert_cmd::cargo::cargo_bin("oreo"),
        root,
        stop,
        children: &Children::default(),
    };
    work(place, jobs, 2)
}

/// Seen to fail with needs that nobody waits for.
#[test]
fn jobs_are_done_in_the_order_of_their_needs_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let (root, jobs) = (folder.path(), jobs());
    assert_eq!(done_in(root, &jobs).unwrap(), Outcome::Completed);
    let record = jobs[1].record(root).unwrap().unwrap();
    assert_eq!(record.result["frames"], 3);
    assert!(record
        .command
        .starts_with("oreo evaluate --weights ethanol/best"));
    let trained = jobs[2].record(root).unwrap().unwrap();
    assert_eq!(
        trained.result["weights_sha256"],
        record.result["weights_sha256"]
    );
    // Found done, and left alone.
    fs::remove_dir_all(root.join("ethanol")).unwrap();
    assert_eq!(done_in(root, &jobs).unwrap(), Outcome::Completed);
    assert!(!root.join("ethanol").exists());
}

/// Stopped when it has its first checkpoint, a job goes on from there. While it is at work nobody else trains in its folder.
#[test]
fn a_job_that_was_stopped_continues() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let jobs = [job("ethanol", &[], training("ethanol", 1500))];
    let checkpoint = root.join("ethanol/checkpoint.oreo");
    let stop = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        let ended = scope.spawn(|| work_until(root, &jobs, &stop));
        while !checkpoint.exists() && !ended.is_finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let second = refusal(&["train", "--resume", root.join("ethanol").to_str().unwrap()]);
        assert!(second.contains("in use by another"), "{second}");
        stop.store(true, Ordering::SeqCst);
        ended.join().unwrap()
    });
    assert_eq!(ended.unwrap(), Outcome::Interrupted);
    assert_eq!(jobs[0].progress(root).unwrap(), Progress::Begun);
    assert_eq!(done_in(root, &jobs).unwrap(), Outcome::Completed);
    let record = jobs[0].record(root).unwrap().unwrap();
    assert!(record.command.starts_with("oreo train --resume ethanol"));
    assert_eq!(record.result["steps"], 1500);
}

/// What needs the failed job is left to do, the others are done, and the message says which and why.
#[test]
fn a_job_that_fails_is_named_and_the_others_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let jobs = [
        job(
            "broken",
            &[],
            ask(&["evaluate", "--weights", "none", "--data", "none"]),
        ),
        job("after", &["broken"], ask(&["doctor"])),
        job("sound", &[], ask(&["inspect", &file(MODEL)])),
    ];
    let error = done_in(root, &jobs).unwrap_err().to_string();
    assert!(error.contains("broken: exit code 2: error: "), "{error}");
    let progress = jobs.each_ref().map(|job| job.progress(root).unwrap());
    assert_eq!(progress, [Progress::ToDo, Progress::ToDo, Progress::Done]);
}

#[test]
fn missing_data_are_named_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (data, output) = (folder.path().join("data"), folder.path().join("out"));
    let [data, output] = [&data, &output].map(|path| path.to_str().unwrap());
    let line = refusal(&["reproduce", "qm9", "--data", data, "--output", output]);
    assert!(line.contains("rmd17_aspirin.npz is not there"), "{line}");
    assert!(!Path::new(output).exists());
    let line = refusal(&["reproduce", "md17"]);
    assert!(line.contains("--data"), "{line}");
}

/// The committed document is the one that the committed numbers give.
#[test]
fn the_document_is_that_of_the_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("RESULTS.md");
    let from = file("validation/results");
    oreo(&[
        "reproduce",
        "--render",
        &from,
        "--output",
        output.to_str().unwrap(),
    ])
    .success();
    let written = fs::read_to_string(&output).unwrap();
    assert_eq!(
        written,
        fs::read_to_string(file("docs/RESULTS.md")).unwrap()
    );
    for entry in fs::read_dir(from).unwrap() {
        let results = Results::read(&entry.unwrap().path()).unwrap();
        assert!(!results.jobs.is_empty());
    }
}
