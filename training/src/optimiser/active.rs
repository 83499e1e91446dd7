//! Which parameters move: all but the frozen tensors.

use crate::TrainingError;
use oreo_potentials::oreo::layout::Entry;
use std::ops::Range;

/// Ranges of the flat vector of parameters that training changes, in order, without overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    ranges: Vec<Range<usize>>,
    count: usize,
}

impl Active {
    /// Every one of `count` parameters.
    pub fn all(count: usize) -> Self {
        Self::without(count, &[])
    }

    /// All tensors but those whose name starts with one of the prefixes, for example
    /// `representation_model.embedding` or `representation_model.attention_layers.0.` (with the point at the end, so that
    /// layer 10 is not meant).
    ///
    /// # Errors
    /// A prefix that no tensor has, or nothing left to train.
    pub fn freezing(entries: &[Entry], prefixes: &[String]) -> Result<Self, TrainingError> {
        for prefix in prefixes {
            if !entries.iter().any(|entry| entry.name.starts_with(prefix)) {
                return Err(TrainingError::Settings(format!(
                    "frozen: no tensor's name starts with '{prefix}'; names look like '{}'",
                    entries.first().map_or("", |entry| &entry.name)
                )));
            }
        }
        let mut frozen = Vec::new();
        let mut start = 0;
        for entry in entries {
            let end = start + entry.count();
            if prefixes.iter().any(|prefix| entry.name.starts_with(prefix)) {
                frozen.push(start..end);
            }
            start = end;
        }
        let active = Self::without(start, &frozen);
        if active.ranges.is_empty() {
            let problem = "frozen: every tensor is frozen; leave at least one to train";
            return Err(TrainingError::Settings(problem.into()));
        }
        Ok(active)
    }

    /// All of `count` parameters but the frozen ranges, which are in order and do not overlap.
    fn without(count: usize, frozen: &[Range<usize>]) -> Self {
        let mut ranges = Vec::new();
        let mut start = 0;
        let end = std::iter::once(count..count);
        for range in frozen.iter().cloned().chain(end) {
            if start < range.start {
                ranges.push(start..range.start);
            }
            start = range.end;
        }
        Self { ranges, count }
    }

    /// The same for parameters that lie otherwise: `order` has for each number 0 for padding, which may move, else one more
    /// than the place of its parameter.
    pub fn in_order(&self, order: &[u32]) -> Self {
        let mut moves = vec![true; self.count + 1];
        let mut next = 0;
        let end = std::iter::once(self.count..self.count);
        for range in self.ranges.iter().cloned().chain(end) {
            moves[next + 1..=range.start].fill(false);
            next = range.end;
        }
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let moving = order
            .iter()
            .enumerate()
            .filter(|(_, &place)| moves[place as usize]);
        for (at, _) in moving {
            match ranges.last_mut() {
                Some(last) if last.end == at => last.end += 1,
                _ => ranges.push(at..at + 1),
            }
        }
        Self {
            ranges,
            count: order.len(),
        }
    }

    /// The parts of a range that move.
    pub(super) fn ranges_within(
        &self,
        of: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + '_ {
        let first = self.ranges.partition_point(|range| range.end <= of.start);
        let (start, end) = (of.start, of.end);
        (self.ranges[first..].iter())
            .take_while(move |range| range.start < end)
            .map(move |range| range.start.max(start)..range.end.min(end))
    }

    /// Those that move.
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// How many numbers there are, frozen ones included.
    pub fn parameters(&self) -> usize {
        self.count
    }

    /// How many numbers move.
    pub fn moving(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_potentials::oreo::layout::Start;

    fn entries() -> Vec<Entry> {
        let entry = |name: &str, count| Entry {
            name: name.into(),
            shape: vec![count],
            start: Start::Normal,
            trainable: true,
        };
        vec![
            entry("embedding", 3),
            entry("layers.1.q", 2),
            entry("layers.1.k", 2),
            entry("layers.10.q", 4),
            entry("head", 1),
        ]
    }

    fn freezing(prefixes: &[&str]) -> Result<Active, TrainingError> {
        let prefixes: Vec<_> = prefixes.iter().map(ToString::to_string).collect();
        Active::freezing(&entries(), &prefixes)
    }

    /// Planted: a start that is not moved past a frozen tensor leaves it active.
    #[test]
    fn frozen_tensors_leave_holes() {
        assert_eq!(freezing(&[]).unwrap(), Active::all(12));
        let active = freezing(&["embedding", "layers.1."]).unwrap();
        assert_eq!(active.ranges().first(), Some(&(7..12)));
        assert_eq!((active.parameters(), active.moving()), (12, 5));
        assert_eq!(
            freezing(&["layers.1.k", "head"]).unwrap().ranges(),
            [0..5, 7..11]
        );
    }

    /// Planted: places not shifted by one for the padding.
    #[test]
    fn another_order_freezes_the_same_parameters() {
        let active = freezing(&["layers.1.k", "head"]).unwrap();
        let order = [12, 0, 1, 6, 2, 7, 3, 4, 5, 0, 8, 9, 10, 11, 0];
        let found = active.in_order(&order);
        assert_eq!(found.ranges(), [1..3, 4..5, 6..15]);
        assert_eq!(found.parameters(), order.len());
        let within: Vec<_> = found.ranges_within(2..10).collect();
        assert_eq!(within, [2..3, 4..5, 6..10]);
    }

    #[test]
    fn nonsense_is_refused_with_its_name() {
        let error = freezing(&["encoder"]).unwrap_err().to_string();
        assert!(error.contains("'encoder'") && error.contains("'embedding'"));
        assert!(freezing(&["embedding", "layers", "head"]).is_err());
    }
}
