//! Frames and places that several tests use.
#![allow(dead_code)]

use oreo_core::{Cell, Element, Frame, Vec3};
use oreo_formats::FormatError;
use std::path::{Path, PathBuf};

/// A file of tests/data.
pub fn stored(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// The optional folder with the large data sets; says so when it is not there.
pub fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OREO_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = root.join("data").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

pub fn element(symbol: &str) -> Element {
    symbol.parse().unwrap()
}

pub fn water() -> Vec<Element> {
    ["O", "H", "H"].map(element).to_vec()
}

/// Frame number `k` of a made-up run, with every part filled, and digits that no decimal ends.
pub fn frame(k: u64, cell: Cell) -> Frame {
    let vectors = |phase: f64| {
        let vector = |i: usize| {
            let x = phase + i as f64 + k as f64;
            Vec3::new(x.sin(), (1.3 * x).cos(), (0.7 * x).sin() / 3.0)
        };
        (0..3).map(vector).collect::<Vec<_>>()
    };
    Frame {
        cell,
        energy: Some(-14.0 - (k as f64).sin()),
        forces: Some(vectors(0.3)),
        velocities: Some(vectors(0.6)),
        step: Some(100 + 10 * k),
        time: Some((100 + 10 * k) as f64 * 0.049),
        ..Frame::new(water(), vectors(0.0))
    }
}

pub fn tilted() -> Cell {
    Cell::periodic([[8.0, 0.0, 0.0], [1.0, 7.0, 0.0], [-0.5, 0.25, 9.0]]).unwrap()
}

/// The message of an error: one line that names the file.
pub fn message(error: FormatError, path: &Path) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "more than one line: {text}");
    assert!(
        text.contains(&path.display().to_string()),
        "no path: {text}"
    );
    assert!(text.contains(';'), "no remedy: {text}");
    text
}

/// The first error of a file that should have one.
pub fn first_error(
    path: &Path,
    frames: impl Iterator<Item = Result<Frame, FormatError>>,
) -> String {
    let mut frames = frames;
    let error = frames.find_map(Result::err).expect("an error");
    assert!(frames.next().is_none(), "goes on after an error");
    message(error, path)
}
