//! `analysis.json`: what an analysis found, under names that scripts rely on.
//!
//! A number that could not be computed is `null`, never a made-up zero, and `not_computed` says why. Units are in the
//! names; [`super::definitions`] says what each number is, and travels in the file.

use super::card::Card;
use super::curves::Curves;
use super::kinds::KindNumbers;
use super::pair_distances::PairDensity;
use crate::run::{MeanStd, StopSummary};
use oreo_validation::diffusion::Diffusion;
use oreo_validation::statistics::BlockAverage;
use oreo_validation::worst_bond::WorstBond;
use oreo_validation::{BondDeviation, Distribution};
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Debug, Clone, Serialize)]
pub struct Analysis {
    /// Of the program.
    pub version: String,
    /// Folder of a run, or trajectory.
    pub target: String,
    /// `run` or `trajectory`
    pub kind: &'static str,
    /// The run goes on, was interrupted or killed: its last frame may be torn, and is left out then.
    pub unfinished: bool,
    /// What it was compared with.
    pub reference: Option<ReferenceAnalysis>,
    /// In order of their ids; one for a trajectory.
    pub replicas: Vec<ReplicaAnalysis>,
    /// Over the replicas.
    pub h_r_mae: MeanStd,
    /// Over the replicas, ps.
    pub stable_ps: MeanStd,
    /// What the user should know, one line each.
    pub notes: Vec<String>,
    /// What the keys mean.
    pub definitions: BTreeMap<&'static str, &'static str>,
    /// For the figures.
    #[serde(skip)]
    pub reference_distribution: Option<Distribution>,
    /// For the figures: the same as the level of theory of the labels would have it.
    #[serde(skip)]
    pub reweighted_distribution: Option<Distribution>,
    /// For the page: its parts by pair of elements.
    #[serde(skip)]
    pub reference_pairs: Vec<PairDensity>,
    /// For the page: of a run.
    #[serde(skip)]
    pub card: Option<Card>,
}

/// Frames that a trajectory is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReferenceAnalysis {
    /// As read.
    pub path: String,
    /// Lower-case hex, of the file.
    pub sha256: String,
    /// How many.
    pub frames: usize,
    /// First half against second half in time.
    pub h_r_half_split: Option<f64>,
    /// As the level of theory of the labels would have them, where that is not the one that they were sampled at.
    pub reweighted: Option<ReweightedReference>,
}

/// Reference frames, weighted from the level that they were sampled at to that of their labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReweightedReference {
    /// Of the internal modes of the run, at which the frames are taken to be sampled.
    pub temperature_k: f64,
    /// Frames of equal weight that would scatter as much.
    pub effective_frames: f64,
    /// h(r) MAE between the frames as they are and as they are weighted.
    pub h_r_shift: f64,
    /// First half against second half in time, weighted.
    pub h_r_half_split: Option<f64>,
}

/// One trajectory.
#[derive(Debug, Clone, Serialize)]
pub struct ReplicaAnalysis {
    /// From 0.
    pub id: u32,
    /// The file.
    pub trajectory: String,
    /// Hill formula.
    pub formula: String,
    /// How many.
    pub atoms: usize,
    /// In a box.
    pub periodic: bool,
    /// Complete ones in the file.
    pub frames: u64,
    /// Those of the stable part; every other number that comes from frames is theirs.
    pub frames_analyzed: u64,
    /// `null` when the file does not say it, or frames are not equally spaced.
    pub frame_interval_fs: Option<f64>,
    /// Until instability or the end: of the run where it judged every step, else of the saved frames.
    pub stable_ps: Option<f64>,
    /// Distribution of pair distances.
    pub h_r: DistanceAnalysis,
    /// When bonds broke.
    pub stability: StabilityAnalysis,
    /// Periodic boxes only.
    pub g_r: Option<RadialAnalysis>,
    /// From `thermo.csv`.
    pub temperature_k: Option<TemperatureAnalysis>,
    /// From `thermo.csv`.
    pub conserved: Option<DriftAnalysis>,
    /// From `thermo.csv`; of the part behind `equilibrated_after_ps`.
    pub potential_ev: Option<BlockAverage>,
    /// From `thermo.csv`.
    pub equilibrated_after_ps: Option<f64>,
    /// Against the first frame; molecules only.
    pub rmsd_a: Option<Spread>,
    /// Molecules only.
    pub radius_of_gyration_a: Option<Spread>,
    /// By pair of elements; empty without bonds.
    pub bond_lengths: Vec<KindNumbers>,
    /// By elements; empty without angles.
    pub bond_angles: Vec<KindNumbers>,
    /// Furthest from its reference length.
    pub worst_bond: Option<WorstBond>,
    /// Of velocities.
    pub spectrum: Option<SpectrumAnalysis>,
    /// Periodic boxes only.
    pub diffusion: Option<DiffusionAnalysis>,
    /// Key → why it is `null`.
    pub not_computed: BTreeMap<&'static str, String>,
    /// For the figures.
    #[serde(skip)]
    pub curves: Curves,
}

/// h(r) and what its error must be read against.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct DistanceAnalysis {
    /// Against the reference.
    pub h_r_mae: Option<f64>,
    /// From sampling alone, frames as correlated as these.
    pub h_r_floor: Option<f64>,
    /// From sampling alone, as many frames, independent of each other.
    pub h_r_independent_floor: Option<f64>,
    /// Of the reference.
    pub h_r_half_split: Option<f64>,
    /// Against the reference as the level of theory of its labels would have it.
    pub h_r_mae_reweighted: Option<f64>,
    /// Share of the pairs that h(r) leaves out.
    pub share_beyond_10_a: Option<f64>,
}

/// Bonds against the reference topology.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StabilityAnalysis {
    /// Allowed.
    pub bond_threshold_a: f64,
    /// Where lengths and bonds come from.
    pub topology: String,
    /// How many.
    pub bonds: usize,
    /// `null` when every saved frame is whole.
    pub first_broken_frame: Option<BrokenFrame>,
    /// Time of the last frame before it, or of the last frame.
    pub stable_ps_by_frames: Option<f64>,
    /// The verdict of the run itself, which looked at every step; `null` without `summary.json`.
    pub by_every_step: Option<OnlineVerdict>,
}

/// A frame with a broken bond.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BrokenFrame {
    /// From 0. The bond broke after the frame before.
    pub frame: u64,
    /// ps
    pub time_ps: Option<f64>,
    /// Atoms and lengths.
    #[serde(flatten)]
    pub bond: BondDeviation,
    /// |now − reference|
    pub deviation_a: f64,
}

/// What `summary.json` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OnlineVerdict {
    /// Cause, step, words.
    #[serde(flatten)]
    pub stop: StopSummary,
    /// ps
    pub stable_ps: f64,
}

/// g(r) of all atoms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RadialAnalysis {
    /// Half the smallest height of the first box.
    pub range_a: f64,
    /// Over the range.
    pub bins: usize,
    /// Against the reference.
    pub g_r_mae_a: Option<f64>,
    /// Where g(r) is largest.
    pub highest_peak_a: f64,
    /// g there.
    pub highest_peak: f64,
}

/// K, with errors that know of the correlation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TemperatureAnalysis {
    /// That `all` counts; `null` without `summary.json`.
    pub dof: Option<usize>,
    /// Of everything.
    pub all: Option<BlockAverage>,
    /// Of the centre of mass.
    pub translation: Option<BlockAverage>,
    /// About the centre of mass.
    pub rotation: Option<BlockAverage>,
    /// Of the rest.
    pub vibration: Option<BlockAverage>,
}

/// Slope of the conserved quantity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DriftAnalysis {
    /// Slope of least squares.
    pub drift_ev_per_ps: f64,
    /// Standard error.
    pub drift_error_ev_per_ps: Option<f64>,
    /// The same slope; `null` without the number of degrees of freedom.
    pub drift_kt_per_ns_per_dof: Option<f64>,
    /// Its error.
    pub drift_error_kt_per_ns_per_dof: Option<f64>,
    /// About the line.
    pub detrended_std_ev: f64,
    /// Lines of `thermo.csv`.
    pub samples: u64,
}

/// A length over the frames.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Spread {
    pub mean: f64,
    /// Of one sample; `null` for a single frame.
    pub std: Option<f64>,
    pub min: f64,
    pub max: f64,
}

/// Density of vibrational states.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpectrumAnalysis {
    /// Stretches of the trajectory whose autocorrelations were averaged.
    pub segments: u64,
    /// In each.
    pub frames_per_segment: usize,
    /// Between frames.
    pub spacing_fs: f64,
    /// Two modes closer than this are one peak.
    pub resolution_per_cm: f64,
    /// Nyquist's limit.
    pub highest_per_cm: f64,
    /// Places of the highest peaks, ascending.
    pub peaks_per_cm: Vec<f64>,
}

/// Self-diffusion in a box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffusionAnalysis {
    /// Fit and coefficients.
    #[serde(flatten)]
    pub found: Diffusion,
    /// That the coefficients are those of this box, and what they would be in a larger one.
    pub finite_size: String,
}

impl Spread {
    /// `None` without values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let all = MeanStd::of(values.iter().copied().map(Some));
        Some(Self {
            mean: all.mean?,
            std: all.std,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}
