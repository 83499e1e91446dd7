//! What `oreo bench --train` found, as JSON and as a table.

use crate::cli::bench::suite::record::Network;
use crate::cli::pace::three_digits;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is in a step, and what is quoted of many.
pub const METHOD: &str = "steps of the trainer (forces of a batch, loss, gradient by every weight, AdamW) after two to \
     warm up; cpu: time of all processors in this process, least of all steps; wall: shortest step; parts: of that step, update \
     is AdamW, rest is reading, loss and the norm of the gradient";

/// Everything that was measured, and how.
#[derive(Debug, Serialize)]
pub struct Report {
    /// One for each structure and engine.
    pub train: Vec<Row>,
    /// What was trained.
    pub network: Network,
    /// Of the engine.
    pub threads: u32,
    /// That the native engine takes on this processor.
    pub instruction_set: String,
    /// What is in a step, and what is quoted of many.
    pub method: &'static str,
    /// Of the machine over the last minute, before anything was timed; `None` where the system does not say.
    pub load_average: Option<f64>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Steps on one structure with one engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Of the structure.
    pub name: String,
    /// `native` or `reference`
    pub engine: String,
    /// `cpu` or `cuda:N`
    pub device: String,
    /// Conformations for each step.
    pub batch: usize,
    /// Of one conformation.
    pub atoms: usize,
    /// Undirected, within the cutoff, of the structure before its conformations were moved.
    pub pairs: usize,
    /// Of the engine.
    pub threads: u32,
    /// Numbers that are trained.
    pub parameters: usize,
    /// That were timed.
    pub steps: usize,
    /// Of all threads, least of the steps; `None` where the system does not say.
    pub cpu_ms_per_step: Option<f64>,
    /// Of all threads, mean of the steps.
    pub cpu_ms_mean: Option<f64>,
    /// Shortest step.
    pub wall_ms_per_step: f64,
    /// Half of the steps were not slower.
    pub wall_ms_median: f64,
    /// In the shortest step.
    pub samples_per_s: f64,
    /// Of all threads, least of the steps.
    pub cpu_ms_per_sample: Option<f64>,
    /// Of the step that took the shortest time.
    pub parts: Parts,
    /// (eV/Å)², before the first step: engines can be compared with each other.
    pub first_loss: f64,
    /// Of the first step.
    pub first_gradient_norm: f64,
}

/// Where the wall time of a step goes; the sum is the step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Energies and forces of the batch.
    pub forces_ms: f64,
    /// Of the loss by every weight.
    pub gradient_ms: f64,
    /// AdamW, on the engine's own numbers.
    pub update_ms: f64,
    /// Reading, loss, norm of the gradient.
    pub rest_ms: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = &self.network;
        writeln!(
            f,
            "network     {} channels, {} layers, {} heads, {} radial functions, {} parameters ({})",
            network.channels,
            network.layers,
            network.heads,
            network.radial_functions,
            network.parameters,
            network.weights
        )?;
        writeln!(
            f,
            "threads     {} ({} in the native engine)",
            self.threads, self.instruction_set
        )?;
        writeln!(f, "measured    {}", self.method)?;
        writeln!(
            f,
            "\n{:<14} {:<9} {:<7} {:>5} {:>5} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "system",
            "engine",
            "device",
            "atoms",
            "pairs",
            "batch",
            "cpu ms",
            "/ sample",
            "wall ms",
            "samples/s",
            "forces",
            "gradient",
            "update",
            "rest"
        )?;
        self.train.iter().try_for_each(|row| row.fmt(f))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let optional = |value: Option<f64>| value.map_or("-".into(), three_digits);
        write!(
            f,
            "{:<14} {:<9} {:<7} {:>5} {:>5} {:>5}",
            self.name, self.engine, self.device, self.atoms, self.pairs, self.batch
        )?;
        let times = [
            optional(self.cpu_ms_per_step),
            optional(self.cpu_ms_per_sample),
            three_digits(self.wall_ms_per_step),
            three_digits(self.samples_per_s),
            three_digits(self.parts.forces_ms),
            three_digits(self.parts.gradient_ms),
            three_digits(self.parts.update_ms),
            three_digits(self.parts.rest_ms),
        ];
        times.iter().try_for_each(|time| write!(f, " {time:>9}"))?;
        writeln!(f)
    }
}
