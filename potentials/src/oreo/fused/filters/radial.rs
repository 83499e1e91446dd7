//! Radial functions of many distances, as panels.

use crate::oreo::basis::{cosine_cutoff, RadialBasis};
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::simd::{Real, Row, PANEL};

/// g(r) and c(r) with their slopes.
pub struct Radial<T> {
    /// g, (K padded, R)
    pub values: Vec<Row<T>>,
    /// dg/dr, (K padded, R)
    pub slopes: Vec<Row<T>>,
    /// c and dc/dr, (R,)
    pub cutoffs: Vec<[T; 2]>,
    /// R
    pub count: usize,
    /// Scratch only, (K,)
    at_one: [Vec<f64>; 2],
}

impl<T: Real> Default for Radial<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            slopes: Vec::new(),
            cutoffs: Vec::new(),
            count: 0,
            at_one: [Vec::new(), Vec::new()],
        }
    }
}

impl<T: Real> Radial<T> {
    /// Replaces the distances, Å.
    pub fn fill(&mut self, basis: &RadialBasis, distances: impl ExactSizeIterator<Item = f64>) {
        let (functions, count) = (basis.means.len(), distances.len());
        let panels = functions.div_ceil(PANEL);
        self.count = count;
        fit(&mut self.values, panels * count).fill(Row::default());
        fit(&mut self.slopes, panels * count).fill(Row::default());
        fit(&mut self.cutoffs, count);
        let [values, slopes] = &mut self.at_one;
        values.resize(functions, 0.0);
        slopes.resize(functions, 0.0);
        for (n, r) in distances.enumerate() {
            basis.evaluate(r, values, slopes);
            let (c, slope) = cosine_cutoff(r, basis.cutoff);
            self.cutoffs[n] = [T::from_f64(c), T::from_f64(slope)];
            for k in 0..functions {
                let (row, lane) = (k / PANEL * count + n, k % PANEL);
                self.values[row].0[lane] = T::from_f64(values[k]);
                self.slopes[row].0[lane] = T::from_f64(slopes[k]);
            }
        }
    }
}
