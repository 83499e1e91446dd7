//! The way down, a line a step: `convergence.csv` and its figure.

use crate::Relaxation;
use std::fmt::Write;

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

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Records(Vec<Record>);

impl Records {
    pub fn record(&mut self, relaxation: &Relaxation) {
        let state = relaxation.state();
        self.0.push(Record {
            step: state.step,
            energy: state.energy,
            max_force: relaxation.max_force(),
            max_displacement: relaxation.max_displacement(),
        });
    }

    pub fn first(&self) -> Option<&Record> {
        self.0.first()
    }

    pub fn last(&self) -> Option<&Record> {
        self.0.last()
    }

    /// Forces and displacements may be small: powers of ten.
    pub fn to_csv(&self) -> String {
        let mut text = String::from("step,energy_ev,max_force_ev_per_a,max_displacement_a\n");
        for record in &self.0 {
            // Writing into memory cannot fail.
            let _ = writeln!(
                text,
                "{},{:.9},{:.6e},{:.6e}",
                record.step, record.energy, record.max_force, record.max_displacement
            );
        }
        text
    }

    /// `[step, value]`
    #[cfg(feature = "plots")]
    pub fn points(&self, value: impl Fn(&Record) -> f64) -> Vec<[f64; 2]> {
        let point = |record: &Record| [record.step as f64, value(record)];
        self.0.iter().map(point).collect()
    }
}
