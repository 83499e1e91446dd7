//! The network as a [`Potential`].

use super::{Options, Rounding};
use crate::oreo::Weights;
use oreo_core::{Capabilities, Potential, PotentialError, Request};

/// The ET at the speed of the processor.
pub struct OreoFused {
    capabilities: Capabilities,
}

impl OreoFused {
    /// # Errors
    /// [`PotentialError::Backend`] on hyper-parameters that this network does not have.
    pub fn new(_weights: &Weights, _options: &Options) -> Result<Self, PotentialError> {
        Err(PotentialError::Backend {
            potential: "OREO".into(),
            message: "the fast path is being built".into(),
        })
    }

    /// Intervals of the filter tables, `None` with [`super::Filters::Exact`].
    pub fn table_intervals(&self) -> Option<usize> {
        None
    }

    /// What f16 weights cost; `None` in the other precisions.
    pub fn rounding(&self) -> Option<Rounding> {
        None
    }
}

impl Potential for OreoFused {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn evaluate(&mut self, _batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        Ok(())
    }
}
