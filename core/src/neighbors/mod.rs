//! Who is near whom. The order of the pairs, hence every sum over them, does not depend on when the list was built.

mod all_pairs;
mod cell_list;

use crate::{Cell, Vec3};

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
}

/// A neighbour list with a skin. A cache: it can be rebuilt at any time without changing a bit of the dynamics, so
/// checkpoints drop it.
#[derive(Debug, Clone)]
pub struct NeighborList {
    cutoff: f64,
    skin: f64,
    pairs: Neighbors,
    // built_positions, built_cell, rebuild count, scratch for the builders: all kept to avoid allocation
}

impl NeighborList {
    /// Lists pairs up to `cutoff + skin`, Å.
    pub fn new(request: NeighborRequest, skin: f64) -> Self {
        Self {
            cutoff: request.cutoff,
            skin,
            pairs: Neighbors::default(),
        }
    }

    /// Rebuilds when an atom has moved by half the skin since the last build, or the cell or the number of atoms
    /// changed.
    pub fn update(&mut self, _positions: &[Vec3], _cell: &Cell) {
        todo!("{} {}", self.cutoff, self.skin)
    }

    /// As of the last update.
    pub fn pairs(&self) -> &Neighbors {
        &self.pairs
    }
}
