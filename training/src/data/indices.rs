//! A set of conformations of one source, as ranges: a few kilobytes for "all but these ten thousand of 15 million".

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Ascending indices without repetition. Written as `3 17 20-31`, last index included.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Indices {
    /// Ascending, disjoint, none empty, none touching the next.
    ranges: Vec<Range<u64>>,
    /// How many indices are in the ranges before each, (ranges,).
    before: Vec<u64>,
}

impl Indices {
    /// 0 to `count` − 1.
    pub fn all(count: u64) -> Self {
        Self::from_ranges(std::iter::once(0..count))
    }

    /// 0, `step`, 2 `step` and so on below `count`.
    ///
    /// # Panics
    /// When `step` is 0.
    pub fn every(count: u64, step: u64) -> Self {
        let step_size = usize::try_from(step).unwrap_or(usize::MAX);
        let indices = (0..count).step_by(step_size);
        Self::from_ranges(indices.map(|index| index..index + 1))
    }

    /// From indices in any order; repetitions count once.
    pub fn from_unsorted(mut indices: Vec<u64>) -> Self {
        indices.sort_unstable();
        let mut set = Self::default();
        for index in indices {
            set.push(index);
        }
        set
    }

    /// From ascending, disjoint ranges; empty ones are left out.
    pub(crate) fn from_ranges(ranges: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut set = Self::default();
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            set.push_range(range);
        }
        set
    }

    /// Adds an index that is not below the last one.
    pub(crate) fn push(&mut self, index: u64) {
        match self.ranges.last() {
            Some(last) if last.contains(&index) => {}
            _ => self.push_range(index..index + 1),
        }
    }

    fn push_range(&mut self, range: Range<u64>) {
        if let Some(last) = self
            .ranges
            .last_mut()
            .filter(|last| last.end == range.start)
        {
            last.end = range.end;
            return;
        }
        self.before.push(self.len() as u64);
        self.ranges.push(range);
    }

    /// How many.
    pub fn len(&self) -> usize {
        match (self.before.last(), self.ranges.last()) {
            (Some(before), Some(last)) => (before + (last.end - last.start)) as usize,
            _ => 0,
        }
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// One more than the largest; 0 when there are none.
    pub fn end(&self) -> u64 {
        self.ranges.last().map_or(0, |last| last.end)
    }

    /// The index number `rank`, counted from the smallest; `None` behind the end.
    pub fn at(&self, rank: usize) -> Option<u64> {
        let rank = rank as u64;
        let place = self.before.partition_point(|&before| before <= rank);
        let place = place.checked_sub(1)?;
        let index = self.ranges[place].start + (rank - self.before[place]);
        self.ranges[place].contains(&index).then_some(index)
    }

    /// Membership.
    pub fn contains(&self, index: u64) -> bool {
        let place = self.ranges.partition_point(|range| range.end <= index);
        self.ranges
            .get(place)
            .is_some_and(|range| range.contains(&index))
    }

    /// Ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.ranges.iter().cloned().flatten()
    }

    /// An index that both have, if any.
    pub fn common(&self, other: &Self) -> Option<u64> {
        let (mut a, mut b) = (
            self.ranges.iter().peekable(),
            other.ranges.iter().peekable(),
        );
        while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
            let start = left.start.max(right.start);
            if start < left.end.min(right.end) {
                return Some(start);
            }
            match left.end <= right.end {
                true => a.next(),
                false => b.next(),
            };
        }
        None
    }

    /// 0 to `count` − 1 without these.
    pub fn complement(&self, count: u64) -> Self {
        let starts = std::iter::once(0).chain(self.ranges.iter().map(|range| range.end));
        let ends = self.ranges.iter().map(|range| range.start.min(count));
        Self::from_ranges(
            starts
                .zip(ends.chain([count]))
                .map(|(start, end)| start..end),
        )
    }
}

impl From<Indices> for String {
    fn from(indices: Indices) -> String {
        let show = |range: &Range<u64>| match range.end - range.start {
            1 => range.start.to_string(),
            _ => format!("{}-{}", range.start, range.end - 1),
        };
        let words: Vec<_> = indices.ranges.iter().map(show).collect();
        words.join(" ")
    }
}

impl TryFrom<String> for Indices {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut set = Self::default();
        for word in text.split_whitespace() {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            let number = |text: &str| {
                let number = text.parse::<u64>().ok();
                number.filter(|&number| number < u64::MAX)
            };
            match (number(first), number(last)) {
                (Some(first), Some(last))
                    if first <= last && (set.is_empty() || set.end() <= first) =>
                {
                    set.push_range(first..last + 1);
                }
                _ => {
                    return Err(format!(
                        "'{word}' is no index or range of ascending indices"
                    ))
                }
            }
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let set = Indices::from_unsorted(vec![31, 3, 20, 21, 17, 3, 22]);
        let text = String::from(set.clone());
        assert_eq!(text, "3 17 20-22 31");
        assert_eq!(Indices::try_from(text), Ok(set));
        for bad in ["5-3", "3 2", "x", "-1", "1-2-3", "4 4"] {
            assert!(Indices::try_from(bad.to_string()).is_err(), "{bad}");
        }
    }

    #[test]
    fn ranks_members_and_the_complement_agree_with_a_list() {
        let list = [3, 17, 20, 21, 22, 31];
        let set = Indices::from_unsorted(list.to_vec());
        assert_eq!(set.iter().collect::<Vec<_>>(), list);
        // Catches a rank counted from the end of a range instead of its start.
        let ranked: Vec<_> = (0..).map_while(|rank| set.at(rank)).collect();
        assert_eq!(ranked, list);
        let rest = set.complement(33);
        assert_eq!(rest.len() + set.len(), 33);
        assert!((0..33).all(|index| rest.contains(index) != set.contains(index)));
        assert_eq!(rest.common(&set), None);
        assert_eq!(
            set.common(&Indices::from_unsorted(vec![2, 21, 40])),
            Some(21)
        );
    }
}
