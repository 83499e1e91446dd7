//! The data card: what was trained on, what the network is, how it was trained.

use super::curves::LearningCurves;
use super::predicted::{Group, Predicted};
use super::split_of;
use crate::cli::exit::one_line;
use crate::cli::inspection::weights::WeightsFacts;
use crate::cli::page::Lines;
use crate::cli::training::config::{DataSettings, TrainConfig};
use crate::cli::training::data::Sets;
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use oreo_training::data::{Kind, Origin, Protocol, Split};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// Beside the numbers of the report.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    /// In the order of the config file
    pub files: Vec<DataFacts>,
    /// In words
    pub settings: Lines,
    /// What their file says of itself
    pub weights: Lines,
    /// The complete config
    pub config: String,
}

/// One file of conformations.
#[derive(Debug, Clone, Serialize)]
pub struct DataFacts {
    /// As the report names it
    pub name: String,
    /// As recorded
    pub file: String,
    /// `None` before the first session has dealt it
    pub sha256: Option<String>,
    /// Trained on, watched, for the end, later in time
    pub train: Option<usize>,
    #[allow(missing_docs)]
    pub validation: Option<usize>,
    #[allow(missing_docs)]
    pub test: Option<usize>,
    #[allow(missing_docs)]
    pub later: Option<usize>,
    /// Of theory
    pub level: Option<String>,
    /// What has forces, which of several labels
    pub labels: String,
    /// In words
    pub units: String,
    /// How it was dealt
    pub protocol: String,
    /// Of what was predicted here
    pub formula: Option<String>,
    /// Share of a batch
    pub weight: Option<f64>,
}

impl Card {
    /// `sets` where the data are at hand.
    ///
    /// # Errors
    /// None that is known.
    pub fn new(
        config: &TrainConfig,
        folder: &Path,
        sets: Option<&Sets>,
        predicted: Option<&Predicted>,
        summary: &Value,
    ) -> Result<Self> {
        let groups = predicted.map_or(&[][..], |predicted| &predicted.by_source);
        let files = config.data.iter().enumerate();
        let files = files.map(|(number, data)| {
            let split = split_of(folder, number);
            let origin = sets.and_then(|sets| sets.origins.get(number));
            DataFacts::new(data, split, origin, groups)
        });
        let weights = match WeightsFacts::of(&WeightsSource::File(best_weights(folder))) {
            Ok(facts) => {
                let rows = facts.rows();
                let rows = rows.iter();
                rows.map(|(name, text)| (name.into(), text.into()))
                    .collect()
            }
            Err(error) => vec![("weights".into(), one_line(&error))],
        };
        Ok(Self {
            files: files.collect(),
            settings: settings(config, folder, summary)?,
            weights,
            config: config.to_toml()?,
        })
    }
}

/// The best ones, before the first validation the last.
pub fn best_weights(folder: &Path) -> std::path::PathBuf {
    let [best, last] = ["best.safetensors", "last.safetensors"].map(|name| folder.join(name));
    match best.is_file() {
        true => best,
        false => last,
    }
}

impl DataFacts {
    fn new(
        data: &DataSettings,
        split: Option<Split>,
        origin: Option<&Origin>,
        groups: &[Group],
    ) -> Self {
        let stem = data.file.file_stem().unwrap_or_default().to_string_lossy();
        let group = groups.iter().find(|group| group.name == stem);
        let split = split.as_ref();
        Self {
            name: stem.into_owned(),
            file: data.file.display().to_string(),
            sha256: split.map(|split| split.sha256.clone()),
            train: split.map(|split| split.train.len()),
            validation: split.map(|split| split.validation.len()),
            test: split.map(|split| split.test.len()),
            later: split.map(|split| split.later.len()).filter(|&n| n > 0),
            level: origin.and_then(|o| o.level.clone()).or(data.level.clone()),
            labels: labels(data, origin),
            units: match data.units {
                Some(units) => units.to_string(),
                None => "those of its format".into(),
            },
            protocol: split.map_or("not dealt yet".into(), protocol),
            formula: group.map(|group| group.formula.clone()),
            weight: data.weight,
        }
    }
}

fn labels(data: &DataSettings, origin: Option<&Origin>) -> String {
    let kind = match (&data.property, origin.map(|origin| origin.kind)) {
        (Some(property), _) => property.clone(),
        (None, Some(Kind::Equilibrium)) => "minima, forces 0".into(),
        (None, Some(Kind::OffEquilibrium)) => "forces".into(),
        (None, Some(Kind::Mixed)) => "forces, and minima".into(),
        (None, None) => "not read".into(),
    };
    match &data.labels {
        Some(which) => format!("{kind} ({which})"),
        None => kind,
    }
}

fn protocol(split: &Split) -> String {
    let seed = split.seed;
    match split.protocol {
        Protocol::Random => format!("random, seed {seed}"),
        Protocol::TimeBlock { gap } => format!("blocks in time, {gap} left out between two"),
        Protocol::RandomAndLater { later, gap } => {
            format!("random, seed {seed}; the last {later} apart, {gap} left out before them")
        }
    }
}

fn settings(config: &TrainConfig, folder: &Path, summary: &Value) -> Result<Lines> {
    let training = &config.training;
    let begins = match &config.init {
        Some(init) => init.to_string(),
        None => {
            let seed = config.network.as_ref().map_or(1, |network| network.seed);
            format!("new weights, seed {seed}")
        }
    };
    let words = |value: Value| in_words(&value);
    let mut lines = vec![
        ("begins with", begins),
        (
            "steps",
            format!("{} of {} conformations", training.steps, training.batch),
        ),
        (
            "objective",
            words(serde_json::to_value(&training.objective)?),
        ),
        (
            "optimiser",
            format!(
                "AdamW: {}",
                words(serde_json::to_value(&training.optimiser)?)
            ),
        ),
        (
            "learning rate",
            words(serde_json::to_value(&training.schedule)?),
        ),
        ("seed", training.seed.to_string()),
    ];
    if let Some(memory) = training.average {
        lines.push((
            "weights saved",
            format!("moving average, {memory} of it kept a step"),
        ));
    }
    let ranks = summary["ranks"].as_u64().unwrap_or(1);
    lines.push((
        "computed by",
        format!(
            "{} engine, threads: {}, processes: {ranks}",
            config.engine, config.threads
        ),
    ));
    let text = |key: &str| summary[key].as_str().map(str::to_string);
    lines.extend(text("command").map(|command| ("command", command)));
    lines.extend(text("version").map(|version| ("program", format!("oreo {version}"))));
    let wall = LearningCurves::read(folder)?.last("wall_s");
    lines.extend(wall.map(|wall| ("wall time", format!("{wall:.0} s, all sessions together"))));
    let lines = lines.into_iter();
    Ok(lines.map(|(name, text)| (name.to_string(), text)).collect())
}

/// `variant = et-ore, noise-variance = 0.04`; what is not set is left out.
fn in_words(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let set = entries.iter().filter(|(_, value)| !value.is_null());
            let words = set.map(|(key, value)| match value {
                Value::Object(_) => format!("{key} ({})", in_words(value)),
                _ => format!("{key} = {}", in_words(value)),
            });
            words.collect::<Vec<_>>().join(", ")
        }
        Value::Array(entries) => {
            let words: Vec<_> = entries.iter().map(in_words).collect();
            format!("[{}]", words.join(", "))
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_in_words() {
        let value = serde_json::json!({
            "learning-rate": 0.0005, "patience": null, "then": {"kind": "cosine", "lowest": 1e-6}, "betas": [0.9, 0.999]
        });
        let words = in_words(&value);
        for part in [
            "learning-rate = 0.0005",
            "then (kind = cosine, lowest = 1e-6)",
            "betas = [0.9, 0.999]",
        ] {
            assert!(words.contains(part), "{words}");
        }
        assert!(!words.contains("patience"), "{words}");
    }
}
