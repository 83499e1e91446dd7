//! Named tensors of an ET, independent of the file they came from and of the library that computes with them.

use super::contents::Contents;
use super::error::{WeightsError, WeightsProblem};
use super::layout::layout;
use super::seen::SeenDistances;
use super::{checkpoint, file, options, safetensors, Config, StoredAs};
use oreo_core::{Element, ElementSet};
use std::collections::BTreeMap;
use std::path::Path;

/// One tensor, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// e.g. [out, in]
    pub shape: Vec<usize>,
    /// f64, so that f64 files lose nothing; f32 files are exact in it
    pub values: Vec<f64>,
}

/// The contents of a weights file. Names are TorchMD-NET's of today, without the `model.` prefix, e.g.
/// `representation_model.attention_layers.0.q_proj.weight`.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// What shapes the network.
    pub config: Config,
    /// Only tensors that the network uses, each with the shape that `config` demands.
    pub tensors: BTreeMap<String, Tensor>,
    /// Names of tensors in the file that the network does not use; told to the user, never dropped in silence.
    pub unused: Vec<String>,
    /// Free-form facts: `elements`, `units`, `trained_on`, `level_of_theory`, `origin`, `licence`, `program`, those of
    /// [`Weights::round_to_f16`], and [`super::seen::SEEN_DISTANCES`].
    pub record: BTreeMap<String, String>,
    /// Lower-case hex SHA-256 of the file.
    pub sha256: String,
}

impl Weights {
    /// Reads a `.safetensors` file or a TorchMD-NET `.ckpt` (told apart by their first bytes) and makes sure that
    /// the network in it can be evaluated. To look at a file that cannot, use [`super::Inspection`].
    ///
    /// # Errors
    /// Every fault of the file and every option that Oreo does not compute, by name; see [`WeightsProblem`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, WeightsError> {
        let path = path.as_ref();
        let bytes = file::read(path).map_err(|problem| problem.at(path))?;
        Self::from_bytes(&bytes, path)
    }

    /// The same for the bytes of a file; `name` is for messages.
    pub fn from_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Self, WeightsError> {
        Self::parse(bytes).map_err(|problem| problem.at(name.as_ref()))
    }

    fn parse(bytes: &[u8]) -> Result<Self, WeightsProblem> {
        let mut contents = Contents::read(bytes)?;
        if let Some(refusal) = options::refusals(&contents.hyper_parameters)
            .into_iter()
            .next()
        {
            return Err(refusal);
        }
        let config = options::read(&contents.hyper_parameters)?;
        let mut tensors = BTreeMap::new();
        for entry in layout(&config) {
            let tensor = contents.tensor(&entry)?;
            tensors.insert(entry.name, tensor);
        }
        let all = contents.tensors.into_keys();
        let unused = all.filter(|name| !tensors.contains_key(name)).collect();
        check_record(&contents.record, &config)?;
        Ok(Self {
            config,
            tensors,
            unused,
            record: contents.record,
            sha256: file::digest(bytes),
        })
    }

    /// Writes [`Weights::to_bytes`] so that a crash leaves the old file or the new one, never a part.
    ///
    /// # Errors
    /// The system's, with the path.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), WeightsError> {
        let path = path.as_ref();
        file::replace(path, &self.to_bytes()).map_err(|problem| problem.at(path))
    }

    /// The file that [`Weights::save`] writes: `.safetensors` in the numbers of [`StoredAs::exact`], which loses
    /// nothing. Equal weights give equal bytes. The record's `program` becomes this program.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_safetensors(StoredAs::exact(self))
    }

    /// A `.safetensors` file in the given type of numbers, which rounds what does not fit; see [`StoredAs::inexact`].
    pub fn to_safetensors(&self, stored_as: StoredAs) -> Vec<u8> {
        safetensors::write(self, stored_as)
    }

    /// A checkpoint that TorchMD-NET loads, in the given type of numbers, which rounds what does not fit. The record
    /// goes along as hyper-parameters `oreo_record_…`, which TorchMD-NET ignores.
    pub fn to_checkpoint(&self, stored_as: StoredAs) -> Vec<u8> {
        checkpoint::write(self, stored_as)
    }

    /// Elements that the model was trained on, from the record; without one, every element that has an embedding
    /// (Z < `max_z`), trained or not: see [`Weights::elements_recorded`].
    pub fn elements(&self) -> ElementSet {
        let embedded = Element::all()
            .filter(|element| element.atomic_number() < self.config.max_z)
            .collect::<ElementSet>();
        match self.record.get("elements") {
            None => embedded,
            Some(symbols) => symbols
                .split_whitespace()
                .filter_map(|symbol| symbol.parse().ok())
                .collect::<ElementSet>()
                .intersection(embedded),
        }
    }

    /// False if the file does not say which elements the model has seen; the user deserves a warning then.
    pub fn elements_recorded(&self) -> bool {
        self.record.contains_key("elements")
    }

    /// Trainable numbers.
    pub fn parameter_count(&self) -> usize {
        self.config.parameter_count()
    }
}

/// Facts that others compute with must make sense.
pub(super) fn check_record(
    record: &BTreeMap<String, String>,
    config: &Config,
) -> Result<(), WeightsProblem> {
    check_elements(record, config.max_z)?;
    SeenDistances::of_record(record, config.cutoff_upper).map(drop)
}

fn check_elements(record: &BTreeMap<String, String>, max_z: usize) -> Result<(), WeightsProblem> {
    let Some(value) = record.get("elements") else {
        return Ok(());
    };
    let invalid = |reason| WeightsProblem::RecordInvalid {
        key: "elements",
        value: value.clone(),
        reason,
    };
    for symbol in value.split_whitespace() {
        let element: Element = symbol
            .parse()
            .map_err(|error| invalid(format!("{error}")))?;
        if element.atomic_number() >= max_z {
            return Err(invalid(format!(
                "{element} has no embedding (max_z = {max_z})"
            )));
        }
    }
    Ok(())
}
