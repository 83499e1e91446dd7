//! What the pair vectors become before any channel sees them: lengths, directions, cutoff, radial functions.

use super::graph::Graph;
use super::parameters::Parameters;
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
pub(super) struct Geometry {
    /// g(r), (P, K)
    pub radial: Tensor,
    /// c(r), (P, 1)
    pub cutoff: Tensor,
    /// c of every directed edge, 1 for self loops, (E, 1)
    pub edge_cutoff: Tensor,
    /// û of every directed edge, 0 for self loops, (3E, 1)
    pub directions: Tensor,
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
    pub fn forward(&self, graph: &Graph, pair_vectors: &Tensor) -> Result<Geometry> {
        let r = pair_vectors.sqr()?.sum_keepdim(1)?.sqrt()?; // (P, 1)
        let cutoff = (&r * (PI / self.cutoff))?.cos()?.affine(0.5, 0.5)?;
        let unit = pair_vectors.broadcast_div(&r)?.t()?.contiguous()?; // (3, P)
        let (dtype, device) = (r.dtype(), r.device());
        let loops = (
            Tensor::ones((graph.atoms, 1), dtype, device)?,
            Tensor::zeros((3, graph.atoms), dtype, device)?,
        );
        Ok(Geometry {
            radial: self.radial(&r)?.broadcast_mul(&cutoff)?,
            edge_cutoff: Tensor::cat(&[&cutoff, &cutoff, &loops.0], 0)?,
            directions: Tensor::cat(&[&unit, &unit.neg()?, &loops.1], 1)?.reshape(((), 1))?,
            cutoff,
        })
    }

    /// g(0), (1, K): the same for every self loop; c(0) = 1.
    pub fn at_zero(&self) -> Result<Tensor> {
        self.radial(&self.means.zeros_like()?.narrow(1, 0, 1)?)
    }

    /// Without c(r): (P, 1) → (P, K)
    fn radial(&self, r: &Tensor) -> Result<Tensor> {
        let decay = (r * (-ALPHA_TIMES_CUTOFF / self.cutoff))?.exp()?;
        decay
            .broadcast_sub(&self.means)?
            .sqr()?
            .broadcast_mul(&self.betas.neg()?)?
            .exp()
    }
}
