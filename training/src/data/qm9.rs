//! QM9 packed in an npz file, with its orbital energies in a table beside it.
//!
//! Arrays `gdb_index n_atoms numbers positions`, Å; table `gdb_index,homo_hartree,lumo_hartree,gap_hartree,…`. Geometries
//! are minima of B3LYP/6-31G(2df,p) (Ramakrishnan et al. 2014): equilibrium structures without forces.

use super::{file_error, Conformation, Kind, Labelled, Origin, Source};
use crate::TrainingError;
use oreo_core::units::HARTREE;
use oreo_formats::npz::NpzReader;
use oreo_formats::ReadOptions;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// What computed QM9.
pub(crate) const LEVEL: &str = "B3LYP/6-31G(2df,p)";

/// Molecules of QM9.
pub struct Qm9 {
    molecules: Labelled,
    gdb_indices: Vec<i64>,
    origin: Origin,
    names: Vec<String>,
    /// eV, (molecules, names); NaN where the table has no row
    values: Vec<f64>,
}

impl Qm9 {
    /// Reads the geometries, and the properties when there is a table.
    ///
    /// # Errors
    /// When a file cannot be read or the two do not belong together.
    pub fn open(geometries: &Path, properties: Option<&Path>) -> Result<Self, TrainingError> {
        let molecules = Labelled::open(geometries, &ReadOptions::default(), Some(LEVEL))?;
        let gdb_indices = NpzReader::open(geometries)?.integers("gdb_index")?.values;
        if gdb_indices.len() != molecules.len() {
            let problem = format!(
                "{} values of gdb_index for {} molecules; download it again",
                gdb_indices.len(),
                molecules.len()
            );
            return Err(file_error(geometries, problem));
        }
        let origin = Origin {
            kind: Kind::Equilibrium,
            ..molecules
                .origin()
                .cloned()
                .ok_or_else(|| file_error(geometries, "has no origin"))?
        };
        let (names, values) = match properties {
            Some(path) => read_table(path, &gdb_indices)?,
            None => (Vec::new(), Vec::new()),
        };
        Ok(Self {
            molecules,
            gdb_indices,
            origin,
            names,
            values,
        })
    }

    /// Number of each molecule in GDB-9, (molecules,).
    pub fn gdb_indices(&self) -> &[i64] {
        &self.gdb_indices
    }
}

/// Names without `_hartree`, and eV by molecule and name.
fn read_table(path: &Path, gdb_indices: &[i64]) -> Result<(Vec<String>, Vec<f64>), TrainingError> {
    let unreadable = |error| file_error(path, format!("cannot read: {error}; check the name"));
    let mut lines = BufReader::new(File::open(path).map_err(unreadable)?).lines();
    let header = lines
        .next()
        .transpose()
        .map_err(unreadable)?
        .unwrap_or_default();
    let names = names(&header).ok_or_else(|| {
        file_error(
            path,
            "line 1: is not gdb_index,NAME_hartree,…; give the table of orbital energies",
        )
    })?;
    let place: HashMap<i64, usize> = gdb_indices.iter().copied().zip(0..).collect();
    let mut values = vec![f64::NAN; gdb_indices.len() * names.len()];
    for (number, line) in (2..).zip(lines) {
        let line = line.map_err(unreadable)?;
        let (gdb_index, row) = row(&line, names.len()).ok_or_else(|| {
            let problem = format!(
                "line {number}: is not an index and {} finite numbers; correct it",
                names.len()
            );
            file_error(path, problem)
        })?;
        if let Some(&molecule) = place.get(&gdb_index) {
            for (slot, hartree) in values[molecule * names.len()..].iter_mut().zip(&row) {
                *slot = hartree * HARTREE;
            }
        }
    }
    match values.iter().any(|value| !value.is_nan()) {
        true => Ok((names, values)),
        false => Err(file_error(
            path,
            "has no molecule of the geometries; give the table that belongs to them",
        )),
    }
}

fn names(header: &str) -> Option<Vec<String>> {
    let mut words = header.trim().split(',');
    let first = words.next()?;
    let names: Option<Vec<_>> = words
        .map(|word| Some(word.strip_suffix("_hartree")?.to_string()))
        .collect();
    names.filter(|names| first == "gdb_index" && !names.is_empty())
}

fn row(line: &str, columns: usize) -> Option<(i64, Vec<f64>)> {
    let mut words = line.trim().split(',');
    let index = words.next()?.parse().ok()?;
    let numbers: Option<Vec<f64>> = words.map(|word| word.parse().ok()).collect();
    let numbers = numbers
        .filter(|numbers| numbers.len() == columns && numbers.iter().all(|x| x.is_finite()))?;
    Some((index, numbers))
}

impl Source for Qm9 {
    fn name(&self) -> &str {
        self.molecules.name()
    }

    fn len(&self) -> usize {
        self.molecules.len()
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        self.molecules.read(index, conformation)
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn properties(&self) -> &[String] {
        &self.names
    }

    fn property(&self, index: usize, which: usize) -> Option<f64> {
        if which >= self.names.len() {
            return None;
        }
        let value = self.values.get(index * self.names.len() + which)?;
        Some(*value).filter(|value| !value.is_nan())
    }
}
