//! `oreo analyze` through the program, on runs and trajectories that the tests make themselves.
#![cfg(feature = "cli")]

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Seven argon atoms near their minimum: a pentagonal bipyramid with edges of about 3.8 Å.
const ARGON: &str = "7\n\nAr 0 0 1.95\nAr 0 0 -1.95\nAr 3.2 0 0\nAr 0.99 3.04 0\nAr -2.59 1.88 0\n\
                     Ar -2.59 -1.88 0\nAr 0.99 -3.04 0\n";

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn oreo(words: &[&str]) -> Command {
    let mut command = Command::cargo_bin("oreo").unwrap();
    command.args(words);
    command
}

/// Exit code, standard output, standard error.
fn outcome(words: &[&str]) -> (i32, String, String) {
    let output = oreo(words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn json(words: &[&str]) -> Value {
    let (code, stdout, stderr) = outcome(&[words, &["--json"]].concat());
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().into()
}

/// A short run of argon in `folder/name`; `more` are flags of `oreo run`.
fn argon_run(folder: &Path, name: &str, more: &[&str]) -> PathBuf {
    let structure = write(folder, "argon.xyz", ARGON);
    let output = folder.join(name);
    let words = [
        "run",
        "--potential",
        "lennard-jones",
        "--structure",
        &structure,
        "--steps",
        "200",
        "--timestep",
        "2 fs",
        "--temperature",
        "20 K",
        "--output",
        output.to_str().unwrap(),
    ];
    let every = ["--every", "10"];
    let every: &[&str] = if more.contains(&"--every") {
        &[]
    } else {
        &every
    };
    let (code, _, stderr) = outcome(&[&words[..], every, more].concat());
    assert_eq!(code, 0, "{stderr}");
    output
}

fn hydrogen(distances: &[f64]) -> String {
    let frame = |d: &f64| format!("2\n\nH 0 0 0\nH 0 0 {d}\n");
    distances.iter().map(frame).collect()
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!(
        (found - expected).abs() < 1e-6,
        "{found}, expected {expected}"
    );
}

/// A few steps of ethanol beside ten frames of rMD17, which were sampled at one level of theory and labelled at another.
fn ethanol_run(folder: &Path, name: &str, more: &[&str]) -> Value {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &str| repository.join(path).to_str().unwrap().to_string();
    let reference = text("formats/tests/data/rmd17_ethanol_10.npz");
    let weights = text("models/et_ethanol_peer.safetensors");
    let output = folder.join(name).to_str().unwrap().to_string();
    let words = ["run", "--reference", &reference, "--weights", &weights];
    let length = ["--steps", "4", "--every", "2", "--output", &output];
    let (code, _, stderr) = outcome(&[&words[..], &length, more].concat());
    assert_eq!(code, 0, "{stderr}");
    json(&["analyze", &output])
}

/// Catches the nominal temperature in the weights where the modes are hotter by 3N/(3N − 6) = 27/21, and bonds of the frames as they
/// are for reweighted ones.
#[test]
fn a_reference_is_reweighted_to_its_labels_at_the_temperature_of_the_vibrations() {
    let folder = folder();
    let md17 = ethanol_run(
        folder.path(),
        "md17",
        &["--preset", "md17", "--replicas", "1"],
    );
    let reweighted = &md17["reference"]["reweighted"];
    near(&reweighted["temperature_k"], 500.0 * 27.0 / 21.0);
    let frames = reweighted["effective_frames"].as_f64().unwrap();
    assert!((1.0..10.0).contains(&frames), "{frames}");
    assert!(reweighted["h_r_shift"].as_f64().unwrap() > 0.0);
    let h_r = &md17["replicas"][0]["h_r"];
    assert!(h_r["h_r_mae_reweighted"].as_f64().unwrap() > 0.0);
    assert!(h_r["h_r_mae_reweighted"] != h_r["h_r_mae"]);
    // By NumPy from positions and energies of the file, kT of 642.857 K.
    for (bond, plain, mean, std) in [
        (0, 1.127_315_34, 1.136_651_17, 0.039_034_99),
        (3, 1.454_673_08, 1.408_823_48, 0.050_111_39),
    ] {
        let bond = &md17["replicas"][0]["bond_lengths"][bond];
        near(&bond["reference_mean_a"], plain);
        near(&bond["reweighted_mean_a"], mean);
        near(&bond["reweighted_std_a"], std);
        let own = bond["mean_a"].as_f64().unwrap();
        near(&bond["reweighted_difference_a"], own - mean);
        near(&bond["reweighted_difference_in_std"], (own - mean) / std);
        // Three frames of the run have no error of their own.
        assert_eq!(bond["reweighted_difference_error_a"], Value::Null);
    }

    let physical = ethanol_run(folder.path(), "physical", &["--temperature", "500 K"]);
    near(&physical["reference"]["reweighted"]["temperature_k"], 500.0);
}

#[test]
fn frames_that_were_sampled_at_the_level_of_their_labels_need_no_weights() {
    let folder = folder();
    let old = ethanol_run(folder.path(), "old", &["--labels", "md17"]);
    assert_eq!(old["reference"]["reweighted"], Value::Null);
    let replica = &old["replicas"][0];
    assert_eq!(replica["h_r"]["h_r_mae_reweighted"], Value::Null);
    let reason = replica["not_computed"]["h_r.h_r_mae_reweighted"].as_str();
    assert!(reason.unwrap().contains("no energies at two levels"));
    assert_eq!(replica["bond_lengths"][0]["reweighted_mean_a"], Value::Null);
    let reason = replica["not_computed"]["bond_lengths.reweighted_mean_a"].as_str();
    assert!(reason.unwrap().contains("no energies at two levels"));
}

/// Two thirds at 0.71 and one at 0.81 against two thirds at 0.71 and one at 0.75: 1/3 + 1/3. The fourth frame is broken
/// (1.5 against a mean of 0.7233) and must not count: the MAE would be 1. Catches a frame too many or too few before the
/// break (seen with one too many), and times that count from one.
#[test]
fn three_frames_of_hydrogen_by_hand() {
    let folder = folder();
    let trajectory = write(folder.path(), "h2.xyz", &hydrogen(&[0.71, 0.71, 0.81, 1.5]));
    let reference = write(
        folder.path(),
        "reference.xyz",
        &hydrogen(&[0.71, 0.71, 0.75]),
    );
    let found = json(&[
        "analyze",
        &trajectory,
        "--reference",
        &reference,
        "--frame-interval",
        "10 fs",
    ]);
    let replica = &found["replicas"][0];
    near(&replica["h_r"]["h_r_mae"], 2.0 / 3.0);
    near(&found["h_r_mae"]["mean"], 2.0 / 3.0);
    near(&replica["h_r"]["h_r_half_split"], 1.0);
    assert_eq!(replica["h_r"]["h_r_floor"], Value::Null);
    assert_eq!(
        (&replica["frames"], &replica["frames_analyzed"]),
        (&4.into(), &3.into())
    );
    let broken = &replica["stability"]["first_broken_frame"];
    assert_eq!(broken["frame"], 3);
    near(&broken["time_ps"], 0.03);
    near(&broken["deviation_a"], 1.5 - 2.17 / 3.0);
    near(&replica["stable_ps"], 0.02);
    near(&replica["rmsd_a"]["mean"], 0.05 / 3.0);
    near(&replica["radius_of_gyration_a"]["max"], 0.405);
    near(
        &replica["bond_lengths"][0]["mean_a"],
        (0.71 + 0.71 + 0.81) / 3.0,
    );
    near(&replica["worst_bond"]["deviation_a"], 0.81 - 2.17 / 3.0);
    let reasons = &replica["not_computed"];
    for key in [
        "h_r.h_r_floor",
        "g_r",
        "spectrum",
        "conserved",
        "temperature_k",
    ] {
        assert!(reasons[key].is_string(), "{key}: {reasons}");
    }
    let written = fs::read_to_string(folder.path().join("h2-analysis/analysis.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), found);
}

/// Water whose O–H swing by ±0.01 Å about 0.96 beside a reference of ±0.02 about 0.95, 16 frames each: half a spread off. An
/// error of a mean is 0.01/√15 and 0.02/√15, together 0.01/√3, so √3 errors off. Angles are 105° and 104.5°. Catches an
/// error of one of the two means only (seen), and kinds of run and reference that are not matched by name.
#[test]
fn bonds_and_angles_are_held_against_the_reference() {
    let folder = folder();
    let water = |length: f64, swing: f64, angle: f64| -> String {
        let frame = |k: i32| {
            let l = length + swing * f64::from(1 - 2 * (k % 2));
            let (sin, cos) = angle.to_radians().sin_cos();
            format!("3\n\nO 0 0 0\nH {l} 0 0\nH {} {} 0\n", l * cos, l * sin)
        };
        (0..16).map(frame).collect()
    };
    let trajectory = write(folder.path(), "run.xyz", &water(0.96, 0.01, 105.0));
    let reference = write(folder.path(), "reference.xyz", &water(0.95, 0.02, 104.5));
    let found = json(&["analyze", &trajectory, "--reference", &reference]);
    let (bonds, angles) = (
        &found["replicas"][0]["bond_lengths"],
        &found["replicas"][0]["bond_angles"],
    );
    assert_eq!(
        (&bonds[0]["bond"], &bonds[0]["count"]),
        (&"H-O".into(), &2.into())
    );
    near(&bonds[0]["mean_a"], 0.96);
    near(&bonds[0]["reference_mean_a"], 0.95);
    near(&bonds[0]["reference_std_a"], 0.02);
    near(&bonds[0]["difference_in_reference_std"], 0.5);
    near(&bonds[0]["difference_error_a"], 0.01 / 3f64.sqrt());
    near(&bonds[0]["difference_in_errors"], 3f64.sqrt());
    assert_eq!(
        (&angles[0]["angle"], &angles[0]["count"]),
        (&"H-O-H".into(), &1.into())
    );
    near(&angles[0]["mean_deg"], 105.0);
    near(&angles[0]["difference_deg"], 0.5);
    let (_, stdout, _) = outcome(&["analyze", &trajectory, "--reference", &reference]);
    let line = "2 H-O bonds 0.960 ± 0.010 Å, 0.950 to 0.970; reference 0.950 ± 0.020; off by 1.7 errors, 0.50 of the";
    assert!(stdout.contains(line), "{stdout}");
    let alone = json(&["analyze", &trajectory]);
    let replica = &alone["replicas"][0];
    assert_eq!(replica["bond_lengths"][0]["difference_a"], Value::Null);
    for key in [
        "bond_lengths.difference_in_errors",
        "bond_angles.difference_in_errors",
    ] {
        let reason = replica["not_computed"][key].as_str().unwrap();
        assert!(reason.contains("no reference"), "{reason}");
    }
    assert_eq!(replica["diffusion"], Value::Null);
    let reason = replica["not_computed"]["diffusion"].as_str().unwrap();
    assert!(reason.contains("no periodic cell"), "{reason}");
}

/// The trajectory holds the frames that the run itself counted, to the digits of the file.
#[test]
fn a_run_analyzes_itself_as_its_summary_says() {
    let folder = folder();
    let first = argon_run(folder.path(), "first", &["--seed", "5"]);
    let reference = first.join("replica-0/trajectory.xyz");
    let more = [
        "--reference",
        reference.to_str().unwrap(),
        "--replicas",
        "2",
        "--formats",
        "dcd,xyz",
    ];
    let run = argon_run(folder.path(), "second", &more);
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(run.join(name)).unwrap()).unwrap()
    };
    let (summary, analysis) = (read("summary.json"), read("analysis.json"));
    for id in 0..2 {
        let (own, found) = (&summary["replicas"][id], &analysis["replicas"][id]);
        let mae = |value: &Value| value.as_f64().unwrap();
        assert!(
            (mae(&own["h_r_mae"]) - mae(&found["h_r"]["h_r_mae"])).abs() < 1e-9,
            "{own} {found}"
        );
        assert_eq!(found["stable_ps"], own["stable_ps"]);
        assert_eq!(found["stability"]["by_every_step"]["cause"], "completed");
        assert_eq!(found["temperature_k"]["dof"], own["dof"]);
        assert_eq!(found["frames"], 21);
        near(&found["frame_interval_fs"], 20.0);
        for key in [
            "/conserved/drift_ev_per_ps",
            "/conserved/drift_kt_per_ns_per_dof",
            "/temperature_k/all/error",
            "/potential_ev/mean",
            "/equilibrated_after_ps",
            "/h_r/h_r_floor",
            "/h_r/h_r_independent_floor",
        ] {
            assert!(
                found.pointer(key).is_some_and(Value::is_number),
                "{key}: {found}"
            );
        }
    }
    for name in ["h_r", "replica-0-temperature-energy", "replica-1-shape"] {
        let png = fs::read(run.join(format!("plots/{name}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000);
        assert!(fs::read_to_string(run.join(format!("plots/{name}.svg")))
            .unwrap()
            .contains("<svg"));
    }
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("page-contents") && !page.contains("href=\"http"));
    let again = json(&[
        "analyze",
        run.to_str().unwrap(),
        "--output",
        folder.path().join("other").to_str().unwrap(),
    ]);
    assert_eq!(again["replicas"], analysis["replicas"]);
}

#[test]
fn a_dcd_says_what_the_xyz_says() {
    let folder = folder();
    let run = argon_run(folder.path(), "run", &["--formats", "xyz,dcd"]);
    let replica = run.join("replica-0");
    let path = |name: &str| replica.join(name).to_str().unwrap().to_string();
    let (start, dcd) = (path("start.xyz"), path("trajectory.dcd"));
    let xyz = json(&["analyze", &path("trajectory.xyz")]);
    let found = json(&[
        "analyze",
        &dcd,
        "--structure",
        &start,
        "--output",
        &path("dcd"),
    ]);
    let rg = |value: &Value| {
        value["replicas"][0]["radius_of_gyration_a"]["mean"]
            .as_f64()
            .unwrap()
    };
    assert!((rg(&xyz) - rg(&found)).abs() < 1e-5);
    let interval = found["replicas"][0]["frame_interval_fs"].as_f64().unwrap();
    assert!((interval - 20.0).abs() < 1e-3, "{interval}");
    let (code, _, stderr) = outcome(&["analyze", &dcd]);
    assert!(code == 2 && stderr.contains("--structure"), "{stderr}");
}

#[test]
fn velocities_of_close_frames_give_a_spectrum_and_of_distant_ones_a_reason() {
    let folder = folder();
    let close = argon_run(
        folder.path(),
        "close",
        &["--every", "1", "--write-velocities"],
    );
    let found = json(&["analyze", close.to_str().unwrap()]);
    let spectrum = &found["replicas"][0]["spectrum"];
    near(&spectrum["spacing_fs"], 2.0);
    assert!(close.join("plots/replica-0-spectrum.png").is_file());
    assert!(close.join("plots/replica-0-autocorrelation.png").is_file());
    let far = argon_run(
        folder.path(),
        "far",
        &["--every", "10", "--write-velocities"],
    );
    let found = json(&["analyze", far.to_str().unwrap()]);
    let replica = &found["replicas"][0];
    assert_eq!(replica["spectrum"], Value::Null);
    assert!(replica["not_computed"]["spectrum"]
        .as_str()
        .unwrap()
        .contains("20.000 fs apart"));
}

#[test]
fn a_box_has_g_of_r_and_no_shape() {
    let folder = folder();
    let edge = 5.3 * 2.0;
    let mut text = format!("32\nLattice=\"{edge} 0 0 0 {edge} 0 0 0 {edge}\" pbc=\"T T T\"\n");
    for cell in 0..8 {
        let corner = [cell % 2, cell / 2 % 2, cell / 4].map(|k| 5.3 * f64::from(k));
        for [x, y, z] in [
            [0.0, 0.0, 0.0],
            [2.65, 2.65, 0.0],
            [2.65, 0.0, 2.65],
            [0.0, 2.65, 2.65],
        ] {
            text += &format!("Ar {} {} {}\n", corner[0] + x, corner[1] + y, corner[2] + z);
        }
    }
    let trajectory = write(folder.path(), "crystal.xyz", &text.repeat(2));
    let found = json(&["analyze", &trajectory, "--reference", &trajectory]);
    let replica = &found["replicas"][0];
    near(&replica["g_r"]["range_a"], 5.3);
    near(&replica["g_r"]["g_r_mae_a"], 0.0);
    let peak = replica["g_r"]["highest_peak_a"].as_f64().unwrap();
    assert!(
        (peak - 5.3 / 2f64.sqrt()).abs() < 0.02,
        "nearest neighbours at {peak}"
    );
    assert_eq!(replica["rmsd_a"], Value::Null);
    assert!(folder
        .path()
        .join("crystal-analysis/plots/replica-0-g_r.svg")
        .is_file());
}

#[test]
fn a_torn_trajectory_is_refused_unless_the_run_is_unfinished() {
    let folder = folder();
    let run = argon_run(folder.path(), "run", &[]);
    let path = run.join("replica-0/trajectory.xyz");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    let words = ["analyze", run.to_str().unwrap()];
    let (code, _, stderr) = outcome(&words);
    assert!(code == 2 && stderr.contains("trajectory.xyz"), "{stderr}");
    fs::remove_file(run.join("summary.json")).unwrap();
    let found = json(&words);
    assert_eq!(found["unfinished"], true);
    assert_eq!(found["replicas"][0]["frames"], 20);
    assert_eq!(
        found["replicas"][0]["stability"]["by_every_step"],
        Value::Null
    );
    assert!(
        found["notes"][0].as_str().unwrap().contains("incomplete"),
        "{}",
        found["notes"]
    );
}

#[test]
fn a_reference_that_is_gone_is_a_note_and_one_that_was_asked_for_an_error() {
    let folder = folder();
    let first = argon_run(folder.path(), "first", &[]);
    let reference = first.join("replica-0/trajectory.xyz");
    let run = argon_run(
        folder.path(),
        "run",
        &["--reference", reference.to_str().unwrap()],
    );
    fs::remove_file(&reference).unwrap();
    let found = json(&["analyze", run.to_str().unwrap()]);
    assert_eq!(found["h_r_mae"]["mean"], Value::Null);
    assert!(found["notes"][0].as_str().unwrap().contains("is gone"));
    let asked = [
        "analyze",
        run.to_str().unwrap(),
        "--reference",
        reference.to_str().unwrap(),
    ];
    assert_eq!(outcome(&asked).0, 2);
}

#[test]
fn bad_input_is_named_with_file_and_frame() {
    let folder = folder();
    let at = folder.path();
    let hydrogen = write(at, "h2.xyz", &hydrogen(&[0.74, 0.75]));
    let water = write(
        at,
        "water.xyz",
        "3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n",
    );
    let (mixed, empty) = (
        write(
            at,
            "mixed.xyz",
            &(fs::read_to_string(&hydrogen).unwrap() + "2\n\nO 0 0 0\nH 0 0 1\n"),
        ),
        write(at, "empty.xyz", ""),
    );
    let cases: [(&[&str], &str); 6] = [
        (
            &[&hydrogen, "--reference", &water],
            "h2.xyz, frame 0 (H2) is not the molecule of the reference",
        ),
        (
            &[&mixed],
            "mixed.xyz, frame 2 (HO) is not the molecule of the first frame, H2",
        ),
        (&[&empty], "empty.xyz: has no frames"),
        (&["no-such-file.xyz"], "no-such-file.xyz: cannot open"),
        (&[at.to_str().unwrap()], "has no config.toml"),
        (&[&hydrogen, "--frame-interval", "0 fs"], "--frame-interval"),
    ];
    for (words, message) in cases {
        let (code, stdout, stderr) = outcome(&[&["analyze"], words].concat());
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains(message) && stdout.is_empty(), "{stderr}");
    }
}

#[test]
fn the_table_says_what_its_numbers_are() {
    let folder = folder();
    let trajectory = write(folder.path(), "h2.xyz", &hydrogen(&[0.74, 0.75, 0.76]));
    let (code, stdout, _) = outcome(&["analyze", &trajectory, "--reference", &trajectory]);
    assert_eq!(code, 0);
    assert!(
        stdout.contains("h(r) MAE") && stdout.contains("Σ|h−h_ref|Δr, in [0, 2]"),
        "{stdout}"
    );
    assert!(
        stdout.contains("no spectrum: the frames have no velocities"),
        "{stdout}"
    );
}
