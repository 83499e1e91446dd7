//! Pairs of atoms within the cutoff, each once, with all that their distance alone decides.

use super::filters::Spacing;
use super::simd::Real;
use crate::oreo::basis::cosine_cutoff;
use oreo_core::{Request, Vec3};

/// Two atoms. The message to `i` comes along `unit`, that to `j` against it.
#[derive(Debug, Clone, Copy)]
pub struct Pair<T> {
    /// Counted over all atoms of the batch.
    pub i: u32,
    /// i ≤ j; equal for an atom and its own image.
    pub j: u32,
    /// Of the filter tables.
    pub interval: u32,
    /// Place in the interval, −1 to 1.
    pub t: T,
    /// What the attention is multiplied with: c(r), or 1 where the cutoff acts on the values.
    pub cutoff: T,
    /// û = (r_j − r_i)/r
    pub unit: [T; 3],
}

impl<T> Pair<T> {
    /// i and j, checked once here so that rows of so many atoms can be indexed without further checks.
    #[inline(always)]
    pub fn ends(&self, atoms: usize) -> [usize; 2] {
        let ends = [self.i as usize, self.j as usize];
        assert!(ends[0] < atoms && ends[1] < atoms);
        ends
    }
}

/// The same in f64, for the way from pair gradients to forces.
#[derive(Debug, Clone, Copy)]
pub struct PairGeometry {
    /// r_j − r_i, Å
    pub vector: Vec3,
    /// Å
    pub distance: f64,
    /// dt/dr (1/Å) with tables; 1 with exact filters, whose slopes are by r.
    pub slope: f64,
    /// d`cutoff`/dr, 1/Å
    pub cutoff_slope: f64,
}

/// All pairs of a batch.
#[derive(Default)]
pub struct Pairs<T> {
    /// (P,)
    pub pairs: Vec<Pair<T>>,
    /// (P,)
    pub geometry: Vec<PairGeometry>,
    /// Z, (N,)
    pub elements: Vec<u8>,
    /// Where the atoms of each request end, (B,)
    pub atom_ends: Vec<usize>,
    /// Where the pairs of each request end, (B,)
    pub pair_ends: Vec<usize>,
}

/// How distances are turned into what [`Pair`] holds.
pub struct Measure {
    /// r_c, Å
    pub cutoff: f64,
    /// The cutoff acts on the values, not on the attention.
    pub vector_cutoff: bool,
    /// Of the tables; `None` for exact filters.
    pub spacing: Option<Spacing>,
}

impl<T: Real> Pairs<T> {
    /// Forgets the last batch, keeps its memory. Positions are subtracted in f64 whatever the network computes in: f32
    /// coordinates far from the origin would lose digits.
    pub fn fill(&mut self, requests: &[Request<'_>], measure: &Measure) {
        self.clear();
        for request in requests {
            let start = self.elements.len();
            let elements = &request.system.elements;
            self.elements
                .extend(elements.iter().map(|e| e.atomic_number() as u8));
            request.neighbors.for_each(
                request.positions,
                request.cell,
                measure.cutoff,
                |i, j, r, squared| {
                    if i < j || (i == j && points_forward(&r)) {
                        self.push(start + i, start + j, r, squared.sqrt(), measure);
                    }
                },
            );
            self.atom_ends.push(self.elements.len());
            self.pair_ends.push(self.pairs.len());
        }
    }

    /// Atoms of all requests.
    pub fn atoms(&self) -> usize {
        self.elements.len()
    }

    pub(super) fn clear(&mut self) {
        self.pairs.clear();
        self.geometry.clear();
        self.elements.clear();
        self.atom_ends.clear();
        self.pair_ends.clear();
    }

    fn push(&mut self, i: usize, j: usize, vector: Vec3, distance: f64, measure: &Measure) {
        let (interval, t, slope) = match &measure.spacing {
            Some(spacing) => spacing.place(distance),
            None => (0, 0.0, 1.0),
        };
        let (cutoff, cutoff_slope) = match measure.vector_cutoff {
            true => (1.0, 0.0),
            false => cosine_cutoff(distance, measure.cutoff),
        };
        let unit = vector / distance;
        self.pairs.push(Pair {
            i: i as u32,
            j: j as u32,
            interval: interval as u32,
            t: T::from_f64(t),
            cutoff: T::from_f64(cutoff),
            unit: [unit.x, unit.y, unit.z].map(T::from_f64),
        });
        self.geometry.push(PairGeometry {
            vector,
            distance,
            slope,
            cutoff_slope,
        });
    }
}

impl PairGeometry {
    /// ∂E/∂r_p of r_p = r_j − r_i from ∂E/∂t (or ∂E/∂r for exact filters), the attention's share by the cutoff, and
    /// ∂E/∂û: with dû = (1 − û ûᵀ) dr_p / r.
    pub fn gradient(&self, by_t: f64, by_cutoff: f64, by_unit: Vec3) -> Vec3 {
        let unit = self.vector / self.distance;
        let radial = by_t * self.slope + by_cutoff * self.cutoff_slope;
        unit * radial + (by_unit - unit * by_unit.dot(&unit)) / self.distance
    }
}

/// An atom meets its own images in both directions, r and −r; one of the two stands for the pair.
fn points_forward(r: &Vec3) -> bool {
    r.iter().find(|&&x| x != 0.0).is_some_and(|&x| x > 0.0)
}
