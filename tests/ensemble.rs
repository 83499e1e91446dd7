//! `oreo run --ensemble` through the program: another network beside the one that moves the atoms.
#![cfg(all(feature = "cli", feature = "candle"))]

mod program;

use program::{repository, weights, Workplace, ETHANOL};
use serde_json::Value;

const COLUMNS: [&str; 2] = [
    "force_deviation_max_ev_per_a",
    "force_deviation_rms_ev_per_a",
];

fn peer() -> String {
    let path = repository("models/et_ethanol.safetensors");
    path.display().to_string()
}

fn run(more: &str) -> String {
    format!(
        "run --structure a.xyz --weights {} --steps 40 --every 5 --seed 4 --temperature 500 {more}",
        weights()
    )
}

fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("a.xyz", ETHANOL);
    place
}

fn text(place: &Workplace, name: &str) -> String {
    String::from_utf8(place.read(name)).unwrap()
}

/// A column of a `thermo.csv`; `None` when it has none of this name.
fn column(place: &Workplace, folder: &str, name: &str) -> Option<Vec<f64>> {
    let text = text(place, &format!("{folder}/thermo.csv"));
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let k = lines.next().unwrap().iter().position(|own| *own == name)?;
    Some(lines.map(|line| line[k].parse().unwrap()).collect())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

/// Planted and caught: a force of the dynamics changed in its last digit by the question; members asked before the step is
/// finished.
#[test]
fn another_network_is_asked_and_changes_no_byte_of_the_trajectory() {
    let place = workplace();
    let two = "--replicas 2 --output";
    assert_eq!(place.oreo(&run(&format!("{two} alone"))).code, 0);
    let ended = place.oreo(&run(&format!("{two} both --ensemble {}", peer())));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let tested = format!("note: ensemble: {}: self-test: fused agrees", peer());
    assert!(ended.stderr.contains(&tested), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("forces of the ensemble deviate by"),
        "{}",
        ended.stdout
    );
    for id in 0..2 {
        let [alone, both] = ["alone", "both"].map(|folder| format!("{folder}/replica-{id}"));
        for file in ["trajectory.xyz", "trajectory.dcd"] {
            let read = |folder: &str| place.read(&format!("{folder}/{file}"));
            assert!(read(&alone) == read(&both), "{file} of replica {id}");
        }
        for name in ["step", "conserved_ev", "max_force_ev_per_a"] {
            assert_eq!(column(&place, &alone, name), column(&place, &both, name));
        }
        assert_eq!(
            COLUMNS.map(|name| column(&place, &alone, name)),
            [None, None]
        );
        let [max, rms] = COLUMNS.map(|name| column(&place, &both, name).unwrap());
        assert_eq!(max.len(), 9);
        let sensible = |(max, rms): (&f64, &f64)| (1e-4..0.5).contains(max) && rms <= max;
        assert!(max.iter().zip(&rms).all(sensible), "{max:?} {rms:?}");
        assert!(
            max.iter().zip(&rms).all(|(max, rms)| max < &(3.0 * rms)),
            "nine atoms"
        );
    }
}

/// The summary is of the lines of the table, up to its six digits. Planted and caught: mean and root mean square exchanged.
#[test]
fn the_summary_has_the_mean_and_the_maximum_of_the_table_and_the_hashes() {
    let place = workplace();
    let ended = place.oreo(&run(&format!("--output out --ensemble {}", peer())));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let summary = place.json("out/summary.json");
    let found = &summary["replicas"][0]["force_deviation"];
    let [max, rms] = COLUMNS.map(|name| column(&place, "out/replica-0", name).unwrap());
    let lines = max.len() as f64;
    let largest = max.iter().copied().fold(0.0, f64::max);
    let line = max.iter().position(|value| *value == largest).unwrap();
    let mean = max.iter().sum::<f64>() / lines;
    let square = rms.iter().map(|value| value * value).sum::<f64>() / lines;
    assert!((number(&found["mean_ev_per_a"]) - mean).abs() < 1e-6);
    assert!((number(&found["rms_ev_per_a"]) - square.sqrt()).abs() < 1e-6);
    assert!((number(&found["max_ev_per_a"]) - largest).abs() < 1e-6);
    assert_eq!(found["max_step"], 5 * line);
    let hashes = &summary["ensemble_sha256"];
    assert_eq!(hashes.as_array().unwrap().len(), 1);
    assert_ne!(hashes[0], summary["weights_sha256"]);
    let config = text(&place, "out/config.toml");
    assert!(
        config.contains(&format!("ensemble = [\"{}\"]", peer())),
        "{config}"
    );
    assert!(place
        .path("out/plots/replica-0-force-deviation.svg")
        .is_file());
    let ended = place.oreo("analyze out");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(place.oreo(&run("--output without")).code, 0);
    let summary = place.json("without/summary.json");
    assert_eq!(summary["replicas"][0]["force_deviation"], Value::Null);
    assert_eq!(summary["ensemble_sha256"], Value::Array(Vec::new()));
}

/// The level lies between the first lines and the largest one, so that the line of the stop is known. From a config file,
/// whose paths are relative to it. Planted and caught: a rule that looks at every step.
#[test]
fn the_first_line_above_the_level_stops_with_exit_status_3() {
    let place = workplace();
    let ended = place.oreo(&run(&format!("--output free --ensemble {}", peer())));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let max = column(&place, "free/replica-0", COLUMNS[0]).unwrap();
    let level = 0.5 * (max[0] + max.iter().copied().fold(0.0, f64::max));
    let line = max.iter().position(|value| *value > level).unwrap();
    place.write("peer.safetensors", std::fs::read(peer()).unwrap());
    let config = format!("ensemble = [\"peer.safetensors\"]\nensemble-stop = \"{level} eV/A\"\n");
    place.write("c.toml", config);
    let ended = place.oreo(&run("--output out").replace("run ", "run c.toml "));
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("stopped at step"), "{}", ended.stderr);
    let summary = place.json("out/summary.json");
    let replica = &summary["replicas"][0];
    assert_eq!(replica["stop"]["cause"], "force_deviation");
    assert_eq!(replica["stop"]["step"], 5 * line);
    let detail = replica["stop"]["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("forces of the ensemble on atom "),
        "{detail}"
    );
    assert_eq!(replica["force_deviation"]["max_step"], 5 * line);
    let written = column(&place, "out/replica-0", COLUMNS[0]).unwrap();
    assert_eq!(written, max[..=line]);
    assert!(place.path("out/replica-0/stopped.xyz").is_file());
}

/// Also when the file is another one: the numbers in it decide. Planted and caught: hashes of files compared alone.
#[test]
fn a_network_is_not_compared_with_itself() {
    let place = workplace();
    let member = |files: &str| run(&format!("--output out --ensemble {files}"));
    place.write("copy.safetensors", place.read(&weights()));
    let convert = format!(
        "convert {} facts.safetensors --elements H --elements C --elements O",
        weights()
    );
    assert_eq!(place.oreo(&convert).code, 0);
    assert_ne!(
        place.read("copy.safetensors"),
        place.read("facts.safetensors")
    );
    let twice = format!("{0} {0}", peer());
    for files in [&weights(), "copy.safetensors", "facts.safetensors", &twice] {
        place.refuses(&member(files), &["ensemble: ", "holds the same network as"]);
    }
    assert!(!place.path("out").exists(), "nothing was written");
}

#[test]
fn a_member_that_cannot_be_asked_is_refused_by_its_file() {
    let place = workplace();
    let convert = format!(
        "convert {} hydrocarbons.safetensors --elements H --elements C",
        peer()
    );
    let ended = place.oreo(&convert);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    place.write("torn.safetensors", &std::fs::read(peer()).unwrap()[..1000]);
    for (file, problem) in [
        ("hydrocarbons.safetensors", "was not made for O (atom 2)"),
        ("torn.safetensors", "torn.safetensors"),
        ("none.safetensors", "No such file"),
    ] {
        let words = run(&format!("--output out --ensemble {file}"));
        place.refuses(&words, &[file, problem]);
    }
    assert!(!place.path("out").exists());
}

/// Planted and caught: statistics outside the checkpoint; hashes that are not compared; forces not zeroed for a member.
#[test]
fn an_interrupted_run_ends_with_the_same_bytes_and_only_with_the_same_networks() {
    let place = workplace();
    place.write("member.safetensors", std::fs::read(peer()).unwrap());
    let more = "--replicas 2 --ensemble member.safetensors --output";
    assert_eq!(place.oreo(&run(&format!("{more} whole"))).code, 0);
    let half = run(&format!("{more} half")).replace("--steps 40", "--steps 17");
    assert_eq!(place.oreo(&half).code, 0);
    let ended = place.oreo("resume half --steps 40 --threads 2");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for id in 0..2 {
        for file in ["thermo.csv", "trajectory.xyz", "trajectory.dcd"] {
            let read = |folder| place.read(&format!("{folder}/replica-{id}/{file}"));
            assert!(read("whole") == read("half"), "{file} of replica {id}");
        }
        let statistics = |folder: &str| {
            let summary = place.json(&format!("{folder}/summary.json"));
            summary["replicas"][id]["force_deviation"].clone()
        };
        assert!(statistics("whole").is_object());
        assert_eq!(statistics("whole"), statistics("half"));
    }
    let convert = "convert member.safetensors other.safetensors --precision f16";
    assert_eq!(place.oreo(convert).code, 0);
    std::fs::rename(
        place.path("other.safetensors"),
        place.path("member.safetensors"),
    )
    .unwrap();
    let parts = ["ensemble-1 file is not the one that this run began with"];
    place.refuses("resume half --steps 60", &parts);
}

/// The time of an ensemble is counted once in so many steps: ten times the lines, ten times its share.
#[test]
fn a_dry_run_counts_the_ensemble() {
    let place = workplace();
    let forecast = |more: &str| {
        let ended = place.oreo(&run(&format!("--dry-run --json --output out {more}")));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        serde_json::from_str::<Value>(&ended.stdout).unwrap()
    };
    let (alone, both) = (forecast(""), forecast(&format!("--ensemble {}", peer())));
    assert_eq!(alone["ensemble_ms_per_line"], Value::Null);
    let line = number(&both["ensemble_ms_per_line"]["median"]);
    let call = number(&both["ms_per_call"]["median"]);
    let step = 1e3 / number(&both["expected_steps_per_s"]);
    assert!(
        ((step - call) / (line / 5.0) - 1.0).abs() < 1e-6,
        "{step} {call} {line}"
    );
    // Nine lines of two columns.
    let bytes = |forecast: &Value| number(&forecast["disk"]["thermo_bytes"]);
    assert_eq!(bytes(&both) - bytes(&alone), 9.0 * 18.0);
    let memory = |forecast: &Value| number(&forecast["expected_memory_bytes"]);
    assert!(memory(&both) > memory(&alone) + 1e6, "a network more");
}
