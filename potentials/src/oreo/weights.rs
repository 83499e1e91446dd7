//! Named tensors of an ET, independent of the file they came from and of the library that computes with them.

use super::Config;
use std::collections::BTreeMap;

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
    /// Free-form facts: `elements`, `units`, `trained_on`, `level_of_theory`, `origin`, `licence`, `program`.
    pub record: BTreeMap<String, String>,
    /// Lower-case hex SHA-256 of the file.
    pub sha256: String,
}
