//! Places and sources that several tests use.
#![allow(dead_code)]

use oreo_core::{Element, Vec3};
use oreo_training::data::{Conformation, Source};
use oreo_training::TrainingError;
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

/// The message of an error: one line that names the file and says what to do.
pub fn message(error: &TrainingError, file: &str) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "more than one line: {text}");
    assert!(text.contains(file), "no file: {text}");
    assert!(text.contains(';'), "no remedy: {text}");
    text
}

/// Made-up molecules, each a function of its number: a zigzag chain of C with H at the end, every third at equilibrium.
pub struct MadeUp(pub usize);

impl MadeUp {
    pub fn conformation(index: usize) -> Conformation {
        let atoms = 4 + index % 6;
        let element = |symbol: &str| symbol.parse::<Element>().unwrap();
        let phase = index as f64;
        let forces =
            (0..atoms).map(|i| Vec3::new((phase + i as f64).sin(), 0.5, -(i as f64) / 3.0));
        Conformation {
            elements: (0..atoms)
                .map(|i| element(if i + 1 == atoms { "H" } else { "C" }))
                .collect(),
            positions: (0..atoms)
                .map(|i| {
                    Vec3::new(
                        1.2 * i as f64 + 100.0,
                        (i % 2) as f64 * 0.6 + 0.01 * phase.sin(),
                        7.0,
                    )
                })
                .collect(),
            forces: (!index.is_multiple_of(3)).then(|| forces.collect()),
            energy: (!index.is_multiple_of(4)).then_some(-1000.0 - phase / 7.0),
        }
    }
}

impl Source for MadeUp {
    fn name(&self) -> &str {
        "made-up"
    }

    fn len(&self) -> usize {
        self.0
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        assert!(index < self.0);
        *conformation = Self::conformation(index);
        Ok(())
    }
}

/// Conformations in a list.
pub struct InMemory(pub Vec<Conformation>);

impl Source for InMemory {
    fn name(&self) -> &str {
        "in-memory"
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        conformation.clone_from(&self.0[index]);
        Ok(())
    }
}
