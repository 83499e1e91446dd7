//! What flows through the network: numbers ([`Tensor`]), or numbers with their derivative along a direction
//! ([`super::dual::Dual`]). The network is written once, for both.
//!
//! Weights are plain tensors: they do not depend on where the atoms are.

use candle_core::{Result, Tensor};

/// Shapes broadcast in [`Self::plus`], [`Self::times`] and [`Self::over`].
pub(super) trait Quantity: Clone {
    /// The numbers alone.
    fn value(&self) -> &Tensor;

    /// What does not depend on the positions.
    fn constant(value: Tensor) -> Result<Self>;

    /// y = f(x); `tangent` is (x, y, ẋ) ↦ ẏ, of the shape of y.
    fn apply(
        &self,
        f: impl Fn(&Tensor) -> Result<Tensor>,
        tangent: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>,
    ) -> Result<Self>;

    /// x + y
    fn plus(&self, other: &Self) -> Result<Self>;

    /// x ⊙ y
    fn times(&self, other: &Self) -> Result<Self>;

    /// x / y
    fn over(&self, other: &Self) -> Result<Self>;

    /// One after the other along an axis.
    fn cat(parts: &[&Self], axis: usize) -> Result<Self>;

    /// A linear map, without a constant term: the derivative goes the same way.
    fn linear(&self, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Self> {
        self.apply(&f, |_, _, dx| f(dx))
    }

    /// x + constant
    fn shifted(&self, by: &Tensor) -> Result<Self> {
        self.apply(
            |x| x.broadcast_add(by),
            |_, y, dx| dx.broadcast_as(y.shape()),
        )
    }

    /// Every number for itself; `slope` is (x, y) ↦ f′(x).
    fn elementwise(
        &self,
        f: impl Fn(&Tensor) -> Result<Tensor>,
        slope: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        self.apply(f, |x, y, dx| slope(x, y)? * dx)
    }

    /// x²
    fn squared(&self) -> Result<Self> {
        self.elementwise(Tensor::sqr, |x, _| x * 2.0)
    }

    /// exp(x)
    fn exponential(&self) -> Result<Self> {
        self.elementwise(Tensor::exp, |_, y| Ok(y.clone()))
    }

    /// √x, x > 0
    fn square_root(&self) -> Result<Self> {
        self.elementwise(Tensor::sqrt, |_, y| y.recip()? * 0.5)
    }
}

impl Quantity for Tensor {
    fn value(&self) -> &Tensor {
        self
    }

    fn constant(value: Tensor) -> Result<Self> {
        Ok(value)
    }

    fn apply(
        &self,
        f: impl Fn(&Tensor) -> Result<Tensor>,
        _: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        f(self)
    }

    fn plus(&self, other: &Self) -> Result<Self> {
        self.broadcast_add(other)
    }

    fn times(&self, other: &Self) -> Result<Self> {
        self.broadcast_mul(other)
    }

    fn over(&self, other: &Self) -> Result<Self> {
        self.broadcast_div(other)
    }

    fn cat(parts: &[&Self], axis: usize) -> Result<Self> {
        Tensor::cat(parts, axis)
    }
}
