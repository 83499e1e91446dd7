//! Collects h(r) while the run goes on, in fixed memory.

use super::write_error;
use oreo_core::{Archive, ArchiveError, Observer, ObserverError, Persist, Stop, View};
use oreo_validation::BlockedHistogram;
use std::ops::ControlFlow;

/// The pair distances of one replica, block by block.
#[derive(Default)]
pub struct Distances {
    histogram: BlockedHistogram,
}

impl Distances {
    /// So far.
    pub fn histogram(&self) -> &BlockedHistogram {
        &self.histogram
    }
}

impl Observer for Distances {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let added = self
            .histogram
            .add_frame(&view.state.positions, &view.state.cell);
        added.map_err(write_error)?;
        Ok(ControlFlow::Continue(()))
    }

    fn sees_the_stop(&self) -> bool {
        false
    }
}

impl Persist for Distances {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        self.histogram.persist(archive)
    }
}
