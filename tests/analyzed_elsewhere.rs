//! `oreo analyze` against MDAnalysis, ASE and SciPy on the same two trajectories, and against a spring.
//!
//! `tests/data/analyzed_elsewhere.json` was written by `validation/scripts/analyze_with_mdanalysis_and_ase.py`, which says how
//! each number was computed; the versions of the programs are in the file. Tolerances are the single precision that
//! MDAnalysis reads positions with (1e-6 Å), and what each comment says.
#![cfg(all(feature = "cli", feature = "plots"))]

#[path = "common/program.rs"]
mod program;

use oreo::core::units::FEMTOSECOND;
use oreo::core::{Cell, State, System, Vec3};
use oreo::integrators::VelocityVerlet;
use oreo::potentials::{Harmonic, HarmonicBond};
use oreo::{Replica, Simulation, DEFAULT_SKIN};
use program::{file, json};
use serde_json::Value;
use std::path::Path;

fn elsewhere() -> Value {
    let text = std::fs::read_to_string(file("tests/data/analyzed_elsewhere.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let all = value.as_array().unwrap().iter();
    all.map(|number| number.as_f64().unwrap()).collect()
}

/// y of the points of a figure that belong to a series.
fn drawn(folder: &Path, name: &str, series: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(folder.join(format!("plots/{name}.csv"))).unwrap();
    let points = text.lines().skip(1).filter_map(|line| {
        let fields: Vec<_> = line.rsplitn(4, ',').collect();
        (fields[2] == series).then(|| fields[0].parse().unwrap())
    });
    points.collect()
}

/// Largest difference of as many numbers as were computed elsewhere.
fn largest_difference(found: &[f64], expected: &[f64]) -> f64 {
    assert!(!expected.is_empty() && found.len() >= expected.len());
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f64::max)
}

fn near(found: &Value, expected: &Value, tolerance: f64) {
    let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    assert!(
        (found - expected).abs() <= tolerance,
        "{found}, elsewhere {expected}"
    );
}

/// Count, mean and std of each kind; ASE's list has no other kinds.
fn kinds_agree(found: &Value, name: &str, unit: &str, expected: &Value, tolerance: f64) {
    let expected = expected.as_object().unwrap();
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), expected.len());
    for kind in found {
        let other = &expected[kind[name].as_str().unwrap()];
        assert_eq!(kind["count"], other[0]);
        near(&kind[format!("mean_{unit}")], &other[1], tolerance);
        near(&kind[format!("std_{unit}")], &other[2], tolerance);
    }
}

#[test]
fn ethanol_is_seen_as_mdanalysis_ase_and_scipy_see_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().to_str().unwrap();
    let trajectory = file("tests/data/ethanol-velocities.xyz.gz");
    let reference = file("validation/tests/data/ethanol.xyz");
    let words = ["analyze", &trajectory, "--reference", &reference];
    let found = json(&[&words[..], &["--output", output]].concat());
    let (replica, other) = (&found["replicas"][0], elsewhere());

    let own = drawn(folder.path(), "h_r", "run");
    let off = largest_difference(&own, &numbers(&other["h_r"]));
    assert!(off < 1e-6, "h(r) {off}");
    near(&replica["h_r"]["h_r_mae"], &other["h_r_mae"], 1e-9);
    for (key, mean) in [
        ("rmsd_a", "rmsd_mean_a"),
        ("radius_of_gyration_a", "radius_of_gyration_mean_a"),
    ] {
        near(&replica[key]["mean"], &other[mean], 1e-6);
    }
    let rmsd = drawn(folder.path(), "replica-0-shape", "");
    // The radii of gyration follow in the same file.
    let tenth: Vec<f64> = rmsd.iter().copied().step_by(10).collect();
    assert!(largest_difference(&tenth, &numbers(&other["rmsd_a"])) < 1e-5);

    let kinds = &other["kinds"];
    kinds_agree(&replica["bond_lengths"], "bond", "a", &kinds["bonds"], 1e-9);
    kinds_agree(
        &replica["bond_angles"],
        "angle",
        "deg",
        &kinds["angles"],
        1e-6,
    );
    for bond in replica["bond_lengths"].as_array().unwrap() {
        let of_reference = &other["reference_kinds"]["bonds"][bond["bond"].as_str().unwrap()];
        near(&bond["reference_mean_a"], &of_reference[1], 1e-9);
    }

    let correlation = drawn(folder.path(), "replica-0-autocorrelation", "");
    assert!(largest_difference(&correlation, &numbers(&other["autocorrelation"])) < 1e-6);
    // The figure is in 0.001 cm and has no negative densities; its integral is a sum over bins.
    let spectrum = drawn(folder.path(), "replica-0-spectrum", "");
    let expected = numbers(&other["spectrum_cm"]);
    let expected: Vec<f64> = expected.iter().map(|s| 1000.0 * s.max(0.0)).collect();
    let highest = expected.iter().copied().fold(0.0, f64::max);
    assert!(largest_difference(&spectrum, &expected) < 1e-3 * highest);
    // Peaks of Welch's method are peaks here, too, closer than the resolution of 83/cm.
    let peaks = numbers(&replica["spectrum"]["peaks_per_cm"]);
    for peak in numbers(&other["peaks_per_cm"]) {
        let nearest = peaks.iter().map(|own| (own - peak).abs());
        let nearest = nearest.fold(f64::INFINITY, f64::min);
        assert!(nearest < 60.0, "{peak}/cm: {peaks:?}");
    }
}

#[test]
fn an_argon_box_is_seen_as_mdanalysis_and_scipy_see_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().to_str().unwrap();
    let found = json(&[
        "analyze",
        &file("tests/data/argon-box.xyz.gz"),
        "--bond-threshold",
        "100 A",
        "--output",
        output,
    ]);
    let (replica, other) = (&found["replicas"][0], elsewhere());
    assert_eq!(replica["frames_analyzed"], 250);
    // A pair of atoms that falls into the other bin at 3 Å is 0.001 of g; the box of MDAnalysis is in single precision.
    let g = drawn(folder.path(), "replica-0-g_r", "run");
    let off = largest_difference(&g, &numbers(&other["g_r"]));
    assert!(off < 0.003, "g(r) {off}");
    let msd = drawn(folder.path(), "replica-0-msd", "");
    let off = largest_difference(&msd, &numbers(&other["msd_a2"]));
    assert!(off < 1e-5, "MSD {off}");
    let diffusion = &replica["diffusion"];
    let all = &diffusion["species"][0];
    near(
        &all["diffusion_a2_per_ps"],
        &other["diffusion_a2_per_ps"],
        1e-6,
    );
    near(
        &all["error_a2_per_ps"],
        &other["diffusion_error_a2_per_ps"],
        1e-6,
    );
    let fit = ["fit_from_ps", "fit_to_ps"].map(|key| diffusion[key].as_f64().unwrap());
    assert!(
        (fit[0] - 0.24).abs() < 1e-9 && (fit[1] - 0.96).abs() < 1e-9,
        "{fit:?}"
    );
    let remark = diffusion["finite_size"].as_str().unwrap();
    assert!(remark.starts_with("not corrected") && remark.contains("L = 14.57 Å"));
}

/// H and Cl on a spring of 32 eV/Å² = 512.7 N/m, μ = 1.008 · 35.45/36.458 amu: √(k/μ)/2πc = 2980/cm, in SI units and thus apart
/// from those of the engine. From the engine's own steps of 0.25 fs to the page: within 1 %.
#[test]
fn a_harmonic_diatomic_sings_at_its_frequency() {
    let stiffness: f64 = 32.0 * 16.021_766_34;
    let mass = 1.008 * 35.45 / 36.458 * 1.660_539_07e-27;
    let wavenumber = (stiffness / mass).sqrt() / (2.0 * std::f64::consts::PI * 2.997_924_58e10);
    assert!((wavenumber - 2980.0).abs() < 1.0, "{wavenumber}");

    let folder = tempfile::tempdir().unwrap();
    let trajectory = folder.path().join("hcl.xyz");
    std::fs::write(&trajectory, swinging_hydrogen_chloride(2000)).unwrap();
    let found = json(&["analyze", trajectory.to_str().unwrap()]);
    let peaks = numbers(&found["replicas"][0]["spectrum"]["peaks_per_cm"]);
    assert_eq!(peaks.len(), 1, "{peaks:?}");
    assert!(
        (peaks[0] / wavenumber - 1.0).abs() < 0.01,
        "{peaks:?}, {wavenumber}"
    );
}

/// Frames of extended XYZ, 1 fs apart.
fn swinging_hydrogen_chloride(frames: u64) -> String {
    let system = System::from_symbols(&["H", "Cl"]).unwrap();
    let (stiffness, length) = (32.0, 1.27);
    let bond = HarmonicBond {
        atoms: [0, 1],
        stiffness,
        length,
    };
    let start = vec![Vec3::zeros(), Vec3::new(1.37, 0.0, 0.0)];
    let integrator = VelocityVerlet::new(0.25 * FEMTOSECOND).unwrap();
    let state = State::at_rest(start, Cell::Open);
    let replica = Replica::new(0, system.clone().into(), state, Box::new(integrator));
    let potential = Box::new(Harmonic::new(vec![bond]).unwrap());
    let mut simulation = Simulation::new(potential, vec![replica], DEFAULT_SKIN).unwrap();
    simulation.start().unwrap();
    let mut text = String::new();
    for frame in 0..frames {
        let state = &simulation.replicas()[0].state;
        text += &format!("2\nProperties=species:S:1:pos:R:3:velocities:R:3 time_fs={frame}\n");
        for (k, element) in system.elements.iter().enumerate() {
            let (r, v) = (
                state.positions[k],
                state.momenta[k] / system.masses[k] * FEMTOSECOND,
            );
            text += &format!(
                "{element} {} {} {} {} {} {}\n",
                r.x, r.y, r.z, v.x, v.y, v.z
            );
        }
        simulation.run(4).unwrap();
    }
    text
}
