//! `oreo relax` through the program: minima that are known, files, and what is refused. The optimisers themselves are held against
//! ASE's in `integrators/tests/minimizers.rs`.
#![cfg(all(feature = "cli", feature = "candle"))]

mod program;

use oreo::core::units::KELVIN;
use oreo::core::{Frame, Vec3};
use oreo::formats::{read_frames, ReadOptions};
use oreo::validation::geometry;
use program::{repository, weights, Workplace, ARGON, ETHANOL};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Of the built-in argon: eV, Å.
const EPSILON: f64 = 119.8 * KELVIN;
const SIGMA: f64 = 3.405;

/// Five atoms in a ring and one on each side, moved a little; Å.
const SEVEN_ARGON: &str = "7
argon
Ar  3.30  0.10 -0.20
Ar  0.90  3.15  0.15
Ar -2.60  1.95  0.00
Ar -2.75 -1.80  0.25
Ar  1.05 -3.00 -0.10
Ar  0.10 -0.15  1.95
Ar -0.05  0.10 -1.85
";

fn frames(path: &Path) -> Vec<Frame> {
    let frames = read_frames(path, &ReadOptions::default()).unwrap();
    frames.map(Result::unwrap).collect()
}

fn number(summary: &Value, key: &str) -> f64 {
    let value = summary[key].as_f64();
    value.unwrap_or_else(|| panic!("{key}: {summary}"))
}

fn distances(frame: &Frame) -> Vec<f64> {
    let r = &frame.positions;
    let pairs = (0..r.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs.map(|(i, j)| (r[i] - r[j]).norm()).collect()
}

/// Relaxes with both optimisers: of each the last frame and the summary.
fn both(place: &Workplace, words: &str) -> [(Frame, Value); 2] {
    ["lbfgs", "fire"].map(|optimizer| {
        let ended = place.oreo(&format!(
            "relax {words} --optimizer {optimizer} --output {optimizer}"
        ));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let last = frames(&place.path(&format!("{optimizer}/relaxed.xyz")));
        assert_eq!(last.len(), 1);
        let summary = place.json(&format!("{optimizer}/summary.json"));
        (last[0].clone(), summary)
    })
}

/// A tetrahedron of six pairs at 2^(1/6) σ, −ε each.
#[test]
fn four_argon_atoms_become_a_tetrahedron() {
    let place = Workplace::new();
    place.write("argon.xyz", ARGON);
    let words = "--structure argon.xyz --potential lennard-jones --fmax 1e-7";
    for (frame, summary) in both(&place, words) {
        assert!((number(&summary, "energy_end_ev") / EPSILON + 6.0).abs() < 1e-6);
        assert_eq!(frame.energy, summary["energy_end_ev"].as_f64());
        let expected = 2f64.powf(1.0 / 6.0) * SIGMA;
        assert!(distances(&frame)
            .iter()
            .all(|r| (r - expected).abs() < 1e-4));
        assert_eq!(summary["converged"], true);
        assert_eq!(summary["path"], "analytic");
    }
}

/// −16.505384 ε, a pentagonal bipyramid (Wales & Doye 1997); no pair is as long as the switch of the built-in potential, 6.8 Å.
#[test]
fn seven_argon_atoms_reach_the_published_energy_and_every_file_tells_of_it() {
    let place = Workplace::new();
    place.write("argon.xyz", SEVEN_ARGON);
    let words = "--structure argon.xyz --potential lennard-jones --fmax 1e-6";
    for (frame, summary) in both(&place, words) {
        let energy = number(&summary, "energy_end_ev");
        assert!(
            (energy / EPSILON + 16.505_384).abs() < 1e-5,
            "{}",
            energy / EPSILON
        );
        assert!(distances(&frame).iter().all(|&r| r < 6.8));
        assert!(number(&summary, "max_force_ev_per_a") < 1e-6);
        let rmsd = geometry::rmsd(
            &frame.positions,
            &frames(&place.path("argon.xyz"))[0].positions,
        );
        assert!((rmsd.unwrap() - number(&summary, "rmsd_from_start_a")).abs() < 1e-12);
    }
    let folder = |name: &str| place.path(&format!("lbfgs/{name}"));
    let steps = place.json("lbfgs/summary.json")["steps"].as_u64().unwrap();
    let trajectory = frames(&folder("trajectory.xyz"));
    assert_eq!(trajectory.len() as u64, steps + 1);
    assert!(trajectory.iter().all(|frame| frame.forces.is_some()));
    assert_eq!(
        trajectory[0].positions,
        frames(&place.path("argon.xyz"))[0].positions
    );
    let csv = String::from_utf8(place.read("lbfgs/convergence.csv")).unwrap();
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "step,energy_ev,max_force_ev_per_a,max_displacement_a"
    );
    assert_eq!(lines.len() as u64, steps + 2);
    check_table(&lines[1..], &trajectory);
    for name in ["plots/convergence.svg", "plots/convergence.png", "log.txt"] {
        assert!(folder(name).exists(), "{name}");
    }
}

/// Every line of `convergence.csv` from the frame of that step.
fn check_table(lines: &[&str], trajectory: &[Frame]) {
    for (k, line) in lines.iter().enumerate() {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let frame = &trajectory[k];
        let forces = frame.forces.as_ref().unwrap().iter().map(Vec3::norm);
        let before = &trajectory[k.saturating_sub(1)].positions;
        let ways = frame
            .positions
            .iter()
            .zip(before)
            .map(|(a, b)| (a - b).norm());
        assert_eq!(cells[0] as usize, k);
        assert!((cells[1] - frame.energy.unwrap()).abs() < 1e-9);
        assert!((cells[2] / forces.fold(0.0, f64::max) - 1.0).abs() < 1e-6);
        assert!((cells[3] - ways.fold(0.0, f64::max)).abs() < 1e-6 * (1.0 + cells[3]));
        assert!(cells[3] <= 0.2 + 1e-6);
    }
}

/// Under a network in f32, from a shape 0.09 eV above. Ethanol is soft where its ends turn, so that the geometry is compared after a
/// tighter fmax than the default.
#[test]
fn both_optimisers_find_the_same_ethanol() {
    let place = Workplace::new();
    place.write("ethanol.xyz", ETHANOL);
    let network = repository("models/et_ethanol.safetensors");
    let network = network.display();
    let words = format!("--structure ethanol.xyz --weights {network} --fmax 0.5meV/A");
    let [(one, first), (other, second)] = both(&place, &words);
    let apart = number(&first, "energy_end_ev") - number(&second, "energy_end_ev");
    assert!(apart.abs() < 1e-4, "{apart:e} eV");
    let rmsd = geometry::rmsd(&one.positions, &other.positions).unwrap();
    assert!(rmsd < 1e-3, "{rmsd} Å");
    assert!(number(&first, "energy_end_ev") < number(&first, "energy_start_ev") - 0.01);
    assert_eq!(first["weights_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(first["settings"]["fmax_ev_per_a"], 0.0005);
    assert!(first["force_calls"].as_u64() < second["force_calls"].as_u64());
}

/// To the bit, through the file; and forces on them are still those of the potential.
#[test]
fn fixed_atoms_keep_their_place_to_the_bit() {
    let place = Workplace::new();
    let start = place.write("ethanol.xyz", ETHANOL);
    let words = format!(
        "--structure ethanol.xyz --weights {} --fix 0,3-4",
        weights()
    );
    let start = &frames(&start)[0].positions;
    for (frame, summary) in both(&place, &words) {
        for atom in 0..9 {
            let same = frame.positions[atom].map(f64::to_bits) == start[atom].map(f64::to_bits);
            assert_eq!(same, [0, 3, 4].contains(&atom), "atom {atom}");
        }
        let forces = frame.forces.as_ref().unwrap();
        assert!(forces[3].norm() > 0.01 && forces[5].norm() < 0.01);
        assert_eq!(
            summary["settings"]["fixed_atoms"],
            serde_json::json!([0, 3, 4])
        );
        assert_eq!(summary["superposed"], false);
    }
}

#[test]
fn too_few_steps_end_with_status_one_and_leave_what_was_reached() {
    let place = Workplace::new();
    place.write("ethanol.xyz", ETHANOL);
    let words = format!("relax --structure ethanol.xyz --weights {}", weights());
    let ended = place.oreo(&format!("{words} --max-steps 3 --json"));
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let line = ended.stderr.lines().last().unwrap();
    for part in [
        "not converged",
        "after 3 steps",
        "--fmax 0.01 eV/A",
        "oreo-relax/relaxed.xyz",
    ] {
        assert!(line.contains(part), "no '{part}' in: {line}");
    }
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    let summary = place.json("oreo-relax/summary.json");
    assert_eq!(printed, summary);
    assert_eq!(
        (&summary["converged"], &summary["stop"]),
        (&false.into(), &"max_steps".into())
    );
    assert_eq!(
        (&summary["steps"], &summary["force_calls"]),
        (&3.into(), &4.into())
    );
    assert_eq!(frames(&place.path("oreo-relax/trajectory.xyz")).len(), 4);

    place.write("oreo-relax/thesis.tex", "precious");
    place.refuses(
        &words,
        &["--output", "oreo-relax", "not empty", "--overwrite"],
    );
    let ended = place.oreo(&format!("{words} --overwrite"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(place.read("oreo-relax/thesis.tex"), b"precious");
    assert_eq!(place.json("oreo-relax/summary.json")["converged"], true);
    // Going on from a minimum takes no step.
    let ended = place.oreo(&format!(
        "relax --structure oreo-relax/relaxed.xyz --weights {} --output again",
        weights()
    ));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let again = place.json("again/summary.json");
    assert_eq!(
        (&again["steps"], &again["converged"]),
        (&0.into(), &true.into())
    );
}

#[test]
fn bad_input_is_one_clear_line_and_nothing_is_written() {
    let place = Workplace::new();
    place.write("ethanol.xyz", ETHANOL);
    place.write("argon.xyz", ARGON);
    place.write("close.xyz", "2\n\nC 0 0 0\nO 0.1 0 0\n");
    let network = weights();
    let et = |more: &str| format!("relax --structure ethanol.xyz --weights {network} {more}");
    let argon = |more: &str| format!("relax --potential lennard-jones --structure {more}");
    let cases: [(String, &[&str]); 12] = [
        (
            "relax --structure ethanol.xyz --weights genral".into(),
            &["genral", "general"],
        ),
        (argon("argon.xyz --weights w"), &["--weights", "no effect"]),
        (argon("none.xyz"), &["none.xyz", "No such file"]),
        (argon("argon.xyz --frame 1"), &["argon.xyz", "frame 1"]),
        (
            argon("ethanol.xyz"),
            &["ethanol.xyz, frame 0", "Lennard-Jones", "C"],
        ),
        (
            format!("relax --structure close.xyz --weights {network}"),
            &["close.xyz", "0.100 Å"],
        ),
        (
            et("--fmax 1ps"),
            &["--fmax", "is a time", "expected a force"],
        ),
        (et("--fmax 0"), &["--fmax", "greater than zero"]),
        (et("--fix 0,9"), &["--fix", "atom 9", "0 to 8"]),
        (et("--fix 0-8"), &["--fix", "all 9 atoms"]),
        (et("--fix 8-5"), &["--fix", "8-5", "0,3,5-8"]),
        (et("--optimizer bfgs"), &["bfgs", "lbfgs, fire"]),
    ];
    for (words, parts) in cases {
        place.refuses(&words, parts);
    }
    assert!(!place.path("oreo-relax").exists());
}

/// Two atoms in one place: no force says which way.
#[test]
fn forces_that_are_not_finite_end_it_in_one_line() {
    let place = Workplace::new();
    place.write("argon.xyz", "2\n\nAr 0 0 0\nAr 0 0 0\n");
    let ended = place.oreo("relax --potential lennard-jones --structure argon.xyz");
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    ended.is_one_clear_line(&["not a finite number", "step 0", "overlap"]);
}

/// 32 sites of a face-centred lattice of 5.31 Å.
fn two_cubes_each_way() -> Vec<Vec3> {
    let corners = [
        [0.0, 0.0, 0.0],
        [0.0, 0.5, 0.5],
        [0.5, 0.0, 0.5],
        [0.5, 0.5, 0.0],
    ];
    let cubes = (0..8).map(|k| [k & 1, k >> 1 & 1, k >> 2].map(f64::from));
    let sites = cubes.flat_map(|cube| corners.map(|corner| Vec3::from(cube) + Vec3::from(corner)));
    sites.map(|site| 5.31 * site).collect()
}

/// A periodic crystal with one atom moved heals: the same energy, and no atom far from its site.
#[test]
fn a_crystal_heals_in_its_cell() {
    let place = Workplace::new();
    let mut positions = two_cubes_each_way();
    let write = |name: &str, positions: &[Vec3]| {
        let lines = positions
            .iter()
            .map(|r| format!("Ar {} {} {}\n", r.x, r.y, r.z));
        let lattice = "10.62 0 0 0 10.62 0 0 0 10.62";
        let header =
            format!("32\nLattice=\"{lattice}\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n");
        place.write(name, header + &lines.collect::<String>());
    };
    write("perfect.xyz", &positions);
    positions[5] += Vec3::new(0.4, -0.3, 0.2);
    write("moved.xyz", &positions);
    let relax = |name: &str| {
        let words = "relax --potential lennard-jones --fmax 1e-6";
        let ended = place.oreo(&format!("{words} --structure {name}.xyz --output {name}"));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        place.json(&format!("{name}/summary.json"))
    };
    let (perfect, healed) = (relax("perfect"), relax("moved"));
    assert_eq!(perfect["steps"], 0);
    let apart = number(&perfect, "energy_end_ev") - number(&healed, "energy_end_ev");
    assert!(apart.abs() < 1e-8, "{apart:e}");
    assert_eq!(healed["superposed"], false);
    let way = (0.4f64 * 0.4 + 0.3 * 0.3 + 0.2 * 0.2).sqrt();
    assert_eq!(healed["farthest_atom"], 5);
    // All others move a little the other way: the centroid keeps still.
    assert!((number(&healed, "farthest_atom_moved_a") - way * 31.0 / 32.0).abs() < 1e-3);
}

/// An fmax that f32 never reaches: only Ctrl-C ends it.
#[test]
#[cfg(unix)]
fn ctrl_c_writes_what_was_reached() {
    let place = Workplace::new();
    place.write("ethanol.xyz", ETHANOL);
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("oreo"))
        .current_dir(place.path(""))
        .args([
            "relax",
            "--structure",
            "ethanol.xyz",
            "--weights",
            &weights(),
        ])
        .args([
            "--fmax",
            "1e-30",
            "--max-steps",
            "1e8",
            "--optimizer",
            "fire",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let trajectory = place.path("oreo-relax/trajectory.xyz");
    let waiting = Instant::now();
    while std::fs::metadata(&trajectory).map_or(0, |file| file.len()) < 10_000 {
        assert!(waiting.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let summary = place.json("oreo-relax/summary.json");
    assert_eq!(
        (&summary["stop"], &summary["converged"]),
        (&"requested".into(), &false.into())
    );
    let written = frames(&trajectory);
    assert_eq!(written.len() as u64, summary["steps"].as_u64().unwrap() + 1);
    let relaxed = frames(&place.path("oreo-relax/relaxed.xyz"));
    assert_eq!(relaxed[0].positions, written[written.len() - 1].positions);
}
