//! What a training was worth: one page, figures, numbers; at its end, or made again from its folder by `oreo analyze`.
//!
//! - [`Report::of_folder`], [`Report::write`]: from the files of a training to `report.html`, `analysis.json` and `plots/`
//! - [`curves`]: its learning curves; [`predicted`]: what the weights say of some test conformations
//! - [`verdict`]: the first lines; [`card`]: data, settings, weights; [`text`]: for people without a browser
//! - [`figures`]: SVG and PNG; [`page`]: the page, whose own parts are in `assets/`

pub mod card;
pub mod curves;
pub mod figures;
pub mod page;
pub mod predicted;
pub mod text;
pub mod verdict;

use super::config::TrainConfig;
use super::data::Sets;
use super::network::{embedded, Engine};
use super::resume::recorded;
use crate::checkpoint::replace_atomically;
use crate::cli::exit::{one_line, BadInput};
use crate::cli::figure_size::FigureWidth;
use crate::cli::page::verdict::Verdict;
use anyhow::{Context, Result};
use card::{best_weights, Card};
use curves::{LearningCurves, Measure, MEASURES};
use oreo_potentials::oreo::Weights;
use oreo_training::data::{Source, Split};
use oreo_training::optimiser::AfterWarmUp;
use predicted::{predict, Predicted};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use verdict::Facts;

/// `analysis.json` of a training.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Of the program
    pub version: &'static str,
    /// The folder
    pub target: String,
    /// `training`
    pub kind: &'static str,
    /// It goes on, or was stopped
    pub unfinished: bool,
    /// The first lines
    pub verdict: Verdict,
    /// Set by set
    pub errors: Vec<SetErrors>,
    /// `null` where data or weights are gone
    pub predicted: Option<Predicted>,
    /// What the user should know, one line each
    pub notes: Vec<String>,
    /// What the words mean
    pub definitions: BTreeMap<&'static str, &'static str>,
    /// For figures and page
    #[serde(skip)]
    pub curves: LearningCurves,
    /// For the page
    #[serde(skip)]
    pub card: Card,
}

/// Errors of the best weights on one set; what nobody asked or labelled is `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetErrors {
    /// `training`, `validation`, `test` or `later`
    pub set: &'static str,
    /// Compared
    pub conformations: usize,
    /// Of components
    pub force_mae_mev_per_a: Option<f64>,
    /// Of the energy for each atom
    pub energy_mae_mev_per_atom: Option<f64>,
    /// Of a scalar property
    pub property_mae_mev: Option<f64>,
}

impl SetErrors {
    /// The error of this name.
    pub fn of(&self, measure: Measure) -> Option<f64> {
        match measure.column {
            "force_mae_mev_per_a" => self.force_mae_mev_per_a,
            "energy_mae_mev_per_atom" => self.energy_mae_mev_per_atom,
            _ => self.property_mae_mev,
        }
    }

    #[cfg(test)]
    fn force(set: &'static str, conformations: usize, mae: f64) -> Self {
        Self {
            set,
            conformations,
            force_mae_mev_per_a: Some(mae),
            energy_mae_mev_per_atom: None,
            property_mae_mev: None,
        }
    }
}

/// Whether a folder is that of a training.
pub fn is_training(folder: &Path) -> bool {
    folder.join("learning_curves.csv").is_file() && folder.join("config.toml").is_file()
}

impl Report {
    /// Reads everything again, data included.
    ///
    /// # Errors
    /// A folder whose files cannot be read. Data that are gone are a note.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let config = recorded(folder, None)?;
        let weights = Weights::load(best_weights(folder));
        let sets = match &weights {
            Ok(weights) => Sets::open(&config, folder, &embedded(weights)),
            Err(error) => Err(BadInput::new(error.to_string()).into()),
        };
        match sets {
            Ok(sets) => Self::new(&config, folder, Some(&sets), None),
            Err(error) => {
                let note = format!("nothing is predicted here: {}", one_line(&error));
                Self::new(&config, folder, None, Some(note))
            }
        }
    }

    /// With data at hand; `note` says why they are not.
    ///
    /// # Errors
    /// Of the files of the folder, the data or the network.
    pub fn new(
        config: &TrainConfig,
        folder: &Path,
        sets: Option<&Sets>,
        note: Option<String>,
    ) -> Result<Self> {
        let curves = LearningCurves::read(folder)?;
        let summary = summary(folder)?;
        let unfinished = match (&summary, curves.last("step")) {
            // A summary may be that of fewer steps than the run has been given since.
            (Some(summary), Some(step)) => summary["steps"].as_f64().is_none_or(|s| s < step),
            _ => true,
        };
        let summary = summary.filter(|_| !unfinished).unwrap_or(Value::Null);
        let (training, predicted) = match sets {
            Some(sets) => predictions(config, folder, sets, unfinished)?,
            None => (None, None),
        };
        let validation = validation_size(config, folder, sets);
        let errors = errors(&curves, &summary, validation, training.as_ref());
        let facts = Facts {
            curves: &curves,
            steps: config.training.steps,
            batch: config.training.batch,
            cosine: matches!(config.training.schedule.then, AfterWarmUp::Cosine { .. }),
            unfinished,
            errors: &errors,
            before: curves
                .measure()
                .and_then(|measure| before(&summary, measure)),
            predicted: predicted.as_ref(),
        };
        let verdict = verdict::of(&facts);
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            target: folder.display().to_string(),
            kind: "training",
            unfinished,
            verdict,
            card: Card::new(config, folder, sets, predicted.as_ref(), &summary)?,
            errors,
            predicted,
            notes: note.into_iter().collect(),
            definitions: verdict::DEFINITIONS.into_iter().collect(),
            curves,
        })
    }

    /// `analysis.json`, `report.html`, `plots/` and the learning curves as figures. What an earlier report left is
    /// replaced.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, folder: &Path, width: Option<FigureWidth>) -> Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let numbers = serde_json::to_vec_pretty(self)?;
        for (name, contents) in [
            ("analysis.json", &numbers[..]),
            ("report.html", page::of(self)?.as_bytes()),
        ] {
            let path = folder.join(name);
            replace_atomically(&path, contents)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        figures::write(self, folder, width)
    }
}

/// Of the validation set, by the weights that a fine-tuning began with.
fn before(summary: &Value, measure: Measure) -> Option<f64> {
    let rows = summary["before_after"].as_array()?;
    let own = |row: &&Value| row["set"] == "validation" && row["measure"] == measure.name;
    rows.iter().find(own)?["before"].as_f64()
}

/// `None` before the end.
fn summary(folder: &Path) -> Result<Option<Value>> {
    let path = folder.join("summary.json");
    let Ok(text) = std::fs::read(&path) else {
        return Ok(None);
    };
    let damaged = |error| {
        let path: PathBuf = path.clone();
        BadInput::new(format!(
            "{}: {error}; delete it to report without it",
            path.display()
        ))
    };
    Ok(Some(serde_json::from_slice(&text).map_err(damaged)?))
}

/// Of some training conformations, and of some of the test set: of the validation set where there is none, or while the
/// training goes on, for a test set is looked at once.
fn predictions(
    config: &TrainConfig,
    folder: &Path,
    sets: &Sets,
    unfinished: bool,
) -> Result<(Option<Predicted>, Option<Predicted>)> {
    let weights = Weights::load(best_weights(folder))?;
    let mut engine = Engine::on_processor(config, &weights)?;
    let is_property = config.property().is_some();
    let (set, name) = match unfinished || sets.test.sources().is_empty() {
        true => (&sets.validation, "validation"),
        false => (&sets.test, "test"),
    };
    let training = predict(&mut engine, &sets.train, "training", is_property)?;
    Ok((training, predict(&mut engine, set, name, is_property)?))
}

/// Conformations that were watched; as the splits have it where the data are gone.
fn validation_size(config: &TrainConfig, folder: &Path, sets: Option<&Sets>) -> usize {
    match sets {
        Some(sets) => sets.validation.len(),
        None => {
            let splits = (0..config.data.len()).map(|k| split_of(folder, k));
            splits.flatten().map(|split| split.validation.len()).sum()
        }
    }
}

/// Of a file of the config, as the folder keeps it.
fn split_of(folder: &Path, number: usize) -> Option<Split> {
    Split::load(&folder.join("splits").join(format!("{number}.json"))).ok()
}

/// Of whole sets from `summary.json`; of training conformations those that were predicted here.
fn errors(
    curves: &LearningCurves,
    summary: &Value,
    validation: usize,
    training: Option<&Predicted>,
) -> Vec<SetErrors> {
    let mut rows: Vec<SetErrors> = Vec::new();
    rows.extend(training.map(|found| SetErrors {
        set: "training",
        conformations: found.conformations,
        force_mae_mev_per_a: found.force.as_ref().map(|force| force.force_mae_mev_per_a),
        energy_mae_mev_per_atom: None,
        property_mae_mev: found.property_mae_mev,
    }));
    let best = |column: &str| {
        let value = curves.column(column).get(curves.best()?)?;
        Some(*value).filter(|value| value.is_finite())
    };
    let of_set = |set: &'static str, count: Option<u64>| {
        let [property, force, energy] = MEASURES.map(|measure| {
            let known = summary[format!("{set}_{}", measure.column)].as_f64();
            known.or(best(measure.column).filter(|_| set == "validation"))
        });
        SetErrors {
            set,
            conformations: count.unwrap_or(0) as usize,
            force_mae_mev_per_a: force,
            energy_mae_mev_per_atom: energy,
            property_mae_mev: property,
        }
    };
    let counted = |key: &str| summary[key].as_u64();
    rows.extend([
        of_set("validation", Some(validation as u64)),
        of_set("test", counted("test_conformations")),
        of_set("later", counted("later_conformations")),
    ]);
    rows.retain(|row| {
        MEASURES
            .into_iter()
            .any(|measure| row.of(measure).is_some())
    });
    rows
}
