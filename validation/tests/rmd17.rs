//! The published constants of four molecules, from the frames themselves. Needs the optional folder of data sets:
//! `OREO_SHARED`, or `../shared` beside the project.

use oreo_core::units::KCAL_PER_MOL;
use oreo_core::{Cell, Element, Frame, Vec3};
use oreo_validation::floor::{half_split, independent_floor};
use oreo_validation::forces::ForceErrors;
use oreo_validation::stability::first_broken_frame;
use oreo_validation::{DistanceHistogram, Topology};
use std::io::Read;
use std::path::PathBuf;

/// File name, c of c/√n, half-split, bonds of the Lewis structure.
const MOLECULES: [(&str, f64, f64, usize); 4] = [
    ("aspirin", 0.956, 0.033, 21),
    ("ethanol", 1.544, 0.046, 8),
    ("naphthalene", 0.940, 0.043, 19),
    ("salicylic", 1.140, 0.029, 16),
];

fn archive(molecule: &str) -> Option<zip::ZipArchive<std::fs::File>> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    let shared = std::env::var_os("OREO_SHARED").map_or_else(beside, PathBuf::from);
    let path = shared.join(format!("data/rmd17/rmd17_{molecule}.npz"));
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    Some(zip::ZipArchive::new(file).unwrap())
}

/// Little-endian numbers of one array: only the two types that these files hold.
fn array(archive: &mut zip::ZipArchive<std::fs::File>, name: &str) -> Vec<f64> {
    let mut raw = Vec::new();
    archive
        .by_name(&format!("{name}.npy"))
        .unwrap()
        .read_to_end(&mut raw)
        .unwrap();
    let start = 10 + usize::from(u16::from_le_bytes([raw[8], raw[9]]));
    let header = String::from_utf8_lossy(&raw[10..start]).into_owned();
    assert!(header.contains("'fortran_order': False"), "{header}");
    let values = &raw[start..];
    match header {
        h if h.contains("'<f8'") => values
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
            .collect(),
        h if h.contains("'<f4'") => values
            .chunks_exact(4)
            .map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap())))
            .collect(),
        h if h.contains("'|u1'") => values.iter().map(|&b| f64::from(b)).collect(),
        h if h.contains("'<i8'") => values
            .chunks_exact(8)
            .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f64)
            .collect(),
        other => panic!("{other}"),
    }
}

fn vectors(flat: &[f64], atoms: usize, unit: f64) -> Vec<Vec<Vec3>> {
    let frame = |frame: &[f64]| {
        frame
            .chunks_exact(3)
            .map(|r| unit * Vec3::new(r[0], r[1], r[2]))
            .collect()
    };
    flat.chunks_exact(3 * atoms).map(frame).collect()
}

fn frames(archive: &mut zip::ZipArchive<std::fs::File>) -> Vec<Frame> {
    let numbers = array(archive, "nuclear_charges");
    let elements: Vec<Element> = numbers
        .iter()
        .map(|&z| Element::from_atomic_number(z as usize).unwrap())
        .collect();
    let positions = vectors(&array(archive, "coords"), elements.len(), 1.0);
    positions
        .into_iter()
        .map(|positions| Frame::new(elements.clone(), positions))
        .collect()
}

/// Within 4 % and 5 %: the constants were measured on the complete files, these are the same without duplicates.
#[test]
fn floors_and_half_splits_of_four_molecules() {
    for (molecule, constant, split, _) in MOLECULES {
        let Some(mut archive) = archive(molecule) else {
            return;
        };
        let frames = frames(&mut archive);
        let found = 20.0 * independent_floor(&frames, 400, 40, 1).unwrap();
        let half = half_split(&frames).unwrap();
        println!("{molecule}: c = {found:.3} ({constant}), half-split {half:.4} ({split})");
        assert!((found / constant - 1.0).abs() < 0.04, "{molecule} {found}");
        assert!((half / split - 1.0).abs() < 0.05, "{molecule} {half}");
        let all =
            DistanceHistogram::of(frames.iter().map(|f| (f.positions.as_slice(), &Cell::Open)))
                .unwrap();
        assert_eq!(all.share_beyond(), 0.0, "{molecule} fits into 10 Å");
    }
}

/// Also: no DFT frame is unstable at 0.5 Å, and 0.10 Å would reject many.
#[test]
fn the_mean_topology_is_the_lewis_structure_and_no_dft_frame_breaks_it() {
    for (molecule, _, _, bonds) in MOLECULES {
        let Some(mut archive) = archive(molecule) else {
            return;
        };
        let frames = frames(&mut archive);
        let topology = Topology::from_reference(&frames).unwrap();
        assert_eq!(topology.bonds.len(), bonds, "{molecule}");
        let all = || frames.iter().map(|f| (f.positions.as_slice(), &f.cell));
        assert_eq!(first_broken_frame(all(), &topology, 0.5), Ok(None));
        let beyond = |threshold: f64| {
            let out = |f: &&Frame| {
                topology
                    .largest_deviation(&f.positions, &f.cell)
                    .unwrap()
                    .deviation()
                    > threshold
            };
            frames.iter().filter(out).count() as f64 / frames.len() as f64
        };
        println!(
            "{molecule}: {:.1} % of the frames beyond 0.10 Å, {:.3} % beyond 0.25 Å",
            100.0 * beyond(0.1),
            100.0 * beyond(0.25)
        );
        assert!(beyond(0.1) > 0.1 && beyond(0.25) < 0.01);
    }
}

/// The two label sets of one molecule differ by 108 to 185 meV/Å (components). The mean length per atom is 3|e|₂/|e|₁
/// times that, between √3 and 3, and 2 for isotropic errors.
#[test]
fn old_and_new_labels_differ_as_documented() {
    for (molecule, ..) in MOLECULES {
        let Some(mut archive) = archive(molecule) else {
            return;
        };
        let elements = frames(&mut archive)[0].elements.clone();
        let mut labels = |name| vectors(&array(&mut archive, name), elements.len(), KCAL_PER_MOL);
        let (new, old) = (labels("forces"), labels("old_forces"));
        let mut errors = ForceErrors::new();
        for (new, old) in new.iter().zip(&old) {
            errors.add_frame(&elements, old, new).unwrap();
        }
        let report = errors.report().unwrap();
        let ratio = report.force_norm_mae_mev_per_a / report.force_mae_mev_per_a;
        println!(
            "{molecule}: MAE {:.2} meV/Å, RMSE {:.2}, norm/component {ratio:.2}, cosine {:.6} per frame, {:.6} global",
            report.force_mae_mev_per_a,
            report.force_rmse_mev_per_a,
            report.force_cosine.unwrap(),
            report.force_cosine_global.unwrap(),
        );
        assert!(
            (100.0..200.0).contains(&report.force_mae_mev_per_a),
            "{molecule}"
        );
        assert!((1.8..2.2).contains(&ratio), "{molecule} {ratio}");
    }
}
