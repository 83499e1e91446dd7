//! Sources, splits and the mixture of a training.

use super::config::{DataSettings, TrainConfig};
use super::identity::identity;
use super::labels::{labelled, Labelled};
use crate::cli::exit::{BadInput, OrBadInput};
use anyhow::Result;
use oreo_formats::{Labels, ReadOptions};
use oreo_training::data::{self, Drawn, Indices, Mixture, Origin, Source, SourceOptions, Split};
use oreo_training::objective::LabelStatistics;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Conformations that are looked at for the plausibility of units.
const LOOKED_AT: usize = 1000;

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
    /// Judged before and after; empty without `[forgetting]`
    pub forgetting: Mixture,
    /// Of the files
    pub origins: Vec<Origin>,
    /// The same, with where their splits are to be kept
    pub splits: Vec<(PathBuf, Split)>,
    /// One line for each file
    pub notes: Vec<String>,
    /// Of the training labels, when they are a scalar property
    pub property: Option<LabelStatistics>,
    /// Whether there are energies to fit energies of atoms to
    pub has_energies: bool,
    /// What a run that is continued must be continued with
    pub identity: Vec<String>,
}

impl Sets {
    /// Opens, checks and deals. `folder` is that of the run: splits that are there already are used again.
    ///
    /// # Errors
    /// Bad data, with file, frame and remedy.
    pub fn open(config: &TrainConfig, folder: &Path) -> Result<Self> {
        let (mut train, mut validation, mut test) = (Vec::new(), Vec::new(), Vec::new());
        let (mut origins, mut splits, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut weights, mut same) = (Vec::new(), Vec::new());
        let mut has_energies = false;
        for (number, settings) in config.data.iter().enumerate() {
            let opened = Opened::new(settings)?;
            let kept = folder.join("splits").join(format!("{number}.json"));
            let split = opened.source.split(settings, &kept)?;
            let parts = opened.source.parts(&split)?;
            same.extend(identity(number, settings, &split, &parts)?);
            let [of_train, of_validation, of_test] = parts.each_ref().map(Indices::len);
            notes.push(format!(
                "{}: {of_train} for training, {of_validation} for validation, {of_test} for tests\n{}",
                settings.file.display(), opened.note
            ));
            let lists = [&mut train, &mut validation, &mut test];
            for (part, sources) in parts.into_iter().zip(lists) {
                sources.extend(opened.source.subset(part)?);
            }
            weights.push(settings.weight.unwrap_or(of_train as f64));
            has_energies |= opened.has_energies;
            origins.extend(opened.source.labels.origin().cloned());
            splits.push((kept, split));
        }
        let forgetting = match &config.forgetting {
            Some(settings) => forgetting(settings, &splits, &mut notes)?,
            None => None,
        };
        let train = Mixture::new(train);
        let property = match config.property() {
            Some(_) => Some(LabelStatistics::of(&train).or_bad_input()?),
            None => None,
        };
        if let (Some(name), Some(labels)) = (config.property(), property) {
            notes.push(labels_note(name, &labels));
            same.push(format!(
                "labels of mean {:?} eV, standard deviation {:?} eV",
                labels.mean, labels.deviation
            ));
        }
        let TrainConfig { training, .. } = config;
        Ok(Self {
            order: train
                .order(&weights, training.batch, training.seed)
                .or_bad_input()?,
            train,
            validation: Mixture::new(validation),
            test: Mixture::new(test),
            forgetting: Mixture::new(forgetting.into_iter().collect()),
            origins,
            splits,
            notes,
            property,
            has_energies,
            identity: same,
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

fn labels_note(name: &str, labels: &LabelStatistics) -> String {
    format!(
        "{name}: {} labels for training, mean {:.4} eV, standard deviation {:.1} meV",
        labels.count,
        labels.mean,
        1e3 * labels.deviation
    )
}

/// One file that was found plausible.
struct Opened {
    source: Labelled,
    note: String,
    has_energies: bool,
}

impl Opened {
    fn new(settings: &DataSettings) -> Result<Self> {
        let source: Arc<dyn Source> = Arc::from(open(settings)?);
        let found = data::check(source.as_ref(), LOOKED_AT).or_bad_input()?;
        Ok(Self {
            source: labelled(source, settings)?,
            note: found.to_string(),
            has_energies: found.with_energy > 0,
        })
    }
}

/// The second set: the test part of a split, `test` conformations, or all. Refused where it was trained on.
fn forgetting(
    settings: &DataSettings,
    splits: &[(PathBuf, Split)],
    notes: &mut Vec<String>,
) -> Result<Option<Box<dyn Source>>> {
    let opened = Opened::new(settings)?;
    let judged = opened.source.judged(settings)?;
    let sha256 = opened.source.labels.origin().map(|origin| &origin.sha256);
    for (_, split) in splits {
        if let Some(index) = judged
            .common(&split.train)
            .filter(|_| sha256 == Some(&split.sha256))
        {
            let problem = format!(
                "[forgetting] {}: conformation {index} is trained on; give the split of [[data]], or another file",
                settings.file.display()
            );
            return Err(BadInput::new(problem).into());
        }
    }
    notes.push(format!(
        "{}: {} judged before and after, never trained on\n{}",
        settings.file.display(),
        judged.len(),
        opened.note
    ));
    opened.source.subset(judged)
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
            ..ReadOptions::default()
        },
        level: settings.level.clone(),
        properties: settings.properties.clone(),
        ..SourceOptions::default()
    };
    data::open(&settings.file, &options).or_bad_input()
}
