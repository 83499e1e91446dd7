//! The state of a relaxation, from its `convergence.csv`, `log.txt` and `summary.json`.

use super::speed::Speed;
use super::standing::{age, is_at_work, Standing};
use super::tail::{Found, Tail};
use crate::cli::exit::OrBadInput;
use crate::cli::pace::{duration, three_digits};
use crate::cli::relaxation::goal::Goal;
use crate::cli::terminal::{fit, Size, TextLine, Tone};
use crate::run::RunDirectory;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Columns of `convergence.csv`.
const COLUMNS: [&str; 4] = [
    "step",
    "energy_ev",
    "max_force_ev_per_a",
    "max_displacement_a",
];
/// Steps that are shown.
const SHOWN: usize = 8;
/// Lines that are no step: three at the top, head of the table, cursor, and what stands below.
const OTHER_LINES: usize = 6;
/// Bytes of the log; the goal stands in its second line, after a path.
const MOST_OF_LOG: u64 = 64 << 10;

/// Reads a relaxation again and again.
pub struct RelaxationWatch {
    directory: RunDirectory,
    tail: Tail,
    first: Option<Row>,
    recent: VecDeque<Row>,
    started: Instant,
    speed: Speed,
}

/// One structure on the way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Row {
    step: u64,
    energy_ev: f64,
    max_force_ev_per_a: f64,
    max_displacement_a: f64,
}

impl Row {
    fn of(values: &[Option<f64>]) -> Option<Self> {
        Some(Self {
            step: values[0]? as u64,
            energy_ev: values[1]?,
            max_force_ev_per_a: values[2]?,
            max_displacement_a: values[3]?,
        })
    }
}

/// How a relaxation is.
#[derive(Debug, Clone, Serialize)]
pub struct RelaxationState {
    kind: &'static str,
    directory: PathBuf,
    /// Whether it goes on
    pub state: Standing,
    /// Of the last line that was written
    step: u64,
    max_steps: Option<u64>,
    /// Where it is over
    fmax_ev_per_a: Option<f64>,
    /// On an atom that may move
    max_force_ev_per_a: Option<f64>,
    max_force_start_ev_per_a: Option<f64>,
    energy_ev: Option<f64>,
    energy_start_ev: Option<f64>,
    /// Of an atom in the last step
    max_displacement_a: Option<f64>,
    steps_per_s: Option<f64>,
    /// Since the last line was written
    silent_s: Option<f64>,
    #[serde(skip)]
    recent: Vec<Row>,
}

impl RelaxationWatch {
    /// Reads nothing yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            directory: RunDirectory::new(folder),
            tail: Tail::new(folder.join("convergence.csv"), &COLUMNS),
            first: None,
            recent: VecDeque::new(),
            started: Instant::now(),
            speed: Speed::default(),
        }
    }

    /// Now.
    ///
    /// # Errors
    /// Bad input: a table that may not be read.
    pub fn look(&mut self) -> Result<RelaxationState> {
        let root = self.directory.root().to_path_buf();
        let silent = age(&root.join("convergence.csv"));
        // Before the files: what a process leaves at its end is there when it is seen to have gone.
        let at_work = is_at_work(&self.directory, silent);
        self.read()?;
        let last = self.recent.back();
        let step = last.map_or(0, |row| row.step);
        self.speed.see(self.started.elapsed().as_secs_f64(), step);
        let goal = goal(&self.directory.log());
        Ok(RelaxationState {
            kind: "relaxation",
            state: match at_work {
                true => Standing::Running,
                false => ended(&self.directory.summary(), step),
            },
            step,
            max_steps: goal.map(|goal| goal.max_steps),
            fmax_ev_per_a: goal.map(|goal| goal.fmax.ev_per_angstrom()),
            max_force_ev_per_a: last.map(|row| row.max_force_ev_per_a),
            max_force_start_ev_per_a: self.first.map(|row| row.max_force_ev_per_a),
            energy_ev: last.map(|row| row.energy_ev),
            energy_start_ev: self.first.map(|row| row.energy_ev),
            max_displacement_a: last.map(|row| row.max_displacement_a),
            steps_per_s: self.speed.steps_per_second(),
            silent_s: silent.map(|age| age.as_secs_f64()),
            recent: self.recent.iter().copied().collect(),
            directory: root,
        })
    }

    fn read(&mut self) -> Result<()> {
        for _ in 0..2 {
            let (first, recent) = (&mut self.first, &mut self.recent);
            let found = self.tail.read(|values| {
                let Some(row) = Row::of(values) else { return };
                first.get_or_insert(row);
                recent.push_back(row);
                if recent.len() > SHOWN {
                    recent.pop_front();
                }
            });
            let place = || format!("{}/convergence.csv", self.directory.root().display());
            if found.with_context(place).or_bad_input()? == Found::More {
                break;
            }
            // Another relaxation in the same folder.
            (self.first, self.recent) = (None, VecDeque::new());
        }
        Ok(())
    }
}

/// As far as the log can be read.
fn goal(log: &Path) -> Option<Goal> {
    let start = BufReader::new(File::open(log).ok()?.take(MOST_OF_LOG));
    let mut lines = start.lines().map_while(std::io::Result::ok);
    lines.find_map(|line| Goal::told(&line))
}

/// By `summary.json`, which comes last; that of an earlier relaxation was removed when this one began.
fn ended(summary: &Path, step: u64) -> Standing {
    let text = std::fs::read(summary).unwrap_or_default();
    let summary: Value = serde_json::from_slice(&text).unwrap_or_default();
    match summary["stop"].as_str() {
        _ if summary["steps"].as_u64() != Some(step) => Standing::NotRunning,
        Some("converged") => Standing::Completed,
        Some("max_steps") => Standing::Unconverged,
        _ => Standing::Interrupted,
    }
}

impl RelaxationState {
    /// For a terminal.
    pub fn lines(&self, size: Size) -> Vec<TextLine> {
        let width = size.width();
        let parts = [self.steps(), self.forces(), self.energies()];
        let mut lines: Vec<TextLine> = parts
            .iter()
            .map(|parts| fit(parts, ", ", width).into())
            .collect();
        let room = size.rows.saturating_sub(OTHER_LINES).min(self.recent.len());
        if room > 1 {
            let recent = &self.recent[self.recent.len() - room..];
            let head = [
                "step",
                "energy (eV)",
                "largest force (eV/Å)",
                "step length (Å)",
            ];
            let head = columns(head.map(String::from));
            lines.push(TextLine::new(fit(&head, "  ", width), Tone::Quiet));
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
        [self.steps(), self.forces(), self.energies()]
            .concat()
            .join(", ")
    }

    /// Of the last line that was written.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// How many are left nobody knows.
    fn steps(&self) -> Vec<String> {
        let most = self.max_steps.map(|most| format!(" of at most {most}"));
        let step = format!("step {}{}", self.step, most.unwrap_or_default());
        let speed = self.steps_per_s.filter(|_| self.state == Standing::Running);
        let speed = speed.map(|speed| format!("{} steps/s", three_digits(speed)));
        [Some(step), speed].into_iter().flatten().collect()
    }

    fn forces(&self) -> Vec<String> {
        let parts = [
            (self.max_force_ev_per_a).map(|force| format!("largest force {force:.4} eV/Å")),
            (self.fmax_ev_per_a).map(|fmax| format!("over below {fmax}")),
            (self.max_force_start_ev_per_a).map(|force| format!("{force:.4} at the start")),
        ];
        parts.into_iter().flatten().collect()
    }

    fn energies(&self) -> Vec<String> {
        let from_start = self.energy_ev.zip(self.energy_start_ev);
        let parts = [
            self.energy_ev
                .map(|energy| format!("energy {energy:.6} eV")),
            from_start.map(|(now, start)| format!("{:+.6} from the start", now - start)),
            (self.max_displacement_a).map(|way| format!("last step {way:.4} Å")),
        ];
        parts.into_iter().flatten().collect()
    }

    /// Whether it goes on, in a sentence, and what to do if it should and does not.
    pub fn verdict(&self) -> String {
        let root = self.directory.display();
        let relaxed = self.directory.join("relaxed.xyz");
        let (step, relaxed) = (self.step, relaxed.display());
        let go_on = format!("go on with: oreo relax --structure {relaxed} and another --output");
        match (self.state, self.silent_s) {
            (Standing::Running, Some(silent)) if !self.recent.is_empty() => {
                format!("{root}: running; last step {} ago", duration(silent))
            }
            (Standing::Running, _) => format!("{root}: running, before its first force call"),
            (Standing::Completed, _) => format!("{root}: converged; the minimum is in {relaxed}"),
            (Standing::Unconverged, _) => {
                format!("{root}: not converged after {step} steps; {go_on}")
            }
            (Standing::Interrupted, _) => {
                format!("{root}: interrupted at step {step}; {go_on}")
            }
            _ => format!(
                "{root}: no process works on it any more, and it is not finished (step {step}); begin again, or go on from a frame of {}",
                self.directory.join("trajectory.xyz").display()
            ),
        }
    }
}

fn cells(row: &Row) -> Vec<String> {
    columns([
        row.step.to_string(),
        format!("{:.6}", row.energy_ev),
        format!("{:.3e}", row.max_force_ev_per_a),
        format!("{:.3e}", row.max_displacement_a),
    ])
}

fn columns([step, energy, force, way]: [String; 4]) -> Vec<String> {
    vec![
        format!("{step:>9}"),
        format!("{energy:>16}"),
        format!("{force:>20}"),
        format!("{way:>15}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, energy_ev: f64, force: f64) -> Row {
        Row {
            step,
            energy_ev,
            max_force_ev_per_a: force,
            max_displacement_a: 0.05,
        }
    }

    #[test]
    fn the_display_by_hand() {
        let rows = [row(6, -10.0, 0.5), row(7, -10.25, 0.125)];
        let state = RelaxationState {
            kind: "relaxation",
            directory: "r".into(),
            state: Standing::Running,
            step: 7,
            max_steps: Some(1000),
            fmax_ev_per_a: Some(0.01),
            max_force_ev_per_a: Some(0.125),
            max_force_start_ev_per_a: Some(2.0),
            energy_ev: Some(-10.25),
            energy_start_ev: Some(-9.0),
            max_displacement_a: Some(0.05),
            steps_per_s: Some(12.34),
            silent_s: Some(3.0),
            recent: rows.to_vec(),
        };
        let lines = state.lines(Size::USUAL);
        let text: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            text,
            [
                "step 7 of at most 1000, 12.3 steps/s",
                "largest force 0.1250 eV/Å, over below 0.01, 2.0000 at the start",
                "energy -10.250000 eV, -1.250000 from the start, last step 0.0500 Å",
                "     step       energy (eV)  largest force (eV/Å)  step length (Å)",
                "        6        -10.000000              5.000e-1         5.000e-2",
                "        7        -10.250000              1.250e-1         5.000e-2",
            ]
        );
        assert_eq!(state.verdict(), "r: running; last step 3.0 s ago");
        let done = RelaxationState {
            state: Standing::Unconverged,
            ..state
        };
        assert_eq!(
            done.verdict(),
            "r: not converged after 7 steps; go on with: oreo relax --structure r/relaxed.xyz and another --output"
        );
        let narrow = Size {
            rows: 24,
            columns: 30,
        };
        let lines = done.lines(narrow);
        assert!(lines.iter().all(|line| line.text.chars().count() < 30));
    }
}
