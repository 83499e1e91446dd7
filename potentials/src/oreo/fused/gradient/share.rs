//! Which molecules of a batch a thread takes, and which of them go through the network together.

use crate::oreo::gradients::Molecule;

/// Most atoms that go through the network together: their rows stay in the second cache.
const ATOMS_TOGETHER: usize = 96;

/// Molecules that follow each other, and the first of their atoms.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Share {
    pub first: usize,
    pub end: usize,
    pub atom: usize,
}

fn atoms(molecules: &[Molecule<'_>]) -> usize {
    molecules.iter().map(|m| m.positions.len()).sum()
}

/// One for each thread, about as many atoms as the others.
pub fn assign<'b>(batch: &'b [Molecule<'b>], threads: usize) -> impl Iterator<Item = Share> + 'b {
    let total = atoms(batch);
    let (mut at, mut atom) = (0, 0);
    (0..threads).map(move |thread| {
        let (first, first_atom) = (at, atom);
        let enough = total * (thread + 1) / threads;
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
    pub fn is_empty(&self) -> bool {
        self.first == self.end
    }

    pub fn molecules<'b>(&self, batch: &'b [Molecule<'b>]) -> &'b [Molecule<'b>] {
        &batch[self.first..self.end]
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
            for share in assign(&batch, threads) {
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
