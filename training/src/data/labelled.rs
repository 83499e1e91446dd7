//! Whatever `oreo_formats::load` reads: MD17, rMD17 and sGDML npz, packed npz, extended XYZ plain or gzip.

use super::{check_index, file_error, sha256_of_file, Conformation, Kind, Origin, Source};
use crate::TrainingError;
use oreo_core::Cell;
use oreo_formats::npz::NpzReader;
use oreo_formats::{load, DataSet, FileFormat, Labels, ReadOptions};
use std::path::Path;

/// A data set in memory.
pub struct Labelled {
    set: DataSet,
    name: String,
    origin: Origin,
}

impl Labelled {
    /// Reads and checks the whole file. `level` says what computed the labels; `None` takes what the kind of file is
    /// known for, if anything.
    ///
    /// # Errors
    /// When the file cannot be read, its numbers make no sense in its units, or a frame is periodic.
    pub fn open(
        path: &Path,
        options: &ReadOptions,
        level: Option<&str>,
    ) -> Result<Self, TrainingError> {
        let set = load(path, options)?;
        if set.is_empty() {
            return Err(file_error(
                path,
                "has no frames; check that it was written completely",
            ));
        }
        if let Some(frame) = (0..set.len()).find(|&i| *set.cell(i) != Cell::Open) {
            let problem = format!(
                "frame {frame}: is periodic, and training takes molecules in open space; set pbc=\"F F F\" if the lattice is only a box"
            );
            return Err(file_error(path, problem));
        }
        let level = match level {
            Some(level) => Some(level.to_string()),
            None => known_level(path, options)?.map(str::to_string),
        };
        let kind = match set.forces(0) {
            Some(_) => Kind::OffEquilibrium,
            None => Kind::Equilibrium,
        };
        Ok(Self {
            name: path.display().to_string(),
            origin: Origin {
                path: path.into(),
                sha256: sha256_of_file(path)?,
                kind,
                level,
            },
            set,
        })
    }

    /// Everything in it.
    pub fn set(&self) -> &DataSet {
        &self.set
    }
}

/// rMD17 carries two sets of labels; Christensen and von Lilienfeld 2020 and Chmiela et al. 2017 say how they were made.
fn known_level(path: &Path, options: &ReadOptions) -> Result<Option<&'static str>, TrainingError> {
    if FileFormat::of(path)? != FileFormat::Npz || !NpzReader::open(path)?.has("nuclear_charges") {
        return Ok(None);
    }
    Ok(Some(match options.labels {
        Some(Labels::Md17) => "PBE+vdW-TS",
        _ => "PBE/def2-SVP",
    }))
}

impl Source for Labelled {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.set.len()
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        check_index(self, index)?;
        let set = &self.set;
        conformation.replace(
            set.elements(index).iter().copied(),
            set.positions(index).iter().copied(),
            set.forces(index).map(|forces| forces.iter().copied()),
            set.energy(index),
        );
        Ok(())
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }
}
