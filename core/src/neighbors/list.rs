//! When to build, and with which builder.

use super::cell_list::CellList;
use super::{all_pairs, NeighborError, NeighborRequest, Neighbors};
use crate::{Cell, Periodic, Vec3};

/// Below these numbers of atoms looking at every pair is faster than sorting into bins; measured at 5 + 1 Å in matter
/// of 0.1 atoms/Å³. In a periodic cell a pair costs more, because its images have to be found.
const FEW_ATOMS_OPEN: usize = 2500;
const FEW_ATOMS_PERIODIC: usize = 150;
/// A hair below one half, so that rounding cannot bring a pair that is not listed inside the cutoff.
const HALF: f64 = 0.499_999;
/// Boxes from the origin; keeps sums of shifts inside `i32`.
const FARTHEST: f64 = 1e8;
/// Images of the cell along one axis within the cutoff; no cell is that flat.
const MOST_IMAGES: f64 = 1e4;

/// A neighbour list with a skin. A cache: it can be rebuilt at any time without changing a bit of the dynamics, so
/// checkpoints drop it.
#[derive(Debug, Clone)]
pub struct NeighborList {
    cutoff: f64,
    skin: f64,
    pairs: Neighbors,
    /// Positions and cell that `pairs` belongs to; `None` before the first build
    built_positions: Vec<Vec3>,
    built_cell: Option<Cell>,
    rebuilds: u64,
    /// Scratch only
    bins: CellList,
}

impl NeighborList {
    /// Lists pairs up to `cutoff + skin`, Å. Any cutoff, also one larger than the cell.
    ///
    /// # Panics
    /// When one of the two is negative or NaN.
    pub fn new(request: NeighborRequest, skin: f64) -> Self {
        let cutoff = request.cutoff;
        assert!(
            cutoff >= 0.0 && skin >= 0.0,
            "cutoff {cutoff} Å and skin {skin} Å must not be negative"
        );
        Self {
            cutoff,
            skin,
            pairs: Neighbors::default(),
            built_positions: Vec::new(),
            built_cell: None,
            rebuilds: 0,
            bins: CellList::default(),
        }
    }

    /// Å, as requested; listed pairs can be farther apart.
    pub fn cutoff(&self) -> f64 {
        self.cutoff
    }

    /// Å
    pub fn skin(&self) -> f64 {
        self.skin
    }

    /// How often the list was built.
    pub fn rebuilds(&self) -> u64 {
        self.rebuilds
    }

    /// As of the last update.
    pub fn pairs(&self) -> &Neighbors {
        &self.pairs
    }

    /// Rebuilds when an atom has moved by half the skin since the last build, or the cell or the number of atoms
    /// changed. An atom whose position is NaN has no neighbours. After an error the pairs are unspecified.
    pub fn update(&mut self, positions: &[Vec3], cell: &Cell) -> Result<(), NeighborError> {
        if self.is_current(positions, cell) {
            return Ok(());
        }
        self.built_cell = None;
        let radius = self.cutoff + self.skin;
        let few_atoms = match cell {
            Cell::Open => FEW_ATOMS_OPEN,
            Cell::Periodic(_) => FEW_ATOMS_PERIODIC,
        };
        if let Cell::Periodic(periodic) = cell {
            refuse_countless_images(positions, periodic, radius)?;
        }
        if positions.len() < few_atoms {
            all_pairs::build(positions, cell, radius, &mut self.pairs)?;
        } else {
            self.bins.build(positions, cell, radius, &mut self.pairs)?;
        }
        self.built_positions.clear();
        self.built_positions.extend_from_slice(positions);
        self.built_cell = Some(cell.clone());
        self.rebuilds += 1;
        Ok(())
    }

    /// Not so when a position is NaN, since no comparison with NaN holds.
    fn is_current(&self, positions: &[Vec3], cell: &Cell) -> bool {
        let allowed = HALF * self.skin;
        self.built_cell.as_ref() == Some(cell)
            && self.built_positions.len() == positions.len()
            && (self.built_positions.iter().zip(positions))
                .all(|(built, now)| (now - built).norm_squared() <= allowed * allowed)
    }
}

/// The number of pairs is estimated from the density, before memory is spent on them.
fn refuse_countless_images(
    positions: &[Vec3],
    cell: &Periodic,
    radius: f64,
) -> Result<(), NeighborError> {
    let images = cell.heights().map(|height| radius / height).max();
    let sphere = 4.0 / 3.0 * std::f64::consts::PI * radius.powi(3);
    let pairs = (positions.len() as f64).powi(2) * sphere / cell.volume();
    if pairs > f64::from(u32::MAX) || images > MOST_IMAGES {
        return Err(NeighborError::TooManyPairs {
            pairs: pairs.max(images),
        });
    }
    for (atom, position) in positions.iter().enumerate() {
        let boxes = cell.fractional(position).amax();
        if position.iter().all(|x| x.is_finite()) && boxes > FARTHEST {
            return Err(NeighborError::Escaped { atom, boxes });
        }
    }
    Ok(())
}
