//! What can be wrong with a weights file. Every message is one line: what, where in the file, what to do.

use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A problem with one file.
#[derive(Debug, Error)]
#[error("{}: {problem}", .path.display())]
pub struct WeightsError {
    /// The file, or the name that the caller gave to bytes in memory.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: WeightsProblem,
}

/// What is wrong with a weights file.
#[derive(Debug, Error)]
pub enum WeightsProblem {
    /// The operating system refused.
    #[error("cannot {doing}: {source}")]
    Io {
        /// `read`, `write`, …
        doing: &'static str,
        /// The reason that the system gave.
        source: io::Error,
    },
    /// Neither of the two kinds of file.
    #[error(
        "is neither a .safetensors file nor a PyTorch checkpoint (first bytes {first_bytes:02x?}); give a model \
         converted to .safetensors, or save the checkpoint again with PyTorch 1.6 or later"
    )]
    UnknownKind {
        /// At most eight.
        first_bytes: Vec<u8>,
    },
    /// Cut off, overwritten, or made to mislead.
    #[error("is damaged: {0}; fetch or convert the file again")]
    Damaged(String),
    /// Written by a later version of this program.
    #[error("has format version {found}, this program reads up to {known}; update the program")]
    NewerFormat {
        /// As the file says.
        found: String,
        /// The newest that is understood.
        known: u32,
    },
    /// A bare collection of tensors, which does not determine a network.
    #[error("has no {0}; save the whole checkpoint, or convert it with its hyper-parameters")]
    NoHyperParameters(&'static str),
    /// A hyper-parameter that has no safe default.
    #[error(
        "the hyper-parameter '{option}' is missing; add it to the hyper-parameters and convert again"
    )]
    OptionMissing {
        /// As TorchMD-NET calls it.
        option: &'static str,
    },
    /// A hyper-parameter with a meaningless value.
    #[error("the hyper-parameter '{option}' is {value}, must be {expected}; correct it and convert again")]
    OptionInvalid {
        /// As TorchMD-NET calls it.
        option: &'static str,
        /// As the file says.
        value: Value,
        /// In words.
        expected: String,
    },
    /// A network that Oreo does not compute.
    #[error("cannot be evaluated: '{option}' is {value}, but {reason}; use a model with {option} = {supported}")]
    OptionUnsupported {
        /// As TorchMD-NET calls it.
        option: &'static str,
        /// As the file says.
        value: Value,
        /// Why this value matters.
        reason: &'static str,
        /// What would be honoured.
        supported: &'static str,
    },
    /// A tensor that the network needs.
    #[error("the tensor '{tensor}' {expected:?} is missing; the file does not fit its hyper-parameters, convert it again")]
    TensorMissing {
        /// Today's name, without prefix.
        tensor: String,
        /// The shape that the hyper-parameters demand.
        expected: Vec<usize>,
    },
    /// A tensor that does not fit the hyper-parameters.
    #[error("the tensor '{tensor}' has shape {found:?}, the hyper-parameters demand {expected:?}; convert the file again")]
    TensorShape {
        /// Today's name, without prefix.
        tensor: String,
        /// From the hyper-parameters.
        expected: Vec<usize>,
        /// In the file.
        found: Vec<usize>,
    },
    /// Not floating-point numbers.
    #[error("the tensor '{tensor}' is stored as {found}; convert it to F16, BF16, F32 or F64")]
    TensorType {
        /// Today's name, without prefix.
        tensor: String,
        /// Type in the file, or the Python object that would have to be executed (it never is).
        found: String,
    },
    /// A network with such a weight gives NaN everywhere.
    #[error("the tensor '{tensor}' holds {value} at index {index}; the training diverged or the file is damaged, use another checkpoint")]
    NotFinite {
        /// Today's name, without prefix.
        tensor: String,
        /// Of the first offender, row-major.
        index: usize,
        /// NaN or ±∞.
        value: f64,
    },
    /// A number that would become infinite in f16.
    #[error("the tensor '{tensor}' holds {value} at index {index}, beyond ±65504, the largest number of f16; keep this model in f32")]
    BeyondF16 {
        /// Today's name, without prefix.
        tensor: String,
        /// Of the first offender, row-major.
        index: usize,
        /// As it is, never rounded.
        value: f64,
    },
    /// A fact in the record that cannot be true.
    #[error("the record says {key} = '{value}', but {reason}; correct the record and save again")]
    RecordInvalid {
        /// E.g. `elements`.
        key: &'static str,
        /// As the file says.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl WeightsProblem {
    pub(super) fn at(self, path: &Path) -> WeightsError {
        WeightsError {
            path: path.to_path_buf(),
            problem: self,
        }
    }

    pub(super) fn io(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}
