//! `oreo inspect` through the program: one kind of file a test.

#[path = "common/program.rs"]
mod program;

use program::{file, json, oreo, refusal, ETHANOL, MODEL};
use serde_json::Value;

fn inspect(path: &str) -> Value {
    json(&["inspect", path])
}

fn data(name: &str) -> String {
    file(&format!("formats/tests/data/{name}"))
}

#[test]
fn weights_tell_their_architecture_record_and_units() {
    let found = inspect(&file(MODEL));
    assert_eq!(
        (&found["kind"], &found["usable"]),
        (&"weights".into(), &true.into())
    );
    assert_eq!(found["parameters"], 943_170);
    assert_eq!(found["architecture"]["channels"], 128);
    assert_eq!(found["architecture"]["cutoff_a"], 5.0);
    assert_eq!(found["elements"], "H C O");
    assert_eq!(found["number_types"]["F32"], 84);
    assert_eq!(found["record"]["level_of_theory"], "PBE/def2-SVP");
    let found = inspect(&file("potentials/tests/data/small_et_today.ckpt"));
    assert_eq!(found["elements"], Value::Null);
    let unused = found["unused_tensors"].as_array().unwrap();
    assert_eq!(unused, &["representation_model.distance.box"]);
}

/// `layernorm_on_vec` is refused by `evaluate`; here the reason is the answer, not an error.
#[test]
fn weights_that_cannot_be_used_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whitened.safetensors");
    let bytes = std::fs::read(file("potentials/tests/data/small_et.safetensors")).unwrap();
    let (from, to) = (
        r#"\"layernorm_on_vec\": null"#,
        r#"\"layernorm_on_vec\": true"#,
    );
    let at = bytes
        .windows(from.len())
        .position(|window| window == from.as_bytes());
    let mut bytes = bytes.clone();
    let at = at.expect("the option in the header");
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    std::fs::write(&path, bytes).unwrap();
    let found = inspect(path.to_str().unwrap());
    assert_eq!(found["usable"], false);
    assert!(found["refusals"][0]
        .as_str()
        .unwrap()
        .contains("layernorm_on_vec"));
}

/// Force and energy numbers computed with NumPy from the arrays of the file.
#[test]
fn a_data_set_has_its_numbers_in_ev_and_angstrom() {
    let found = inspect(&file(ETHANOL));
    assert_eq!(found["kind"], "data_set");
    assert_eq!(
        (&found["frames"], &found["atoms"]),
        (&10.into(), &90.into())
    );
    assert_eq!(found["formulas"][0]["formula"], "C2H6O");
    assert_eq!(found["units"]["energy"], "kcal/mol");
    assert_eq!(found["units"]["plausible"], true);
    let number = |value: &Value| value.as_f64().unwrap();
    assert!((number(&found["force_ev_per_a"]["rms"]) - 1.122810988).abs() < 1e-6);
    assert!((number(&found["force_ev_per_a"]["max"]) - 6.024353430).abs() < 1e-6);
    assert!((number(&found["energy_ev"]["std"]) - 0.203629528).abs() < 1e-6);
    assert_eq!(found["near_duplicates"]["frames"], 0);
    assert!(found["time_order"]
        .as_str()
        .unwrap()
        .starts_with("in order"));
    let original = json(&["inspect", &file(ETHANOL), "--labels", "md17"]);
    assert_ne!(original["force_ev_per_a"], found["force_ev_per_a"]);
}

/// kcal/mol declared as eV is the classic mistake: told, not refused.
#[test]
fn units_that_do_not_fit_are_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.extxyz");
    let text = "3\nProperties=species:S:1:pos:R:3:forces:R:3\nO 0 0 0 40 0 0\nH 0.96 0 0 -40 30 0\nH -0.24 0.93 0 0 -30 0\n";
    std::fs::write(&path, text.repeat(2)).unwrap();
    let found = inspect(path.to_str().unwrap());
    assert_eq!(found["units"]["plausible"], false);
    assert!(found["units"]["problem"]
        .as_str()
        .unwrap()
        .contains("kcal/mol"));
    assert_eq!(found["near_duplicates"]["frames"], 2);
}

#[test]
fn a_trajectory_tells_its_times_and_its_cell() {
    let found = inspect(&data("mdanalysis_tilted.dcd"));
    assert_eq!(
        (&found["kind"], &found["format"]),
        (&"trajectory".into(), &"DCD".into())
    );
    assert_eq!((&found["frames"], &found["atoms"]), (&2.into(), &3.into()));
    assert_eq!(
        (&found["first_step"], &found["last_step"]),
        (&4.into(), &8.into())
    );
    assert_eq!(found["steps_between_frames"], 4);
    assert!((found["timestep_fs"].as_f64().unwrap() - 0.5).abs() < 1e-6);
    assert!((found["frame_interval_fs"].as_f64().unwrap() - 2.0).abs() < 1e-6);
    assert_eq!(found["formula"], Value::Null);
    assert!((found["cell_a"][0].as_f64().unwrap() - 8.0).abs() < 1e-6);
}

#[test]
fn a_torn_trajectory_is_told_up_to_the_tear() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("torn.dcd");
    let bytes = std::fs::read(data("mdanalysis_tilted.dcd")).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
    let found = inspect(path.to_str().unwrap());
    assert_eq!(found["frames"], 1);
    assert!(found["problem"]
        .as_str()
        .unwrap()
        .contains("file ends inside frame 1"));
}

#[test]
fn a_single_structure_is_called_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("water.xyz");
    std::fs::write(&path, "3\nwater\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n").unwrap();
    let found = inspect(path.to_str().unwrap());
    assert_eq!(
        (&found["kind"], &found["formula"]),
        (&"structure".into(), &"H2O".into())
    );
}

/// A short run of argon, looked at as a folder and as a checkpoint.
#[test]
fn a_run_and_its_checkpoint_tell_how_far_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let start = folder.path().join("argon.xyz");
    std::fs::write(&start, "2\n\nAr 0 0 0\nAr 3.9 0 0\n").unwrap();
    let output = folder.path().join("run");
    let output = output.to_str().unwrap();
    let words = [
        "run",
        "--potential",
        "lennard-jones",
        "--structure",
        start.to_str().unwrap(),
    ];
    let more = [
        "--steps",
        "20",
        "--every",
        "10",
        "--temperature",
        "20",
        "--output",
        output,
    ];
    oreo(&[&words[..], &more].concat()).success();
    let found = inspect(output);
    assert_eq!(
        (&found["kind"], &found["step"]),
        (&"run".into(), &20.into())
    );
    assert_eq!(found["percent"], 100.0);
    assert_eq!(found["config"]["steps"], 20);
    assert_eq!(
        found["summary"]["replicas"][0]["stop"]["cause"],
        "completed"
    );
    let checkpoint = format!("{output}/checkpoint.oreo");
    let found = inspect(&checkpoint);
    assert_eq!(
        (&found["kind"], &found["version"]),
        (&"checkpoint".into(), &1.into())
    );
    assert_eq!(
        (&found["step"], &found["replicas"]),
        (&20.into(), &1.into())
    );
    assert_eq!(found["weights_sha256"], Value::Null);
    let entries = found["entries"].as_array().unwrap();
    let positions = entries
        .iter()
        .find(|entry| entry["name"] == "replica-0/positions")
        .unwrap();
    assert_eq!(
        (&positions["kind"], &positions["count"]),
        (&"f64".into(), &6.into())
    );
    let mut bytes = std::fs::read(&checkpoint).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&checkpoint, bytes).unwrap();
    assert!(refusal(&["inspect", &checkpoint]).contains("checksum does not match"));
}

#[test]
fn what_is_nothing_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let (empty, text) = (write("empty.xyz", ""), write("notes.txt", "dear diary"));
    let root = folder.path().to_str().unwrap();
    for (path, message) in [
        (empty.as_str(), "empty.xyz: is empty"),
        (text.as_str(), "neither its name nor its first bytes"),
        (root, "has no config.toml"),
        ("/none", "/none: cannot be read"),
    ] {
        let line = refusal(&["inspect", path]);
        assert!(line.contains(message), "{path}: {line}");
    }
    assert!(
        refusal(&["inspect", &file(MODEL), "--labels", "md17"]).contains("--labels is for rMD17")
    );
}

#[test]
fn people_read_rows() {
    let output = oreo(&["inspect", &file(ETHANOL)]).success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert!(text.contains("formulas          10 × C2H6O"), "{text}");
    assert!(text.contains("kcal/mol, Å: plausible"), "{text}");
}
