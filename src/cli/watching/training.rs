//! The state of a training, from its `config.toml`, `learning_curves.csv`, `log.txt` and `summary.json`.

use super::standing::{age, is_at_work, Standing};
use super::tail::{Found, Tail};
use crate::cli::exit::OrBadInput;
use crate::cli::pace::{duration, three_digits};
use crate::cli::terminal::{fit, Size, TextLine, Tone};
use crate::cli::training::config::TrainConfig;
use crate::cli::vitals::drawn_bar;
use crate::run::RunDirectory;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Columns of `learning_curves.csv`.
const COLUMNS: [&str; 9] = [
    "step",
    "wall_s",
    "lr",
    "train_loss",
    "validation_loss",
    "force_mae_mev_per_a",
    "energy_mae_mev_per_atom",
    "property_mae_mev",
    "samples_per_s",
];
/// Validations that are shown.
const SHOWN: usize = 8;
/// Lines that are no validation: bar, pace, best, head of the table, cursor, and what stands below.
const OTHER_LINES: usize = 6;

/// Reads a training again and again.
pub struct TrainingWatch {
    directory: RunDirectory,
    tail: Tail,
    rows: Vec<Row>,
}

/// One validation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Row {
    step: u64,
    wall_s: f64,
    learning_rate: Option<f64>,
    train_loss: Option<f64>,
    validation_loss: Option<f64>,
    validation_force_mae_mev_per_a: Option<f64>,
    validation_energy_mae_mev_per_atom: Option<f64>,
    validation_property_mae_mev: Option<f64>,
    samples_per_s: Option<f64>,
}

impl Row {
    fn of(values: &[Option<f64>]) -> Option<Self> {
        let finite = |k: usize| values[k].filter(|value: &f64| value.is_finite());
        Some(Self {
            step: finite(0)? as u64,
            wall_s: finite(1)?,
            learning_rate: finite(2),
            train_loss: finite(3),
            validation_loss: finite(4),
            validation_force_mae_mev_per_a: finite(5),
            validation_energy_mae_mev_per_atom: finite(6),
            validation_property_mae_mev: finite(7),
            samples_per_s: finite(8),
        })
    }

    /// The error that a person would ask for first, with its name and unit.
    fn error(&self) -> Option<(&'static str, f64, &'static str)> {
        let errors = [
            ("force", self.validation_force_mae_mev_per_a, "meV/Å"),
            ("property", self.validation_property_mae_mev, "meV"),
            (
                "energy",
                self.validation_energy_mae_mev_per_atom,
                "meV/atom",
            ),
        ];
        let mut errors = errors.into_iter();
        errors.find_map(|(name, error, unit)| Some((name, error?, unit)))
    }
}

/// How a training is.
#[derive(Debug, Clone, Serialize)]
pub struct TrainingState {
    kind: &'static str,
    directory: PathBuf,
    /// Whether it goes on
    pub state: Standing,
    /// Of the last validation
    step: u64,
    steps: u64,
    percent: f64,
    samples_per_s: Option<f64>,
    left_s: Option<f64>,
    /// Since the last validation was written
    silent_s: Option<f64>,
    resume: Option<String>,
    last: Option<Row>,
    /// With the lowest validation loss
    best: Option<Row>,
    #[serde(skip)]
    recent: Vec<Row>,
    #[serde(skip)]
    wall_s: f64,
}

impl TrainingWatch {
    /// Reads nothing yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            directory: RunDirectory::new(folder),
            tail: Tail::new(folder.join("learning_curves.csv"), &COLUMNS),
            rows: Vec::new(),
        }
    }

    /// Now.
    ///
    /// # Errors
    /// Bad input: a config that is not one of a training; a table that may not be read.
    pub fn look(&mut self) -> Result<TrainingState> {
        let config = TrainConfig::read(&self.directory.config())?;
        let root = self.directory.root().to_path_buf();
        let curves = root.join("learning_curves.csv");
        let silent = age(&curves);
        let at_work = is_at_work(&self.directory, silent);
        for _ in 0..2 {
            let rows = &mut self.rows;
            let found = self.tail.read(|values| rows.extend(Row::of(values)));
            let place = || curves.display().to_string();
            if found.with_context(place).or_bad_input()? == Found::More {
                break;
            }
            self.rows.clear();
        }
        let last = self.rows.last().copied();
        let step = last.map_or(0, |row| row.step);
        let summary = match at_work {
            true => None,
            false => summary(&self.directory, step),
        };
        let state = match (at_work, &summary) {
            (true, _) => Standing::Running,
            (false, Some(done)) if *done >= config.training.steps || has_ended(&root) => {
                Standing::Completed
            }
            _ if was_stopped(&root) => Standing::Interrupted,
            _ => Standing::NotRunning,
        };
        let steps = config.training.steps;
        let unfinished = matches!(state, Standing::Interrupted | Standing::NotRunning);
        let silent_s = silent.map(|age| age.as_secs_f64());
        Ok(TrainingState {
            kind: "training",
            state,
            step,
            steps,
            percent: 100.0 * step as f64 / steps.max(1) as f64,
            samples_per_s: last.and_then(|row| row.samples_per_s),
            left_s: (state == Standing::Running)
                .then(|| left(&self.rows, steps, config.training.time_limit, silent_s))
                .flatten(),
            silent_s,
            resume: unfinished.then(|| format!("oreo train --resume {}", root.display())),
            best: best(&self.rows),
            recent: self.rows[self.rows.len().saturating_sub(SHOWN)..].to_vec(),
            wall_s: last.map_or(0.0, |row| row.wall_s),
            last,
            directory: root,
        })
    }
}

fn best(rows: &[Row]) -> Option<Row> {
    let loss = |row: &Row| row.validation_loss.unwrap_or(f64::INFINITY);
    rows.iter()
        .copied()
        .min_by(|a, b| loss(a).total_cmp(&loss(b)))
}

/// s, at the pace between the last two validations, these included; never beyond the time limit.
fn left(rows: &[Row], steps: u64, limit: Option<f64>, silent: Option<f64>) -> Option<f64> {
    let (before, last) = match rows {
        [.., before, last] => ((before.step, before.wall_s), last),
        [last] => ((0, 0.0), last),
        [] => return None,
    };
    let per_step = (last.wall_s - before.1) / (last.step - before.0) as f64;
    let all = steps.saturating_sub(last.step) as f64 * per_step;
    let within = limit.map_or(f64::INFINITY, |limit| limit - last.wall_s);
    let since = silent.unwrap_or(0.0);
    Some((all.min(within) - since).max(0.0)).filter(|left| left.is_finite())
}

/// Steps of `summary.json`, unless it is that of an earlier stretch.
fn summary(directory: &RunDirectory, step: u64) -> Option<u64> {
    let text = std::fs::read(directory.summary()).ok()?;
    let summary: Value = serde_json::from_slice(&text).ok()?;
    summary["steps"].as_u64().filter(|done| *done >= step)
}

/// By anything but its last step.
fn has_ended(root: &Path) -> bool {
    let text = std::fs::read(root.join("summary.json")).unwrap_or_default();
    let summary: Value = serde_json::from_slice(&text).unwrap_or_default();
    matches!(summary["ending"].as_str(), Some("exhausted" | "timelimit"))
}

/// The last line of the log says so.
fn was_stopped(root: &Path) -> bool {
    let text = std::fs::read(root.join("log.txt")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let last = text.lines().last().unwrap_or_default();
    last.starts_with("stopped; continue with")
}

impl TrainingState {
    /// For a terminal.
    pub fn lines(&self, size: Size) -> Vec<TextLine> {
        let width = size.width();
        let mut parts = vec![
            format!("{:.1} %", self.percent),
            format!("step {} of {}", self.step, self.steps),
        ];
        parts.extend(self.left());
        let mut lines: Vec<TextLine> = vec![drawn_bar(self.percent, &parts, width).into()];
        lines.push(fit(&self.pace(), ", ", width).into());
        lines.push(fit(&self.errors(), ", ", width).into());
        let room = size.rows.saturating_sub(OTHER_LINES).min(self.recent.len());
        if room > 1 {
            let recent = &self.recent[self.recent.len() - room..];
            lines.push(TextLine::new(fit(&head(recent), "  ", width), Tone::Quiet));
            lines.extend(
                recent
                    .iter()
                    .map(|row| fit(&cells(row), "  ", width).into()),
            );
        }
        lines
    }

    /// Where lines cannot be drawn again.
    pub fn text(&self) -> String {
        let step = format!("step {}/{} ({:.1} %)", self.step, self.steps, self.percent);
        let mut parts = vec![step];
        parts.extend(self.left());
        parts.extend(self.errors());
        parts.extend(self.pace());
        parts.join(", ")
    }

    /// Of the last validation.
    pub fn step(&self) -> u64 {
        self.step
    }

    fn left(&self) -> Option<String> {
        Some(format!("{} left", duration(self.left_s?)))
    }

    fn pace(&self) -> Vec<String> {
        let row = self.last;
        let loss = row.and_then(|row| row.train_loss);
        let rate = row.and_then(|row| row.learning_rate);
        let speed = self.samples_per_s.map(three_digits);
        let parts = [
            speed.map(|speed| format!("{speed} samples/s")),
            loss.map(|loss| format!("loss {loss:.3e}")),
            rate.map(|rate| format!("learning rate {rate:.2e}")),
            (self.wall_s > 0.0).then(|| format!("{} so far", duration(self.wall_s))),
        ];
        parts.into_iter().flatten().collect()
    }

    /// `validation force MAE 7.51 meV/Å, best 7.40 at step 15500`
    fn errors(&self) -> Vec<String> {
        let error = |row: Option<Row>| row.and_then(|row| Some((row.step, row.error()?)));
        let mut parts = Vec::new();
        if let Some((_, (name, error, unit))) = error(self.last) {
            parts.push(format!("validation {name} MAE {error:.2} {unit}"));
        }
        if let Some((step, (_, error, _))) = error(self.best) {
            parts.push(format!("best {error:.2} at step {step}"));
        }
        if let Some(loss) = self.last.and_then(|row| row.validation_loss) {
            parts.push(format!("validation loss {loss:.3e}"));
        }
        parts
    }

    /// Whether it goes on, in a sentence, and what to do if it should and does not.
    pub fn verdict(&self) -> String {
        let root = self.directory.display();
        let (step, steps) = (self.step, self.steps);
        match (self.state, self.silent_s, &self.resume) {
            (Standing::Running, Some(silent), _) if self.last.is_some() => {
                format!("{root}: running; last validation {} ago", duration(silent))
            }
            (Standing::Running, ..) => format!("{root}: running, before its first validation"),
            (Standing::Interrupted, _, Some(resume)) => {
                format!("{root}: stopped after step {step} of {steps}; continue with: {resume}")
            }
            (Standing::NotRunning, _, Some(resume)) => format!(
                "{root}: no process works on it any more, and it is not finished (step {step} of {steps}); continue with: {resume}"
            ),
            _ => format!("{root}: completed; its weights are in {}", self.directory.join("best.safetensors").display()),
        }
    }
}

fn head(rows: &[Row]) -> Vec<String> {
    let unit = rows.last().and_then(Row::error);
    let error = unit.map_or("MAE".into(), |(name, _, unit)| {
        format!("{name} MAE ({unit})")
    });
    columns([
        "step".into(),
        "loss".into(),
        "validation loss".into(),
        error,
    ])
}

fn cells(row: &Row) -> Vec<String> {
    let scientific = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.3e}"));
    let error = row
        .error()
        .map_or("-".into(), |(_, error, _)| format!("{error:.2}"));
    columns([
        row.step.to_string(),
        scientific(row.train_loss),
        scientific(row.validation_loss),
        error,
    ])
}

fn columns([step, loss, validation, error]: [String; 4]) -> Vec<String> {
    vec![
        format!("{step:>9}"),
        format!("{loss:>10}"),
        format!("{validation:>15}"),
        format!("{error:>21}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, wall_s: f64, loss: f64, mae: f64) -> Row {
        Row {
            step,
            wall_s,
            learning_rate: Some(1e-4),
            train_loss: Some(0.5 * loss),
            validation_loss: Some(loss),
            validation_force_mae_mev_per_a: Some(mae),
            validation_energy_mae_mev_per_atom: None,
            validation_property_mae_mev: None,
            samples_per_s: Some(80.0),
        }
    }

    /// 100 steps took 40 s, 600 are left: 240 s, less the 30 s since; a limit of 200 s leaves 60 − 30. Catches the mean over
    /// all rows (0.35 s a step) for the last two.
    #[test]
    fn time_left_by_hand() {
        let rows = [row(300, 100.0, 1e-3, 8.0), row(400, 140.0, 2e-3, 9.0)];
        assert_eq!(left(&rows, 1000, None, Some(30.0)), Some(210.0));
        assert_eq!(left(&rows, 1000, Some(200.0), Some(30.0)), Some(30.0));
        assert_eq!(left(&rows[..1], 600, None, None), Some(100.0));
        assert_eq!(left(&rows, 1000, None, Some(1e6)), Some(0.0));
        assert_eq!(left(&[], 1000, None, None), None);
    }

    /// Catches the last row for the best one.
    #[test]
    fn the_display_by_hand() {
        let rows = vec![row(300, 100.0, 1e-3, 8.0), row(400, 140.0, 2e-3, 9.0)];
        let state = TrainingState {
            kind: "training",
            directory: "t".into(),
            state: Standing::Running,
            step: 400,
            steps: 1000,
            percent: 40.0,
            samples_per_s: Some(80.0),
            left_s: Some(210.0),
            silent_s: Some(30.0),
            resume: None,
            last: rows.last().copied(),
            best: best(&rows),
            wall_s: 140.0,
            recent: rows,
        };
        let lines = state.lines(Size::USUAL);
        let text: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            text,
            [
                "━━━━━━━━━─────────────── 40.0 %, step 400 of 1000, 3 min 30 s left",
                "80.0 samples/s, loss 1.000e-3, learning rate 1.00e-4, 2 min 20 s so far",
                "validation force MAE 9.00 meV/Å, best 8.00 at step 300",
                "     step        loss  validation loss      force MAE (meV/Å)",
                "      300    5.000e-4         1.000e-3                   8.00",
                "      400    1.000e-3         2.000e-3                   9.00",
            ]
        );
        assert_eq!(state.verdict(), "t: running; last validation 30 s ago");
        let narrow = Size {
            rows: 24,
            columns: 30,
        };
        assert!(state
            .lines(narrow)
            .iter()
            .all(|line| line.text.chars().count() < 30));
    }
}
