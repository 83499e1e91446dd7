//! What the pair vectors become before any channel sees them: lengths, directions, cutoff, radial functions.

use super::graph::Graph;
use super::parameters::Parameters;
use super::quantity::Quantity;
use crate::oreo::basis::ALPHA_TIMES_CUTOFF;
use crate::oreo::Config;
use candle_core::{Result, Tensor};
use std::f64::consts::PI;

/// `distance_expansion`: g_k(r) = c(r) exp(−β_k (exp(−αr) − μ_k)²), α = 5/r_c. See [`crate::oreo::basis`].
pub(super) struct DistanceExpansion {
    cutoff: f64,
    /// μ, (1, K)
    means: Tensor,
    /// β, (1, K)
    betas: Tensor,
}

/// One per forward pass.
pub(super) struct Geometry<Q> {
    /// g(r), (P, K)
    pub radial: Q,
    /// c(r), (P, 1)
    pub cutoff: Q,
    /// c of every directed edge, 1 for self loops, (E, 1)
    pub edge_cutoff: Q,
    /// û of every directed edge, 0 for self loops, (3E, 1)
    pub directions: Q,
}

impl DistanceExpansion {
    pub fn load(parameters: &Parameters<'_>, config: &Config) -> Result<Self> {
        let row = |name| {
            parameters
                .tensor(name, &[config.radial_functions])?
                .unsqueeze(0)
        };
        Ok(Self {
            cutoff: config.cutoff_upper,
            means: row("means")?,
            betas: row("betas")?,
        })
    }

    /// `pair_vectors` r_p = r_j − r_i, (P, 3)
    pub fn forward<Q: Quantity>(&self, graph: &Graph, pair_vectors: &Q) -> Result<Geometry<Q>> {
        let squared = pair_vectors.squared()?.linear(|s| s.sum_keepdim(1))?;
        let r = squared.square_root()?; // (P, 1)
        let cutoff = self.cosine_cutoff(&r)?;
        let unit = pair_vectors
            .over(&r)?
            .linear(|unit| unit.t()?.contiguous())?; // (3, P)
        let (dtype, device) = (r.value().dtype(), r.value().device());
        let loops = (
            Q::constant(Tensor::ones((graph.atoms, 1), dtype, device)?)?,
            Q::constant(Tensor::zeros((3, graph.atoms), dtype, device)?)?,
        );
        Ok(Geometry {
            radial: self.radial(&r)?.times(&cutoff)?,
            edge_cutoff: Q::cat(&[&cutoff, &cutoff, &loops.0], 0)?,
            directions: Q::cat(&[&unit, &unit.linear(Tensor::neg)?, &loops.1], 1)?
                .linear(|directions| directions.reshape(((), 1)))?,
            cutoff,
        })
    }

    /// c(r) = ½ (cos(πr/r_c) + 1) of pairs within the cutoff
    fn cosine_cutoff<Q: Quantity>(&self, r: &Q) -> Result<Q> {
        let frequency = PI / self.cutoff;
        r.elementwise(
            |r| (r * frequency)?.cos()?.affine(0.5, 0.5),
            |r, _| (r * frequency)?.sin()? * (-0.5 * frequency),
        )
    }

    /// g(0), (1, K): the same for every self loop; c(0) = 1.
    pub fn at_zero(&self) -> Result<Tensor> {
        self.radial(&self.means.zeros_like()?.narrow(1, 0, 1)?)
    }

    /// Without c(r): (P, 1) → (P, K)
    fn radial<Q: Quantity>(&self, r: &Q) -> Result<Q> {
        let decay = r
            .linear(|r| r * (-ALPHA_TIMES_CUTOFF / self.cutoff))?
            .exponential()?;
        let minus_betas = self.betas.neg()?;
        decay
            .shifted(&self.means.neg()?)?
            .squared()?
            .linear(|squared| squared.broadcast_mul(&minus_betas))?
            .exponential()
    }
}
