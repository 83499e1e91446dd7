//! What a weights file holds, before anything is demanded of it: the common form of both kinds of file.
//!
//! Numbers stay where they are in the file until asked for, so that a file cannot make the reader allocate more than
//! a fixed multiple of its own size.

use super::error::WeightsProblem;
use super::layout::{Entry, Start};
use super::options::HyperParameters;
use super::{checkpoint, safetensors, Tensor};
use std::collections::BTreeMap;

/// Bytes; the safetensors format allows no more.
const LARGEST_HEADER: u64 = 100_000_000;

/// The two kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Names, shapes, numbers and a table of text: TorchMD-NET's and our own.
    Safetensors,
    /// PyTorch's zip archive around a pickle.
    Checkpoint,
}

/// How a number is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NumberType {
    F16,
    Bf16,
    F32,
    F64,
    /// Anything else by name; never decoded.
    Other(String),
}

/// A tensor where it lies: numbers of one type in `storage`, reached by an offset and strides (all in numbers).
#[derive(Debug, Clone)]
pub(super) struct Stored<'a> {
    pub number_type: NumberType,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
    pub offset: usize,
    pub storage: &'a [u8],
    pub big_endian: bool,
}

/// A file read, nothing demanded.
pub(super) struct Contents<'a> {
    pub kind: FileKind,
    pub hyper_parameters: HyperParameters,
    pub record: BTreeMap<String, String>,
    /// By today's names, without prefix.
    pub tensors: BTreeMap<String, Stored<'a>>,
    /// How many numbers may still be decoded: at most one a byte of the file, whatever it claims.
    budget: usize,
}

impl<'a> Contents<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, WeightsProblem> {
        match FileKind::of(bytes) {
            Some(FileKind::Safetensors) => safetensors::read(bytes),
            Some(FileKind::Checkpoint) => checkpoint::read(bytes),
            None => Err(unknown_kind(bytes)),
        }
    }

    pub fn new(
        kind: FileKind,
        bytes: usize,
        hyper_parameters: HyperParameters,
        record: BTreeMap<String, String>,
        named: impl IntoIterator<Item = (impl AsRef<str>, Stored<'a>)>,
    ) -> Result<Self, WeightsProblem> {
        let mut tensors = BTreeMap::new();
        for (name, tensor) in named {
            let name = todays_name(name.as_ref());
            if tensors.insert(name.clone(), tensor).is_some() {
                let twice = format!("the tensor '{name}' appears twice");
                return Err(WeightsProblem::Damaged(twice));
            }
        }
        Ok(Self {
            kind,
            hyper_parameters,
            record,
            tensors,
            budget: bytes,
        })
    }

    /// The tensor that the network needs, checked and decoded. `mean` and `std` may be missing (0 and 1) or hold one
    /// number in any shape.
    pub fn tensor(&mut self, entry: &Entry) -> Result<Tensor, WeightsProblem> {
        let scalar = entry.shape.is_empty();
        let Some(stored) = self.tensors.get(&entry.name) else {
            return match entry.start {
                Start::Constant(value) if scalar => Ok(Tensor {
                    shape: vec![],
                    values: vec![value],
                }),
                _ => Err(WeightsProblem::TensorMissing {
                    tensor: entry.name.clone(),
                    expected: entry.shape.clone(),
                }),
            };
        };
        stored.check_type(&entry.name)?;
        let one_number = scalar && stored.shape.iter().all(|&length| length == 1);
        if stored.shape != entry.shape && !one_number {
            return Err(WeightsProblem::TensorShape {
                tensor: entry.name.clone(),
                expected: entry.shape.clone(),
                found: stored.shape.clone(),
            });
        }
        self.budget = self.budget.checked_sub(entry.count()).ok_or_else(|| {
            WeightsProblem::Damaged("its tensors claim more numbers than it has bytes".into())
        })?;
        let values = stored.values(&entry.name)?;
        finite(&entry.name, &values)?;
        Ok(Tensor {
            shape: entry.shape.clone(),
            values,
        })
    }
}

impl FileKind {
    /// From the first bytes; nine are enough.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        if start.starts_with(b"PK\x03\x04") {
            return Some(Self::Checkpoint);
        }
        let header_length = u64::from_le_bytes(start.get(..8)?.try_into().ok()?);
        (header_length <= LARGEST_HEADER && start.get(8) == Some(&b'{'))
            .then_some(Self::Safetensors)
    }
}

pub(super) fn unknown_kind(start: &[u8]) -> WeightsProblem {
    WeightsProblem::UnknownKind {
        first_bytes: start.iter().take(8).copied().collect(),
    }
}

/// Checkpoints prefix every name with `model.`; the 2023 layout has no `.layers` in the head's networks.
fn todays_name(name: &str) -> String {
    let name = name.strip_prefix("model.").unwrap_or(name);
    for block in ["0", "1"] {
        let prefix = format!("output_model.output_network.{block}.update_net.");
        if let Some(rest) = name.strip_prefix(&prefix) {
            if !rest.starts_with("layers.") {
                return format!("{prefix}layers.{rest}");
            }
        }
    }
    name.to_string()
}

fn finite(name: &str, values: &[f64]) -> Result<(), WeightsProblem> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(WeightsProblem::NotFinite {
            tensor: name.to_string(),
            index,
            value: values[index],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_become_todays_names() {
        let today = "output_model.output_network.1.update_net.layers.2.bias";
        for given in [
            "model.output_model.output_network.1.update_net.2.bias",
            "model.output_model.output_network.1.update_net.layers.2.bias",
            today,
        ] {
            assert_eq!(todays_name(given), today);
        }
        let noise = "output_model_noise.output_network.0.update_net.0.bias";
        assert_eq!(todays_name(&format!("model.{noise}")), noise);
    }

    /// Many tensors may share one storage, but not stand for more numbers than the file has bytes.
    #[test]
    fn shared_storages_cannot_multiply_without_bound() {
        let storage = [0; 64];
        let stored = Stored {
            number_type: NumberType::F32,
            shape: vec![16],
            strides: vec![1],
            offset: 0,
            storage: &storage,
            big_endian: false,
        };
        let entry = |name: &str| Entry {
            name: name.into(),
            shape: vec![16],
            start: Start::Normal,
            trainable: true,
        };
        let named = ["a", "b", "c"].map(|name| (name, stored.clone()));
        let none = (BTreeMap::new(), BTreeMap::new());
        let mut contents = Contents::new(FileKind::Checkpoint, 40, none.0, none.1, named).unwrap();
        assert!(contents.tensor(&entry("a")).is_ok());
        assert!(contents.tensor(&entry("b")).is_ok());
        let third = contents.tensor(&entry("c"));
        assert!(matches!(third, Err(WeightsProblem::Damaged(_))));
    }
}
