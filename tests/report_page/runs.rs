//! Runs to look at.

use super::program::{file, MODEL};
use assert_cmd::Command;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const REFERENCE: &str = "examples/data/rmd17_ethanol_1000.npz";

/// A bond breaks within 1000 steps.
pub const EXPLODING: &str = "--steps 1000 --every 5 --temperature 3000 --replicas";

pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs the program; panics unless it ends with this status.
pub fn oreo(words: &[&str], status: i32) -> String {
    let output = Command::cargo_bin("oreo").unwrap().args(words).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{words:?}: {text}");
    String::from_utf8(output.stdout).unwrap()
}

/// `oreo run` with flags in one line.
fn run(fixed: &[&str], more: &str, output: &Path, status: i32) {
    let always = ["run", "--output", output.to_str().unwrap()];
    let more: Vec<_> = more.split_whitespace().collect();
    oreo(&[&always[..], fixed, &more].concat(), status);
}

/// Ethanol by a real network, against frames of its training set.
pub fn ethanol(output: &Path, status: i32, more: &str) {
    ethanol_against(REFERENCE, output, status, more);
}

/// The same against frames of a file of this repository.
pub fn ethanol_against(reference: &str, output: &Path, status: i32, more: &str) {
    let (weights, reference) = (file(MODEL), file(reference));
    let fixed = ["--preset", "md17", "--weights", &weights];
    let fixed = [&fixed[..], &["--reference", &reference]].concat();
    run(&fixed, more, output, status);
}

/// C60H122, as long as the polymers of the paper: a zigzag chain with tetrahedral angles.
pub fn polymer(folder: &Path) -> PathBuf {
    let carbons = 60;
    let mut atoms = String::new();
    for k in 0..carbons {
        let side = if k % 2 == 0 { 1.0 } else { -1.0 };
        let (x, y) = (1.26 * f64::from(k), 0.44 * side);
        atoms += &format!("C {x} {y} 0\n");
        for z in [0.88, -0.88] {
            atoms += &format!("H {x} {} {z}\n", y + 0.64 * side);
        }
    }
    for (x, y) in [(-0.88, -0.2), (1.26 * 59.0 + 0.88, 0.2)] {
        atoms += &format!("H {x} {y} 0\n");
    }
    let (structure, output) = (folder.join("chain.xyz"), folder.join("chain"));
    std::fs::write(&structure, format!("{}\n\n{atoms}", 3 * carbons + 2)).unwrap();
    let weights = file(MODEL);
    let fixed = [
        "--weights",
        &weights,
        "--structure",
        structure.to_str().unwrap(),
    ];
    let more = "--steps 12 --every 2 --temperature 300 --stability none";
    run(&fixed, more, &output, 0);
    output
}

/// 32 atoms in a periodic box.
pub fn argon(folder: &Path, length: &str) -> PathBuf {
    let edge = 5.4 * 2.0;
    let mut text = format!("32\nLattice=\"{edge} 0 0 0 {edge} 0 0 0 {edge}\" pbc=\"T T T\"\n");
    for cell in 0..8 {
        let corner = [cell % 2, cell / 2 % 2, cell / 4].map(|k| 5.4 * f64::from(k));
        let atoms = [[0.0; 3], [2.7, 2.7, 0.0], [2.7, 0.0, 2.7], [0.0, 2.7, 2.7]];
        for [x, y, z] in atoms {
            text += &format!("Ar {} {} {}\n", corner[0] + x, corner[1] + y, corner[2] + z);
        }
    }
    let (structure, output) = (folder.join("argon.xyz"), folder.join("argon"));
    std::fs::write(&structure, text).unwrap();
    let structure = structure.to_str().unwrap();
    let fixed = ["--potential", "lennard-jones", "--structure", structure];
    let more = format!("{length} --timestep 2fs --temperature 80K --overwrite");
    run(&fixed, &more, &output, 0);
    output
}
