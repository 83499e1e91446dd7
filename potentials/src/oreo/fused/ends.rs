//! The two ends of a pair as two places that can be added to at once.

use super::node::Node;
use super::simd::{Real, Row};

/// What kernels add to.
pub trait Sum: Copy + Default {
    /// +=
    fn absorb(&mut self, other: &Self);
}

impl<T: Real> Sum for Row<T> {
    fn absorb(&mut self, other: &Self) {
        let numbers = self.0.iter_mut().zip(other.0);
        numbers.for_each(|(number, other)| *number += other);
    }
}

impl<T: Real> Sum for [Row<T>; 3] {
    fn absorb(&mut self, other: &Self) {
        let rows = self.iter_mut().zip(other);
        rows.for_each(|(row, other)| row.absorb(other));
    }
}

impl<T: Real> Sum for Node<T> {
    fn absorb(&mut self, other: &Self) {
        self.query.absorb(&other.query);
        self.key.absorb(&other.key);
        self.scalar.absorb(&other.scalar);
        self.along.absorb(&other.along);
        self.pass.absorb(&other.pass);
    }
}

/// Both places. An atom that meets its own image has one: then the second is `spare`, to be absorbed afterwards.
#[inline(always)]
pub fn both<'a, A>(all: &'a mut [A], [i, j]: [usize; 2], spare: &'a mut A) -> [&'a mut A; 2] {
    match i == j {
        true => [&mut all[i], spare],
        false => all
            .get_disjoint_mut([i, j])
            .expect("two atoms of the batch"),
    }
}

/// To be called after a pair of an atom and its own image.
#[cold]
pub fn absorb<A: Sum>(all: &mut [A], atom: usize, spare: &mut A) {
    all[atom].absorb(spare);
    *spare = A::default();
}
