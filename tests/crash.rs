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
