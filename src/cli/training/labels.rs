//! Which conformations of a file have the label that is asked for, and how they are dealt.

use super::config::DataSettings;
use crate::cli::exit::{BadInput, OrBadInput};
use anyhow::Result;
use oreo_training::data::{Indices, Sizes, Source, Split, Subset};
use oreo_training::objective::PropertyLabels;
use std::path::Path;
use std::sync::Arc;

/// A file with the labels that are asked for.
pub struct Labelled {
    /// All conformations; with a property, its value stands for the energy
    pub labels: Arc<dyn Source>,
    /// Those that have the property; `None` when none is asked for
    have_it: Option<Indices>,
}

/// Labels of a source as the settings ask for them.
///
/// # Errors
/// A property that the file does not have.
pub fn labelled(source: Arc<dyn Source>, settings: &DataSettings) -> Result<Labelled> {
    let Some(name) = &settings.property else {
        return Ok(Labelled {
            labels: source,
            have_it: None,
        });
    };
    let labels = PropertyLabels::new(source, name).or_bad_input()?;
    let have_it = Some(labels.labelled().or_bad_input()?);
    let labels = Arc::new(labels);
    Ok(Labelled { labels, have_it })
}

impl Labelled {
    /// The split that the run keeps, the one that is given, or a new one. Its numbers are those of the whole file, so that
    /// a training on all of its geometries can share it.
    ///
    /// # Errors
    /// A split of another file; too few conformations.
    pub fn split(&self, settings: &DataSettings, kept: &Path) -> Result<Split> {
        let given = settings.split.as_deref();
        let sizes = Sizes {
            train: settings.train,
            validation: settings.validation,
            test: settings.test,
        };
        match kept.exists().then_some(kept).or(given) {
            Some(path) => self.load(path),
            None => self.deal(settings, sizes),
        }
    }

    fn load(&self, path: &Path) -> Result<Split> {
        let split = Split::load(path).or_bad_input()?;
        split.verify(self.labels.as_ref()).or_bad_input()?;
        Ok(split)
    }

    /// Among those with the label only.
    fn deal(&self, settings: &DataSettings, sizes: Sizes) -> Result<Split> {
        let (protocol, seed) = (settings.protocol, settings.split_seed);
        let Some(have_it) = &self.have_it else {
            return Split::new(self.labels.as_ref(), protocol, sizes, seed).or_bad_input();
        };
        let subset = Subset::new(Arc::clone(&self.labels), have_it.clone()).or_bad_input()?;
        let mut split = Split::new(&subset, protocol, sizes, seed).or_bad_input()?;
        split.count = self.labels.len() as u64;
        for part in [
            &mut split.train,
            &mut split.validation,
            &mut split.test,
            &mut split.later,
        ] {
            let whole = part.iter().filter_map(|rank| have_it.at(rank as usize));
            *part = Indices::from_unsorted(whole.collect());
        }
        Ok(split)
    }

    /// Training, validation and test part, without conformations that lack the label.
    ///
    /// # Errors
    /// When nothing is left to train on.
    pub fn parts(&self, split: &Split) -> Result<[Indices; 3]> {
        let parts =
            [&split.train, &split.validation, &split.test].map(|part| self.with_label(part));
        match parts[0].is_empty() {
            true => Err(BadInput::new(format!(
                "{}: none of the training part of its split has the property; give another split or table",
                self.labels.name()
            ))
            .into()),
            false => Ok(parts),
        }
    }

    fn with_label(&self, part: &Indices) -> Indices {
        match &self.have_it {
            None => part.clone(),
            Some(have_it) => {
                let kept = part.iter().filter(|&index| have_it.contains(index));
                Indices::from_unsorted(kept.collect())
            }
        }
    }

    /// Of a set that is only judged: the test part of a given split, `test` conformations, or all.
    ///
    /// # Errors
    /// As of [`Self::split`].
    pub fn judged(&self, settings: &DataSettings) -> Result<Indices> {
        if let Some(path) = &settings.split {
            return Ok(self.with_label(&self.load(path)?.test));
        }
        let all = self.with_label(&Indices::all(self.labels.len() as u64));
        if settings.test == 0 || settings.test == all.len() as u64 {
            return Ok(all);
        }
        // A split needs somebody to train; one of the others serves.
        let sizes = Sizes {
            train: Some(1),
            validation: 0,
            test: settings.test,
        };
        Ok(self.deal(settings, sizes)?.test)
    }

    /// The second test, later in time; without conformations that lack the label.
    pub fn later(&self, split: &Split) -> Indices {
        self.with_label(&split.later)
    }

    /// A part as a source; `None` for an empty one.
    ///
    /// # Errors
    /// A number behind the end.
    pub fn subset(&self, part: Indices) -> Result<Option<Box<dyn Source>>> {
        if part.is_empty() {
            return Ok(None);
        }
        let subset = Subset::new(Arc::clone(&self.labels), part).or_bad_input()?;
        Ok(Some(Box::new(subset)))
    }
}
