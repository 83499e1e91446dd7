//! What a training says on the way: one line for each validation, on standard error and in `log.txt`.

use crate::cli::output;
use oreo_training::trainer::curves::Row;
use oreo_training::trainer::{StepReport, Watch};
use std::fs::File;
use std::io::Write;

/// Says and logs.
pub struct Lines {
    /// Of the whole run
    pub steps: u64,
    /// Conformations for each step
    pub batch: u64,
    /// `log.txt`; none on ranks that do not write
    pub log: Option<File>,
}

impl Lines {
    /// Says and logs a line. A log that cannot be written must not end a training.
    pub fn say(&mut self, line: &str) {
        output::say(line);
        if let Some(log) = &mut self.log {
            let _ = writeln!(log, "{line}");
        }
    }
}

impl Watch for Lines {
    fn step(&mut self, _: &StepReport) {}

    fn validation(&mut self, row: &Row, is_best: bool) {
        let left = (self.steps - row.step) as f64 * self.batch as f64 / row.samples_per_second;
        let force = row.force_mae.map_or(String::new(), |mae| {
            format!(", validation force MAE {mae:.2} meV/A")
        });
        let best = if is_best { ", best so far" } else { "" };
        let line = format!(
            "step {} of {}, loss {:.4e}, validation loss {:.4e}{force}{best}, lr {:.2e}, {:.1} samples/s, {} left",
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
