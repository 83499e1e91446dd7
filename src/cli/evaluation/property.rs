//! `oreo evaluate` for weights that predict a scalar property and no energy.

use super::held_out;
use crate::cli::args::EvaluateArgs;
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::output;
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use oreo_core::{System, Vec3};
use oreo_potentials::oreo::fused::NativeGradients;
use oreo_potentials::oreo::gradients::{Gradients, Molecule};
use oreo_potentials::oreo::Weights;
use oreo_training::data::{self, Conformation, Indices, Source, Subset};
use oreo_training::objective::{LabelStatistics, PropertyLabels};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Everything that `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    /// `gap`
    property: String,
    /// Compared
    conformations: usize,
    property_mae_mev: f64,
    property_rmse_mev: f64,
    /// Of these labels: the RMSE of whoever says their mean
    label_deviation_mev: f64,
    ms_per_frame: f64,
    weights: WeightsSource,
    weights_sha256: String,
    data: PathBuf,
}

/// Compares with the labels of the same name, in f32 on the fast path.
///
/// # Errors
/// Options that need energies or forces; data without the property; elements that the network was not trained on.
pub fn main(
    args: &EvaluateArgs,
    weights: &Weights,
    property: &str,
    threads: usize,
    json: bool,
) -> Result<Outcome> {
    let forces_only = [("--predictions", &args.predictions), ("--plot", &args.plot)];
    if let Some((flag, _)) = forces_only.iter().find(|(_, path)| path.is_some()) {
        let problem = format!(
            "{flag}: {} predicts {property} and no forces; leave {flag} away",
            args.weights
        );
        return Err(BadInput::new(problem).into());
    }
    let set = labels(args, property)?;
    let report = compare(args, weights, property, &set, threads)?;
    match json {
        true => output::print_json(&report)?,
        false => output::print(&report.to_string())?,
    }
    Ok(Outcome::Completed)
}

/// The conformations that have the label, thinned out as the flags say.
fn labels(args: &EvaluateArgs, property: &str) -> Result<Subset> {
    let options = held_out::source_options(args);
    let source: Arc<dyn Source> = Arc::from(data::open(&args.data, &options).or_bad_input()?);
    let part = held_out::part_of(args, source.as_ref())?;
    let labels = PropertyLabels::new(source, property).or_bad_input()?;
    let labelled = labels.labelled().or_bad_input()?;
    let both = labelled.iter().filter(|&index| part.contains(index));
    let chosen = held_out::thinned(args, &Indices::from_unsorted(both.collect()));
    Subset::new(Arc::new(labels), Indices::from_unsorted(chosen)).or_bad_input()
}

fn compare(
    args: &EvaluateArgs,
    weights: &Weights,
    property: &str,
    set: &Subset,
    threads: usize,
) -> Result<Report> {
    let statistics = LabelStatistics::of(set).or_bad_input()?;
    let mut network = NativeGradients::<f32>::new(weights, threads)?;
    let (mut absolute, mut squares) = (0.0, 0.0);
    let mut conformation = Conformation::default();
    let mut forces = Vec::new();
    let started = Instant::now();
    for index in 0..set.len() {
        set.read(index, &mut conformation).or_bad_input()?;
        check_elements(args, weights, index, &conformation)?;
        let molecule = Molecule {
            elements: &conformation.elements,
            positions: &conformation.positions,
        };
        forces.resize(conformation.elements.len(), Vec3::zeros());
        let mut predicted = [0.0];
        network.evaluate(&[molecule], &mut predicted, &mut forces)?;
        let error = predicted[0] - conformation.energy.unwrap_or(f64::NAN);
        absolute += error.abs();
        squares += error * error;
    }
    let count = set.len() as f64;
    Ok(Report {
        property: property.into(),
        conformations: set.len(),
        property_mae_mev: 1e3 * absolute / count,
        property_rmse_mev: 1e3 * (squares / count).sqrt(),
        label_deviation_mev: 1e3 * statistics.deviation,
        ms_per_frame: 1e3 * started.elapsed().as_secs_f64() / count,
        weights: args.weights.clone(),
        weights_sha256: weights.sha256.clone(),
        data: args.data.clone(),
    })
}

fn check_elements(
    args: &EvaluateArgs,
    weights: &Weights,
    index: usize,
    conformation: &Conformation,
) -> Result<()> {
    let known = weights.elements();
    let mut elements = conformation.elements.iter();
    match elements.find(|element| !known.contains(**element)) {
        None => Ok(()),
        Some(element) => Err(BadInput::new(format!(
            "{}, labelled conformation {index} ({}): {} was not trained on {element}; it knows {known}",
            args.data.display(),
            System::new(conformation.elements.clone()).formula(),
            args.weights
        ))
        .into()),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{} MAE", self.property);
        writeln!(f, "conformations   {}", self.conformations)?;
        writeln!(
            f,
            "{name:<16}{:.3} meV, RMSE {:.3} meV; the labels deviate by {:.3} meV",
            self.property_mae_mev, self.property_rmse_mev, self.label_deviation_mev
        )?;
        writeln!(
            f,
            "time            {:.3} ms per conformation",
            self.ms_per_frame
        )
    }
}
