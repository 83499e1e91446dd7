//! `bench.json`: all that PERFORMANCE.md says, and nothing that it does not need.

use crate::cli::bench::flops::{per_atom, per_pair, Work};
use crate::cli::bench::peak::Peak;
use crate::cli::bench::report::{Comparison, CountedWork};
use crate::cli::bench::samples::Milliseconds;
use crate::cli::exit::OrBadInput;
use anyhow::{Context, Result};
use oreo_potentials::oreo::{Config, Weights};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One run of the suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Where, with what, how.
    pub conditions: Conditions,
    /// One copy, one thread, from small to large.
    pub sizes: Vec<Case>,
    /// One small molecule, more and more copies in a call, one thread.
    pub replicas: Vec<Case>,
    /// More and more threads.
    pub threads: Vec<Case>,
    /// Precisions, and what else can be chosen about the arithmetic.
    pub modes: Vec<Mode>,
    /// Against the other path, timed in turns.
    pub comparisons: Vec<Compared>,
    /// What was not measured, and why.
    pub skipped: Vec<String>,
}

/// Where, with what, how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// Name and version.
    pub program: String,
    /// UTC, when it was finished.
    pub date: String,
    /// As the system names it.
    pub processor: Option<String>,
    /// That can run at once.
    pub cores: usize,
    /// Of the machine over a minute, before.
    pub load_average_before: Option<f64>,
    /// After; the suite itself is in it.
    pub load_average_after: Option<f64>,
    /// Of one core.
    pub peak: Peak,
    /// How it was measured.
    pub peak_method: String,
    /// That the fast path takes on this processor.
    pub instruction_set: String,
    /// As the potential names itself.
    pub potential: String,
    /// `fused` or `reference`: what the tables are about.
    pub path: String,
    /// Precision and filters where a table does not say otherwise, one of [`Mode::mode`].
    pub mode: String,
    /// How far the fast path was from the reference before anything was timed; `None` for the reference itself.
    pub self_test: Option<String>,
    /// The network.
    pub network: Network,
    /// How long a case was timed, s.
    pub case_seconds: f64,
    /// Timed calls of a case at least.
    pub fewest_calls: u64,
    /// Longer calls were left out, ms.
    pub longest_call_ms: f64,
}

/// The network and its counted work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// Name of the file.
    pub weights: String,
    /// Of the file.
    pub sha256: String,
    /// C
    pub channels: usize,
    /// L
    pub layers: usize,
    /// Of the attention.
    pub heads: usize,
    /// K
    pub radial_functions: usize,
    /// Å
    pub cutoff_a: f64,
    /// Trainable.
    pub parameters: usize,
    /// Matrix products, 1e6.
    pub mflop_per_atom: f64,
    /// Messages and filters of an undirected pair, 1e6.
    pub mflop_per_pair: f64,
}

/// One structure, timed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Of the structure.
    pub name: String,
    /// Of one copy.
    pub atoms: usize,
    /// Undirected, within the cutoff, of one copy.
    pub pairs: usize,
    /// Copies in a call.
    pub replicas: u32,
    /// Of the network.
    pub threads: u32,
    /// One call for all copies.
    pub ms: Milliseconds,
    /// That were timed.
    pub calls: u64,
    /// Of one call.
    #[serde(flatten)]
    pub work: CountedWork,
    /// The floor over the shortest call.
    pub fraction_of_peak: f64,
}

/// A structure in one way to compute it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mode {
    /// e.g. `f32`, or `f32, exact filters`
    pub mode: String,
    /// The times.
    #[serde(flatten)]
    pub case: Case,
    /// Root of the mean squared force difference from f64 with exact filters, over that of the force; `None` for that
    /// itself.
    pub force_relative_rms: Option<f64>,
    /// From f64, per atom.
    pub energy_deviation_ev_per_atom: Option<f64>,
}

/// A structure on both paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The path that the suite is about.
    #[serde(flatten)]
    pub case: Case,
    /// The other one.
    pub compare: Comparison,
}

impl Network {
    /// Of weights of this name.
    pub fn of(name: String, weights: &Weights) -> Self {
        let config: &Config = &weights.config;
        Self {
            weights: name,
            sha256: weights.sha256.clone(),
            channels: config.channels,
            layers: config.layers,
            heads: config.heads,
            radial_functions: config.radial_functions,
            cutoff_a: config.cutoff_upper,
            parameters: config.parameter_count(),
            mflop_per_atom: per_atom(config) * 1e-6,
            mflop_per_pair: per_pair(config) * 1e-6,
        }
    }
}

impl Case {
    /// Against another peak.
    fn rate(&mut self, peak: &Peak) {
        let nodes = self.work.mflop_nodes * 1e6;
        let edges = self.work.mflop_edges * 1e6;
        self.work = CountedWork::new(Work { nodes, edges }, peak, self.threads);
        self.fraction_of_peak = self.work.floor_ms / self.ms.min;
    }
}

impl Record {
    /// Reads `bench.json`.
    pub fn read(path: &Path) -> Result<Self> {
        let place = || format!("{} is no bench.json of this version", path.display());
        let text = std::fs::read(path).with_context(|| format!("{}", path.display()));
        serde_json::from_slice(&text.or_bad_input()?)
            .with_context(place)
            .or_bad_input()
    }

    /// Against a peak that is known better now.
    pub fn rate(&mut self, peak: Peak) {
        let modes = self.modes.iter_mut().map(|one| &mut one.case);
        let compared = self.comparisons.iter_mut().map(|one| &mut one.case);
        let cases = self.sizes.iter_mut().chain(&mut self.replicas);
        let cases = cases.chain(&mut self.threads);
        cases
            .chain(modes)
            .chain(compared)
            .for_each(|case| case.rate(&peak));
        self.conditions.peak = peak;
    }
}
