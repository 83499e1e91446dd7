//! The pairs of a structure that the network has never seen.

use super::SeenDistances;
use oreo_core::{Cell, Element, NeighborError, NeighborList, NeighborRequest, Vec3};
use std::sync::Arc;

/// Two atoms at a distance that was never seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnseenPair {
    /// From 0, ascending
    pub atoms: [usize; 2],
    /// Å
    pub distance: f64,
    /// Å; see [`SeenDistances::beyond`]
    pub beyond: f64,
}

impl UnseenPair {
    /// `H3–O7 at 0.61 Å, closest seen 0.84 Å`
    pub fn describe(&self, elements: &[Element], seen: &SeenDistances) -> String {
        let [i, j] = self.atoms;
        let (a, b) = (elements[i], elements[j]);
        let instead = seen.seen_instead(a, b, self.distance);
        format!("{a}{i}–{b}{j} at {:.2} Å, {instead}", self.distance)
    }
}

/// Looks up structure after structure. Scratch only; after the largest structure it takes no more memory.
pub struct PairSearch {
    seen: Arc<SeenDistances>,
    list: NeighborList,
}

impl PairSearch {
    /// In what was seen.
    pub fn new(seen: Arc<SeenDistances>) -> Self {
        let request = NeighborRequest {
            cutoff: seen.cutoff(),
        };
        // Structures are frames apart: a skin would only lengthen the list.
        let list = NeighborList::new(request, 0.0);
        Self { seen, list }
    }

    /// What it looks up in.
    pub fn seen(&self) -> &SeenDistances {
        &self.seen
    }

    /// Calls `visit` for every unseen pair below the cutoff, images in a periodic cell included, and returns how many pairs
    /// there were, seen or not. An atom and its own image come twice.
    ///
    /// # Errors
    /// Of the neighbour list.
    pub fn for_each_unseen(
        &mut self,
        elements: &[Element],
        positions: &[Vec3],
        cell: &Cell,
        mut visit: impl FnMut(UnseenPair),
    ) -> Result<u64, NeighborError> {
        self.list.update(positions, cell)?;
        let (seen, mut pairs) = (&*self.seen, 0);
        let cutoff = seen.cutoff();
        let mut look = |i: usize, j: usize, distance: f64| {
            pairs += 1;
            if let Some(beyond) = seen.beyond(elements[i], elements[j], distance) {
                let atoms = [i, j];
                visit(UnseenPair {
                    atoms,
                    distance,
                    beyond,
                });
            }
        };
        let list = self.list.pairs();
        // The list has both directions.
        list.for_each(positions, cell, cutoff, |i, j, _, squared| {
            if i <= j {
                look(i, j, squared.sqrt());
            }
        });
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::water;
    use super::*;

    fn found(positions: &[Vec3], cell: &Cell) -> (u64, Vec<UnseenPair>) {
        let (elements, training) = water();
        let mut seen = SeenDistances::new(5.0);
        seen.add(&elements, &training);
        let mut search = PairSearch::new(Arc::new(seen));
        let mut unseen = Vec::new();
        let pairs = search.for_each_unseen(&elements, positions, cell, |pair| unseen.push(pair));
        (pairs.unwrap(), unseen)
    }

    /// One H pushed in to 0.61 Å: that O–H, and H–H at √(0.61² + 0.96²) = 1.137 Å. Planted, and seen to fail: each pair
    /// twice.
    #[test]
    fn a_bond_that_is_too_short_is_found() {
        let (elements, mut positions) = water();
        assert_eq!(found(&positions, &Cell::Open), (3, vec![]));
        positions[1].x = 0.61;
        let (pairs, unseen) = found(&positions, &Cell::Open);
        let atoms: Vec<_> = unseen.iter().map(|pair| pair.atoms).collect();
        assert_eq!((pairs, &atoms[..]), (3, &[[0, 1], [1, 2]][..]));
        assert!((unseen[0].beyond - 0.34).abs() < 1e-9);
        let mut seen = SeenDistances::new(5.0);
        seen.add(&elements, &water().1);
        let words = unseen[0].describe(&elements, &seen);
        assert_eq!(words, "O0–H1 at 0.61 Å, closest seen 0.96 Å");
    }

    /// A box of 4 Å: images of other atoms and of oneself are pairs, too. Planted, and seen to fail: pairs of an atom with
    /// its own image left out.
    #[test]
    fn images_are_pairs() {
        let cell = Cell::orthorhombic(4.0, 20.0, 20.0).unwrap();
        let (_, unseen) = found(&water().1, &cell);
        let of_oxygen: Vec<_> = unseen.iter().filter(|pair| pair.atoms == [0, 0]).collect();
        assert_eq!(of_oxygen.len(), 2);
        assert_eq!(of_oxygen[0].distance, 4.0);
        let h = unseen.iter().find(|pair| pair.atoms == [0, 1]).unwrap();
        assert!((h.distance - 3.04).abs() < 1e-12);
    }
}
