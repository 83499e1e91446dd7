//! The weights by path, as tensors of one dtype on one device.

use crate::oreo::Weights;
use candle_core::{bail, DType, Device, Result, Tensor};
use std::collections::BTreeMap;

/// Every tensor of a weights file under its name. To train, replace the tensors by variables and build a [`super::Model`]
/// from them: whatever it derives from them stays in the graph.
pub fn tensors(
    weights: &Weights,
    dtype: DType,
    device: &Device,
) -> Result<BTreeMap<String, Tensor>> {
    weights
        .tensors
        .iter()
        .map(|(name, tensor)| {
            let values = Tensor::from_slice(&tensor.values, tensor.shape.as_slice(), device)?;
            Ok((name.clone(), values.to_dtype(dtype)?))
        })
        .collect()
}

/// The tensors below one path, e.g. `representation_model.attention_layers.0`.
#[derive(Clone)]
pub(super) struct Parameters<'a> {
    tensors: &'a BTreeMap<String, Tensor>,
    path: String,
}

impl<'a> Parameters<'a> {
    pub fn new(tensors: &'a BTreeMap<String, Tensor>) -> Self {
        Self {
            tensors,
            path: String::new(),
        }
    }

    /// One level down.
    pub fn at(&self, name: &str) -> Self {
        let path = match self.path.as_str() {
            "" => name.to_string(),
            path => format!("{path}.{name}"),
        };
        Self { path, ..*self }
    }

    /// The tensor of this name, if it has this shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let path = self.at(name).path;
        match self.tensors.get(&path) {
            None => bail!("the weights have no tensor '{path}'; is the file complete?"),
            Some(tensor) if tensor.dims() != shape => bail!(
                "tensor '{path}' has shape {:?} where the hyper-parameters demand {shape:?}",
                tensor.dims()
            ),
            Some(tensor) => Ok(tensor.clone()),
        }
    }
}
