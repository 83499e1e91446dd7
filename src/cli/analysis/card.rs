//! What a run was: its settings, its weights and their record, its speed. For the page; not part of `analysis.json`.

use crate::cli::exit::one_line;
use crate::cli::inspection::weights::WeightsFacts;
use crate::cli::page::Lines;
use crate::cli::plan::{Plan, PotentialPlan};
use crate::cli::weights_source::WeightsSource;
use crate::run::Summary;
use serde::Serialize;

/// Of a run; a trajectory alone has none.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    /// The plan in words.
    pub settings: Lines,
    /// What the file of the weights says about itself; empty for a built-in potential.
    pub weights: Lines,
    /// Why `weights` may not be those of the run, or are not there.
    pub weights_note: Option<String>,
    /// `null` before the end of the run.
    pub summary: Option<Summary>,
}

impl Card {
    /// Reads the weights where they still are. What is wrong with them is a note: the run is over.
    pub fn of(plan: &Plan, summary: Option<&Summary>) -> Self {
        let settings = plan.rows().into_iter();
        let (weights, weights_note) = match &plan.potential {
            PotentialPlan::Et(source) => weights(source, summary),
            PotentialPlan::LennardJones => Default::default(),
        };
        Self {
            settings: settings.map(|(name, text)| (name.into(), text)).collect(),
            weights,
            weights_note,
            summary: summary.cloned(),
        }
    }
}

fn weights(source: &WeightsSource, summary: Option<&Summary>) -> (Lines, Option<String>) {
    let facts = match WeightsFacts::of(source) {
        Ok(facts) => facts,
        Err(error) => return (Vec::new(), Some(one_line(&error))),
    };
    let of_the_run = summary.and_then(|summary| summary.weights_sha256.as_deref());
    let other = of_the_run.is_some_and(|sha256| sha256 != facts.sha256());
    let note = other
        .then(|| format!("{source}: no longer the weights of the run, its SHA-256 is another"));
    let rows = facts.rows();
    let lines = rows.iter().map(|(name, text)| (name.into(), text.into()));
    (lines.collect(), note)
}
