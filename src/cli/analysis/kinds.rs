//! Bonds and angles by kind, run and reference side by side, under the names of `analysis.json`.

use oreo_validation::kinds::{KindDifference, KindSummary};
use serde::Serialize;

/// All bonds between the same two elements.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BondLengths {
    /// `H-C`, ascending by atomic number.
    pub bond: String,
    /// In the molecule.
    pub count: usize,
    /// Over bonds and frames.
    pub mean_a: f64,
    /// Of one bond in one frame.
    pub std_a: f64,
    /// Standard error of the mean.
    pub error_a: Option<f64>,
    /// Over bonds and frames.
    pub min_a: f64,
    /// Over bonds and frames.
    pub max_a: f64,
    /// Of the reference frames.
    pub reference_mean_a: Option<f64>,
    /// Of one bond in one reference frame.
    pub reference_std_a: Option<f64>,
    /// Mean less mean of the reference.
    pub difference_a: Option<f64>,
    /// Of both means together.
    pub difference_error_a: Option<f64>,
    /// In units of its error.
    pub difference_in_errors: Option<f64>,
    /// In units of the standard deviation of the reference.
    pub difference_in_reference_std: Option<f64>,
}

/// All angles between bonds of the same elements.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BondAngles {
    /// `H-C-O`, vertex in the middle, ends ascending by atomic number.
    pub angle: String,
    /// In the molecule.
    pub count: usize,
    /// Over angles and frames.
    pub mean_deg: f64,
    /// Of one angle in one frame.
    pub std_deg: f64,
    /// Standard error of the mean.
    pub error_deg: Option<f64>,
    /// Over angles and frames.
    pub min_deg: f64,
    /// Over angles and frames.
    pub max_deg: f64,
    /// Of the reference frames.
    pub reference_mean_deg: Option<f64>,
    /// Of one angle in one reference frame.
    pub reference_std_deg: Option<f64>,
    /// Mean less mean of the reference.
    pub difference_deg: Option<f64>,
    /// Of both means together.
    pub difference_error_deg: Option<f64>,
    /// In units of its error.
    pub difference_in_errors: Option<f64>,
    /// In units of the standard deviation of the reference.
    pub difference_in_reference_std: Option<f64>,
}

/// What the reference says about a kind, and how far the run is from it.
struct Against {
    mean: Option<f64>,
    std: Option<f64>,
    found: Option<KindDifference>,
}

impl Against {
    fn of(own: &KindSummary, reference: &[KindSummary]) -> Self {
        let same = reference.iter().find(|other| other.kind == own.kind);
        Self {
            mean: same.map(|other| other.mean),
            std: same.map(|other| other.std),
            found: same.map(|other| own.against(other)),
        }
    }
}

impl BondLengths {
    /// Of a run; `reference` is empty without one.
    pub fn of(own: KindSummary, reference: &[KindSummary]) -> Self {
        let against = Against::of(&own, reference);
        Self {
            bond: own.kind,
            count: own.count,
            mean_a: own.mean,
            std_a: own.std,
            error_a: own.error,
            min_a: own.min,
            max_a: own.max,
            reference_mean_a: against.mean,
            reference_std_a: against.std,
            difference_a: against.found.map(|found| found.difference),
            difference_error_a: against.found.and_then(|found| found.error),
            difference_in_errors: against.found.and_then(|found| found.in_errors),
            difference_in_reference_std: against.found.and_then(|found| found.in_spreads),
        }
    }
}

impl BondAngles {
    /// Of a run; `reference` is empty without one.
    pub fn of(own: KindSummary, reference: &[KindSummary]) -> Self {
        let against = Against::of(&own, reference);
        Self {
            angle: own.kind,
            count: own.count,
            mean_deg: own.mean,
            std_deg: own.std,
            error_deg: own.error,
            min_deg: own.min,
            max_deg: own.max,
            reference_mean_deg: against.mean,
            reference_std_deg: against.std,
            difference_deg: against.found.map(|found| found.difference),
            difference_error_deg: against.found.and_then(|found| found.error),
            difference_in_errors: against.found.and_then(|found| found.in_errors),
            difference_in_reference_std: against.found.and_then(|found| found.in_spreads),
        }
    }
}
