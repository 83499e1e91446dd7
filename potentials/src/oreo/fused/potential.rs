//! The network as a [`Potential`].

use super::engine::{Engine, Evaluate};
use super::{Filters, Options, Precision};
use crate::oreo::{Config, F16Rounding, Weights};
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
    /// Packs the weights and sizes the filter tables, which takes some tenths of a second for a large network.
    ///
    /// # Errors
    /// [`PotentialError::InvalidParameter`] on options without meaning; [`PotentialError::Backend`] on hyper-parameters
    /// that this network does not have, instructions that this processor does not have, tables that cannot be as exact as
    /// asked for, weights that f16 cannot hold, and when the system gives no threads.
    pub fn new(weights: &Weights, options: &Options) -> Result<Self, PotentialError> {
        let config = &weights.config;
        check(config, options)?;
        let mut rounding = None;
        let engine = match options.precision {
            Precision::F64 => Engine::<f64>::boxed(weights, options),
            Precision::F32 => Engine::<f32>::boxed(weights, options),
            Precision::F16Weights => {
                let mut rounded = weights.clone();
                rounding = Some(rounded.round_to_f16().map_err(backend)?);
                Engine::<f16>::boxed(&rounded, options)
            }
        }?;
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

/// What cannot be computed, before anything is.
fn check(config: &Config, options: &Options) -> Result<(), PotentialError> {
    if let Some(problem) = config.problem() {
        return Err(backend(problem));
    }
    if !options.instruction_set.is_available() {
        let name = options.instruction_set.name();
        return Err(backend(format!(
            "this processor has no {name} instructions"
        )));
    }
    let invalid = |parameter, value, expected| PotentialError::InvalidParameter {
        potential: NAME.into(),
        parameter,
        value,
        expected,
    };
    match options.filters {
        Filters::Table { bound } if !(bound.is_finite() && bound > 0.0) => {
            Err(invalid("bound", bound, "a positive number, e.g. 3e-6"))
        }
        _ if options.threads == 0 => Err(invalid("threads", 0.0, "at least 1")),
        _ => Ok(()),
    }
}

pub(super) fn backend(problem: impl std::fmt::Display) -> PotentialError {
    PotentialError::Backend {
        potential: NAME.into(),
        message: problem.to_string(),
    }
}
