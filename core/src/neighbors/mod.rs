//! Who is near whom. The order of the pairs, hence every sum over them, does not depend on when the list was built.
//!
//! - [`Neighbors`]: the list itself, which potentials read
//! - [`NeighborList`]: the list with a skin, which the engine keeps up to date
//! - `all_pairs`, `cell_list`: the two builders, quadratic for molecules and linear for boxes; equal output is a test

mod all_pairs;
mod cell_list;
mod list;
#[cfg(test)]
mod tests;

pub use list::NeighborList;

use crate::{Cell, Vec3};
use thiserror::Error;

/// What a potential asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeighborRequest {
    /// Å
    pub cutoff: f64,
}

/// A full list (both i→j and j→i), compressed by rows. In each row ascending `second`, then ascending shift.
///
/// In a periodic cell an atom can appear several times in a row, and can be its own neighbour, once per image: there
/// is no limit on the cutoff and no cap on the number of neighbours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Neighbors {
    /// Row i is `first[i]..first[i + 1]`, (n + 1,)
    pub first: Vec<u32>,
    /// j, (m,)
    pub second: Vec<u32>,
    /// Image of j: `r_ij = r_j + translation(shift) − r_i`; empty in open space, else (m,)
    pub shifts: Vec<[i32; 3]>,
}

impl Neighbors {
    /// Number of directed pairs.
    pub fn len(&self) -> usize {
        self.second.len()
    }

    /// True without pairs.
    pub fn is_empty(&self) -> bool {
        self.second.is_empty()
    }

    /// Calls `visit(i, j, r_ij, r²)` for every directed pair closer than `cutoff`, in canonical order. The subtraction
    /// is done in f64 whatever the potential computes in.
    pub fn for_each(
        &self,
        positions: &[Vec3],
        cell: &Cell,
        cutoff: f64,
        mut visit: impl FnMut(usize, usize, Vec3, f64),
    ) {
        for i in 0..self.first.len().saturating_sub(1) {
            for k in self.first[i] as usize..self.first[i + 1] as usize {
                let j = self.second[k] as usize;
                let mut r = positions[j] - positions[i];
                if let Some(&shift) = self.shifts.get(k) {
                    r += cell.translation(shift);
                }
                let squared = r.norm_squared();
                if squared < cutoff * cutoff {
                    visit(i, j, r, squared);
                }
            }
        }
    }

    /// Forgets the pairs, keeps the memory.
    fn clear(&mut self) {
        self.first.clear();
        self.first.push(0);
        self.second.clear();
        self.shifts.clear();
    }

    fn end_row(&mut self) -> Result<(), NeighborError> {
        let end = u32::try_from(self.second.len()).map_err(|_| NeighborError::TooManyPairs {
            pairs: self.second.len() as f64,
        })?;
        self.first.push(end);
        Ok(())
    }
}

/// Why there is no neighbour list.
#[derive(Debug, Clone, Error, PartialEq)]
pub enum NeighborError {
    /// More than the list can count, e.g. because the cell is far smaller than the cutoff.
    #[error("neighbour list would hold {pairs:.1e} pairs, more than 4.29e9; use a larger cell or a shorter cutoff")]
    TooManyPairs {
        /// Found or estimated.
        pairs: f64,
    },
    /// Images of the cell cannot be counted as far as the atom has gone; the dynamics diverged.
    #[error("atom {atom} is {boxes:.1e} boxes away from the cell; the dynamics has diverged, use a shorter time step")]
    Escaped {
        /// Index from 0.
        atom: usize,
        /// Fractional coordinate.
        boxes: f64,
    },
}
