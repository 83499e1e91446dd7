//! Sources, splits and the mixture of a training.

use super::config::{DataSettings, TrainConfig};
use crate::cli::exit::{BadInput, OrBadInput};
use anyhow::Result;
use oreo_core::ElementSet;
use oreo_formats::{Labels, ReadOptions};
use oreo_training::data::{
    self, Conformation, Drawn, Look, Mixture, Origin, Sizes, Source, SourceOptions, Split, Subset,
};
use oreo_training::objective::Objective;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that is read.
pub struct Sets {
    /// Trained on
    pub train: Mixture,
    /// Which comes when
    pub order: Drawn,
    /// Watched
    pub validation: Mixture,
    /// For the end
    pub test: Mixture,
    /// Of the files
    pub origins: Vec<Origin>,
    /// The same, with where their splits are to be kept
    pub splits: Vec<(PathBuf, Split)>,
    /// One line for each file
    pub notes: Vec<String>,
}

impl Sets {
    /// Opens, checks every conformation, and deals. `folder` is that of the run: splits that are there already are used
    /// again. `elements` are those that the network has a place for.
    ///
    /// # Errors
    /// Bad data, with file, frame and remedy: whatever a step would refuse is refused here.
    pub fn open(config: &TrainConfig, folder: &Path, elements: &ElementSet) -> Result<Self> {
        let objective = Objective::new(&config.training.objective).or_bad_input()?;
        let refuse = |conformation: &Conformation| {
            let mut foreign = conformation.elements.iter();
            match foreign.find(|&&element| !elements.contains(element)) {
                Some(element) => Some(format!(
                    "has {element}, and the network has no place for it; leave the frame out, or train a network with a larger max_z"
                )),
                None => objective.problem(conformation),
            }
        };
        let (mut train, mut validation, mut test) = (Vec::new(), Vec::new(), Vec::new());
        let (mut origins, mut splits, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let mut weights = Vec::new();
        for (number, settings) in config.data.iter().enumerate() {
            let source: Arc<dyn Source> = Arc::from(open(settings)?);
            let look = Look {
                at_most: usize::MAX,
                units: !settings.skip_unit_check,
                refuse: &refuse,
            };
            let found = data::check(source.as_ref(), &look).or_bad_input()?;
            let kept = folder.join("splits").join(format!("{number}.json"));
            let split = split(settings, source.as_ref(), &kept)?;
            let text = found.to_string();
            let parts = [&split.train, &split.validation, &split.test].map(|part| part.len());
            let [of_train, of_validation, of_test] = parts;
            let file = settings.file.display();
            notes.push(format!(
                "{file}: {of_train} for training, {of_validation} for validation, {of_test} for tests\n{text}"
            ));
            for (part, sources) in [
                (&split.train, &mut train),
                (&split.validation, &mut validation),
                (&split.test, &mut test),
            ] {
                if !part.is_empty() {
                    let subset = Subset::new(Arc::clone(&source), part.clone()).or_bad_input()?;
                    sources.push(Box::new(subset) as Box<dyn Source>);
                }
            }
            weights.push(settings.weight.unwrap_or(of_train as f64));
            origins.extend(source.origin().cloned());
            splits.push((kept, split));
        }
        let train = Mixture::new(train);
        let TrainConfig { training, .. } = config;
        Ok(Self {
            order: train
                .order(&weights, training.batch, training.seed)
                .or_bad_input()?,
            train,
            validation: Mixture::new(validation),
            test: Mixture::new(test),
            origins,
            splits,
            notes,
        })
    }

    /// Keeps the splits in the folder of the run.
    ///
    /// # Errors
    /// The system's.
    pub fn keep_splits(&self) -> Result<()> {
        for (path, split) in self.splits.iter().filter(|(path, _)| !path.exists()) {
            std::fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
            split.save(path)?;
        }
        Ok(())
    }
}

fn open(settings: &DataSettings) -> Result<Box<dyn Source>> {
    let labels = match settings.labels.as_deref() {
        None => None,
        Some("rmd17") => Some(Labels::Rmd17),
        Some("md17") => Some(Labels::Md17),
        Some(other) => {
            let problem = format!("labels = \"{other}\"; it is \"rmd17\" or \"md17\"");
            return Err(BadInput::new(problem).into());
        }
    };
    let options = SourceOptions {
        read: ReadOptions {
            labels,
            units: settings.units.map(|units| units.0),
            skip_unit_check: settings.skip_unit_check,
            ..ReadOptions::default()
        },
        level: settings.level.clone(),
        ..SourceOptions::default()
    };
    data::open(&settings.file, &options).or_bad_input()
}

fn split(settings: &DataSettings, source: &dyn Source, kept: &Path) -> Result<Split> {
    let given = settings.split.as_deref();
    if let Some(path) = kept.exists().then_some(kept).or(given) {
        let split = Split::load(path).or_bad_input()?;
        split.verify(source).or_bad_input()?;
        return Ok(split);
    }
    let sizes = Sizes {
        train: settings.train,
        validation: settings.validation,
        test: settings.test,
    };
    Split::new(source, settings.protocol, sizes, settings.split_seed).or_bad_input()
}
