//! Sorts the atoms into bins and looks only at bins that can be near. Linear in the number of atoms.
//!
//! Bins divide the bounding box in open space and the cell, along its own three vectors, in a periodic one: there a
//! bin is a small tilted box, whose height decides how many bins the cutoff reaches. A cutoff larger than the cell
//! reaches around it, once per image.

use super::{NeighborError, Neighbors};
use crate::{Cell, Periodic, Vec3};

/// Bins are wider than the cutoff by this fraction, so that rounding cannot put two neighbours two bins apart.
const SLACK: f64 = 1e-6;
/// Widens the radius of the quick test, whose points are rounded when an atom is many boxes away.
const QUICK: f64 = 1.0 + 1e-5;
/// Limits the memory of an almost empty box.
const BINS_PER_ATOM: f64 = 4.0;

/// Scratch of the builder; kept between builds so that they do not allocate.
#[derive(Debug, Clone, Default)]
pub(super) struct CellList {
    /// (n,)
    places: Vec<Place>,
    /// Bin b holds `atoms[first[b]..first[b + 1]]`, (bins + 1,)
    first: Vec<u32>,
    /// Sorted by bin, (n,)
    atoms: Vec<u32>,
    /// Neighbours of one atom: j and its shift
    row: Vec<(u32, [i32; 3])>,
}

/// Where an atom is: `position = translation(image) + point`, the point being in the bin.
#[derive(Debug, Clone, Copy)]
struct Place {
    bin: [i32; 3],
    image: [i32; 3],
    point: Vec3,
}

/// How space is divided.
struct Grid<'a> {
    counts: [i32; 3],
    /// Bins on either side that hold neighbours.
    reach: [i32; 3],
    space: Space<'a>,
}

enum Space<'a> {
    Open { lowest: Vec3, extent: Vec3 },
    Periodic(&'a Periodic),
}

impl CellList {
    /// Replaces `pairs` by all that are closer than `radius`.
    pub(super) fn build(
        &mut self,
        positions: &[Vec3],
        cell: &Cell,
        radius: f64,
        pairs: &mut Neighbors,
    ) -> Result<(), NeighborError> {
        let grid = Grid::new(positions, cell, radius);
        self.sort_into_bins(positions, &grid);
        pairs.clear();
        for i in 0..positions.len() {
            self.gather_row(i, positions, cell, radius, &grid);
            self.row.sort_unstable();
            pairs.second.extend(self.row.iter().map(|&(j, _)| j));
            if let Space::Periodic(_) = grid.space {
                pairs.shifts.extend(self.row.iter().map(|&(_, s)| s));
            }
            pairs.end_row()?;
        }
        Ok(())
    }

    /// Counting sort: count, sum up, fill from the back.
    fn sort_into_bins(&mut self, positions: &[Vec3], grid: &Grid) {
        self.places.clear();
        self.places
            .extend(positions.iter().map(|position| grid.place(position)));
        self.first.clear();
        self.first.resize(grid.len() + 1, 0);
        for place in &self.places {
            self.first[grid.index(place.bin)] += 1;
        }
        let mut sum = 0;
        for count in &mut self.first {
            sum += *count;
            *count = sum;
        }
        self.atoms.clear();
        self.atoms.resize(positions.len(), 0);
        for (i, place) in self.places.iter().enumerate().rev() {
            let slot = &mut self.first[grid.index(place.bin)];
            *slot -= 1;
            self.atoms[*slot as usize] = i as u32;
        }
    }

    /// Neighbours of atom i, in no particular order. Most candidates fall to a quick test with points in the cell; the
    /// others are decided by the very expression of [`Neighbors::for_each`].
    fn gather_row(&mut self, i: usize, positions: &[Vec3], cell: &Cell, radius: f64, grid: &Grid) {
        self.row.clear();
        let home = self.places[i];
        let quick = (radius * QUICK).powi(2);
        grid.for_each_near(home.bin, |bin, image| {
            let offset = cell.translation(image) - home.point;
            let range = self.first[bin] as usize..self.first[bin + 1] as usize;
            for &j in &self.atoms[range] {
                let there = &self.places[j as usize];
                if (there.point + offset).norm_squared() > quick {
                    continue;
                }
                let shift = std::array::from_fn(|k| image[k] - there.image[k] + home.image[k]);
                let r = positions[j as usize] - positions[i] + cell.translation(shift);
                let itself = j as usize == i && shift == [0; 3];
                if r.norm_squared() < radius * radius && !itself {
                    self.row.push((j, shift));
                }
            }
        });
    }
}

impl<'a> Grid<'a> {
    fn new(positions: &[Vec3], cell: &'a Cell, radius: f64) -> Self {
        let space = match cell {
            Cell::Open => bounding_box(positions),
            Cell::Periodic(periodic) => Space::Periodic(periodic),
        };
        let widths = match &space {
            Space::Open { extent, .. } => *extent,
            Space::Periodic(periodic) => periodic.heights(),
        };
        let wide = radius * (1.0 + SLACK);
        let counts = limit_bins(widths.map(|width| width / wide), positions.len());
        let reach = match &space {
            Space::Open { .. } => [1; 3],
            Space::Periodic(_) => std::array::from_fn(|k| {
                (wide * f64::from(counts[k]) / widths[k]).floor() as i32 + 1
            }),
        };
        Self {
            counts,
            reach,
            space,
        }
    }

    fn len(&self) -> usize {
        self.counts.iter().map(|&count| count as usize).product()
    }

    fn index(&self, bin: [i32; 3]) -> usize {
        let [_, b, c] = self.counts.map(|count| count as usize);
        (bin[0] as usize * b + bin[1] as usize) * c + bin[2] as usize
    }

    /// NaN goes to the first bin, where it is nobody's neighbour.
    fn place(&self, position: &Vec3) -> Place {
        let (inside, image, point) = match &self.space {
            Space::Open { lowest, extent } => {
                let inside = (position - lowest).component_div(extent);
                (inside, [0; 3], *position)
            }
            Space::Periodic(periodic) => {
                let fractional = periodic.fractional(position);
                let boxes = fractional.map(f64::floor);
                let image = boxes.map(|b| b as i32).into();
                let point = position - periodic.vectors() * boxes;
                (fractional - boxes, image, point)
            }
        };
        let bin = std::array::from_fn(|k| {
            let count = self.counts[k];
            ((inside[k] * f64::from(count)) as i32).clamp(0, count - 1)
        });
        Place { bin, image, point }
    }

    /// Calls `visit(index, image)` for every bin that can hold neighbours of atoms in `home`; in a periodic cell bins
    /// outside of it are images of those inside.
    fn for_each_near(&self, home: [i32; 3], mut visit: impl FnMut(usize, [i32; 3])) {
        let open = matches!(self.space, Space::Open { .. });
        let around = |axis: usize| {
            let (at, reach, count) = (home[axis], self.reach[axis], self.counts[axis]);
            (at - reach..=at + reach)
                .map(move |bin| (bin.rem_euclid(count), bin.div_euclid(count)))
                .filter(move |&(_, image)| !open || image == 0)
        };
        for (a, image_a) in around(0) {
            for (b, image_b) in around(1) {
                for (c, image_c) in around(2) {
                    visit(self.index([a, b, c]), [image_a, image_b, image_c]);
                }
            }
        }
    }
}

/// Of the atoms whose position is finite.
fn bounding_box<'a>(positions: &[Vec3]) -> Space<'a> {
    let finite = || positions.iter().filter(|r| r.iter().all(|x| x.is_finite()));
    let lowest = finite().fold(Vec3::repeat(f64::INFINITY), |low, r| low.inf(r));
    let highest = finite().fold(Vec3::repeat(f64::NEG_INFINITY), |high, r| high.sup(r));
    Space::Open {
        lowest,
        extent: highest - lowest,
    }
}

/// Whole bins per axis, at least one; the finest axis is halved until the atoms fill enough of them.
fn limit_bins(counts: Vec3, atoms: usize) -> [i32; 3] {
    let mut counts: [f64; 3] = counts
        .map(|count| count.floor().clamp(1.0, 1e6))
        .map(|count| if count.is_nan() { 1.0 } else { count })
        .into();
    while counts.iter().product::<f64>() > (BINS_PER_ATOM * atoms as f64).max(1.0) {
        let finest = counts.iter_mut().max_by(|a, b| a.total_cmp(b));
        let finest = finest.expect("three axes");
        *finest = (*finest / 2.0).floor().max(1.0);
    }
    counts.map(|count| count as i32)
}
