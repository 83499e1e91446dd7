//! The data sets that the experiments read, below one folder.

use crate::cli::exit::BadInput;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// All molecules of rMD17 with their two sets of labels.
pub const RMD17: [&str; 9] = [
    "aspirin",
    "azobenzene",
    "benzene",
    "ethanol",
    "malonaldehyde",
    "naphthalene",
    "paracetamol",
    "salicylic",
    "toluene",
];

/// Small sets off equilibrium: file, level of theory, share of a batch relative to one molecule of rMD17.
pub const SMALL: [(&str, &str, f64); 4] = [
    ("small/3bpa/train_300K.xyz", "wB97X/6-31G(d)", 0.2),
    ("small/3bpa/train_mixedT.xyz", "wB97X/6-31G(d)", 0.4),
    ("small/acac/train_300K.xyz", "PBE-D3/def2-SVP", 0.2),
    ("small/acac/train_600K.xyz", "PBE-D3/def2-SVP", 0.4),
];

/// Ethane, distorted along its normal modes, some with forces of 230 eV/Å.
pub const ETHANE: &str = "small/alkane/C2H6_DFT+Force_NMS.h5";

/// Families of ring-opened polymers.
pub const FAMILIES: [&str; 24] = [
    "BPL", "CA4", "CA5", "CA6", "CA7", "CK", "COE", "CPL", "DVL", "DXL", "DXP", "ECL", "GVL",
    "LAC1", "LAC2", "LLA", "OTH", "OXP", "OXT", "PDO", "THF", "THP", "TMC", "VLM",
];

/// Those with 15 loops.
pub const LARGE: [&str; 4] = ["CK", "OTH", "LAC1", "LAC2"];

/// The folder of all data sets.
#[derive(Debug, Clone)]
pub struct Sources(PathBuf);

impl Sources {
    /// # Errors
    /// A folder that is not there, or lacks a file of `needed`.
    pub fn new(folder: &Path, needed: &[String]) -> Result<Self> {
        let folder = std::path::absolute(folder)?;
        if let Some(missing) = needed.iter().find(|name| !folder.join(name).exists()) {
            return Err(BadInput::new(format!(
                "--data: {} is not there; validation/reproduce/README.md says where each file comes from",
                folder.join(missing).display()
            ))
            .into());
        }
        Ok(Self(folder))
    }

    /// Absolute.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Of one molecule, absolute.
    pub fn rmd17(&self, molecule: &str) -> PathBuf {
        self.file(&rmd17(molecule))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

/// Name of the file of a molecule.
pub fn rmd17(molecule: &str) -> String {
    format!("rmd17/rmd17_{molecule}.npz")
}

/// Name of the file of a polymer.
pub fn polymer(family: &str, loops: usize) -> String {
    format!("polymers/{family}_L{loops:02}.extxyz.gz")
}
