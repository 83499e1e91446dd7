//! Mean temperatures and the drift of the conserved quantity, in fixed memory.

use super::write_error;
use oreo_core::units::PICOSECOND;
use oreo_core::{Archive, ArchiveError, Observer, ObserverError, Persist, Stop, View};
use oreo_validation::drift::{Drift, DriftMeter};
use oreo_validation::temperatures::{MeanTemperatures, Temperatures};
use std::ops::ControlFlow;

/// What `summary.json` says of the dynamics of one replica.
pub struct Averages {
    /// Internal time units.
    timestep: f64,
    /// That the temperature of everything counts.
    degrees_of_freedom: usize,
    temperatures: MeanTemperatures,
    drift: DriftMeter,
}

impl Averages {
    /// Without samples.
    pub fn new(timestep: f64, degrees_of_freedom: usize) -> Self {
        let (temperatures, drift) = (MeanTemperatures::new(), DriftMeter::new());
        Self {
            timestep,
            degrees_of_freedom,
            temperatures,
            drift,
        }
    }

    /// Means; `None` before the first sample.
    pub fn temperatures(&self) -> Option<Temperatures> {
        self.temperatures.mean()
    }

    /// `None` with too few samples for a slope.
    pub fn drift(&self) -> Option<Drift> {
        self.drift.drift().ok()
    }
}

impl Observer for Averages {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let now = Temperatures::of(view.system, view.state, self.degrees_of_freedom as f64);
        self.temperatures.add(&now);
        let time = view.state.step as f64 * self.timestep / PICOSECOND;
        self.drift.add(time, view.conserved).map_err(write_error)?;
        Ok(ControlFlow::Continue(()))
    }

    fn sees_the_stop(&self) -> bool {
        false
    }
}

impl Persist for Averages {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        self.temperatures.persist(archive)?;
        self.drift.persist(archive)
    }
}
