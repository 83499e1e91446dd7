//! The way down, a line a step: `convergence.csv`, which can be read along, and what its figure needs.

use crate::Relaxation;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Names of the columns.
const HEAD: &str = "step,energy_ev,max_force_ev_per_a,max_displacement_a\n";

/// One structure on the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Record {
    pub step: u64,
    /// eV
    pub energy: f64,
    /// eV/Å, on an atom that may move
    pub max_force: f64,
    /// Å, of an atom in the step that led here
    pub max_displacement: f64,
}

/// All of them, and the file that they are in.
#[derive(Debug)]
pub(super) struct Records {
    path: PathBuf,
    file: File,
    all: Vec<Record>,
}

impl Records {
    /// A file with its head.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).and_then(|mut file| {
            file.write_all(HEAD.as_bytes())?;
            Ok(file)
        });
        Ok(Self {
            path: path.to_path_buf(),
            file: file.with_context(|| unwritable(path))?,
            all: Vec::new(),
        })
    }

    /// Where the relaxation is now. The line is handed to the system at once: a step is a force call, and much longer.
    pub fn record(&mut self, relaxation: &Relaxation) -> Result<()> {
        let state = relaxation.state();
        let record = Record {
            step: state.step,
            energy: state.energy,
            max_force: relaxation.max_force(),
            max_displacement: relaxation.max_displacement(),
        };
        self.all.push(record);
        let written = self.file.write_all(record.line().as_bytes());
        written.with_context(|| unwritable(&self.path))
    }

    /// Nothing follows.
    pub fn finish(&self) -> Result<()> {
        self.file.sync_all().with_context(|| unwritable(&self.path))
    }

    pub fn first(&self) -> Option<&Record> {
        self.all.first()
    }

    pub fn last(&self) -> Option<&Record> {
        self.all.last()
    }

    /// `[step, value]`
    #[cfg(feature = "plots")]
    pub fn points(&self, value: impl Fn(&Record) -> f64) -> Vec<[f64; 2]> {
        let point = |record: &Record| [record.step as f64, value(record)];
        self.all.iter().map(point).collect()
    }
}

impl Record {
    /// Forces and displacements may be small: powers of ten.
    fn line(&self) -> String {
        format!(
            "{},{:.9},{:.6e},{:.6e}\n",
            self.step, self.energy, self.max_force, self.max_displacement
        )
    }
}

fn unwritable(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}
