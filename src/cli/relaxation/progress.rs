//! Progress of a relaxation on standard error: a spinner on a terminal, else a line every ten seconds. How many steps are left
//! nobody knows; how far the largest force has come is what one wants to see.

use crate::cli::output;
use crate::cli::terminal::redraws_stderr;
use crate::Relaxation;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Instant;

/// Seconds between two lines.
const LINE_EVERY: f64 = 10.0;

/// Shows where a relaxation is.
pub(super) struct RelaxProgress {
    max_steps: u64,
    started: Instant,
    printed_at: f64,
    spinner: Option<ProgressBar>,
}

impl RelaxProgress {
    pub fn new(max_steps: u64) -> Self {
        Self {
            max_steps,
            started: Instant::now(),
            printed_at: 0.0,
            spinner: redraws_stderr().then(spinner),
        }
    }

    /// After each step.
    pub fn update(&mut self, relaxation: &Relaxation) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(line(relaxation, self.max_steps));
            spinner.inc(1);
            return;
        }
        let seconds = self.started.elapsed().as_secs_f64();
        if seconds - self.printed_at >= LINE_EVERY {
            self.printed_at = seconds;
            output::say(line(relaxation, self.max_steps));
        }
    }

    /// What comes next on standard error is the result's.
    pub fn finish(self) {
        if let Some(spinner) = self.spinner {
            spinner.finish_and_clear();
        }
    }
}

fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg}, {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5)).with_style(style)
}

/// `step 37 of at most 1000, largest force 0.1234 eV/A, -4209.1234 eV`
fn line(relaxation: &Relaxation, max_steps: u64) -> String {
    let state = relaxation.state();
    format!(
        "step {} of at most {max_steps}, largest force {:.4} eV/A, {:.4} eV",
        state.step,
        relaxation.max_force(),
        state.energy
    )
}
