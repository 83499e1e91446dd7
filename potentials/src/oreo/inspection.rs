//! A look at a weights file that need not be usable: what it holds, and every reason why it cannot be evaluated.

use super::contents::{Contents, FileKind};
use super::error::{WeightsError, WeightsProblem};
use super::layout::{layout, Entry};
use super::{file, options, weights, Config};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a file holds.
#[derive(Debug)]
pub struct Inspection {
    /// Safetensors or checkpoint.
    pub kind: FileKind,
    /// Lower-case hex SHA-256 of the file.
    pub sha256: String,
    /// Length of the file.
    pub bytes: usize,
    /// As the file states them, values as JSON (`null`, `"silu"`, `5.0`); options that Oreo ignores included.
    pub hyper_parameters: BTreeMap<String, String>,
    /// See [`super::Weights::record`]; checkpoints have none.
    pub record: BTreeMap<String, String>,
    /// Every tensor by name.
    pub tensors: Vec<TensorFacts>,
    /// The sizes of the network, if they are stated and sensible.
    pub config: Option<Config>,
    /// Trainable numbers of a network of these sizes.
    pub parameters: Option<usize>,
    /// Every reason for which [`super::Weights::load`] refuses the file; empty if it can be evaluated.
    pub refusals: Vec<WeightsProblem>,
}

/// A tensor in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorFacts {
    /// Today's name, without prefix.
    pub name: String,
    /// `F32`, …
    pub number_type: String,
    /// As stored.
    pub shape: Vec<usize>,
    /// Whether the network uses it.
    pub used: bool,
}

impl Inspection {
    /// Looks at a file.
    ///
    /// # Errors
    /// Only if the file cannot be read at all; everything else is a refusal.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, WeightsError> {
        let path = path.as_ref();
        let bytes = file::read(path).map_err(|problem| problem.at(path))?;
        Self::from_bytes(&bytes, path)
    }

    /// The same for the bytes of a file; `name` is for messages.
    pub fn from_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Self, WeightsError> {
        let contents = Contents::read(bytes).map_err(|problem| problem.at(name.as_ref()))?;
        Ok(Self::of(contents, bytes))
    }

    fn of(mut contents: Contents<'_>, bytes: &[u8]) -> Self {
        let mut refusals = options::refusals(&contents.hyper_parameters);
        let config = options::read(&contents.hyper_parameters)
            .map_err(|problem| refusals.push(problem))
            .ok();
        let expected = config.as_ref().map(layout).unwrap_or_default();
        let faults = expected
            .iter()
            .filter_map(|entry| contents.tensor(entry).err());
        refusals.extend(faults);
        if let Some(config) = &config {
            refusals.extend(weights::check_record(&contents.record, config).err());
        }
        Self {
            kind: contents.kind,
            sha256: file::digest(bytes),
            bytes: bytes.len(),
            tensors: facts(&contents, &expected),
            hyper_parameters: as_text(&contents),
            record: contents.record,
            parameters: config.as_ref().map(Config::parameter_count),
            config,
            refusals,
        }
    }
}

fn facts(contents: &Contents<'_>, expected: &[Entry]) -> Vec<TensorFacts> {
    let used: BTreeSet<&str> = expected.iter().map(|entry| entry.name.as_str()).collect();
    let facts = contents.tensors.iter().map(|(name, stored)| TensorFacts {
        name: name.clone(),
        number_type: stored.number_type.name().to_string(),
        shape: stored.shape.clone(),
        used: used.contains(name.as_str()),
    });
    facts.collect()
}

fn as_text(contents: &Contents<'_>) -> BTreeMap<String, String> {
    let options = contents.hyper_parameters.iter();
    options
        .map(|(option, value)| (option.clone(), value.to_string()))
        .collect()
}
