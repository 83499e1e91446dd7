//! Learning curves: one CSV row for each validation.
//!
//! `step`; `samples` (conformations seen); `wall_s` (s, of all sessions together); `lr`; loss and terms of the training
//! steps since the row before, then of the validation set: mean squares in eV²/Å² (forces) or eV² (scalars), empty where
//! nothing was asked; mean absolute errors of the validation set: `force_mae_mev_per_a` (meV/Å), `energy_mae_mev_per_atom`,
//! `property_mae_mev`; `samples_per_s` (of the training steps since the row before).

use super::Errors;
use crate::objective::{Tally, Term, TermWeights};
use crate::TrainingError;
use oreo_formats::atomic;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One validation.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Steps done
    pub step: u64,
    /// Conformations seen
    pub samples: u64,
    /// s, of all sessions together
    pub wall: f64,
    /// Of the last step
    pub learning_rate: f64,
    /// Of the training steps since the row before
    pub train: Tally,
    /// Of the validation set
    pub validation: Tally,
    /// Of the terms: gives the losses
    pub weights: TermWeights,
    /// Conformations per second of the training steps since the row before
    pub samples_per_second: f64,
}

impl Row {
    /// Of the validation set.
    pub fn errors(&self) -> Errors {
        Errors::of(&self.validation)
    }

    fn line(&self) -> String {
        let empty_or =
            |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6e}"));
        let mut cells = vec![
            self.step.to_string(),
            self.samples.to_string(),
            format!("{:.3}", self.wall),
            format!("{:.6e}", self.learning_rate),
        ];
        for tally in [&self.train, &self.validation] {
            cells.push(format!("{:.6e}", tally.loss(&self.weights)));
            let terms = Term::ALL.into_iter();
            cells.extend(terms.map(|term| empty_or(tally.mean_square(term))));
        }
        let errors = self.errors();
        cells.extend([errors.force, errors.energy, errors.property].map(empty_or));
        cells.push(format!("{:.3}", self.samples_per_second));
        cells.join(",") + "\n"
    }
}

fn header() -> String {
    let mut names = vec![
        "step".to_string(),
        "samples".into(),
        "wall_s".into(),
        "lr".into(),
    ];
    for set in ["train", "validation"] {
        names.push(format!("{set}_loss"));
        let terms = Term::ALL.into_iter();
        names.extend(terms.map(|term| format!("{set}_{}", term.name())));
    }
    let errors = [
        "force_mae_mev_per_a",
        "energy_mae_mev_per_atom",
        "property_mae_mev",
    ];
    names.extend(errors.map(str::to_string));
    names.push("samples_per_s".into());
    names.join(",") + "\n"
}

/// The open file.
#[derive(Debug)]
pub struct Curves {
    path: PathBuf,
    file: File,
}

impl Curves {
    /// A file that ends with the last row at or before `step`: a new one at step 0, else what is left of the old one after
    /// rows of later steps, and a row that a crash cut short, are taken away.
    ///
    /// # Errors
    /// The system's, with the path; a file that holds something else.
    pub fn open(path: &Path, step: u64) -> Result<Self, TrainingError> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|error| problem(path, "read", &error))?,
        };
        let rest = text.strip_prefix(&header());
        if rest.is_none() && step > 0 && !text.is_empty() {
            return Err(TrainingError::File {
                path: path.to_path_buf(),
                problem: "has other columns than learning curves; move it away".into(),
            });
        }
        let mut kept = header();
        let lines = rest.unwrap_or("").split_inclusive('\n');
        let is_before = |line: &&str| {
            let first = line.split(',').next().and_then(|cell| cell.parse().ok());
            step > 0 && line.ends_with('\n') && first.is_some_and(|row: u64| row <= step)
        };
        lines.take_while(is_before).for_each(|line| kept += line);
        atomic::replace(path, kept.as_bytes()).map_err(|error| problem(path, "write", &error))?;
        let file = OpenOptions::new().append(true).open(path);
        Ok(Self {
            path: path.to_path_buf(),
            file: file.map_err(|error| problem(path, "write", &error))?,
        })
    }

    /// One row more.
    ///
    /// # Errors
    /// The system's, with the path.
    pub fn append(&mut self, row: &Row) -> Result<(), TrainingError> {
        let written = self.file.write_all(row.line().as_bytes());
        written.map_err(|error| problem(&self.path, "write", &error))
    }

    /// Makes all rows durable; before a checkpoint.
    ///
    /// # Errors
    /// The system's, with the path.
    pub fn sync(&mut self) -> Result<(), TrainingError> {
        let synced = self.file.sync_data();
        synced.map_err(|error| problem(&self.path, "write", &error))
    }
}

fn problem(path: &Path, doing: &str, error: &io::Error) -> TrainingError {
    TrainingError::File {
        path: path.to_path_buf(),
        problem: format!("cannot {doing} learning curves: {error}; check space and permissions"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64) -> Row {
        Row {
            step,
            samples: 32 * step,
            wall: 1.5,
            learning_rate: 1e-4,
            train: Tally::default(),
            validation: Tally::default(),
            weights: TermWeights::default(),
            samples_per_second: 20.0,
        }
    }

    fn steps(path: &Path) -> Vec<String> {
        let text = fs::read_to_string(path).unwrap();
        let columns = header().split(',').count();
        assert!(text.lines().all(|line| line.split(',').count() == columns));
        let cells = text
            .lines()
            .map(|line| line.split(',').next().unwrap().into());
        cells.collect()
    }

    /// Planted: `<` for `<=` loses the row of the checkpoint's own step.
    #[test]
    fn a_resumed_file_ends_where_its_checkpoint_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.csv");
        let mut curves = Curves::open(&path, 0).unwrap();
        (1..5).for_each(|step| curves.append(&row(step)).unwrap());
        let mut text = fs::read_to_string(&path).unwrap();
        text += "5,160,1.5";
        fs::write(&path, &text).unwrap();
        let mut curves = Curves::open(&path, 9).unwrap();
        curves.append(&row(10)).unwrap();
        assert_eq!(steps(&path), ["step", "1", "2", "3", "4", "10"]);
        drop(Curves::open(&path, 3).unwrap());
        assert_eq!(steps(&path), ["step", "1", "2", "3"]);
        drop(Curves::open(&path, 0).unwrap());
        assert_eq!(steps(&path), ["step"]);
    }

    #[test]
    fn another_file_is_not_overwritten_on_resume() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.csv");
        fs::write(&path, "a,b\n1,2\n").unwrap();
        let error = Curves::open(&path, 5).unwrap_err().to_string();
        assert!(error.contains("columns"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "a,b\n1,2\n");
    }
}
