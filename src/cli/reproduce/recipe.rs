//! Config files of the trainings: what their data are, and how long they go on.

use super::scale::{Budget, Scale};
use crate::cli::training::config::{DataSettings, HeadChoice, TrainConfig};
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use oreo_training::data::Protocol;
use oreo_training::objective::{ObjectiveSettings, Variant};
use oreo_training::optimiser::{AfterWarmUp, ScheduleSettings};
use oreo_training::trainer::TrainerSettings;
use std::path::PathBuf;

/// Of weights that are validated and kept, per step.
const AVERAGE: f64 = 0.999;

/// Frames of an rMD17 molecule at the end of its trajectory that are kept for the second test, and the gap before them.
const LATER: u64 = 863;
const GAP: u64 = 20;

/// Where the weights of a training come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Begin {
    /// New ones
    Scratch,
    /// The best ones of another job
    From(String),
}

/// A config file, for `oreo train` in the folder of the reproduction.
pub fn training(
    name: &str,
    scale: &Scale,
    budget: &Budget,
    (variant, begin): (Variant, &Begin),
    data: Vec<DataSettings>,
) -> Result<String> {
    config(name, scale, budget, (variant, begin), data).to_toml()
}

/// ET-OREO with its structures at equilibrium asked for zero force alone, for `oreo train` in the folder of the reproduction.
pub fn without_denoising(
    name: &str,
    scale: &Scale,
    budget: &Budget,
    begin: &Begin,
    data: Vec<DataSettings>,
) -> Result<String> {
    let mut config = config(name, scale, budget, (Variant::EtOreo, begin), data);
    config.training.objective.denoising = Some(0.0);
    config.to_toml()
}

fn config(
    name: &str,
    scale: &Scale,
    budget: &Budget,
    (variant, begin): (Variant, &Begin),
    data: Vec<DataSettings>,
) -> TrainConfig {
    let property = variant == Variant::Property;
    let from = match begin {
        Begin::Scratch => None,
        Begin::From(job) => Some(PathBuf::from(job).join("best.safetensors")),
    };
    TrainConfig {
        output: PathBuf::from(name),
        head: (property && from.is_some()).then_some(HeadChoice::Fresh),
        network: from.is_none().then(|| scale.network.clone()),
        init: from.map(WeightsSource::File),
        engine: Default::default(),
        device: Default::default(),
        threads: 1,
        licence: None,
        data,
        forgetting: None,
        training: settings(budget, variant),
    }
}

/// Ordinary gradients have norms of 1 to 10. Noise that puts two atoms on top of each other makes one of thousands.
const CLIP: f64 = 10.0;

fn settings(budget: &Budget, variant: Variant) -> TrainerSettings {
    TrainerSettings {
        clip: (variant == Variant::EtOreo).then_some(CLIP),
        steps: budget.steps,
        batch: budget.batch,
        validation_every: budget.validation_every,
        average: Some(AVERAGE),
        objective: ObjectiveSettings {
            variant,
            ..ObjectiveSettings::default()
        },
        schedule: ScheduleSettings {
            learning_rate: budget.learning_rate,
            warm_up_steps: budget.warm_up,
            then: AfterWarmUp::Cosine { lowest: 1e-6 },
            ..ScheduleSettings::default()
        },
        ..TrainerSettings::default()
    }
}

/// A whole file, of which everything is trained on.
pub fn file(path: impl Into<PathBuf>, level: &str) -> DataSettings {
    DataSettings {
        file: path.into(),
        labels: None,
        units: None,
        skip_unit_check: false,
        level: Some(level.into()),
        property: None,
        properties: None,
        weight: None,
        split: None,
        train: None,
        validation: 0,
        test: 0,
        protocol: Protocol::Random,
        split_seed: 0,
    }
}

/// Frames of an rMD17 molecule: 500 to watch, 500 for the test, the last tenth in time for the second one. All trainings deal
/// them alike, so that no test frame is seen in pre-training.
pub fn rmd17(path: PathBuf, labels: &str) -> DataSettings {
    let level = match labels {
        "md17" => "PBE+vdW-TS",
        _ => "PBE/def2-SVP",
    };
    DataSettings {
        labels: Some(labels.into()),
        validation: 500,
        test: 500,
        protocol: Protocol::RandomAndLater {
            later: LATER,
            gap: GAP,
        },
        ..file(path, level)
    }
}
