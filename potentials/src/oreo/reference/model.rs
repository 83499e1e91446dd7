//! The network as a whole: pair vectors in, energies out.

use super::attention::AttentionLayer;
use super::embedding::Embedding;
use super::geometry::DistanceExpansion;
use super::graph::Graph;
use super::layer_norm::LayerNorm;
use super::parameters::Parameters;
use super::quantity::Quantity;
use super::readout::Readout;
use crate::oreo::Config;
use candle_core::{bail, DType, Result, Tensor};
use std::collections::BTreeMap;

/// The ET in tensor operations. Built from constants it computes energies and forces; built from variables it can be
/// trained (everything that it derives from them at construction is in the graph, so build it anew at every step).
pub struct Model {
    expansion: DistanceExpansion,
    embedding: Embedding,
    attention_layers: Vec<AttentionLayer>,
    out_norm: LayerNorm,
    readout: Readout,
    /// f64 scalar
    std: Tensor,
    /// eV, f64 scalar
    mean: Tensor,
}

/// Everything that one forward pass computes, for comparison with other implementations. Vectors are (3N, C) with row
/// `axis · N + atom`.
pub struct Features<Q = Tensor> {
    /// After the neighbour embedding, then after each layer; L + 1 of (N, C)
    pub x: Vec<Q>,
    /// After each layer; L of (3N, C)
    pub vec: Vec<Q>,
    /// After the last norm, (N, C)
    pub x_out: Q,
    /// After the first block of the head, (N, C/2)
    pub head_x: Q,
    /// After the first block of the head, (3N, C/2)
    pub head_vec: Q,
    /// e_i, before `std` and `mean`, (N, 1)
    pub atom_energies: Q,
    /// E = std · Σ_i e_i + mean of each molecule, eV, (B,), f64
    pub energies: Q,
}

/// A [`crate::oreo::Weights`] from a file has passed all this; one made by hand may not have.
fn check(config: &Config) -> Result<()> {
    match config.problem() {
        Some(problem) => bail!("{problem}"),
        None => Ok(()),
    }
}

impl Model {
    /// `tensors` as [`super::tensors`] makes them, all of one dtype on one device.
    ///
    /// # Errors
    /// Hyper-parameters that this network does not have; a tensor that is missing or has not the shape they demand.
    pub fn new(config: &Config, tensors: &BTreeMap<String, Tensor>) -> Result<Self> {
        check(config)?;
        let root = Parameters::new(tensors);
        let representation = root.at("representation_model");
        let expansion = DistanceExpansion::load(&representation.at("distance_expansion"), config)?;
        let layers = representation.at("attention_layers");
        let attention_layers = (0..config.layers)
            .map(|layer| AttentionLayer::load(&layers.at(&layer.to_string()), config, &expansion))
            .collect::<Result<_>>()?;
        Ok(Self {
            embedding: Embedding::load(&representation, config)?,
            attention_layers,
            out_norm: LayerNorm::load(&representation.at("out_norm"), config.channels)?,
            readout: Readout::load(&root.at("output_model.output_network"), config)?,
            expansion,
            std: root.tensor("std", &[])?.to_dtype(DType::F64)?,
            mean: root.tensor("mean", &[])?.to_dtype(DType::F64)?,
        })
    }

    /// E of each molecule, eV, (B,), f64. `pair_vectors` is r_j − r_i of each pair of the graph, Å, (P, 3), in the dtype
    /// of the weights; make it a variable to have ∂E/∂r.
    pub fn energy(&self, graph: &Graph, pair_vectors: &Tensor) -> Result<Tensor> {
        Ok(self.features(graph, pair_vectors)?.energies)
    }

    /// The same with everything in between.
    pub fn features(&self, graph: &Graph, pair_vectors: &Tensor) -> Result<Features> {
        self.forward(graph, pair_vectors)
    }

    /// Numbers, or numbers with their derivative.
    pub(super) fn forward<Q: Quantity>(
        &self,
        graph: &Graph,
        pair_vectors: &Q,
    ) -> Result<Features<Q>> {
        let geometry = self.expansion.forward(graph, pair_vectors)?;
        let mut x = vec![self.embedding.forward(graph, &geometry)?];
        let mut vec = Vec::new();
        for (n, layer) in self.attention_layers.iter().enumerate() {
            let (next_x, next_vec) = layer.forward(graph, &geometry, &x[n], vec.last())?;
            x.push(next_x);
            vec.push(next_vec);
        }
        let x_out = self.out_norm.forward(&x[self.attention_layers.len()])?;
        let head = self.readout.forward(graph, &x_out, &vec[vec.len() - 1])?;
        Ok(Features {
            energies: self.energies(graph, &head.atom_energies)?,
            x,
            vec,
            x_out,
            head_x: head.x,
            head_vec: head.vec,
            atom_energies: head.atom_energies,
        })
    }

    /// Summed in f64: total energies have more digits than f32 holds.
    fn energies<Q: Quantity>(&self, graph: &Graph, atom_energies: &Q) -> Result<Q> {
        let atom_energies = atom_energies.linear(|e| e.squeeze(1)?.to_dtype(DType::F64))?;
        graph
            .sum_molecules(&atom_energies)?
            .linear(|sum| sum.broadcast_mul(&self.std))?
            .shifted(&self.mean)
    }
}
