//! Sources, splits and the mixture of a training.

use super::config::{DataSettings, TrainConfig};
use super::identity::identity;
use super::labels::{labelled, Labelled};
use crate::cli::exit::{BadInput, OrBadInput};
use anyhow::Result;
use oreo_core::ElementSet;
use oreo_formats::{Labels, ReadOptions};
use oreo_training::data::{
    self, Conformation, Drawn, Indices, Look, Mixture, Origin, Source, SourceOptions, Split,
};
use oreo_training::objective::{LabelStatistics, Objective};
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
    /// For the end, later in time; empty without such a protocol
    pub later: Mixture,
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
                // The label of a property is in another file; conformations without it are left out.
                None if config.property().is_some() => None,
                None => objective.problem(conformation),
            }
        };
        let (mut train, mut validation, mut test) = (Vec::new(), Vec::new(), Vec::new());
        let mut later = Vec::new();
        let (mut origins, mut splits, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut weights, mut same) = (Vec::new(), Vec::new());
        let mut has_energies = false;
        for (number, settings) in config.data.iter().enumerate() {
            let opened = Opened::new(settings, &refuse)?;
            let kept = folder.join("splits").join(format!("{number}.json"));
            let split = opened.source.split(settings, &kept)?;
            let parts = opened.source.parts(&split)?;
            same.extend(identity(number, settings, &split, &parts)?);
            let [of_train, of_validation, of_test] = parts.each_ref().map(Indices::len);
            notes.push(format!(
                "{}: {of_train} for training, {of_validation} for validation, {of_test} for tests{}\n{}",
                settings.file.display(), and_later(&split), opened.note
            ));
            let lists = [&mut train, &mut validation, &mut test];
            for (part, sources) in parts.into_iter().zip(lists) {
                sources.extend(opened.source.subset(part)?);
            }
            later.extend(opened.source.subset(opened.source.later(&split))?);
            weights.push(settings.weight.unwrap_or(of_train as f64));
            has_energies |= opened.has_energies;
            origins.extend(opened.source.labels.origin().cloned());
            splits.push((kept, split));
        }
        let forgetting = match &config.forgetting {
            Some(settings) => forgetting(settings, &splits, &mut notes, &refuse)?,
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
            later: Mixture::new(later),
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

fn and_later(split: &Split) -> String {
    match split.later.len() {
        0 => String::new(),
        later => format!(", {later} later ones for a second test"),
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

type Refuse<'a> = &'a dyn Fn(&Conformation) -> Option<String>;

/// One file that was found plausible.
struct Opened {
    source: Labelled,
    note: String,
    has_energies: bool,
}

impl Opened {
    /// `refuse` says what is wrong with a conformation for the network and its objective.
    fn new(settings: &DataSettings, refuse: Refuse<'_>) -> Result<Self> {
        let source: Arc<dyn Source> = Arc::from(open(settings)?);
        let look = Look {
            at_most: usize::MAX,
            units: !settings.skip_unit_check,
            refuse,
        };
        let found = data::check(source.as_ref(), &look).or_bad_input()?;
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
    refuse: Refuse<'_>,
) -> Result<Option<Box<dyn Source>>> {
    let opened = Opened::new(settings, refuse)?;
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
            units: settings.units.map(|units| units.0),
            skip_unit_check: settings.skip_unit_check,
            ..ReadOptions::default()
        },
        level: settings.level.clone(),
        properties: settings.properties.clone(),
        ..SourceOptions::default()
    };
    data::open(&settings.file, &options).or_bad_input()
}
