//! A run that is killed at any moment goes on as if nothing had happened (V21), and Ctrl-C is polite.

mod program;

use program::{Workplace, ARGON};
use std::process::{Command, Stdio};
use std::time::Duration;

const FILES: [&str; 6] = [
    "replica-0/trajectory.xyz",
    "replica-0/trajectory.dcd",
    "replica-0/thermo.csv",
    "replica-1/trajectory.xyz",
    "replica-1/trajectory.dcd",
    "replica-1/thermo.csv",
];

const RUN: &str = "run --structure a.xyz --potential lennard-jones --temperature 20 --integrator langevin --replicas 2 \
                   --steps 60000 --every 50 --checkpoint-every 400 --write-velocities --output";

fn spawn(place: &Workplace, words: &str) -> std::process::Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("oreo"));
    command
        .current_dir(place.path(""))
        .args(words.split_whitespace());
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the run `kills` times at irregular moments, resuming each time, then lets it finish.
fn kill_and_resume(kills: u64) {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    assert_eq!(place.oreo(&format!("{RUN} whole")).code, 0);
    let mut begun = false;
    for kill in 0..kills {
        let words = if begun {
            "resume out".to_string()
        } else {
            format!("{RUN} out --overwrite")
        };
        let mut child = spawn(&place, &words);
        std::thread::sleep(Duration::from_millis(15 + kill * 37 % 160));
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        begun = place.path("out/checkpoint.oreo").exists();
    }
    let words = if begun {
        "resume out".to_string()
    } else {
        format!("{RUN} out --overwrite")
    };
    let ended = place.oreo(&words);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for file in FILES {
        let [a, b] = ["whole", "out"].map(|folder| place.read(&format!("{folder}/{file}")));
        assert!(a == b, "{file} differs after {kills} kills");
    }
}

/// Velocities of a file are not needed again: the checkpoint has the momenta.
#[test]
fn every_way_to_begin_can_be_resumed() {
    for start in ["maxwell", "zero", "file"] {
        let place = Workplace::new();
        place.write("a.xyz", ARGON);
        let run = "run --potential lennard-jones --integrator nve --every 5 --write-velocities --structure";
        assert_eq!(
            place
                .oreo(&format!(
                    "{run} a.xyz --steps 10 --temperature 20 --output first"
                ))
                .code,
            0
        );
        let begin = format!("{run} first/replica-0/trajectory.xyz --velocities {start}");
        assert_eq!(
            place
                .oreo(&format!("{begin} --steps 20 --output whole"))
                .code,
            0
        );
        assert_eq!(
            place.oreo(&format!("{begin} --steps 10 --output out")).code,
            0
        );
        let ended = place.oreo("resume out --steps 20");
        assert_eq!(ended.code, 0, "{start}: {}", ended.stderr);
        for file in ["trajectory.xyz", "trajectory.dcd", "thermo.csv"] {
            let [a, b] =
                ["whole", "out"].map(|folder| place.read(&format!("{folder}/replica-0/{file}")));
            assert!(a == b, "{start}: {file} differs");
        }
    }
}

/// Catches `eprintln!`, which panics when nobody listens any more.
#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_progress_nobody_can_read_goes_on() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("oreo"));
    let words = "run --structure a.xyz --potential lennard-jones --steps 50 --output out";
    command
        .current_dir(place.path(""))
        .args(words.split_whitespace());
    let status = command.stdout(Stdio::null()).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(place.path("out/summary.json").exists());
}

#[test]
fn five_kills_leave_the_same_bytes() {
    kill_and_resume(5);
}

#[test]
#[ignore = "minutes"]
fn fifty_kills_leave_the_same_bytes() {
    kill_and_resume(50);
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_the_step_saves_and_says_how_to_go_on() {
    let place = Workplace::new();
    place.write("a.xyz", ARGON);
    let endless = RUN.replace("60000", "100000000");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("oreo"));
    command
        .current_dir(place.path(""))
        .args(format!("{endless} out").split_whitespace());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !place.path("out/replica-1/thermo.csv").exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(100));
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupt.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("oreo resume"), "{stderr}");
    let summary = place.json("out/summary.json");
    assert_eq!(summary["replicas"][0]["stop"]["cause"], "requested");
    let step = summary["replicas"][0]["steps"].as_u64().unwrap();
    let ended = place.oreo(&format!("resume out --steps {}", step + 100));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(
        place.json("out/summary.json")["replicas"][0]["steps"],
        step + 100
    );
}
