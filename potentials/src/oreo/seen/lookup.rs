//! Questions to the counts: was this distance seen, and if not, what was?
//!
//! A distance counts as seen if its bin or one of the two beside it holds one. That allows 0.05 to 0.1 Å beyond the shortest
//! seen distance, and must: of F frames of a healthy run, about F/N have a distance of a pair of elements that is a little
//! shorter than all of N training conformations, as one sample in N + 1 is the least of them.

use super::{edge, row, SeenDistances, ABSENT};
use oreo_core::Element;
use serde::Serialize;

/// Empty bins between two filled ones of which each has a filled one beside it.
const BRIDGED: usize = 2;

/// What was seen of one pair of elements.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenPair {
    /// By ascending atomic number: `H-O`
    pub elements: String,
    /// Å, the shortest distance
    pub closest_a: f64,
    /// Å, from and to: distances that count as seen, gaps left out; edges of bins that hold counts
    pub ranges_a: Vec<[f64; 2]>,
    /// How many distances
    pub count: u64,
}

impl SeenDistances {
    /// `None` if the distance was seen or reaches the cutoff; else how far it is from the nearest seen distance or from the
    /// cutoff, Å. At the cutoff nothing is unknown: there pairs cease to exist for the network.
    pub fn beyond(&self, a: Element, b: Element, distance: f64) -> Option<f64> {
        let counts = self.counts(a, b).unwrap_or_default();
        if distance >= self.cutoff {
            return None;
        }
        let bin = self.bin(distance);
        let beside = counts.get(bin.saturating_sub(1)..counts.len().min(bin + 2));
        if beside.is_some_and(|bins| bins.iter().any(|&count| count > 0)) {
            return None;
        }
        let (below, above) = self.around(a, b, distance);
        let above = above.unwrap_or(self.cutoff) - distance;
        Some(below.map_or(above, |below| above.min(distance - below)))
    }

    /// In words, for a distance that was not seen: `closest seen 0.84 Å`.
    pub fn seen_instead(&self, a: Element, b: Element, distance: f64) -> String {
        let closest = self.closest(a, b);
        match self.around(a, b, distance) {
            (None, None) => format!("no such pair seen within {} Å", self.cutoff),
            (None, Some(above)) => format!("closest seen {:.2} Å", closest.unwrap_or(above)),
            (Some(below), None) => format!("farthest seen {below:.2} Å"),
            (Some(below), Some(above)) => {
                format!("seen only up to {below:.2} Å and from {above:.2} Å")
            }
        }
    }

    /// By atomic numbers. Pairs of elements without any distance are left out.
    pub fn pairs(&self) -> Vec<SeenPair> {
        let seen = |(a, b)| {
            let counts = self.counts(a, b)?;
            let closest_a = self.closest(a, b)?;
            Some(SeenPair {
                elements: format!("{a}-{b}"),
                closest_a,
                ranges_a: ranges(counts),
                count: counts.iter().sum(),
            })
        };
        self.element_pairs().into_iter().filter_map(seen).collect()
    }

    /// Each once, the lower atomic number first.
    pub(super) fn element_pairs(&self) -> Vec<(Element, Element)> {
        let mut elements = self.elements.clone();
        elements.sort();
        let with = |&a: &Element| {
            let others = elements.iter().copied().filter(move |&b| b >= a);
            others.map(move |b| (a, b)).collect::<Vec<_>>()
        };
        elements.iter().flat_map(with).collect()
    }

    /// (bins,); `None` if one of the two never came.
    pub(super) fn counts(&self, a: Element, b: Element) -> Option<&[u64]> {
        let bins = self.bins();
        self.row_of(a, b)
            .map(|row| &self.counts[row * bins..(row + 1) * bins])
    }

    /// Å; `None` if the two were never seen together.
    pub(super) fn closest(&self, a: Element, b: Element) -> Option<f64> {
        let closest = self.row_of(a, b).map(|row| self.closest[row]);
        closest.filter(|distance| distance.is_finite())
    }

    pub(super) fn row_of(&self, a: Element, b: Element) -> Option<usize> {
        let [a, b] = [a, b].map(|element| self.ranks[element.atomic_number()]);
        (a != ABSENT && b != ABSENT).then(|| row(a, b))
    }

    /// Å: where the last filled bin before an empty one ends, and where the first one behind it begins.
    fn around(&self, a: Element, b: Element, distance: f64) -> (Option<f64>, Option<f64>) {
        let Some(counts) = self.counts(a, b) else {
            return (None, None);
        };
        let bin = self.bin(distance);
        let is_filled = |&count: &u64| count > 0;
        let below = counts[..bin].iter().rposition(is_filled);
        let above = counts[bin..].iter().position(is_filled);
        (
            below.map(|before| edge(before + 1)),
            above.map(|after| edge(bin + after)),
        )
    }
}

/// Filled bins, joined over gaps in which every distance counts as seen.
fn ranges(counts: &[u64]) -> Vec<[f64; 2]> {
    let mut ranges: Vec<[usize; 2]> = Vec::new();
    let filled = (0..counts.len()).filter(|&bin| counts[bin] > 0);
    for bin in filled {
        match ranges.last_mut() {
            Some([_, end]) if bin - *end <= BRIDGED => *end = bin + 1,
            _ => ranges.push([bin, bin + 1]),
        }
    }
    ranges.into_iter().map(|range| range.map(edge)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{element, water};
    use super::*;
    use oreo_core::Vec3;

    fn seen() -> SeenDistances {
        let (elements, positions) = water();
        let mut seen = SeenDistances::new(5.0);
        seen.add(&elements, &positions);
        // H–H also in bin 40.
        let two = [element("H"), element("H")];
        seen.add(&two, &[Vec3::zeros(), Vec3::new(2.03, 0.0, 0.0)]);
        seen
    }

    /// O–H is seen in bin 19, 0.95 to 1.00 Å: bins 18 to 20 count, 0.90 to 1.05 Å. Planted, and seen to fail: no neighbours;
    /// only the one above; two on either side; ways to
    /// seen distances only, not to the cutoff.
    #[test]
    fn a_bin_counts_as_seen_with_its_two_neighbours() {
        let seen = seen();
        let [o, h] = ["O", "H"].map(element);
        for inside in [0.901, 0.97, 1.049] {
            assert_eq!(seen.beyond(o, h, inside), None, "{inside}");
        }
        let near = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-9;
        assert!(near(seen.beyond(o, h, 0.61), 0.34));
        assert!(near(seen.beyond(h, o, 1.06), 0.06));
        assert!(near(seen.beyond(o, h, 4.9), 0.1), "to the cutoff");
        assert_eq!(seen.beyond(o, h, 5.0), None, "beyond the cutoff");
    }

    /// Planted, and seen to fail: a pair that was never seen is not asked about further.
    #[test]
    fn what_was_never_seen_is_called_by_its_name() {
        let seen = seen();
        let [o, h, c] = ["O", "H", "C"].map(element);
        let words = |a, b, distance| seen.seen_instead(a, b, distance);
        assert_eq!(words(o, h, 0.61), "closest seen 0.96 Å");
        assert_eq!(words(o, h, 3.0), "farthest seen 1.00 Å");
        assert_eq!(words(h, h, 1.7), "seen only up to 1.40 Å and from 2.00 Å");
        for (a, b) in [(o, o), (c, h), (c, c)] {
            assert_eq!(words(a, b, 3.0), "no such pair seen within 5 Å");
            assert_eq!(seen.beyond(a, b, 3.0), Some(2.0));
        }
    }

    /// The gap of H–H, bins 28 to 39, has ten bins with no filled one beside them.
    #[test]
    fn ranges_leave_out_what_is_reported() {
        let seen = seen();
        let pairs = seen.pairs();
        let names: Vec<_> = pairs.iter().map(|pair| pair.elements.as_str()).collect();
        assert_eq!(names, ["H-H", "H-O"]);
        assert_eq!(pairs[0].ranges_a, [[1.35, 1.4], [2.0, 2.05]]);
        assert_eq!((pairs[0].count, pairs[1].count), (2, 2));
        assert_eq!(pairs[1].closest_a, 0.96);
        assert_eq!(
            ranges(&[0, 1, 0, 0, 1, 0, 0, 0, 1]),
            [[0.05, 0.25], [0.4, 0.45]]
        );
    }
}
