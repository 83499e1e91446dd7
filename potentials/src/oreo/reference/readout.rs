//! The head: two gated equivariant blocks take (x, vec) to one number per atom. Schütt et al. 2021 (PaiNN), fig. 3.

use super::graph::{for_each_component, Graph};
use super::linear::Linear;
use super::parameters::Parameters;
use super::quantity::Quantity;
use super::silu;
use crate::oreo::Config;
use candle_core::Result;

/// `output_model.output_network`: C → C/2 → 1.
pub(super) struct Readout {
    first: GatedBlock,
    second: GatedBlock,
}

/// v1 = ‖W1 vec‖, v2 = W2 vec; [x, g] = MLP([x; v1]); vec = g ⊙ v2.
struct GatedBlock {
    vec1_proj: Linear,
    vec2_proj: Linear,
    /// Columns of `update_net.layers.0` for x, with the bias
    update_x: Linear,
    /// Columns of `update_net.layers.0` for v1
    update_v1: Linear,
    /// Rows of `update_net.layers.2` for x
    scalars: Linear,
    /// Rows of `update_net.layers.2` for g
    gates: Linear,
    /// ε of v1
    smoothing: f64,
}

/// What the head computes on the way.
pub(super) struct ReadoutOutput<Q> {
    /// After the first block, (N, C/2)
    pub x: Q,
    /// After the first block, (3N, C/2)
    pub vec: Q,
    /// e_i before `std`, (N, 1)
    pub atom_energies: Q,
}

impl Readout {
    /// Below `output_model.output_network`.
    pub fn load(parameters: &Parameters<'_>, config: &Config) -> Result<Self> {
        let (c, half) = (config.channels, config.channels / 2);
        Ok(Self {
            first: GatedBlock::load(&parameters.at("0"), c, half, config.vector_smoothing)?,
            second: GatedBlock::load(&parameters.at("1"), half, 1, config.vector_smoothing)?,
        })
    }

    /// x (N, C), vec (3N, C). The vectors of the second block do not reach the energy and are left out.
    pub fn forward<Q: Quantity>(&self, graph: &Graph, x: &Q, vec: &Q) -> Result<ReadoutOutput<Q>> {
        let hidden = self.first.hidden(graph, x, vec)?;
        let x = silu(&self.first.scalars.forward(&hidden)?)?;
        let gates = for_each_component(&self.first.gates.forward(&hidden)?)?;
        let vec = gates.times(&self.first.vec2_proj.forward(vec)?)?;
        let hidden = self.second.hidden(graph, &x, &vec)?;
        Ok(ReadoutOutput {
            atom_energies: self.second.scalars.forward(&hidden)?,
            x,
            vec,
        })
    }
}

impl GatedBlock {
    fn load(
        parameters: &Parameters<'_>,
        inputs: usize,
        outputs: usize,
        smoothing: f64,
    ) -> Result<Self> {
        let matrix = |name: &str, rows| parameters.at(name).tensor("weight", &[rows, inputs]);
        let update = parameters.at("update_net.layers.0");
        let columns = update.tensor("weight", &[inputs, 2 * inputs])?;
        let update_bias = update.tensor("bias", &[inputs])?;
        let last = parameters.at("update_net.layers.2");
        let rows = last.tensor("weight", &[2 * outputs, inputs])?;
        let bias = last.tensor("bias", &[2 * outputs])?;
        let half = |n: usize| {
            let start = n * outputs;
            Linear::new(
                &rows.narrow(0, start, outputs)?,
                Some(&bias.narrow(0, start, outputs)?),
            )
        };
        Ok(Self {
            vec1_proj: Linear::new(&matrix("vec1_proj", inputs)?, None)?,
            vec2_proj: Linear::new(&matrix("vec2_proj", outputs)?, None)?,
            update_x: Linear::new(&columns.narrow(1, 0, inputs)?, Some(&update_bias))?,
            update_v1: Linear::new(&columns.narrow(1, inputs, inputs)?, None)?,
            scalars: half(0)?,
            gates: half(1)?,
            smoothing,
        })
    }

    /// silu of the first layer of MLP([x; v1]), (N, C)
    fn hidden<Q: Quantity>(&self, graph: &Graph, x: &Q, vec: &Q) -> Result<Q> {
        let v1 = length(graph, &self.vec1_proj.forward(vec)?, self.smoothing)?;
        silu(
            &self
                .update_x
                .forward(x)?
                .plus(&self.update_v1.forward(&v1)?)?,
        )
    }
}

/// √(v² + ε²) − ε over x, y, z: (3N, C) → (N, C). With ε = 0 it has no derivative where v = 0, and this one has 0 (√ alone
/// would give NaN): ‖v‖ = √(v² + m) − m with the constant m = 1 where v² = 0, else 0. The slope (1 − m)/(2‖v‖) is 0 there by
/// itself: that of the square, 2v, would hide a slope of ½ in a value but not in the derivative of a tangent.
fn length<Q: Quantity>(graph: &Graph, vec: &Q, smoothing: f64) -> Result<Q> {
    let squared = graph.sum_components(&vec.squared()?)?;
    if smoothing > 0.0 {
        return squared.elementwise(
            |squared| (squared + smoothing * smoothing)?.sqrt()? - smoothing,
            |_, length| (length + smoothing)?.recip()? * 0.5,
        );
    }
    let dtype = squared.value().dtype();
    let at_zero = squared.value().detach().eq(0.0)?.to_dtype(dtype)?;
    squared.elementwise(
        |squared| (squared + &at_zero)?.sqrt()? - &at_zero,
        |_, norm| at_zero.affine(-0.5, 0.5)? / (norm + &at_zero)?,
    )
}
