//! One layer of equivariant attention. Thölke & De Fabritiis 2022, §2.2: no softmax, distances enter as filters.

use super::geometry::{DistanceExpansion, Geometry};
use super::graph::{for_each_component, Graph};
use super::layer_norm::LayerNorm;
use super::linear::Linear;
use super::parameters::Parameters;
use super::quantity::Quantity;
use super::silu;
use crate::oreo::Config;
use candle_core::{Result, Tensor};

/// y = LayerNorm(x); a_ij = silu(Σ_head q_i ⊙ k_j ⊙ D^k_ij) c(r_ij);
/// x̂_i = Σ_j a_ij (v_j ⊙ D^v_ij)_s, v̂_i = Σ_j vec_j ⊙ (v_j ⊙ D^v_ij)_a + û_ij ⊗ (v_j ⊙ D^v_ij)_b;
/// x += d ⊙ o2 + o3, vec += v3 ⊙ o1 + v̂ with [o1 o2 o3] = W_o x̂ + b and d = Σ_xyz v1 ⊙ v2, [v1 v2 v3] = W_vec vec.
pub(super) struct AttentionLayer {
    heads: usize,
    /// c(r) on v_j (true) or on a_ij (false)
    vector_cutoff: bool,
    layernorm: LayerNorm,
    q_proj: Linear,
    k_proj: Linear,
    /// Rows of `v_proj` for s, a, b
    v_proj: [Linear; 3],
    /// Rows of `vec_proj` for v1, v2, v3
    vec_proj: [Linear; 3],
    dk_proj: Filter,
    /// Rows of `dv_proj` for s, a, b
    dv_proj: [Filter; 3],
    /// Rows of `o_proj` for o1, o2, o3
    o_proj: [Linear; 3],
}

/// D(r) = silu(W g(r) + b): `dk_proj` or a part of `dv_proj`.
struct Filter {
    projection: Linear,
    /// D(0), that of a self loop, (1, C)
    at_zero: Tensor,
}

impl AttentionLayer {
    /// Below `representation_model.attention_layers.ℓ`.
    pub fn load(
        parameters: &Parameters<'_>,
        config: &Config,
        expansion: &DistanceExpansion,
    ) -> Result<Self> {
        let (c, k) = (config.channels, config.radial_functions);
        let of_heads = Rows::OfEachHead(config.heads);
        let g_zero = expansion.at_zero()?;
        let [s, a, b] = in_three(&parameters.at("dv_proj"), k, c, true, of_heads)?;
        let filter = |projection| Filter::new(projection, &g_zero);
        Ok(Self {
            heads: config.heads,
            vector_cutoff: config.vector_cutoff,
            layernorm: LayerNorm::load(&parameters.at("layernorm"), c)?,
            q_proj: Linear::load(&parameters.at("q_proj"), c, c)?,
            k_proj: Linear::load(&parameters.at("k_proj"), c, c)?,
            v_proj: in_three(&parameters.at("v_proj"), c, c, true, of_heads)?,
            vec_proj: in_three(&parameters.at("vec_proj"), c, c, false, Rows::InThirds)?,
            dk_proj: filter(Linear::load(&parameters.at("dk_proj"), k, c)?)?,
            dv_proj: [filter(s)?, filter(a)?, filter(b)?],
            o_proj: in_three(&parameters.at("o_proj"), c, c, true, Rows::InThirds)?,
        })
    }

    /// x (N, C) and vec (3N, C), `None` for vec = 0 before the first layer; both updated.
    pub fn forward<Q: Quantity>(
        &self,
        graph: &Graph,
        geometry: &Geometry<Q>,
        x: &Q,
        vec: Option<&Q>,
    ) -> Result<(Q, Q)> {
        let y = self.layernorm.forward(x)?;
        let attention = self.attention(graph, geometry, &y)?;
        let [s, a, b] = self.values(graph, geometry, &y)?;
        let x_hat = graph.sum_scalars(&self.weigh_heads(&s, &attention)?)?;
        let along_edges = for_each_component(&b)?.times(&geometry.directions)?;
        let [o1, o2, o3] = &self.o_proj;
        let Some(vec) = vec else {
            let x = x.plus(&o3.forward(&x_hat)?)?;
            return Ok((x, graph.sum_vectors(&along_edges)?));
        };
        let passed_on = graph
            .senders_xyz
            .pick(vec)?
            .times(&for_each_component(&a)?)?;
        let vec_hat = graph.sum_vectors(&passed_on.plus(&along_edges)?)?;
        let [v1, v2, v3] = &self.vec_proj;
        let d = graph.sum_components(&v1.forward(vec)?.times(&v2.forward(vec)?)?)?;
        let dx = d.times(&o2.forward(&x_hat)?)?.plus(&o3.forward(&x_hat)?)?;
        let rescaled = v3
            .forward(vec)?
            .times(&for_each_component(&o1.forward(&x_hat)?)?)?;
        Ok((x.plus(&dx)?, vec.plus(&rescaled)?.plus(&vec_hat)?))
    }

    /// a_ij, (E, heads)
    fn attention<Q: Quantity>(&self, graph: &Graph, geometry: &Geometry<Q>, y: &Q) -> Result<Q> {
        let q = self.q_proj.forward(y)?;
        let k = self.k_proj.forward(y)?;
        let filter = self.dk_proj.on_edges(graph, geometry, false)?;
        let products = graph
            .receivers
            .pick(&q)?
            .times(&graph.senders.pick(&k)?)?
            .times(&filter)?;
        let of_heads = products.linear(|p| p.reshape((p.dim(0)?, self.heads, ()))?.sum(2))?;
        let a = silu(&of_heads)?;
        match self.vector_cutoff {
            true => Ok(a),
            false => a.times(&geometry.edge_cutoff),
        }
    }

    /// The three parts of v_j ⊙ D^v_ij, each (E, C).
    fn values<Q: Quantity>(&self, graph: &Graph, geometry: &Geometry<Q>, y: &Q) -> Result<[Q; 3]> {
        let part = |n: usize| {
            let filter = self.dv_proj[n].on_edges(graph, geometry, self.vector_cutoff)?;
            let v = self.v_proj[n].forward(y)?;
            graph.senders.pick(&v)?.times(&filter)
        };
        Ok([part(0)?, part(1)?, part(2)?])
    }

    /// Every channel of a head times its attention: (E, C), (E, heads) → (E, C).
    fn weigh_heads<Q: Quantity>(&self, s: &Q, attention: &Q) -> Result<Q> {
        s.linear(|s| s.reshape((s.dim(0)?, self.heads, ())))?
            .times(&attention.linear(|a| a.unsqueeze(2))?)?
            .linear(|weighed| weighed.flatten_from(1))
    }
}

impl Filter {
    fn new(projection: Linear, g_zero: &Tensor) -> Result<Self> {
        let at_zero = silu(&projection.forward(g_zero)?)?;
        Ok(Self {
            projection,
            at_zero,
        })
    }

    /// D of each pair for both directions, then that of the self loops: (E, C). `cut` multiplies by c(r).
    fn on_edges<Q: Quantity>(&self, graph: &Graph, geometry: &Geometry<Q>, cut: bool) -> Result<Q> {
        let mut pairs = silu(&self.projection.forward(&geometry.radial)?)?;
        if cut {
            pairs = pairs.times(&geometry.cutoff)?;
        }
        let loops = (graph.atoms, self.at_zero.dim(1)?);
        let loops = Q::constant(self.at_zero.broadcast_as(loops)?.contiguous()?)?;
        Q::cat(&[&pairs, &pairs, &loops], 0)
    }
}

/// Where the three parts of a projection with 3C outputs are.
#[derive(Clone, Copy)]
enum Rows {
    /// C rows of the first part, C of the second, C of the third
    InThirds,
    /// Within each of so many heads: C/heads rows of the first, second, third part
    OfEachHead(usize),
}

/// A projection to 3C outputs as three to C each, in the order of the channels. Cut once here: candle's reverse pass of
/// a slice writes a whole tensor of zeros.
fn in_three(
    parameters: &Parameters<'_>,
    inputs: usize,
    channels: usize,
    with_bias: bool,
    rows: Rows,
) -> Result<[Linear; 3]> {
    let weight = parameters.tensor("weight", &[3 * channels, inputs])?;
    let bias = match with_bias {
        true => Some(parameters.tensor("bias", &[3 * channels])?),
        false => None,
    };
    let groups = match rows {
        Rows::InThirds => 1,
        Rows::OfEachHead(heads) => heads,
    };
    let part = |n: usize| {
        let weight = weight
            .reshape((groups, 3, (), inputs))?
            .narrow(1, n, 1)?
            .reshape((channels, inputs))?;
        let bias = bias
            .as_ref()
            .map(|bias| {
                bias.reshape((groups, 3, ()))?
                    .narrow(1, n, 1)?
                    .flatten_all()
            })
            .transpose()?;
        Linear::new(&weight, bias.as_ref())
    };
    Ok([part(0)?, part(1)?, part(2)?])
}
