//! `.safetensors`: eight bytes with the length of a JSON header, the header, the numbers.
//!
//! Our own format is this one with text in the header's metadata: `hyper_parameters` (JSON with TorchMD-NET's names),
//! `oreo_format` (the version of this convention), and every entry of the record under its own key. Files that
//! TorchMD-NET's state was exported to with `hyper_parameters` alone are read as well.

use super::contents::{Contents, FileKind, NumberType, Stored};
use super::error::WeightsProblem;
use super::numbers::contiguous;
use super::options::HyperParameters;
use super::stored_as::Number;
use super::{options, StoredAs, Tensor, Weights};
use ::safetensors::{Dtype, SafeTensors};
use serde_json::{json, Map, Value};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Version of the metadata convention; larger ones are refused.
const FORMAT: u32 = 1;
const FORMAT_KEY: &str = "oreo_format";
const OPTIONS_KEY: &str = "hyper_parameters";

pub(super) fn read(bytes: &[u8]) -> Result<Contents<'_>, WeightsProblem> {
    let damaged = |error| WeightsProblem::Damaged(format!("safetensors: {error}"));
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let mut record: BTreeMap<String, String> =
        header.metadata().iter().flatten().map(owned).collect();
    check_version(record.remove(FORMAT_KEY))?;
    let hyper_parameters = parse(record.remove(OPTIONS_KEY))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let stored = tensors.iter().map(|(name, view)| {
        let tensor = Stored {
            number_type: number_type(view.dtype()),
            shape: view.shape().to_vec(),
            strides: contiguous(view.shape()),
            offset: 0,
            storage: view.data(),
            big_endian: false,
        };
        (name, tensor)
    });
    Contents::new(
        FileKind::Safetensors,
        bytes.len(),
        hyper_parameters,
        record,
        stored,
    )
}

fn owned((key, text): (&String, &String)) -> (String, String) {
    (key.clone(), text.clone())
}

/// A file without a version is TorchMD-NET's own.
fn check_version(version: Option<String>) -> Result<(), WeightsProblem> {
    match version {
        Some(found) if !found.parse().is_ok_and(|number: u32| number <= FORMAT) => {
            Err(WeightsProblem::NewerFormat {
                found,
                known: FORMAT,
            })
        }
        _ => Ok(()),
    }
}

fn parse(text: Option<String>) -> Result<HyperParameters, WeightsProblem> {
    let Some(text) = text else {
        let place = "'hyper_parameters' in its safetensors metadata";
        return Err(WeightsProblem::NoHyperParameters(place));
    };
    serde_json::from_str(&text)
        .map_err(|error| WeightsProblem::Damaged(format!("metadata 'hyper_parameters': {error}")))
}

fn number_type(dtype: Dtype) -> NumberType {
    match dtype {
        Dtype::F16 => NumberType::F16,
        Dtype::BF16 => NumberType::Bf16,
        Dtype::F32 => NumberType::F32,
        Dtype::F64 => NumberType::F64,
        other => NumberType::Other(format!("{other:?}")),
    }
}

/// The whole file. Written here rather than by the safetensors crate, which orders metadata by a hash that changes
/// from run to run; equal weights must give equal bytes.
pub(super) fn write(weights: &Weights, stored_as: StoredAs) -> Vec<u8> {
    let numbers = numbers(weights, stored_as);
    let mut header = serde_json::to_vec(&header(weights, &numbers)).expect("text and integers");
    // Numbers start at a multiple of eight, so that a reader may map them in place.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.append(&mut header);
    for (_, tensor, number) in &numbers {
        bytes.append(&mut number.encode(&tensor.values));
    }
    bytes
}

type Placed<'a> = (&'a String, &'a Tensor, Number);

/// Wide numbers first, so that each starts at a multiple of its width; else by name.
fn numbers(weights: &Weights, stored_as: StoredAs) -> Vec<Placed<'_>> {
    let tensors = weights.tensors.iter();
    let mut numbers: Vec<Placed<'_>> = tensors
        .map(|(name, tensor)| (name, tensor, stored_as.number(name, &tensor.values)))
        .collect();
    numbers.sort_by_key(|(_, _, number)| Reverse(number.width()));
    numbers
}

/// Sorted by name.
fn header(weights: &Weights, numbers: &[Placed<'_>]) -> BTreeMap<String, Value> {
    let mut header = BTreeMap::from([("__metadata__".to_string(), metadata(weights))]);
    let mut start = 0;
    for &(name, tensor, number) in numbers {
        let end = start + tensor.values.len() * number.width();
        let dtype = number.name();
        let entry = json!({ "dtype": dtype, "shape": tensor.shape, "data_offsets": [start, end] });
        header.insert(name.clone(), entry);
        start = end;
    }
    header
}

fn metadata(weights: &Weights) -> Value {
    let hyper_parameters = options::write(&weights.config);
    let own = [
        (
            OPTIONS_KEY,
            serde_json::to_string(&hyper_parameters).expect("text and numbers"),
        ),
        (FORMAT_KEY, FORMAT.to_string()),
        (
            "program",
            format!("oreo-potentials {}", env!("CARGO_PKG_VERSION")),
        ),
    ];
    let record = weights.record.clone().into_iter();
    let own = own.map(|(key, text)| (key.to_string(), text));
    let entries: BTreeMap<String, String> = record.chain(own).collect();
    let entries = entries.into_iter();
    Value::Object(
        entries
            .map(|(key, text)| (key, text.into()))
            .collect::<Map<_, _>>(),
    )
}
