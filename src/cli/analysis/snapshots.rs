//! A few frames of a trajectory, for looking at: evenly spaced, the last one, and the two around the first broken bond.
//!
//! Memory is bounded although nobody knows beforehand how long the trajectory is: when the store is full, every other
//! frame goes and the stride doubles.

use oreo_core::Vec3;

/// Frames kept at most; a viewer shows no more.
pub const MOST_FRAMES: usize = 200;
/// Positions kept at most, so that a box of 100,000 atoms does not fill the memory.
const MOST_POSITIONS: usize = 500_000;

/// Positions of one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// From 0, in the file.
    pub frame: u64,
    /// Å, (n,)
    pub positions: Vec<Vec3>,
}

/// Collects frames.
#[derive(Debug, Clone, Default)]
pub struct Snapshots {
    stride: u64,
    store: usize,
    seen: u64,
    kept: Vec<Snapshot>,
    /// Around the first broken bond.
    pinned: Vec<Snapshot>,
    latest: Option<Snapshot>,
}

impl Snapshots {
    /// Of a system of so many atoms.
    pub fn new(atoms: usize) -> Self {
        let affordable = MOST_POSITIONS / atoms.max(1);
        Self {
            stride: 1,
            store: affordable.clamp(4, 2 * MOST_FRAMES),
            ..Self::default()
        }
    }

    /// The next frame; `breaks` at the first one with a broken bond.
    pub fn add(&mut self, positions: &[Vec3], breaks: bool) {
        let now = Snapshot {
            frame: self.seen,
            positions: positions.to_vec(),
        };
        if breaks {
            self.pinned.extend(self.latest.take());
            self.pinned.push(now.clone());
        }
        if self.seen.is_multiple_of(self.stride) {
            self.kept.push(now.clone());
            self.halve_if_full();
        }
        self.latest = Some(now);
        self.seen += 1;
    }

    fn halve_if_full(&mut self) {
        if self.kept.len() < self.store {
            return;
        }
        self.stride *= 2;
        let stride = self.stride;
        self.kept
            .retain(|snapshot| snapshot.frame.is_multiple_of(stride));
    }

    /// At most `most` frames (three more where a bond breaks and at the end), in order.
    pub fn chosen(&self, most: usize) -> Vec<&Snapshot> {
        let evenly = spread(self.kept.len(), most).map(|k| &self.kept[k]);
        let mut chosen: Vec<_> = evenly.chain(&self.pinned).chain(&self.latest).collect();
        chosen.sort_by_key(|snapshot| snapshot.frame);
        chosen.dedup_by_key(|snapshot| snapshot.frame);
        chosen
    }
}

/// `most` of `count` indices, as evenly as whole numbers allow, the first among them.
fn spread(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let taken = count.min(most);
    (0..taken).map(move |k| k * count / taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(count: u64, breaks: Option<u64>) -> Vec<u64> {
        let mut snapshots = Snapshots::new(1);
        for frame in 0..count {
            snapshots.add(&[Vec3::zeros()], breaks == Some(frame));
        }
        let chosen = snapshots.chosen(MOST_FRAMES);
        chosen.iter().map(|snapshot| snapshot.frame).collect()
    }

    /// Catches frames taken from the beginning alone, and a store that is never halved.
    #[test]
    fn a_long_trajectory_is_seen_to_its_end_and_evenly() {
        let found = frames(100_000, None);
        assert!(found.len() > MOST_FRAMES / 2 && found.len() <= MOST_FRAMES + 1);
        assert_eq!((found[0], *found.last().unwrap()), (0, 99_999));
        let steps = found.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(steps.max().unwrap() <= 2 * 100_000 / MOST_FRAMES as u64);
    }

    /// Catches a break that falls between two frames of the stride.
    #[test]
    fn the_break_and_the_frame_before_it_are_always_there() {
        let found = frames(50_001, Some(33_333));
        assert!(found.contains(&33_332) && found.contains(&33_333));
        assert_eq!(frames(3, Some(2)), [0, 1, 2]);
    }
}
