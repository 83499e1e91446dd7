//! What a training says on the way: one line for each validation, on standard error and in `log.txt`.

use crate::cli::output;
use oreo_training::trainer::curves::Row;
use oreo_training::trainer::{Errors, StepReport, Watch};
use std::fs::File;
use std::io::Write;

/// Says and logs.
pub struct Lines {
    /// Of the whole run
    pub steps: u64,
    /// Conformations for each step
    pub batch: u64,
    /// What is predicted in place of an energy
    pub property: Option<String>,
    /// `log.txt`; none on ranks that do not write
    pub log: Option<File>,
}

impl Lines {
    /// Says and logs a line. A log that cannot be written must not end a training.
    pub fn say(&mut self, line: &str) {
        output::say(line);
        self.log(line);
    }

    /// Logs a line that is said elsewhere.
    pub fn log(&mut self, line: &str) {
        if let Some(log) = &mut self.log {
            let _ = writeln!(log, "{line}");
        }
    }

    /// Errors of the weights that were given.
    pub fn before(&mut self, errors: &Errors) {
        for error in self.errors(errors) {
            self.say(&format!("before: validation {error}"));
        }
    }

    /// `force MAE 7.51 meV/A`, one for each kind of label.
    fn errors(&self, errors: &Errors) -> Vec<String> {
        let property = self.property.as_deref().unwrap_or("property");
        let all = [
            ("force", errors.force, "meV/A"),
            ("energy", errors.energy, "meV/atom"),
            (property, errors.property, "meV"),
        ];
        let all = all.into_iter();
        all.filter_map(|(name, mae, unit)| Some(format!("{name} MAE {:.2} {unit}", mae?)))
            .collect()
    }
}

impl Watch for Lines {
    fn step(&mut self, _: &StepReport) {}

    fn validation(&mut self, row: &Row, is_best: bool) {
        let left = (self.steps - row.step) as f64 * self.batch as f64 / row.samples_per_second;
        let errors = self.errors(&row.errors()).into_iter();
        let errors: String = errors
            .map(|error| format!(", validation {error}"))
            .collect();
        let best = if is_best { ", best so far" } else { "" };
        let line = format!(
            "step {} of {}, loss {:.4e}, validation loss {:.4e}{errors}{best}, lr {:.2e}, {:.1} samples/s, {} left",
            row.step,
            self.steps,
            row.train.loss(&row.weights),
            row.validation.loss(&row.weights),
            row.learning_rate,
            row.samples_per_second,
            humantime::format_duration(std::time::Duration::from_secs(left as u64)),
        );
        self.say(&line);
    }
}
