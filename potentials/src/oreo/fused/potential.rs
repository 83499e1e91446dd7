//! The network as a [`Potential`].

use super::engine::{Engine, Evaluate};
use super::{Options, Precision};
use crate::oreo::{F16Rounding, Weights};
use half::f16;
use oreo_core::{Capabilities, NeighborRequest, Potential, PotentialError, Request};

/// The ET at the speed of the processor.
pub struct OreoFused {
    capabilities: Capabilities,
    rounding: Option<F16Rounding>,
    engine: Box<dyn Evaluate>,
}

const NAME: &str = "OREO";

impl OreoFused {
    /// # Errors
    /// [`PotentialError::Backend`] when f16 cannot hold the weights, or the system gives no threads.
    pub fn new(weights: &Weights, options: &Options) -> Result<Self, PotentialError> {
        let config = &weights.config;
        let mut rounding = None;
        let engine = match options.precision {
            Precision::F64 => Engine::<f64>::boxed(weights, options),
            Precision::F32 => Engine::<f32>::boxed(weights, options),
            Precision::F16Weights => {
                let mut rounded = weights.clone();
                rounding = Some(rounded.round_to_f16().map_err(backend)?);
                Engine::<f16>::boxed(&rounded, options)
            }
        }
        .map_err(backend)?;
        Ok(Self {
            capabilities: Capabilities {
                name: NAME.into(),
                precision: options.precision.name(),
                neighbors: Some(NeighborRequest {
                    cutoff: config.cutoff_upper,
                }),
                elements: weights.elements(),
                virial: true,
                periodic: true,
                atoms_per_call: None,
            },
            rounding,
            engine,
        })
    }

    /// Intervals of the filter tables, `None` with [`super::Filters::Exact`].
    pub fn table_intervals(&self) -> Option<usize> {
        self.engine.table_intervals()
    }

    /// What f16 weights cost; `None` in the other precisions.
    pub fn rounding(&self) -> Option<F16Rounding> {
        self.rounding
    }
}

impl Potential for OreoFused {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for request in batch.iter() {
            self.capabilities.check(request.system, request.cell)?;
        }
        self.engine.evaluate(batch);
        Ok(())
    }
}

fn backend(problem: impl std::fmt::Display) -> PotentialError {
    PotentialError::Backend {
        potential: NAME.into(),
        message: problem.to_string(),
    }
}
