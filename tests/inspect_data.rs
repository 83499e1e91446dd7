//! `oreo inspect` and `oreo convert … .opack` through the program, for every kind of file that can be trained on.

mod program;

use oreo::core::units::HARTREE;
use oreo::formats::{load, DataSet, ReadOptions};
use program::{repository, Workplace};
use serde_json::Value;

fn data(name: &str) -> String {
    repository(&format!("training/tests/data/{name}"))
        .display()
        .to_string()
}

fn json(place: &Workplace, words: &str) -> Value {
    let ended = place.oreo(&format!("{words} --json"));
    assert_eq!(ended.code, 0, "{words}: {}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

fn inspect(words: &str) -> Value {
    json(&Workplace::new(), &format!("inspect {words}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn ethanol() -> DataSet {
    load(data("rmd17_ethanol_10.npz"), &ReadOptions::default()).unwrap()
}

/// Same frames, same numbers, whatever file they come from. Meant to catch hartree taken for eV, and
/// rows without labels counted.
#[test]
fn hdf5_is_told_in_ev_and_angstrom() {
    let found = inspect(&data("ani1x_layout.h5"));
    assert_eq!(found["format"], "HDF5");
    assert_eq!(
        [&found["conformations"], &found["left_out"]],
        [&Value::from(8), &Value::from(3)]
    );
    assert_eq!(found["level_of_theory"], "ωB97x/6-31G(d)");
    assert_eq!(found["elements"], "H C O");
    assert_eq!(found["atoms_per_frame"], serde_json::json!([9, 9]));
    assert_eq!(found["units"]["plausible"], true);
    let set = ethanol();
    let kept = [0, 1, 2, 4, 6, 7, 8, 9];
    let forces = || kept.iter().flat_map(|&k| set.forces(k).unwrap());
    let longest = forces().map(|f| f.norm()).fold(0.0, f64::max);
    assert!((number(&found["force_ev_per_a"]["max"]) - longest).abs() < 1e-6);
    let squares: f64 = forces().map(|f| f.norm_squared()).sum();
    let rms = (squares / (3 * 9 * kept.len()) as f64).sqrt();
    assert!((number(&found["force_ev_per_a"]["rms"]) - rms).abs() < 1e-6);
    let energies = kept.map(|k| set.energy(k).unwrap());
    let least = energies.into_iter().fold(f64::INFINITY, f64::min);
    assert!((number(&found["energy_ev"][1]) - least).abs() < 1e-4);
    assert_eq!(found["sha256"].as_str().unwrap().len(), 64);
}

/// Units of a file whose names say nothing are declared, never guessed; declared wrongly, they are a finding.
#[test]
fn units_of_generic_hdf5_are_declared() {
    let place = Workplace::new();
    let file = data("species_layout.h5");
    place.refuses(
        &format!("inspect {file}"),
        &["species_layout.h5", "--units"],
    );
    let found = inspect(&format!("{file} --units hartree,A,hartree/bohr"));
    assert_eq!(found["conformations"], 4);
    assert_eq!(found["units"]["declared"], "hartree,Å,hartree/bohr");
    assert_eq!(found["units"]["plausible"], true);
    let set = ethanol();
    let forces = (0..4).flat_map(|k| set.forces(k).unwrap());
    let longest = forces.map(|f| f.norm()).fold(0.0, f64::max);
    assert!((number(&found["force_ev_per_a"]["max"]) - longest).abs() < 1e-6);
    // As if the forces were in hartree per Å: plausible, too, but others; as if in eV: not.
    let wrong = inspect(&format!("{file} --units eV,A"));
    assert_eq!(wrong["units"]["plausible"], false);
    let problem = wrong["units"]["problem"].as_str().unwrap();
    assert!(problem.contains("root mean square force"), "{problem}");
    let ani = data("ani1x_layout.h5");
    place.refuses(&format!("inspect {ani} --units eV,A"), &["ANI-1x"]);
}

#[test]
fn molecules_at_equilibrium_have_no_forces() {
    for (name, format, conformations, level) in [
        ("two_molecules.sdf", "SDF", 2, Value::Null),
        (
            "qm9_first_7.npz",
            "packed QM9",
            7,
            "B3LYP/6-31G(2df,p)".into(),
        ),
        ("qm9_raw", "raw QM9", 2, "B3LYP/6-31G(2df,p)".into()),
    ] {
        let found = inspect(&data(name));
        assert_eq!(found["format"], format);
        assert_eq!(found["conformations"], conformations, "{name}");
        assert_eq!(found["equilibrium"], conformations, "{name}");
        assert_eq!(found["level_of_theory"], level, "{name}");
        assert_eq!(found["force_ev_per_a"], Value::Null);
        assert_eq!(found["units"]["plausible"], true);
        // C–H, or C≡C–H: catches bohr.
        let closest = number(&found["closest_a"][0]);
        assert!((0.9..1.2).contains(&closest), "{name}: {closest}");
    }
    let words = format!("inspect {}", data("two_molecules.sdf"));
    Workplace::new().refuses(
        &format!("{words} --units eV,A"),
        &["two_molecules.sdf", "units"],
    );
    let properties = inspect(&data("qm9_raw"))["properties"].clone();
    assert_eq!(properties, serde_json::json!(["homo", "lumo", "gap", "u0"]));
}

#[test]
fn people_read_rows_and_labelled_frames_have_their_hash() {
    let place = Workplace::new();
    let ended = place.oreo(&format!("inspect {}", data("ani1x_layout.h5")));
    let text = ended.stdout;
    assert!(text.contains("HDF5, 8 conformations of 9 atoms"), "{text}");
    assert!(text.contains("3 left out"), "{text}");
    assert!(text.contains("those of the format: plausible"), "{text}");
    let found = inspect(&data("rmd17_ethanol_10.npz"));
    assert_eq!(found["kind"], "data_set");
    assert_eq!(found["sha256"].as_str().unwrap().len(), 64);
}

/// Every kind of source in one file, with where each came from; and out again.
#[test]
fn any_sources_are_packed_into_one_file() {
    let place = Workplace::new();
    let names = [
        "rmd17_ethanol_10.npz",
        "ani1x_layout.h5",
        "qm9_raw",
        "two_molecules.sdf",
    ];
    let inputs = names.map(data).join(" ");
    let report = json(&place, &format!("convert {inputs} mix.opack"));
    assert_eq!(report["conformations"], 22);
    assert_eq!(report["sources"][1]["left_out"], 3);
    let found = json(&place, "inspect mix.opack");
    assert_eq!(
        (
            &found["format"],
            &found["conformations"],
            &found["equilibrium"]
        ),
        (&"packed".into(), &22.into(), &4.into())
    );
    assert_eq!(found["sha256"], report["sha256"]);
    let parts = found["parts"].as_array().unwrap();
    let counts: Vec<_> = parts
        .iter()
        .map(|part| part["conformations"].as_u64())
        .collect();
    assert_eq!(counts, [10, 8, 2, 2].map(Some));
    assert_eq!(parts[0]["level_of_theory"], "PBE/def2-SVP");
    assert_eq!(found["level_of_theory"], Value::Null, "not one for all");
    // Nothing is left beside it, nothing is replaced unasked.
    assert_eq!(std::fs::read_dir(place.path("")).unwrap().count(), 1);
    place.refuses(
        &format!("convert {inputs} mix.opack"),
        &["mix.opack", "--overwrite"],
    );
    // Both formats of the same frames, and the way back: energies keep every bit, positions 5e-7 Å.
    let again = place.oreo("convert mix.opack all.extxyz");
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(
        place
            .read("all.extxyz")
            .split(|&b| b == b'\n')
            .filter(|l| *l == b"9")
            .count(),
        18
    );
}

/// To the bit: what is trained on is the same. Planted: the centroid taken off.
#[test]
fn an_exact_packed_file_is_its_source_to_the_bit() {
    let place = Workplace::new();
    let source = data("rmd17_ethanol_10.npz");
    let report = json(&place, &format!("convert {source} e.opack --precision f64"));
    assert_eq!(report["stored_as"], "f64");
    place.oreo("convert e.opack back.npz");
    let (there, back) = (
        ethanol(),
        load(place.path("back.npz"), &ReadOptions::default()).unwrap(),
    );
    assert_eq!(there.len(), back.len());
    for k in 0..there.len() {
        assert_eq!(there.positions(k), back.positions(k));
        assert_eq!(there.forces(k), back.forces(k));
        assert_eq!(there.energy(k), back.energy(k));
    }
    // And rounded, when nothing is asked for: half the bytes, energies as they are.
    let report = json(&place, &format!("convert {source} r.opack"));
    assert_eq!(report["stored_as"], "f32");
    let size = |name: &str| std::fs::metadata(place.path(name)).unwrap().len();
    assert!(size("r.opack") < size("e.opack"));
    place.oreo("convert r.opack rounded.npz");
    let back = load(place.path("rounded.npz"), &ReadOptions::default()).unwrap();
    for k in 0..there.len() {
        assert_eq!(there.energy(k), back.energy(k));
        let between = |set: &DataSet| set.positions(k)[0] - set.positions(k)[8];
        assert!((between(&there) - between(&back)).amax() < 1e-6);
        let pairs = there.forces(k).unwrap().iter().zip(back.forces(k).unwrap());
        pairs.for_each(|(a, b)| assert!(a.iter().zip(b).all(|(a, b)| *a as f32 as f64 == *b)));
    }
}

#[test]
fn conformations_can_be_left_out_on_the_way() {
    let place = Workplace::new();
    let source = data("rmd17_ethanol_10.npz");
    let set = ethanol();
    let longest = |k: usize| {
        set.forces(k)
            .unwrap()
            .iter()
            .map(|f| f.norm())
            .fold(0.0, f64::max)
    };
    let kept = (0..10).filter(|&k| longest(k) <= 4.0).count();
    assert!((1..10).contains(&kept));
    let report = json(&place, &format!("convert {source} a.opack --max-force 4"));
    assert_eq!(report["conformations"], kept);
    assert_eq!(report["sources"][0]["filtered"], 10 - kept);
    // In other units the same: catches the unit of the flag passed over.
    let hartree = 4.0 / HARTREE;
    let words = format!("convert {source} b.opack --every 3");
    assert_eq!(json(&place, &words)["conformations"], 4);
    let mut command = place.command(&format!("convert {source} c.opack --json --max-force"));
    let output = command
        .arg(format!("{hartree} hartree/A"))
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["conformations"], kept);
    place.refuses(
        &format!("convert {source} {source} two.npz"),
        &["two.npz", ".opack"],
    );
    place.refuses(
        &format!(
            "convert {source} {} d.opack --precision f16",
            data("qm9_raw")
        ),
        &["--precision"],
    );
    place.refuses(
        &format!("convert {} d.opack --units eV,A", data("species_layout.h5")),
        &["species_layout.h5", "root mean square force"],
    );
    assert!(!place.path("d.opack").exists());
}
