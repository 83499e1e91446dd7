//! The network as a [`Potential`].

use super::network::{Memory, Network};
use super::simd::Stored;
use super::team::Team;
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

/// A network in some precision.
trait Evaluate: Send {
    fn evaluate(&mut self, batch: &mut [Request<'_>]);
    fn table_intervals(&self) -> Option<usize>;
}

struct Engine<W: Stored> {
    team: Team,
    network: Network<W>,
    memory: Memory<W::Scalar>,
}

const NAME: &str = "OREO";

impl OreoFused {
    /// # Errors
    /// [`PotentialError::Backend`] when f16 cannot hold the weights.
    pub fn new(weights: &Weights, options: &Options) -> Result<Self, PotentialError> {
        let config = &weights.config;
        let mut rounding = None;
        let engine: Box<dyn Evaluate> = match options.precision {
            Precision::F64 => Engine::<f64>::boxed(weights, options),
            Precision::F32 => Engine::<f32>::boxed(weights, options),
            Precision::F16Weights => {
                let mut rounded = weights.clone();
                rounding = Some(rounded.round_to_f16().map_err(backend)?);
                Engine::<f16>::boxed(&rounded, options)
            }
        };
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

impl<W: Stored> Engine<W> {
    fn boxed(weights: &Weights, options: &Options) -> Box<dyn Evaluate> {
        let team = Team::alone(options.instruction_set);
        let network = Network::<W>::new(&team, weights, options.filters);
        let memory = network.memory();
        Box::new(Self {
            team,
            network,
            memory,
        })
    }
}

impl<W: Stored> Evaluate for Engine<W> {
    fn evaluate(&mut self, batch: &mut [Request<'_>]) {
        self.network.evaluate(self.team, batch, &mut self.memory);
    }

    fn table_intervals(&self) -> Option<usize> {
        self.network.table_intervals()
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
