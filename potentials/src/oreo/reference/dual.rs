//! Forward mode: every number with its derivative when the atoms move along one direction.
//!
//! Both halves are ordinary tensors of the graph, so one reverse pass through a tangent gives the mixed derivative
//! ∂/∂θ (u·∂E/∂r) without second-order differentiation. Griewank & Walther 2008, §3.1 and §5.

use super::quantity::Quantity;
use candle_core::{Result, Tensor};

/// x + ẋ·ε with ε² = 0.
#[derive(Clone)]
pub(super) struct Dual {
    /// x
    pub value: Tensor,
    /// ẋ, of the shape of x
    pub tangent: Tensor,
}

impl Quantity for Dual {
    fn value(&self) -> &Tensor {
        &self.value
    }

    fn constant(value: Tensor) -> Result<Self> {
        let tangent = value.zeros_like()?;
        Ok(Self { value, tangent })
    }

    fn apply(
        &self,
        f: impl Fn(&Tensor) -> Result<Tensor>,
        tangent: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        let value = f(&self.value)?;
        let tangent = tangent(&self.value, &value, &self.tangent)?;
        Ok(Self { value, tangent })
    }

    fn plus(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            value: self.value.broadcast_add(&other.value)?,
            tangent: self.tangent.broadcast_add(&other.tangent)?,
        })
    }

    /// (xy)˙ = ẋy + xẏ
    fn times(&self, other: &Self) -> Result<Self> {
        let of_first = self.tangent.broadcast_mul(&other.value)?;
        let of_second = self.value.broadcast_mul(&other.tangent)?;
        Ok(Self {
            value: self.value.broadcast_mul(&other.value)?,
            tangent: (of_first + of_second)?,
        })
    }

    /// (x/y)˙ = (ẋ − (x/y) ẏ)/y
    fn over(&self, other: &Self) -> Result<Self> {
        let value = self.value.broadcast_div(&other.value)?;
        let change = self
            .tangent
            .broadcast_sub(&value.broadcast_mul(&other.tangent)?)?;
        Ok(Self {
            tangent: change.broadcast_div(&other.value)?,
            value,
        })
    }

    fn cat(parts: &[&Self], axis: usize) -> Result<Self> {
        let values: Vec<_> = parts.iter().map(|part| &part.value).collect();
        let tangents: Vec<_> = parts.iter().map(|part| &part.tangent).collect();
        Ok(Self {
            value: Tensor::cat(&values, axis)?,
            tangent: Tensor::cat(&tangents, axis)?,
        })
    }
}
