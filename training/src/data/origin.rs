//! Where conformations come from: file, hash, level of theory.

use super::{Conformation, Source};
use crate::TrainingError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What the forces of a source are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Minima: forces are 0 by definition and not stored.
    Equilibrium,
    /// Anywhere on the surface, with forces.
    OffEquilibrium,
    /// Some of each; a conformation without forces is an equilibrium.
    Mixed,
}

/// A file and what is known of its labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file, or the folder of files.
    pub path: PathBuf,
    /// In hexadecimal, lower case.
    pub sha256: String,
    /// Minima or not.
    pub kind: Kind,
    /// e.g. `PBE/def2-SVP`; `None` when nobody said.
    pub level: Option<String>,
}

/// SHA-256 of the bytes of a file, hexadecimal, read in pieces.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256_of_file(path: &Path) -> Result<String, TrainingError> {
    let failed = |error: std::io::Error| TrainingError::File {
        path: path.into(),
        problem: format!("cannot read: {error}; check the name and its permissions"),
    };
    let mut file = File::open(path).map_err(failed)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// Identifies the conformations of a source: the hash of its file, or of its numbers when it has no file.
///
/// # Errors
/// When a conformation cannot be read.
pub fn fingerprint(source: &dyn Source) -> Result<String, TrainingError> {
    if let Some(origin) = source.origin() {
        return Ok(origin.sha256.clone());
    }
    let mut hash = Sha256::new();
    let mut conformation = Conformation::default();
    for index in 0..source.len() {
        source.read(index, &mut conformation)?;
        hash.update((conformation.elements.len() as u64).to_le_bytes());
        for element in &conformation.elements {
            hash.update([element.atomic_number() as u8]);
        }
        let forces = conformation.forces.iter().flatten();
        for number in conformation.positions.iter().chain(forces).flatten() {
            hash.update(number.to_le_bytes());
        }
        hash.update(conformation.energy.unwrap_or(f64::NAN).to_le_bytes());
    }
    Ok(hexadecimal(&hash.finalize()))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
