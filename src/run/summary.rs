//! `summary.json`: what a run did, under names that scripts rely on.

use serde::{Deserialize, Serialize};

/// The whole file. A number that could not be computed is `null`; speeds are 0 when this process took no
/// step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Of the program.
    pub version: String,
    /// Lower-case hex; `null` for a built-in potential.
    pub weights_sha256: Option<String>,
    /// Of the weights of the ensemble, in its order; empty without one.
    #[serde(default)]
    pub ensemble_sha256: Vec<String>,
    /// Of the potential.
    pub potential: String,
    /// `f64`, `f32`, …
    pub precision: String,
    /// `fused` or `reference`; `analytic` for a built-in potential, empty in files from before there was a choice.
    #[serde(default)]
    pub path: String,
    /// `cpu`, …
    pub device: String,
    /// Threads of the potential.
    pub threads: usize,
    /// Steps asked for.
    pub steps: u64,
    /// fs
    pub timestep_fs: f64,
    /// s, of this process
    pub wall_s: f64,
    /// Steps per wall second of this process, output included; one step moves every replica.
    pub steps_per_s: f64,
    /// Simulated time of one replica per day of wall time.
    pub ns_per_day: f64,
    /// Of one step of all replicas together, output included; this process.
    pub ms_per_step: MsPerStep,
    /// In order of their ids.
    pub replicas: Vec<ReplicaSummary>,
    /// Over the replicas.
    pub h_r_mae: MeanStd,
    /// Over the replicas, ps.
    pub stable_ps: MeanStd,
}

/// ms
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MsPerStep {
    pub mean: f64,
    pub p50: f64,
    pub p99: f64,
}

/// One replica.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplicaSummary {
    /// From 0.
    pub id: u32,
    /// The run's seed plus `id`.
    pub seed: u64,
    /// Finished.
    pub steps: u64,
    /// Why it ended.
    pub stop: StopSummary,
    /// ps, until instability or the end
    pub stable_ps: f64,
    /// Against the reference; `null` without one
    pub h_r_mae: Option<f64>,
    /// Expected from sampling alone (block bootstrap of this run)
    pub h_r_floor: Option<f64>,
    /// First half against second half of the reference
    pub h_r_half_split: Option<f64>,
    /// Means over the run
    pub temperature_k: Temperatures,
    /// Degrees of freedom that `temperature_k.all` counts
    pub dof: usize,
    /// eV/ps, slope of the conserved quantity
    pub conserved_drift_ev_per_ps: Option<f64>,
    /// Over the lines of `thermo.csv`; `null` without an ensemble
    pub force_deviation: Option<ForceDeviations>,
    /// Frames outside of what the weights were trained on; `null` where the weights do not say what that was
    #[serde(default)]
    pub unseen: Option<UnseenSummary>,
}

/// How far the networks of an ensemble were apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ForceDeviations {
    /// Mean of the largest deviation of an atom.
    pub mean_ev_per_a: f64,
    /// Root mean square over lines and atoms.
    pub rms_ev_per_a: f64,
    /// Largest.
    pub max_ev_per_a: f64,
    /// Where that was.
    pub max_step: u64,
    /// From 0.
    pub max_atom: usize,
}

/// Written frames in which two atoms are at a distance that the weights never saw between such elements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnseenSummary {
    /// With such a pair
    pub frames: u64,
    /// That were looked at, the first at step 0
    pub of_frames: u64,
    /// The first with such a pair
    pub first_step: Option<u64>,
    /// The pair that was farthest from everything seen
    pub worst: Option<UnseenWorst>,
}

/// One pair of atoms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnseenWorst {
    /// Symbols
    pub elements: [String; 2],
    /// Å
    pub distance_a: f64,
}

/// Why a replica ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopSummary {
    /// `completed`, `bond`, `rdf`, `non_finite`, `temperature`, `force`, `force_deviation` or `requested`
    pub cause: String,
    /// Where.
    pub step: u64,
    /// In words.
    pub detail: String,
    /// From 0, of the bond or the force; empty where no atom is to blame, and in files from before it was recorded
    #[serde(default)]
    pub atoms: Vec<usize>,
}

/// K
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Temperatures {
    pub all: Option<f64>,
    pub translation: Option<f64>,
    pub rotation: Option<f64>,
    pub vibration: Option<f64>,
}

/// Mean and sample standard deviation; `std` is `null` for fewer than two values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MeanStd {
    pub mean: Option<f64>,
    pub std: Option<f64>,
}

impl MeanStd {
    /// Of those that are there.
    pub fn of(values: impl Iterator<Item = Option<f64>>) -> Self {
        let values: Vec<f64> = values.flatten().collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / (count - 1.0);
        Self {
            mean: (count > 0.0).then_some(mean),
            std: (count > 1.0).then(|| variance.sqrt()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_sample_deviation_by_hand() {
        let statistics = MeanStd::of([Some(1.0), None, Some(3.0)].into_iter());
        assert_eq!(
            statistics,
            MeanStd {
                mean: Some(2.0),
                std: Some(2f64.sqrt())
            }
        );
        assert_eq!(
            MeanStd::of(std::iter::once(Some(5.0))),
            MeanStd {
                mean: Some(5.0),
                std: None
            }
        );
        assert_eq!(
            MeanStd::of(std::iter::empty()),
            MeanStd {
                mean: None,
                std: None
            }
        );
    }
}
