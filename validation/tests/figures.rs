//! Every ready figure and a logarithmic chart are written as SVG and PNG, for a screen and for one and two columns of
//! paper. Set `OREO_FIGURES` to a folder to look at them.
#![cfg(feature = "plots")]

use oreo_core::random::Generator;
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Cell, Element, Vec3};
use oreo_validation::correlation::ParitySample;
use oreo_validation::force_size::ForceSizeErrors;
use oreo_validation::forces::ForceErrors;
use oreo_validation::plots::{self, Axis, DistanceScores, Figure, Mark, Panel, Size};
use oreo_validation::rdf::{RadialDistribution, RadialHistogram};
use oreo_validation::spectrum::VelocityAutocorrelation;
use oreo_validation::{DistanceHistogram, Distribution, ValidationError};
use std::path::{Path, PathBuf};

/// A shaken ring of twelve atoms.
fn ring(noise: f64, seed: u64) -> Distribution {
    let mut generator = Generator::new(seed, 0);
    let mut histogram = DistanceHistogram::new();
    for _ in 0..1500 {
        let atom = |k: usize| {
            let angle = k as f64 * std::f64::consts::TAU / 12.0;
            2.8 * Vec3::new(angle.cos(), angle.sin(), 0.0) + noise * generator.normal_vector()
        };
        let positions: Vec<Vec3> = (0..12).map(atom).collect();
        histogram.add_frame(&positions, &Cell::Open).unwrap();
    }
    histogram.distribution().unwrap()
}

fn named<'a>(name: &str, h: &'a Distribution) -> (String, &'a Distribution) {
    (name.into(), h)
}

fn noisy(count: usize, seed: u64, value: impl Fn(f64, f64) -> f64) -> Vec<[f64; 2]> {
    let mut generator = Generator::new(seed, 0);
    let mut slow = 0.0;
    (0..count)
        .map(|k| {
            slow = 0.98 * slow + 0.2 * generator.normal();
            let time = 300.0 * k as f64 / count as f64;
            [time, value(time, slow)]
        })
        .collect()
}

fn crystal(noise: f64) -> RadialDistribution {
    let mut generator = Generator::new(9, 0);
    let cell = Cell::orthorhombic(12.0, 12.0, 12.0).unwrap();
    let mut histogram = RadialHistogram::all(64, 6.0, 120).unwrap();
    for _ in 0..30 {
        let atom = |k: u32| {
            let [x, y, z] = [k % 4, k / 4 % 4, k / 16].map(f64::from);
            3.0 * Vec3::new(x, y, z) + noise * generator.normal_vector()
        };
        let positions: Vec<Vec3> = (0..64).map(atom).collect();
        histogram.add_frame(&positions, &cell).unwrap();
    }
    histogram.distribution().unwrap()
}

fn parity() -> Figure {
    let mut generator = Generator::new(4, 0);
    let carbon: Vec<Element> = vec!["C".parse().unwrap(); 20];
    let (mut errors, mut sample) = (ForceErrors::new(), ParitySample::new(3000, 1));
    for _ in 0..200 {
        let reference: Vec<Vec3> = (0..20).map(|_| 1.3 * generator.normal_vector()).collect();
        let predicted: Vec<Vec3> = reference
            .iter()
            .map(|f| f + 0.08 * generator.normal_vector())
            .collect();
        errors.add_frame(&carbon, &predicted, &reference).unwrap();
        sample.add_forces(&reference, &predicted);
    }
    plots::force_parity(&sample, &errors.report().unwrap())
}

fn vibrations() -> Figure {
    let velocity = |k: usize| {
        let t = 2.0 * k as f64 * FEMTOSECOND;
        [(0.9, 1.0), (1.9, 0.8), (5.6, 0.6)]
            .map(|(omega, weight): (f64, f64)| weight * (omega * t).cos() * Vec3::x())
            .to_vec()
    };
    let velocities: Vec<Vec<Vec3>> = (0..2000).map(velocity).collect();
    let correlation =
        VelocityAutocorrelation::of(&velocities, &[1.0; 3], 2.0 * FEMTOSECOND).unwrap();
    plots::spectrum(&correlation.spectrum(), 4000.0)
}

fn scaling() -> Figure {
    let points = |slope: f64| {
        (0..8)
            .map(|k| 9.0 * 2f64.powi(k))
            .map(|n| [n, 0.02 * n.powf(slope)])
            .collect()
    };
    let panel = Panel::new(
        Axis::logarithmic("Atoms"),
        Axis::logarithmic("Time per step (ms)"),
    )
    .with("fused", Mark::LineAndPoints, points(1.2))
    .with("reference", Mark::LineAndPoints, points(1.7))
    .with("all pairs", Mark::Dashed, points(2.0))
    .with("linear", Mark::Guide, points(1.0));
    Figure::single("Cost of one step", panel)
}

fn descent() -> Figure {
    let force = |k: u32| 3.0 * 0.8f64.powi(k as i32) * (1.3 + f64::from(k % 3));
    let points = |value: &dyn Fn(u32) -> f64| (0..30).map(|k| [f64::from(k), value(k)]).collect();
    let (forces, energies): (Vec<_>, Vec<_>) = (
        points(&force),
        points(&|k| -4209.3 + 0.1 * force(k).powi(2)),
    );
    plots::relaxation(&forces, 0.01, &energies)
}

fn by_force() -> Figure {
    let mut generator = Generator::new(14, 0);
    let mut errors = ForceSizeErrors::default();
    for _ in 0..300 {
        let force: Vec<Vec3> = (0..9).map(|_| 1.3 * generator.normal_vector()).collect();
        let error = |f: &Vec3| (0.002 + 0.001 * f.norm()) * generator.normal_vector();
        let predicted: Vec<Vec3> = force.iter().map(error).collect();
        let predicted: Vec<Vec3> = force.iter().zip(predicted).map(|(f, e)| f + e).collect();
        errors.add_frame(&predicted, &force).unwrap();
    }
    plots::error_by_force(&errors.bins(20))
}

fn by_molecule() -> Figure {
    let names = ["aspirin", "azobenzene", "rmd17_malonaldehyde", "toluene"];
    let errors = names.iter().zip([21.3, 14.0, 17.9, 8.2]);
    let errors: Vec<_> = errors.map(|(name, e)| (name.to_string(), e)).collect();
    plots::errors_by_name("Force error by molecule", "Force MAE (meV/Å)", &errors)
}

fn learning() -> Figure {
    let fall = |from: f64| -> Vec<[f64; 2]> {
        let at = |k: u32| [16_000.0 * f64::from(k), from / f64::from(k).powf(0.9)];
        (1..25).map(at).collect()
    };
    let seen = || Axis::linear("Conformations seen");
    let loss = Panel::new(seen(), Axis::logarithmic("Loss (eV²/Å²)"))
        .with("training", Mark::Line, fall(3e-3))
        .with("validation", Mark::Line, fall(1e-3));
    let error = Panel::new(seen(), Axis::logarithmic("Force MAE (meV/Å)"));
    let error = error.with("validation", Mark::Line, fall(40.0));
    Figure {
        title: "Learning curves".into(),
        caption: String::new(),
        panels: vec![loss, error],
    }
}

fn gallery() -> Vec<(&'static str, Figure)> {
    let scores = DistanceScores {
        h_r_mae: Some(0.0213),
        h_r_floor: Some(0.0121),
        h_r_half_split: Some(0.033),
    };
    let swing = |mean: f64, width: f64| noisy(6000, 5, move |_, slow| mean + width * slow);
    let energy = noisy(6000, 6, |time, slow| -4209.3 + 1e-6 * time + 2e-4 * slow);
    let bonds = noisy(6000, 7, |time, slow| {
        0.12 + 0.05 * slow.abs() + 0.4 * (time / 300.0).powi(9)
    });
    vec![
        (
            "distances",
            plots::distances(
                &[named("run", &ring(0.1, 1))],
                &[named("reference", &ring(0.08, 2))],
                &scores,
            ),
        ),
        (
            "distances-of-replicas",
            plots::distances(
                &[
                    named("replica 0", &ring(0.1, 1)),
                    named("replica 1", &ring(0.1, 3)),
                    named("replica 2", &ring(0.1, 4)),
                ],
                &[
                    named("reference", &ring(0.08, 2)),
                    named("reference, reweighted to its labels", &ring(0.09, 5)),
                ],
                &scores,
            ),
        ),
        (
            "distances-alone",
            plots::distances(
                &[named("run", &ring(0.1, 1))],
                &[],
                &DistanceScores::default(),
            ),
        ),
        (
            "temperature",
            plots::temperature_and_energy(&swing(500.0, 60.0), Some(500.0), &energy),
        ),
        ("bonds", plots::bond_deviation(&bonds, 0.5)),
        (
            "deviation",
            plots::force_deviation(&swing(0.05, 0.01), &swing(0.02, 0.003), Some(0.1)),
        ),
        (
            "rdf",
            plots::radial_distribution(&crystal(0.3), Some(&crystal(0.2))),
        ),
        ("shape", plots::shape(&swing(0.8, 0.1), &swing(2.4, 0.05))),
        ("relaxation", descent()),
        ("parity", parity()),
        ("spectrum", vibrations()),
        ("error-by-force", by_force()),
        ("error-by-molecule", by_molecule()),
        ("learning", learning()),
        ("scaling", scaling()),
    ]
}

/// Of a PNG: numbers of its header, big-endian.
fn number(png: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(png[at..at + 4].try_into().unwrap())
}

fn check(figure: &Figure, stem: &Path) {
    let [svg, png] = figure.save(stem, Size::Screen).unwrap();
    let text = std::fs::read_to_string(&svg).unwrap();
    let page = r#"<svg stroke-linejoin="round" width="1200" height="800" viewBox="0 0 2400 1600""#;
    assert!(text.starts_with(page));
    let labels = figure.panels.iter();
    let labels = labels.flat_map(|panel| [&panel.x.label, &panel.y.label]);
    for word in labels.flat_map(|label| label.split_whitespace()) {
        assert!(text.contains(word), "{word} in {}", svg.display());
    }
    let size = text.len();
    assert!(size < 3_000_000, "{size} bytes in {}", svg.display());
    let bytes = std::fs::read(&png).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!((number(&bytes, 16), number(&bytes, 20)), (1200, 800));
}

#[test]
fn every_figure_is_written_twice() {
    let temporary = tempfile::tempdir().unwrap();
    let folder =
        std::env::var_os("OREO_FIGURES").map_or(temporary.path().to_path_buf(), PathBuf::from);
    for (name, figure) in gallery() {
        check(&figure, &folder.join(name));
    }
}

/// 85 mm at 500 dots an inch are 1673 pixels, of which the file knows; a drawing of whole units is at most one unit off.
/// Catches a PNG without pHYs, and text in units of the width.
#[test]
fn a_figure_for_a_column_is_a_column_wide() {
    let temporary = tempfile::tempdir().unwrap();
    let folder =
        std::env::var_os("OREO_FIGURES").map_or(temporary.path().to_path_buf(), PathBuf::from);
    for (name, figure) in gallery() {
        let sizes = |width_mm: f64| {
            let stem = folder.join(format!("{name}-{width_mm}mm"));
            let [svg, png] = figure.save(&stem, Size::Paper { width_mm }).unwrap();
            let (svg, png) = (
                std::fs::read_to_string(svg).unwrap(),
                std::fs::read(png).unwrap(),
            );
            let expected = width_mm / 25.4 * 500.0;
            assert!(
                (f64::from(number(&png, 16)) - expected).abs() < 2.0,
                "{name}"
            );
            assert_eq!((&png[37..41], number(&png, 41)), (&b"pHYs"[..], 19685));
            let sizes = svg.split("font-size=\"").skip(1);
            let sizes = sizes.filter_map(|rest| rest.split_once('"')?.0.parse::<f64>().ok());
            sizes.fold((f64::INFINITY, 0.0), |(a, b), s| (s.min(a), s.max(b)))
        };
        assert_eq!(sizes(85.0), sizes(170.0), "{name}: the same text in both");
    }
}

/// Reports are written for runs that died: a figure of nothing, or of NaN, must not end the report.
#[test]
fn empty_and_broken_series_still_draw() {
    let folder = tempfile::tempdir().unwrap();
    check(
        &plots::bond_deviation(&[], 0.5),
        &folder.path().join("empty"),
    );
    check(
        &plots::force_deviation(&[], &[], None),
        &folder.path().join("no-ensemble"),
    );
    check(
        &plots::relaxation(&[], 0.01, &[]),
        &folder.path().join("no-step"),
    );
    let broken = [
        [0.0, 1.0],
        [1.0, f64::NAN],
        [2.0, f64::INFINITY],
        [3.0, 2.0],
    ];
    check(
        &plots::temperature_and_energy(&broken, None, &broken),
        &folder.path().join("v1.2-broken"),
    );
    assert!(folder.path().join("v1.2-broken.png").exists());
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let error = scaling()
        .save(Path::new("/nowhere/at/all"), Size::Screen)
        .unwrap_err();
    let ValidationError::Plot { path, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(path, Path::new("/nowhere/at/all.svg"));
}
