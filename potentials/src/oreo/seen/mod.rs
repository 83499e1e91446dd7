//! Which distances of which elements a network has been trained on: a histogram that its weights file carries.
//!
//! A network answers for any structure; that it has never met two atoms as they stand there is not visible in its answer.
//! So training counts, for each pair of elements, the distances up to the cutoff in bins of 0.05 Å, and whoever computes
//! with the weights looks its own distances up.
//!
//! - [`SeenDistances`]: the counts; `lookup` asks them, `record` writes them into the weights file and reads them
//! - [`PairSearch`], [`UnseenPair`]: the pairs of a structure that were never seen

mod lookup;
mod record;
mod search;

pub use lookup::SeenPair;
pub use record::SEEN_DISTANCES;
pub use search::{PairSearch, UnseenPair};

use oreo_core::{Element, Vec3};

/// Bins for each Å: 0.05 Å wide, narrow against a bond's vibration (0.1 Å at 500 K), so that gaps between bonds and
/// angles are seen, and few enough for a header that people can read. The inverse, because whole multiples of it are exact.
const BINS_PER_ANGSTROM: f64 = 20.0;
/// Å; a cutoff beyond it is no molecule's, and must not decide how much memory is taken.
const FARTHEST: f64 = 100.0;
/// Of an element that does not occur.
const ABSENT: u8 = u8::MAX;
/// One more than the largest atomic number.
const NUMBERS: usize = 97;

/// Distances of pairs of elements in the conformations that a network was trained on.
#[derive(Debug, Clone)]
pub struct SeenDistances {
    cutoff: f64,
    conformations: u64,
    /// By atomic number: rank among `elements`, or [`ABSENT`]
    ranks: [u8; NUMBERS],
    /// In the order in which they came
    elements: Vec<Element>,
    /// Row of a pair: see [`row`]; (pairs, bins)
    counts: Vec<u64>,
    /// Å, infinite before the first; (pairs,)
    closest: Vec<f64>,
}

/// Of the lower triangle: elements that come later only append rows.
fn row(a: u8, b: u8) -> usize {
    let (low, high) = (usize::from(a.min(b)), usize::from(a.max(b)));
    high * (high + 1) / 2 + low
}

/// Å, where bin `bin` begins.
fn edge(bin: usize) -> f64 {
    bin as f64 / BINS_PER_ANGSTROM
}

impl SeenDistances {
    /// Nothing seen yet. `cutoff` is the network's, Å: positive; 100 Å at most are looked at.
    pub fn new(cutoff: f64) -> Self {
        Self {
            cutoff: cutoff.min(FARTHEST),
            conformations: 0,
            ranks: [ABSENT; NUMBERS],
            elements: Vec::new(),
            counts: Vec::new(),
            closest: Vec::new(),
        }
    }

    /// Counts every pair of a molecule in open space once, `elements` (n,), `positions` Å, (n,). Memory grows with the number
    /// of elements only. Positions that are not finite have no distances.
    pub fn add(&mut self, elements: &[Element], positions: &[Vec3]) {
        elements.iter().for_each(|&element| self.admit(element));
        self.conformations += 1;
        for (i, here) in positions.iter().enumerate() {
            let rank = self.ranks[elements[i].atomic_number()];
            for (element, there) in elements.iter().zip(&positions[..i]) {
                let squared = (there - here).norm_squared();
                if squared < self.cutoff * self.cutoff {
                    let other = self.ranks[element.atomic_number()];
                    self.count(row(rank, other), squared.sqrt());
                }
            }
        }
    }

    fn count(&mut self, row: usize, distance: f64) {
        let place = row * self.bins() + self.bin(distance);
        self.counts[place] += 1;
        self.closest[row] = self.closest[row].min(distance);
    }

    /// Makes room for the pairs of an element.
    fn admit(&mut self, element: Element) {
        let rank = &mut self.ranks[element.atomic_number()];
        if *rank != ABSENT {
            return;
        }
        *rank = self.elements.len() as u8;
        self.elements.push(element);
        let pairs = row(*rank, *rank) + 1;
        self.closest.resize(pairs, f64::INFINITY);
        self.counts.resize(pairs * self.bins(), 0);
    }

    /// The last one ends at the cutoff, or behind it.
    fn bins(&self) -> usize {
        (self.cutoff * BINS_PER_ANGSTROM).ceil() as usize
    }

    /// Of a distance below the cutoff.
    fn bin(&self, distance: f64) -> usize {
        ((distance * BINS_PER_ANGSTROM) as usize).min(self.bins() - 1)
    }

    /// Å, up to where distances were counted.
    pub fn cutoff(&self) -> f64 {
        self.cutoff
    }

    /// How many were added; one that was added in two trainings counts twice.
    pub fn conformations(&self) -> u64 {
        self.conformations
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn element(symbol: &str) -> Element {
        symbol.parse().unwrap()
    }

    /// O at the origin, H at 0.96 Å along x and y: O–H 0.96 Å twice, H–H 0.96·√2 = 1.3576 Å.
    pub fn water() -> (Vec<Element>, Vec<Vec3>) {
        let elements = ["O", "H", "H"].map(element).to_vec();
        let positions = [[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [0.0, 0.96, 0.0]];
        (elements, positions.map(Vec3::from).to_vec())
    }

    /// The only bins that are not empty, of a pair.
    pub fn filled(seen: &SeenDistances, a: &str, b: &str) -> Vec<(usize, u64)> {
        let counts = seen.counts(element(a), element(b)).unwrap_or_default();
        let all = counts.iter().copied().enumerate();
        all.filter(|&(_, count)| count > 0).collect()
    }

    /// 0.96/0.05 = 19.2 and 1.3576/0.05 = 27.15. Planted, and seen to fail: squares in place of distances; each pair counted
    /// twice.
    #[test]
    fn distances_of_water_fall_into_their_bins() {
        let (elements, positions) = water();
        let mut seen = SeenDistances::new(5.0);
        seen.add(&elements, &positions);
        for (a, b) in [("O", "H"), ("H", "O")] {
            assert_eq!(filled(&seen, a, b), [(19, 2)]);
        }
        assert_eq!(filled(&seen, "H", "H"), [(27, 1)]);
        assert_eq!(filled(&seen, "O", "O"), []);
        let reversed = |list: &[Vec3]| list.iter().rev().copied().collect::<Vec<_>>();
        let turned: Vec<_> = elements.iter().rev().copied().collect();
        seen.add(&turned, &reversed(&positions));
        assert_eq!(filled(&seen, "O", "H"), [(19, 4)]);
        assert_eq!(seen.conformations(), 2);
    }

    /// Exact multiples of the width begin their bin, and the cutoff itself is outside. Planted, and seen to fail: `<=` at the
    /// cutoff; division by 0.05, for which 0.95 Å lies below 19 widths.
    #[test]
    fn bins_begin_at_whole_widths_and_end_before_the_cutoff() {
        let pair = [element("C"), element("C")];
        let mut seen = SeenDistances::new(5.0);
        for distance in [0.95, 4.999, 5.0] {
            seen.add(&pair, &[Vec3::zeros(), Vec3::new(distance, 0.0, 0.0)]);
        }
        assert_eq!(filled(&seen, "C", "C"), [(19, 1), (99, 1)]);
    }

    /// Elements that come in later leave the rows of the others where they are. Planted, and seen to fail: rows that depend on
    /// who comes first; room for new pairs made before the old ones.
    #[test]
    fn a_later_element_moves_no_count() {
        let (elements, positions) = water();
        let mut seen = SeenDistances::new(5.0);
        seen.add(&elements, &positions);
        let apart = [Vec3::zeros(), Vec3::new(1.27, 0.0, 0.0)];
        seen.add(&["Cl", "H"].map(element), &apart);
        seen.add(&["H", "Cl"].map(element), &apart);
        assert_eq!(filled(&seen, "O", "H"), [(19, 2)]);
        assert_eq!(filled(&seen, "H", "H"), [(27, 1)]);
        assert_eq!(filled(&seen, "H", "Cl"), [(25, 2)]);
        assert_eq!(filled(&seen, "O", "Cl"), []);
    }
}
