//! The state of a run, from its `config.toml`, `thermo.csv`, `log.txt` and `summary.json`.

use super::diary::Diary;
use super::speed::Speed;
use super::standing::{age, is_at_work, Standing};
use super::tail::{Found, Tail};
use crate::cli::config_file;
use crate::cli::exit::OrBadInput;
use crate::cli::pace::{nanoseconds_per_day, Line};
use crate::cli::settings::RunSettings;
use crate::cli::terminal::{Size, TextLine};
use crate::cli::vitals::{self, Stopped, Vitals};
use crate::run::{RunDirectory, Summary};
use anyhow::{Context, Result};
use oreo_validation::drift::DriftMeter;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Columns of `thermo.csv`.
const COLUMNS: [&str; 6] = [
    "step",
    "time_ps",
    "potential_ev",
    "conserved_ev",
    "temperature_k",
    "max_bond_deviation_a",
];

/// Reads a run again and again.
pub struct RunWatch {
    directory: RunDirectory,
    replicas: Vec<ReplicaWatch>,
    started: Instant,
    speed: Speed,
}

/// How a run is.
#[derive(Debug, Clone, Serialize)]
pub struct RunState {
    kind: &'static str,
    directory: PathBuf,
    /// Whether it goes on
    pub state: Standing,
    /// Of the last line that was written
    step: u64,
    steps: u64,
    percent: f64,
    time_ps: f64,
    steps_per_s: Option<f64>,
    ns_per_day: Option<f64>,
    left_s: Option<f64>,
    /// Since the last line was written
    silent_s: Option<f64>,
    /// How to continue, where nobody works on it
    resume: Option<String>,
    replicas: Vec<Vitals>,
    #[serde(skip)]
    timestep_fs: f64,
    /// Of a run that has ended
    #[serde(skip)]
    pub summary: Option<Summary>,
}

impl RunWatch {
    /// Reads nothing yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            directory: RunDirectory::new(folder),
            replicas: Vec::new(),
            started: Instant::now(),
            speed: Speed::default(),
        }
    }

    /// Now.
    ///
    /// # Errors
    /// Bad input: a config that is not one of a run; a table that may not be read.
    pub fn look(&mut self) -> Result<RunState> {
        let settings = config_file::read(&self.directory.config()).or_bad_input()?;
        let table = |id: usize| self.directory.replica(id as u32).join("thermo.csv");
        let known = self.replicas.len()..settings.replicas.unwrap_or(1) as usize;
        let new: Vec<_> = known.map(|id| ReplicaWatch::new(table(id))).collect();
        self.replicas.extend(new);
        // Of a replica that still moves.
        let silent = self.replicas.iter().filter_map(|one| age(&one.path)).min();
        // Before the files: what a process leaves at its end is there when it is seen to have gone.
        let at_work = is_at_work(&self.directory, silent);
        let diary = Diary::read(&self.directory.log());
        let mut replicas = Vec::new();
        for (id, replica) in (0..).zip(&mut self.replicas) {
            replica.read()?;
            replicas.push(replica.vitals(id, &diary));
        }
        let step = furthest(&replicas);
        self.speed.see(self.started.elapsed().as_secs_f64(), step);
        let summary = match at_work {
            true => None,
            false => self.summary(&settings, &replicas),
        };
        let told = summary.iter().flat_map(|summary| &summary.replicas);
        for (replica, told) in replicas.iter_mut().zip(told) {
            // Lines are not written at every step.
            replica.step = told.steps;
            let stop = &told.stop;
            if !["completed", "requested"].contains(&stop.cause.as_str()) {
                replica.stop = Some(Stopped {
                    step: stop.step,
                    cause: stop.cause.clone(),
                    detail: stop.detail.clone(),
                });
            }
        }
        let state = standing(at_work, summary.as_ref());
        let average = || average(&diary, step, silent?);
        let told = summary.as_ref().map(|summary| summary.steps_per_s);
        let speed = told
            .or_else(|| self.speed.steps_per_second())
            .or_else(average);
        let silent_s = silent.map(|silent| silent.as_secs_f64());
        let state = self.state(&settings, state, replicas, speed);
        Ok(RunState {
            silent_s,
            summary,
            ..state
        })
    }

    fn state(
        &self,
        settings: &RunSettings,
        state: Standing,
        replicas: Vec<Vitals>,
        speed: Option<f64>,
    ) -> RunState {
        let timestep_fs = settings
            .timestep
            .map_or(f64::NAN, |timestep| timestep.femtoseconds());
        let line = Line {
            step: furthest(&replicas),
            total: settings.steps.unwrap_or(0),
            timestep: timestep_fs,
            replicas: replicas.len() as u32,
            steps_per_second: speed.unwrap_or(0.0),
        };
        let root = self.directory.root();
        let unfinished = matches!(state, Standing::Interrupted | Standing::NotRunning);
        let left = line.seconds_left();
        RunState {
            kind: "run",
            directory: root.to_path_buf(),
            state,
            step: line.step,
            steps: line.total,
            percent: line.percent(),
            time_ps: line.picoseconds(line.step),
            steps_per_s: speed,
            ns_per_day: speed.map(|speed| nanoseconds_per_day(speed, timestep_fs)),
            left_s: (state == Standing::Running && left.is_finite()).then_some(left),
            silent_s: None,
            resume: unfinished.then(|| remedy(&self.directory)),
            replicas,
            timestep_fs,
            summary: None,
        }
    }

    /// That of this very run, as long as it is: one of an earlier stretch is none.
    fn summary(&self, settings: &RunSettings, replicas: &[Vitals]) -> Option<Summary> {
        let text = std::fs::read(self.directory.summary()).ok()?;
        let summary: Summary = serde_json::from_slice(&text).ok()?;
        let fits = Some(summary.steps) == settings.steps
            && summary.replicas.len() == replicas.len()
            && replicas
                .iter()
                .zip(&summary.replicas)
                .all(|(seen, told)| seen.step <= told.steps);
        fits.then_some(summary)
    }
}

fn furthest(replicas: &[Vitals]) -> u64 {
    replicas
        .iter()
        .map(|replica| replica.step)
        .max()
        .unwrap_or(0)
}

/// `summary` is that of all of it.
fn standing(at_work: bool, summary: Option<&Summary>) -> Standing {
    let any = |cause: fn(&str) -> bool| {
        let replicas = summary.iter().flat_map(|summary| &summary.replicas);
        replicas.into_iter().any(|one| cause(&one.stop.cause))
    };
    match summary {
        _ if at_work => Standing::Running,
        None => Standing::NotRunning,
        Some(_) if any(|cause| cause == "requested") => Standing::Interrupted,
        Some(_) if any(|cause| cause != "completed") => Standing::Unstable,
        Some(_) => Standing::Completed,
    }
}

/// A run without a checkpoint has nothing to be continued from.
fn remedy(directory: &RunDirectory) -> String {
    let root = directory.root().display();
    match directory.checkpoint().exists() {
        true => format!("oreo resume {root}"),
        false => format!("oreo run {root}/config.toml --output {root} --overwrite"),
    }
}

/// Steps per second of the last process, from its beginning to its last line.
fn average(diary: &Diary, step: u64, silent: Duration) -> Option<f64> {
    let (began, first) = diary.session?;
    let last = SystemTime::now().checked_sub(silent)?;
    let seconds = last.duration_since(began).ok()?.as_secs_f64();
    let steps = step.checked_sub(first)?;
    (seconds > 1.0 && steps > 0).then(|| steps as f64 / seconds)
}

/// One replica: its last line, and the drift over all of them.
struct ReplicaWatch {
    path: PathBuf,
    tail: Tail,
    last: Vec<Option<f64>>,
    drift: DriftMeter,
}

impl ReplicaWatch {
    fn new(path: PathBuf) -> Self {
        Self {
            tail: Tail::new(path.clone(), &COLUMNS),
            path,
            last: Vec::new(),
            drift: DriftMeter::new(),
        }
    }

    fn read(&mut self) -> Result<()> {
        // A file that is cut back while it is read again can wait for the next look.
        for _ in 0..2 {
            let (last, drift) = (&mut self.last, &mut self.drift);
            let found = self.tail.read(|values| {
                if let (Some(time), Some(conserved)) = (values[1], values[3]) {
                    // What is not finite has no slope.
                    let _ = drift.add(time, conserved);
                }
                *last = values.to_vec();
            });
            let place = || self.path.display().to_string();
            if found.with_context(place).or_bad_input()? == Found::More {
                break;
            }
            (self.last, self.drift) = (Vec::new(), DriftMeter::new());
        }
        Ok(())
    }

    fn vitals(&self, id: u32, diary: &Diary) -> Vitals {
        let value = |k: usize| self.last.get(k).copied().flatten();
        let finite = |k: usize| value(k).filter(|value| value.is_finite());
        Vitals {
            id,
            step: value(0).map_or(0, |step| step as u64),
            temperature_k: finite(4),
            potential_ev: finite(2),
            drift_ev_per_ps: self.drift.drift().ok().map(|drift| drift.drift_ev_per_ps),
            max_bond_deviation_a: finite(5),
            stop: diary.stops.get(&id).cloned(),
        }
    }
}

impl RunState {
    /// For a terminal.
    pub fn lines(&self, size: Size) -> Vec<TextLine> {
        vitals::display(&self.line(), &self.replicas, size)
    }

    /// Where lines cannot be drawn again.
    pub fn text(&self) -> String {
        self.line().text(&vitals::together(&self.replicas))
    }

    /// Finished.
    pub fn step(&self) -> u64 {
        self.step
    }

    fn line(&self) -> Line {
        Line {
            step: self.step,
            total: self.steps,
            timestep: self.timestep_fs,
            replicas: self.replicas.len() as u32,
            steps_per_second: match self.state {
                Standing::Running => self.steps_per_s.unwrap_or(0.0),
                _ => 0.0,
            },
        }
    }

    fn report(&self) -> String {
        let page = self.directory.join("report.html");
        match page.exists() {
            true => format!("; its report is {}", page.display()),
            false => String::new(),
        }
    }

    /// Whether it goes on, in a sentence, and what to do if it should and does not.
    pub fn verdict(&self) -> String {
        let root = self.directory.display();
        let (step, steps) = (self.step, self.steps);
        match (self.state, &self.resume) {
            (Standing::Running, _) if self.silent_s.is_none() => {
                format!("{root}: running, before its first step")
            }
            (Standing::Running, _) => {
                let silent = crate::cli::pace::duration(self.silent_s.unwrap_or(0.0));
                format!("{root}: running; last line {silent} ago")
            }
            (Standing::Completed, _) => format!("{root}: completed{}", self.report()),
            (Standing::Unstable, _) => {
                let report = self.report();
                format!("{root}: ended, stopped by a stability rule{report}")
            }
            (Standing::Interrupted, Some(resume)) => {
                format!("{root}: interrupted at step {step} of {steps}; continue with: {resume}")
            }
            (_, Some(resume)) => format!(
                "{root}: no process works on it any more, and only {step} of {steps} steps are done; continue with: {resume}"
            ),
            (_, None) => format!("{root}: not running"),
        }
    }
}
