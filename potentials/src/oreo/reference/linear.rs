//! y = x Wᵀ + b.
//!
//! candle's matrix product always computes the gradients of both factors. In dynamics the weights are constants, and
//! their gradients would cost as much as the forward pass; so a constant weight gets an operation of its own whose
//! reverse pass stops at the input. Weights that are variables (training) take the ordinary product.

use super::parameters::Parameters;
use super::quantity::Quantity;
use candle_core::backend::BackendStorage;
use candle_core::op::Add;
use candle_core::{CpuStorage, CudaStorage, CustomOp1, Layout, Result, Shape, Storage, Tensor};
use std::sync::Arc;

/// A dense layer.
pub(super) struct Linear {
    /// (in, out), contiguous
    transposed: Tensor,
    /// (1, out)
    bias: Option<Tensor>,
    constant: Option<Arc<Box<dyn CustomOp1 + Send + Sync>>>,
}

impl Linear {
    /// `weight` is (out, in) as in the file, `bias` (out,).
    pub fn new(weight: &Tensor, bias: Option<&Tensor>) -> Result<Self> {
        let weight = weight.contiguous()?;
        let transposed = weight.t()?.contiguous()?;
        let bias = bias.map(|bias| bias.unsqueeze(0)).transpose()?;
        let trained = weight.track_op() || bias.as_ref().is_some_and(Tensor::track_op);
        let constant = (!trained).then(|| -> Arc<Box<dyn CustomOp1 + Send + Sync>> {
            Arc::new(Box::new(ConstantLinear {
                weight,
                transposed: transposed.clone(),
                bias: bias.clone(),
            }))
        });
        Ok(Self {
            transposed,
            bias,
            constant,
        })
    }

    /// `weight` and `bias` below a path.
    pub fn load(parameters: &Parameters<'_>, inputs: usize, outputs: usize) -> Result<Self> {
        let weight = parameters.tensor("weight", &[outputs, inputs])?;
        let bias = parameters.tensor("bias", &[outputs])?;
        Self::new(&weight, Some(&bias))
    }

    /// (rows, in) → (rows, out)
    pub fn forward<Q: Quantity>(&self, x: &Q) -> Result<Q> {
        x.apply(|x| self.affine(x), |_, _, dx| dx.matmul(&self.transposed))
    }

    fn affine(&self, x: &Tensor) -> Result<Tensor> {
        if let Some(constant) = &self.constant {
            return x.apply_op1_arc(constant.clone());
        }
        let y = x.matmul(&self.transposed)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

struct ConstantLinear {
    /// (out, in)
    weight: Tensor,
    /// (in, out)
    transposed: Tensor,
    /// (1, out)
    bias: Option<Tensor>,
}

impl ConstantLinear {
    /// The same on every device: `native` picks the device's own storage.
    fn product<S: BackendStorage>(
        &self,
        x: &S,
        layout: &Layout,
        native: impl for<'a> Fn(&'a Storage) -> Result<&'a S>,
    ) -> Result<(S, Shape)> {
        let (rows, inputs) = layout.shape().dims2()?;
        let (storage, transposed) = self.transposed.storage_and_layout();
        let outputs = transposed.dims()[1];
        let shape = Shape::from((rows, outputs));
        let sizes = (1, rows, outputs, inputs);
        let y = x.matmul(native(&storage)?, sizes, layout, transposed)?;
        let Some(bias) = &self.bias else {
            return Ok((y, shape));
        };
        let (storage, bias) = bias.storage_and_layout();
        let bias = bias.broadcast_as(&shape)?;
        let y = y.binary_impl::<Add>(native(&storage)?, &Layout::contiguous(&shape), &bias)?;
        Ok((y, shape))
    }
}

impl CustomOp1 for ConstantLinear {
    fn name(&self) -> &'static str {
        "constant-linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        self.product(x, layout, |storage| match storage {
            Storage::Cpu(storage) => Ok(storage),
            _ => candle_core::bail!("the weights are not on the CPU as the input is"),
        })
    }

    fn cuda_fwd(&self, x: &CudaStorage, layout: &Layout) -> Result<(CudaStorage, Shape)> {
        self.product(x, layout, |storage| match storage {
            Storage::Cuda(storage) => Ok(storage),
            _ => candle_core::bail!("the weights are not on the GPU as the input is"),
        })
    }

    /// dx = dy W
    fn bwd(&self, _x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        dy.matmul(&self.weight).map(Some)
    }
}
