//! Which conformations of a source are trained on, validated on and tested on: made once, kept in a file.
//!
//! Pre-training and fine-tuning share the file, so that a test frame of the one is no training frame of the other. The
//! file carries the hash and the number of the conformations it belongs to, and is refused for any other.

use super::permutation::{mix, Permutation};
use super::{file_error, fingerprint, Indices, PackedPart, Source};
use crate::TrainingError;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// How conformations are dealt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Anywhere. Frames of one trajectory have near copies in the other parts: flattering.
    Random,
    /// Training, validation and test one after the other in time, with a gap between: the honest number for a trajectory.
    TimeBlock {
        /// Conformations left out between two parts.
        gap: u64,
    },
    /// Random, but for the end of the file, which is kept for a second, harder test: both numbers of one training.
    RandomAndLater {
        /// Conformations at the end.
        later: u64,
        /// Conformations left out before them.
        gap: u64,
    },
}

impl Protocol {
    /// Conformations that no part but [`Split::later`] has: those of the gaps, and the second test.
    fn kept_apart(self) -> u64 {
        match self {
            Self::Random => 0,
            Self::TimeBlock { gap } => gap.saturating_mul(2),
            Self::RandomAndLater { later, gap } => later.saturating_add(gap),
        }
    }
}

/// Conformations of each part; together at most as many as there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Trained on; `None` takes what the others leave.
    pub train: Option<u64>,
    /// Watched in training.
    pub validation: u64,
    /// Looked at once, at the end.
    pub test: u64,
}

/// Three disjoint parts of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Name of the file, for people.
    pub source: String,
    /// Identifies its conformations, see [`super::fingerprint`].
    pub sha256: String,
    /// How many there are.
    pub count: u64,
    /// Of the random protocol.
    pub seed: u64,
    /// How they were dealt.
    pub protocol: Protocol,
    /// Trained on.
    pub train: Indices,
    /// Watched in training.
    pub validation: Indices,
    /// Looked at once, at the end.
    pub test: Indices,
    /// A second test, later in time than everything else; empty but under [`Protocol::RandomAndLater`].
    #[serde(default, skip_serializing_if = "Indices::is_empty")]
    pub later: Indices,
}

impl Split {
    /// Deals the conformations of a source.
    ///
    /// # Errors
    /// When it has too few.
    pub fn new(
        source: &dyn Source,
        protocol: Protocol,
        sizes: Sizes,
        seed: u64,
    ) -> Result<Self, TrainingError> {
        let count = source.len() as u64;
        let apart = protocol.kept_apart();
        let others = [sizes.validation, sizes.test, apart]
            .into_iter()
            .fold(0, u64::saturating_add);
        let train = sizes.train.unwrap_or(count.saturating_sub(others));
        if train == 0 || others.saturating_add(train) > count {
            return Err(file_error(Path::new(source.name()), format!(
                "cannot deal {train} for training, {} for validation, {} for tests and {apart} kept apart out of {count} conformations; ask for fewer",
                sizes.validation, sizes.test
            )));
        }
        let [train, validation, test] = match protocol {
            Protocol::TimeBlock { gap } => blocks([train, sizes.validation, sizes.test], gap),
            Protocol::Random | Protocol::RandomAndLater { .. } => {
                random(count - apart, [train, sizes.validation, sizes.test], seed)
            }
        };
        let later = match protocol {
            Protocol::RandomAndLater { later, .. } => count - later..count,
            _ => 0..0,
        };
        Ok(Self {
            source: source.name().into(),
            sha256: fingerprint(source)?,
            count,
            seed,
            protocol,
            train,
            validation,
            test,
            later: Indices::from_ranges(std::iter::once(later)),
        })
    }

    /// Writes it as JSON, all or nothing. An existing file is left alone: a split that changes is none.
    ///
    /// # Errors
    /// When there is a file of this name, or it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), TrainingError> {
        if path.exists() {
            return Err(file_error(
                path,
                "is there already; use it, or choose another name for a new split",
            ));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| file_error(path, error.to_string()))?;
        let written = fs::write(&partial, text + "\n").and_then(|()| fs::rename(&partial, path));
        written.map_err(|error| {
            file_error(path, format!("cannot write: {error}; choose another place"))
        })
    }

    /// Reads a file of [`Split::save`] and checks that its parts are disjoint.
    ///
    /// # Errors
    /// When the file is damaged or says that a conformation is in two parts.
    pub fn load(path: &Path) -> Result<Self, TrainingError> {
        let text = fs::read_to_string(path)
            .map_err(|error| file_error(path, format!("cannot read: {error}; check the name")))?;
        let split: Self = serde_json::from_str(&text).map_err(|error| {
            file_error(
                path,
                format!("is no split ({error}); take an intact copy of it"),
            )
        })?;
        split
            .check_disjoint()
            .map_err(|problem| file_error(path, problem))?;
        Ok(split)
    }

    /// Refuses a source that the split was not made for.
    ///
    /// # Errors
    /// When number or hash of the conformations differ.
    pub fn verify(&self, source: &dyn Source) -> Result<(), TrainingError> {
        let refuse = |what: String| {
            let problem = format!(
                "{what}; give the file that the split was made for ({}), or make another split",
                self.source
            );
            Err(file_error(Path::new(source.name()), problem))
        };
        if source.len() as u64 != self.count {
            return refuse(format!(
                "has {} conformations, its split {}",
                source.len(),
                self.count
            ));
        }
        match fingerprint(source)? {
            sha256 if sha256 == self.sha256 => Ok(()),
            sha256 => refuse(format!(
                "has SHA-256 {sha256:.12}…, its split {:.12}…",
                self.sha256
            )),
        }
    }

    /// Says which conformation is in two parts or behind the end. The other functions see to it that there is none; public
    /// for those who make a split by hand.
    ///
    /// # Errors
    /// One line that names it.
    pub fn check_disjoint(&self) -> Result<(), String> {
        let parts = [
            ("train", &self.train),
            ("validation", &self.validation),
            ("test", &self.test),
            ("later", &self.later),
        ];
        for (place, (name, part)) in parts.iter().enumerate() {
            if part.end() > self.count {
                return Err(format!(
                    "{name} has conformation {}, there are only {}; make the split again",
                    part.end() - 1,
                    self.count
                ));
            }
            for (other_name, other) in &parts[..place] {
                if let Some(index) = part.common(other) {
                    return Err(format!("conformation {index} is in {other_name} and in {name}; make the split again"));
                }
            }
        }
        Ok(())
    }

    /// Refuses training data in which conformations of this split's validation or test part were packed.
    ///
    /// # Errors
    /// Names the first one.
    pub fn check_unseen(&self, packed: &[PackedPart]) -> Result<(), TrainingError> {
        for part in packed.iter().filter(|part| part.fingerprint == self.sha256) {
            for (name, held_out) in [
                ("validation", &self.validation),
                ("test", &self.test),
                ("later", &self.later),
            ] {
                if let Some(index) = part.indices.common(held_out) {
                    let problem = format!("{name} conformation {index} was packed for training; pack only the training part of the split");
                    return Err(file_error(Path::new(&part.name), problem));
                }
            }
        }
        Ok(())
    }
}

fn random(count: u64, sizes: [u64; 3], seed: u64) -> [Indices; 3] {
    let order = Permutation::new(count, mix(seed));
    let mut next = 0;
    // Tests first: they stay the same when the training part grows.
    let mut deal = |size: u64| {
        let places = next..next + size;
        next += size;
        Indices::from_unsorted(places.map(|place| order.at(place)).collect())
    };
    let (test, validation) = (deal(sizes[2]), deal(sizes[1]));
    if sizes[0] == count - sizes[1] - sizes[2] {
        let held_out = test.iter().chain(validation.iter()).collect();
        return [
            Indices::from_unsorted(held_out).complement(count),
            validation,
            test,
        ];
    }
    [deal(sizes[0]), validation, test]
}

fn blocks(sizes: [u64; 3], gap: u64) -> [Indices; 3] {
    let mut start = 0;
    sizes.map(|size| {
        let block = start..start + size;
        start = block.end + gap;
        Indices::from_ranges(std::iter::once(block))
    })
}
