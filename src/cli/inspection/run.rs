//! A look at the folder of a run: what was asked for, how far it is, how it ended.

use super::checkpoint::CheckpointFacts;
use super::rows::Rows;
use crate::cli::config_file;
use crate::cli::exit::OrBadInput;
use crate::run::{RunDirectory, Summary};
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// What is in the folder.
#[derive(Debug, Serialize)]
pub struct RunFacts {
    kind: &'static str,
    directory: PathBuf,
    /// The keys of `config.toml`.
    config: toml::Table,
    /// Of the last checkpoint.
    step: Option<u64>,
    /// Planned.
    steps: Option<u64>,
    percent: Option<f64>,
    /// `null` until the run has ended or was interrupted.
    summary: Option<Summary>,
    checkpoint: Option<CheckpointFacts>,
}

impl RunFacts {
    /// Fails on a folder that is none of ours, and on a damaged file in it.
    pub fn of(path: &Path) -> Result<Self> {
        let directory = RunDirectory::open(path).or_bad_input()?;
        let settings = config_file::read(&directory.config()).or_bad_input()?;
        let checkpoint = directory.checkpoint();
        let checkpoint = checkpoint
            .is_file()
            .then(|| CheckpointFacts::of(&checkpoint));
        let checkpoint = checkpoint.transpose()?;
        let step = checkpoint.as_ref().and_then(|checkpoint| checkpoint.step);
        let steps = settings.steps;
        let percent = |(done, all): (u64, u64)| 100.0 * done as f64 / all.max(1) as f64;
        Ok(Self {
            kind: "run",
            directory: path.to_path_buf(),
            config: toml::Table::try_from(&settings)?,
            step,
            steps,
            percent: step.zip(steps).map(percent),
            summary: summary(&directory.summary())?,
            checkpoint,
        })
    }

    /// For people.
    pub fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        rows.add("run", self.directory.display());
        let settings = self
            .config
            .iter()
            .map(|(key, value)| format!("{key} = {value}"));
        rows.add_all("settings", settings);
        let known =
            |number: Option<u64>| number.map_or("?".to_string(), |number| number.to_string());
        let percent = self
            .percent
            .map_or(String::new(), |percent| format!(" ({percent:.1} %)"));
        rows.add(
            "progress",
            format!(
                "step {} of {}{percent}",
                known(self.step),
                known(self.steps)
            ),
        );
        match &self.summary {
            None => rows.add("summary", "none yet"),
            Some(summary) => rows.append(summary_rows(summary)),
        }
        if self.checkpoint.is_none() {
            rows.add("checkpoint", "none");
        }
        rows
    }
}

fn summary(path: &Path) -> Result<Option<Summary>> {
    if !path.is_file() {
        return Ok(None);
    }
    let place = || format!("{}: cannot be understood", path.display());
    let text = fs::read_to_string(path)
        .with_context(place)
        .or_bad_input()?;
    serde_json::from_str(&text)
        .map(Some)
        .with_context(place)
        .or_bad_input()
}

fn summary_rows(summary: &Summary) -> Rows {
    let mut rows = Rows::default();
    let speed = (summary.steps_per_s, summary.ns_per_day);
    rows.add(
        "speed",
        format!("{:.1} steps/s, {:.2} ns/day", speed.0, speed.1),
    );
    let replicas = summary.replicas.iter().map(|replica| {
        let stop = &replica.stop;
        let score = replica
            .h_r_mae
            .map_or(String::new(), |mae| format!(", h(r) MAE {mae:.4}"));
        format!(
            "{}: {} at step {}, stable for {:.3} ps{score}",
            replica.id, stop.cause, stop.step, replica.stable_ps
        )
    });
    rows.add_all("replicas", replicas);
    rows
}
