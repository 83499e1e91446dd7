//! Layer normalisation out of primitive operations: candle's fused one passes no gradient to its input.

use super::parameters::Parameters;
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
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let deviation = (variance + EPSILON)?.sqrt()?;
        centred
            .broadcast_div(&deviation)?
            .broadcast_mul(&self.weight)?
            .broadcast_add(&self.bias)
    }
}
