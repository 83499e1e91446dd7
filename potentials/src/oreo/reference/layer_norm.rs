//! Layer normalisation out of primitive operations: candle's fused one passes no gradient to its input.

use super::parameters::Parameters;
use super::quantity::Quantity;
use candle_core::{Result, Tensor, D};

/// As in the weights' origin.
const EPSILON: f64 = 1e-5;

/// y = (x − mean)/√(variance + ε) ⊙ weight + bias over the channels of each atom. Ba, Kiros & Hinton 2016.
pub(super) struct LayerNorm {
    /// (1, C)
    weight: Tensor,
    /// (1, C)
    bias: Tensor,
}

impl LayerNorm {
    pub fn load(parameters: &Parameters<'_>, channels: usize) -> Result<Self> {
        let row = |name| parameters.tensor(name, &[channels])?.unsqueeze(0);
        Ok(Self {
            weight: row("weight")?,
            bias: row("bias")?,
        })
    }

    /// (N, C) → (N, C)
    pub fn forward<Q: Quantity>(&self, x: &Q) -> Result<Q> {
        let centred = x.linear(|x| x.broadcast_sub(&x.mean_keepdim(D::Minus1)?))?;
        let variance = centred.squared()?.linear(|s| s.mean_keepdim(D::Minus1))?;
        let deviation = variance
            .apply(|v| v + EPSILON, |_, _, dv| Ok(dv.clone()))?
            .square_root()?;
        centred
            .over(&deviation)?
            .linear(|y| y.broadcast_mul(&self.weight))?
            .shifted(&self.bias)
    }
}
