//! The network on a GPU as a [`Potential`].

use super::captured::{Captured, Loaded};
use super::compiler;
use super::driver::Device;
use crate::oreo::cuda::{backend, Batch, Capacity, Constants, Plan, NAME};
use crate::oreo::fused::Filters;
use crate::oreo::{F16Rounding, Weights};
use oreo_core::{Capabilities, NeighborRequest, Potential, PotentialError, Request};

/// The ET on an NVIDIA GPU. It has never run on one: hold it to the fast path before you believe it.
pub struct OreoCuda {
    capabilities: Capabilities,
    rounding: Option<F16Rounding>,
    constants: Constants,
    batch: Batch,
    /// For batches like the last one. Before `loaded`, so that it is dropped before the kernels are.
    captured: Option<Captured>,
    loaded: Loaded,
}

impl OreoCuda {
    /// Device `ordinal`. `f16` rounds the matrices to f16 first, which is another model; the arithmetic is f32 in any case.
    ///
    /// # Errors
    /// [`PotentialError::Backend`] with one line: no driver, no device, no compiler, a network that the kernels cannot hold.
    pub fn new(weights: &Weights, ordinal: u32, f16: bool) -> Result<Self, PotentialError> {
        let device = Device::open(ordinal).map_err(backend)?;
        let mut weights = std::borrow::Cow::Borrowed(weights);
        let rounding = match f16 {
            true => Some(weights.to_mut().round_to_f16().map_err(backend)?),
            false => None,
        };
        let Filters::Table { bound } = Filters::DEFAULT else {
            return Err(backend("the kernels have filter tables only"));
        };
        let constants = Constants::new(&weights, bound)?;
        let code = compiler::kernels(&constants.source(), &device).map_err(backend)?;
        Ok(Self {
            capabilities: capabilities(&weights, f16),
            rounding,
            loaded: Loaded::new(device, code, constants.bytes()).map_err(backend)?,
            constants,
            batch: Batch::default(),
            captured: None,
        })
    }

    /// Model name of the device.
    pub fn device(&self) -> &str {
        &self.loaded.device.name
    }

    /// Intervals of the filter tables.
    pub fn table_intervals(&self) -> usize {
        self.constants.table_intervals()
    }

    /// What f16 weights cost; `None` in f32.
    pub fn rounding(&self) -> Option<F16Rounding> {
        self.rounding
    }

    /// A graph for batches of this size: the last one where it fits and is not far too large.
    fn captured(&mut self, size: Capacity) -> Result<(Captured, bool), PotentialError> {
        let last = self.captured.take();
        if let Some(captured) = last.filter(|captured| fits(captured.plan.memory.capacity(), size))
        {
            return Ok((captured, false));
        }
        let plan = Plan::new(&self.constants, size.with_room())?;
        let captured = self.loaded.capture(plan).map_err(backend)?;
        Ok((captured, true))
    }
}

/// Blocks for what is not there cost a little: up to twice as many are kept.
fn fits(capacity: Capacity, size: Capacity) -> bool {
    let twice = Capacity {
        molecules: 2 * size.molecules,
        atoms: 2 * size.atoms,
        edges: (2 * size.edges).max(1024),
    };
    capacity.holds(&size) && twice.holds(&capacity)
}

fn capabilities(weights: &Weights, f16: bool) -> Capabilities {
    Capabilities {
        name: NAME.into(),
        precision: if f16 { "f16-weights" } else { "f32" },
        neighbors: Some(NeighborRequest {
            cutoff: weights.config.cutoff_upper,
        }),
        elements: weights.elements(),
        virial: true,
        periodic: true,
        atoms_per_call: None,
    }
}

impl Potential for OreoCuda {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for request in batch.iter() {
            self.capabilities.check(request.system, request.cell)?;
        }
        let changed = self.batch.fill(batch)?;
        let (mut captured, new) = self.captured(self.batch.size())?;
        let memory = &captured.plan.memory;
        let list = match changed || new {
            true => self.batch.uploads(memory),
            false => Vec::new(),
        };
        let positions = self.batch.positions(memory);
        let computed = self.loaded.evaluate(&mut captured, &list, positions);
        computed.map_err(backend)?;
        let memory = &captured.plan.memory;
        self.batch
            .add_results(&self.constants, memory, &captured.results, batch);
        self.captured = Some(captured);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_is_kept_while_it_fits() {
        let of = |molecules, atoms, edges| Capacity {
            molecules,
            atoms,
            edges,
        };
        let capacity = of(1, 9, 81).with_room();
        assert!(fits(capacity, of(1, 9, 81)) && fits(capacity, of(1, 9, 99)));
        assert!(!fits(capacity, of(1, 9, 200)));
        assert!(!fits(of(64, 576, 6000).with_room(), of(1, 9, 81)));
        assert!(fits(of(1, 1, 1).with_room(), of(1, 1, 1)));
    }
}
