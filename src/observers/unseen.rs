//! Counts frames that are outside of what the weights were trained on. Changes nothing and stops nobody.

use super::write_error;
use oreo_core::{Archive, ArchiveError, Observer, ObserverError, Persist, Stop, View};
use oreo_potentials::oreo::seen::{PairSearch, SeenDistances, UnseenPair};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Two atoms at a distance that was never seen, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sighting {
    /// Finished
    pub step: u64,
    /// The worst of its frame
    pub pair: UnseenPair,
}

/// The frames of one replica, looked up in the distances of the training.
pub struct Unseen {
    search: PairSearch,
    frames: u64,
    of_frames: u64,
    first: Option<Sighting>,
    worst: Option<Sighting>,
}

impl Unseen {
    /// Without frames.
    pub fn new(seen: Arc<SeenDistances>) -> Self {
        Self {
            search: PairSearch::new(seen),
            frames: 0,
            of_frames: 0,
            first: None,
            worst: None,
        }
    }

    /// What frames are looked up in.
    pub fn seen(&self) -> &SeenDistances {
        self.search.seen()
    }

    /// With a distance that was never seen.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// That were looked at.
    pub fn of_frames(&self) -> u64 {
        self.of_frames
    }

    /// In time.
    pub fn first(&self) -> Option<&Sighting> {
        self.first.as_ref()
    }

    /// Farthest from everything seen; the first of equals.
    pub fn worst(&self) -> Option<&Sighting> {
        self.worst.as_ref()
    }
}

impl Observer for Unseen {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let (elements, state) = (&view.system.elements, view.state);
        let mut worst: Option<UnseenPair> = None;
        let visit = |pair: UnseenPair| {
            if worst.is_none_or(|worst| pair.beyond > worst.beyond) {
                worst = Some(pair);
            }
        };
        self.search
            .for_each_unseen(elements, &state.positions, &state.cell, visit)
            .map_err(write_error)?;
        self.of_frames += 1;
        if let Some(pair) = worst {
            let step = state.step;
            let now = Sighting { step, pair };
            self.frames += 1;
            self.first.get_or_insert(now);
            let before = self.worst.get_or_insert(now);
            if pair.beyond > before.pair.beyond {
                *before = now;
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Persist for Unseen {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.u64("unseen-frames", &mut self.frames)?;
        archive.u64("unseen-of-frames", &mut self.of_frames)?;
        persist("unseen-first", &mut self.first, archive)?;
        persist("unseen-worst", &mut self.worst, archive)
    }
}

/// Zeros where there is none: the first number says whether there is.
fn persist(
    name: &str,
    sighting: &mut Option<Sighting>,
    archive: &mut dyn Archive,
) -> Result<(), ArchiveError> {
    let mut counts = [0; 4];
    let mut lengths = [0.0; 2];
    if let Some(Sighting { step, pair }) = sighting {
        let [i, j] = pair.atoms.map(|atom| atom as u64);
        counts = [1, *step, i, j];
        lengths = [pair.distance, pair.beyond];
    }
    archive.u64s(name, &mut counts)?;
    archive.f64s(&format!("{name}-a"), &mut lengths)?;
    let [present, step, i, j] = counts;
    let [distance, beyond] = lengths;
    let pair = UnseenPair {
        atoms: [i as usize, j as usize],
        distance,
        beyond,
    };
    *sighting = (present == 1).then_some(Sighting { step, pair });
    Ok(())
}
