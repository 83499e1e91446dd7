//! Which molecules of a batch a thread or a rank takes, and which of them go through a network together.

use super::Molecule;

/// Most atoms that go through the network together: their rows stay in the second cache.
const ATOMS_TOGETHER: usize = 96;

/// Molecules that follow each other, and the first of their atoms.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Share {
    /// Of the batch
    pub first: usize,
    /// Behind the last
    pub end: usize,
    /// Of the batch
    pub atom: usize,
}

fn atoms(molecules: &[Molecule<'_>]) -> usize {
    molecules.iter().map(|m| m.positions.len()).sum()
}

/// One for each of `count`, about as many atoms as the others have; always the same ones.
pub fn shares<'b>(batch: &'b [Molecule<'b>], count: usize) -> impl Iterator<Item = Share> + 'b {
    let total = atoms(batch);
    let (mut at, mut atom) = (0, 0);
    (0..count).map(move |n| {
        let (first, first_atom) = (at, atom);
        let enough = total * (n + 1) / count;
        while at < batch.len() && atom < enough {
            atom += batch[at].positions.len();
            at += 1;
        }
        Share {
            first,
            end: at,
            atom: first_atom,
        }
    })
}

impl Share {
    /// Without molecules.
    pub fn is_empty(&self) -> bool {
        self.first == self.end
    }

    /// Its part of the batch.
    pub fn molecules<'b>(&self, batch: &'b [Molecule<'b>]) -> &'b [Molecule<'b>] {
        &batch[self.first..self.end]
    }

    /// Of its molecules.
    pub fn atoms(&self, batch: &[Molecule<'_>]) -> std::ops::Range<usize> {
        self.atom..self.atom + atoms(&batch[self.first..self.end])
    }

    /// As many at a time as fit together.
    pub fn groups<'b>(self, batch: &'b [Molecule<'b>]) -> impl Iterator<Item = Share> + 'b {
        let (mut at, mut atom) = (self.first, self.atom);
        std::iter::from_fn(move || {
            let (first, first_atom) = (at, atom);
            while at < self.end && (at == first || atoms(&batch[first..=at]) <= ATOMS_TOGETHER) {
                atom += batch[at].positions.len();
                at += 1;
            }
            (at > first).then_some(Share {
                first,
                end: at,
                atom: first_atom,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::{Element, Vec3};

    /// Seen to fail with `<` in place of `<=` in the size of a group.
    #[test]
    fn every_molecule_is_in_one_share_and_one_group() {
        let elements = ["H".parse::<Element>().unwrap(); 200];
        let positions = [Vec3::zeros(); 200];
        let sizes = [9, 87, 3, 150, 1, 96, 48, 48, 1];
        let molecule = |&size: &usize| Molecule {
            elements: &elements[..size],
            positions: &positions[..size],
        };
        let batch: Vec<_> = sizes.iter().map(molecule).collect();
        for threads in [1, 2, 3, 20] {
            let mut next = Share::default();
            let mut together = Vec::new();
            for share in shares(&batch, threads) {
                assert_eq!((share.first, share.atom), (next.first, next.atom));
                for group in share.groups(&batch) {
                    assert_eq!((group.first, group.atom), (next.first, next.atom));
                    next.first = group.end;
                    next.atom += atoms(group.molecules(&batch));
                    together.push(group.end - group.first);
                }
                assert_eq!(share.end, next.first);
            }
            assert_eq!(next.first, sizes.len());
            if threads == 1 {
                assert_eq!(together, [2, 1, 1, 1, 1, 2, 1]);
            }
        }
    }
}
