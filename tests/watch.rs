//! `oreo watch` beside a run or a relaxation: what it says while it goes on, when it is killed, and how it ends with it.
#![cfg(feature = "cli")]

mod program;

use program::{Ended, Workplace, ARGON};
use serde_json::Value;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const RUN: &str = "run --structure a.xyz --potential lennard-jones --temperature 20 --integrator langevin --replicas 2 \
                   --every 50 --checkpoint-every 400 --formats xyz --output out --steps";

fn spawn(place: &Workplace, words: &str) -> Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("oreo"));
    let command = command
        .current_dir(place.path(""))
        .args(words.split_whitespace());
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn began(place: &Workplace) {
    while fs::read(place.path("out/replica-1/thermo.csv")).map_or(0, |text| text.len()) < 10_000 {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn state(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

/// Catches a half line that is taken for a step, and a process that is gone and still called running.
#[test]
fn a_run_is_watched_while_it_goes_on_and_after_it_was_killed() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let mut run = spawn(&place, &format!("{RUN} 1000000000"));
    began(&place);
    let ended = place.oreo("watch out --once --json");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let running = state(&ended);
    assert_eq!(running["state"], "running");
    assert_eq!(running["steps"], 1_000_000_000);
    assert_eq!(running["replicas"].as_array().unwrap().len(), 2);
    let replica = &running["replicas"][1];
    let step = replica["step"].as_u64().unwrap();
    assert!(step >= 50 && step.is_multiple_of(50), "{step}");
    assert!(replica["temperature_k"].as_f64().unwrap() > 0.0);
    assert!(replica["drift_ev_per_ps"].is_number() && replica["stop"].is_null());
    assert!(running["resume"].is_null() && !place.path("out/summary.json").exists());
    let ended = place.oreo("watch out --once");
    assert!(
        ended.stdout.contains("replica") && ended.stdout.contains("running;"),
        "{}",
        ended.stdout
    );
    assert!(
        !ended.stdout.contains('\u{1b}'),
        "no colours in a pipe: {}",
        ended.stdout
    );

    run.kill().unwrap();
    run.wait().unwrap();
    let before = fs::read(place.path("out/replica-0/thermo.csv")).unwrap();
    // As a crash leaves it: the last line without its end.
    fs::write(
        place.path("out/replica-0/thermo.csv"),
        [&before[..], b"999999999,1"].concat(),
    )
    .unwrap();
    let ended = place.oreo("watch out --json");
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let killed = state(&ended);
    assert_eq!(killed["state"], "not_running");
    assert_eq!(killed["resume"], "oreo resume out");
    assert!(killed["step"].as_u64().unwrap() < 999_999_999);
    let ended = place.oreo("watch out");
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("no process works on it any more"),
        "{}",
        ended.stdout
    );
}

#[test]
fn watching_ends_with_the_run_and_as_the_run() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let mut run = spawn(&place, &format!("{RUN} 40000"));
    began(&place);
    let ended = place.oreo("watch out");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("out: completed"), "{}", ended.stdout);
    assert!(run.wait().unwrap().success());
    assert_eq!(state(&place.oreo("watch out --json"))["step"], 40_000);
    // One step more was asked for, and its process was killed before it said anything.
    let config = String::from_utf8(place.read("out/config.toml")).unwrap();
    place.write(
        "out/config.toml",
        config.replace("steps = 40000", "steps = 40001"),
    );
    let ended = place.oreo("watch out --once --json");
    assert_eq!(
        (ended.code, &state(&ended)["state"]),
        (1, &Value::from("not_running"))
    );
}

/// Argon that is too hot for its cap stops at step 0. Seen to fail with stops from the log alone, which did not have this one.
#[test]
fn a_stopped_run_ends_with_three_and_says_why() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    assert_eq!(
        place.oreo(&format!("{RUN} 1000 --temperature-cap 1")).code,
        3
    );
    let ended = place.oreo("watch out");
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("above the cap of 1 K"),
        "{}",
        ended.stdout
    );
    let stopped = state(&place.oreo("watch out --json"));
    assert_eq!(stopped["state"], "unstable");
    assert_eq!(stopped["replicas"][0]["stop"]["cause"], "temperature");
}

const RELAX: &str = "relax --structure a.xyz --potential lennard-jones --output minimum --fmax";

/// A force of 1e-30 eV/Å is below what rounding leaves: it goes on until it is killed. Catches the last step taken for the first:
/// the energy would not have fallen.
#[test]
fn a_relaxation_is_watched_while_it_goes_on_and_after_it_was_killed() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let mut relaxation = spawn(&place, &format!("{RELAX} 1e-30 --max-steps 1000000000"));
    let table = place.path("minimum/convergence.csv");
    while fs::read(&table).map_or(0, |text| text.len()) < 5_000 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let ended = place.oreo("watch minimum --once --json");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let running = state(&ended);
    assert_eq!(
        (&running["kind"], &running["state"]),
        (&"relaxation".into(), &"running".into())
    );
    assert_eq!(running["max_steps"], 1_000_000_000);
    let number = |key: &str| running[key].as_f64().unwrap();
    assert!((number("fmax_ev_per_a") / 1e-30 - 1.0).abs() < 1e-9);
    assert!(number("step") > 10.0);
    assert!(number("energy_ev") < number("energy_start_ev"));
    assert!(number("max_force_ev_per_a") < number("max_force_start_ev_per_a"));
    let ended = place.oreo("watch minimum --once");
    for part in [
        "of at most 1000000000",
        "largest force",
        "running; last step",
    ] {
        assert!(ended.stdout.contains(part), "{}", ended.stdout);
    }
    relaxation.kill().unwrap();
    relaxation.wait().unwrap();
    let ended = place.oreo("watch minimum --json");
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(state(&ended)["state"], "not_running");
    assert!(place.oreo("watch minimum").stdout.contains("begin again"));
}

/// Catches a relaxation without its minimum that ends as if it had it.
#[test]
fn a_relaxation_ends_as_it_ended() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    assert_eq!(place.oreo(&format!("{RELAX} 1e-5")).code, 0);
    let ended = place.oreo("watch minimum --json");
    let (seen, summary) = (state(&ended), place.json("minimum/summary.json"));
    assert_eq!((ended.code, &seen["state"]), (0, &"completed".into()));
    assert_eq!(
        (&seen["step"], &seen["max_force_ev_per_a"]),
        (&summary["steps"], &rounded(&summary["max_force_ev_per_a"]))
    );
    assert!(place
        .oreo("watch minimum")
        .stdout
        .contains("converged; the minimum is in"));
    assert_eq!(
        place
            .oreo(&format!("{RELAX} 1e-5 --max-steps 2 --overwrite"))
            .code,
        1
    );
    let ended = place.oreo("watch minimum");
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("not converged after 2 steps"),
        "{}",
        ended.stdout
    );
}

/// As convergence.csv has it.
fn rounded(value: &Value) -> Value {
    let text = format!("{:.6e}", value.as_f64().unwrap());
    text.parse::<f64>().unwrap().into()
}

#[test]
fn what_cannot_be_watched_is_refused_with_what_it_is() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    fs::create_dir(place.path("empty")).unwrap();
    place.refuses("watch none", &["none", "No such file"]);
    place.refuses("watch a.xyz", &["is a file"]);
    place.refuses("watch empty", &["has neither config.toml nor"]);
    assert_eq!(place.oreo(&format!("{RUN} 10")).code, 0);
    place.refuses("watch .", &["watch one of", "out"]);
    place.write("out/config.toml", "steps = ");
    place.refuses("watch out --once", &["config.toml:1"]);
}
