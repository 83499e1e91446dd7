//! What `oreo bench` found, as JSON and as a table.

use super::deviation::Deviation;
use super::flops::Work;
use super::peak::Peak;
use super::samples::Milliseconds;
use crate::cli::pace::three_digits;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Everything that was measured, and how.
#[derive(Debug, Serialize)]
pub struct Report {
    /// In the order of the command line.
    pub systems: Vec<System>,
    /// f32 operations of one core, 1e9/s.
    pub peak_gflops: f64,
    /// Its two measurements.
    pub peak: Peak,
    /// How it was measured.
    pub peak_method: &'static str,
    /// Of the network.
    pub threads: u32,
    /// In which energies and forces were computed.
    pub precision: String,
    /// `fused`, `reference`, or `analytic` for a built-in potential.
    pub path: String,
    /// `cpu`
    pub device: String,
    /// As it names itself.
    pub potential: String,
    /// Of the file; `None` for a built-in potential.
    pub weights_sha256: Option<String>,
    /// Copies per call.
    pub replicas: u32,
    /// Calls before the clock started.
    pub warmup: u64,
    /// Calls that were timed.
    pub calls: u64,
    /// Of the machine over the last minute, before anything was timed; `None` where the system does not say.
    pub load_average: Option<f64>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// One structure.
#[derive(Debug, Serialize)]
pub struct System {
    /// Of the file.
    pub name: String,
    /// Of one copy.
    pub atoms: usize,
    /// Undirected, within the cutoff, of one copy.
    pub pairs: usize,
    /// One call for all copies.
    pub ms: Milliseconds,
    /// Velocity Verlet without output; one step moves all copies. `None` when the dynamics broke down.
    pub steps_per_s: Option<f64>,
    /// Counted operations of one call; `None` for a potential that is not the network.
    #[serde(flatten)]
    pub work: Option<CountedWork>,
    /// The floor over the shortest call.
    pub fraction_of_peak: Option<f64>,
    /// With `--compare`.
    pub compare: Option<Comparison>,
}

/// Operations of one call, see [`super::flops`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CountedWork {
    /// Matrix products of the atoms, 1e6.
    pub mflop_nodes: f64,
    /// Messages and their filters, 1e6.
    pub mflop_edges: f64,
    /// Both, 1e6.
    pub mflop: f64,
    /// What they take at the peak of the threads used.
    pub floor_ms: f64,
}

/// The same structure on another path or in another precision, timed in turns with the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// `reference` or `fused`
    pub path: String,
    /// `f64`, `f32`, `f16-weights`
    pub precision: String,
    /// One call for all copies.
    pub ms: Milliseconds,
    /// Of the minima: other over measured.
    pub speedup: f64,
    /// Of the medians.
    pub speedup_median: f64,
    /// Largest difference of a force component.
    pub force_max_deviation_ev_per_a: f64,
    /// Root of the mean squared difference over that of the other's force.
    pub force_relative_rms: f64,
    /// Of one copy.
    pub energy_deviation_ev: f64,
}

impl CountedWork {
    /// On `threads` cores.
    pub fn new(work: Work, peak: &Peak, threads: u32) -> Self {
        let mflop = work.total() * 1e-6;
        Self {
            mflop_nodes: work.nodes * 1e-6,
            mflop_edges: work.edges * 1e-6,
            mflop,
            floor_ms: peak.floor_ms(mflop, threads),
        }
    }
}

impl Comparison {
    /// Of what was measured with another.
    pub fn new(
        path: String,
        precision: String,
        [measured, other]: [Milliseconds; 2],
        deviation: Deviation,
    ) -> Self {
        Self {
            path,
            precision,
            ms: other,
            speedup: other.min / measured.min,
            speedup_median: other.median / measured.median,
            force_max_deviation_ev_per_a: deviation.force_max,
            force_relative_rms: deviation.force_relative_rms,
            energy_deviation_ev: deviation.energy,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "potential   {}, path {}, {}",
            self.potential, self.path, self.precision
        )?;
        writeln!(
            f,
            "calls       {} after {}, {} copies each, {} thread(s)",
            self.calls, self.warmup, self.replicas, self.threads
        )?;
        writeln!(
            f,
            "peak        {} GFLOP/s per core ({}): {}",
            three_digits(self.peak_gflops),
            self.peak.instruction_set,
            self.peak_method
        )?;
        writeln!(
            f,
            "\n{:<20} {:>6} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}",
            "system", "atoms", "pairs", "ms min", "median", "p99", "floor", "steps/s", "of peak"
        )?;
        self.systems.iter().try_for_each(|system| system.fmt(f))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let optional = |value: Option<f64>| value.map_or("-".into(), three_digits);
        let percent = self
            .fraction_of_peak
            .map(|share| format!("{:.1} %", 100.0 * share));
        writeln!(
            f,
            "{:<20} {:>6} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}",
            self.name,
            self.atoms,
            self.pairs,
            three_digits(self.ms.min),
            three_digits(self.ms.median),
            three_digits(self.ms.p99),
            optional(self.work.map(|work| work.floor_ms)),
            optional(self.steps_per_s),
            percent.unwrap_or("-".into()),
        )?;
        self.compare.iter().try_for_each(|other| other.fmt(f))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {} {}: min {} ms ({} times as long), median {} ms ({}); forces differ by at most {:.1e} eV/A, \
             {:.1e} rms relative, energies by {:.1e} eV",
            self.path,
            self.precision,
            three_digits(self.ms.min),
            three_digits(self.speedup),
            three_digits(self.ms.median),
            three_digits(self.speedup_median),
            self.force_max_deviation_ev_per_a,
            self.force_relative_rms,
            self.energy_deviation_ev,
        )
    }
}
