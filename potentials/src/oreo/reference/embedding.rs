//! An atom's first feature: its element and the elements around it.

use super::geometry::Geometry;
use super::graph::Graph;
use super::linear::Linear;
use super::parameters::Parameters;
use super::quantity::Quantity;
use crate::oreo::Config;
use candle_core::{Result, Tensor};

/// n_i = Σ_j B(z_j) ⊙ (W_d g(r_ij) + b_d) c(r_ij), x_i = W_c [A(z_i); n_i] + b_c. No self loops here.
pub(super) struct Embedding {
    /// W_c's left half applied to `embedding.weight` (A), plus `neighbor_embedding.combine.bias`, (max_z, C): a
    /// function of the element alone
    element: Tensor,
    /// B, `neighbor_embedding.embedding.weight`, (max_z, C)
    neighbor: Tensor,
    /// W_d, b_d, `neighbor_embedding.distance_proj`
    distance_proj: Linear,
    /// W_c's right half, `neighbor_embedding.combine.weight`
    combine: Linear,
}

impl Embedding {
    /// Below `representation_model`.
    pub fn load(parameters: &Parameters<'_>, config: &Config) -> Result<Self> {
        let (c, max_z) = (config.channels, config.max_z);
        let neighbor = parameters.at("neighbor_embedding");
        let table = parameters.tensor("embedding.weight", &[max_z, c])?;
        let combine = neighbor.tensor("combine.weight", &[c, 2 * c])?;
        let bias = neighbor.tensor("combine.bias", &[c])?;
        Ok(Self {
            element: table
                .matmul(&combine.narrow(1, 0, c)?.t()?)?
                .broadcast_add(&bias)?,
            neighbor: neighbor.tensor("embedding.weight", &[max_z, c])?,
            distance_proj: Linear::load(&neighbor.at("distance_proj"), config.radial_functions, c)?,
            combine: Linear::new(&combine.narrow(1, c, c)?, None)?,
        })
    }

    /// → (N, C)
    pub fn forward<Q: Quantity>(&self, graph: &Graph, geometry: &Geometry<Q>) -> Result<Q> {
        let element = graph.of_elements(&self.element)?;
        let neighbor = graph.of_elements(&self.neighbor)?;
        let filter = self
            .distance_proj
            .forward(&geometry.radial)?
            .times(&geometry.cutoff)?; // (P, C)
        let both_ways = Q::cat(&[&filter, &filter], 0)?; // (2P, C)
        let sent = graph.pair_senders.pick(&neighbor)?;
        let messages = both_ways.linear(|filter| &sent * filter)?;
        let sums = graph.pair_receivers.sum(&messages)?;
        self.combine.forward(&sums)?.shifted(&element)
    }
}
