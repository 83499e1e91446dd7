//! Filters as piecewise cubic polynomials.
//!
//! In each interval the cubic that has the value and the slope of the filter at both ends (Hermite), kept as its four
//! coefficients: value and slope then take five multiply-adds. What is interpolated has continuous forces, and the forces
//! are the exact gradient of the interpolated energy.

use super::exact::ExactFilters;
use super::radial::Radial;
use super::{FilterAt, Spacing};
use crate::oreo::basis::RadialBasis;
use crate::oreo::fused::pairs::Pair;
use crate::oreo::fused::simd::{rows, Real, Row, Vector, PANEL};
use crate::oreo::fused::team::Team;

/// c0 + c1 t + c2 t² + c3 t³
const COEFFICIENTS: usize = 4;

/// Cubic polynomials.
pub struct Table<T> {
    kinds: usize,
    intervals: usize,
    /// (panels, intervals, kinds, 4)
    coefficients: Vec<Row<T>>,
}

/// The table of one panel.
#[derive(Clone, Copy)]
pub struct TableAt<'a, T> {
    kinds: usize,
    /// (intervals, kinds, 4)
    coefficients: &'a [Row<T>],
}

impl<T: Real> Table<T> {
    /// Interpolates `exact`, which is evaluated at the ends of the intervals.
    pub fn new(team: &Team, exact: &ExactFilters<f64>, basis: &RadialBasis, spacing: &Spacing) -> Self {
        let (kinds, intervals) = (exact.kinds(), spacing.intervals());
        let nodes: Vec<f64> = (0..=intervals).map(|node| spacing.node(node)).collect();
        let (values, slopes) = evaluate(team, exact, basis, &nodes);
        // dr/dt at each end, with the width of intervals as unit of t.
        let by_t: Vec<f64> = nodes.iter().map(|&r| 1.0 / spacing.place(r).2).collect();
        let mut coefficients = rows(exact.outputs() * intervals * COEFFICIENTS);
        for (at, cubic) in coefficients.chunks_mut(COEFFICIENTS).enumerate() {
            let (kind, rest) = (at % kinds, at / kinds);
            let (interval, panel) = (rest % intervals, rest / intervals);
            let node = (panel * kinds + kind) * nodes.len() + interval;
            for n in 0..PANEL {
                let ends = [values[node].0[n], values[node + 1].0[n]];
                let slopes = [
                    slopes[node].0[n] * by_t[interval],
                    slopes[node + 1].0[n] * by_t[interval + 1],
                ];
                let found = hermite(ends, slopes);
                (0..COEFFICIENTS).for_each(|power| cubic[power].0[n] = T::from_f64(found[power]));
            }
        }
        Self {
            kinds,
            intervals,
            coefficients,
        }
    }

    /// Of one panel.
    pub fn at(&self, panel: usize) -> TableAt<'_, T> {
        let size = self.intervals * self.kinds * COEFFICIENTS;
        TableAt {
            kinds: self.kinds,
            coefficients: &self.coefficients[panel * size..(panel + 1) * size],
        }
    }
}

/// The cubic with these values and slopes at t = 0 and t = 1.
fn hermite([v0, v1]: [f64; 2], [s0, s1]: [f64; 2]) -> [f64; COEFFICIENTS] {
    let rise = v1 - v0;
    [v0, s0, 3.0 * rise - 2.0 * s0 - s1, s0 + s1 - 2.0 * rise]
}

/// D and dD/dr at some distances, each (panels, kinds, R).
fn evaluate(
    team: &Team,
    exact: &ExactFilters<f64>,
    basis: &RadialBasis,
    distances: &[f64],
) -> (Vec<Row<f64>>, Vec<Row<f64>>) {
    let mut radial = Radial::default();
    radial.fill(basis, distances.iter().copied());
    let mut values = rows(exact.outputs() * distances.len());
    let mut slopes = values.clone();
    exact.evaluate(team, &radial, &mut values, &mut slopes);
    (values, slopes)
}

impl<T: Real> TableAt<'_, T> {
    #[inline(always)]
    fn cubic(&self, pair: &Pair<T>, kind: usize) -> &[Row<T>; COEFFICIENTS] {
        let start = (pair.interval as usize * self.kinds + kind) * COEFFICIENTS;
        self.coefficients[start..]
            .first_chunk()
            .expect("the interval is in the table")
    }
}

impl<T: Real> FilterAt<T> for TableAt<'_, T> {
    #[inline(always)]
    fn value<V: Vector<Scalar = T>>(&self, _: usize, pair: &Pair<T>, kind: usize, v: usize) -> V {
        let t = V::splat(pair.t);
        let [c0, c1, c2, c3] = self.cubic(pair, kind);
        let high = c3.get::<V>(v).mul_add(t, c2.get(v));
        high.mul_add(t, c1.get(v)).mul_add(t, c0.get(v))
    }

    #[inline(always)]
    fn with_slope<V: Vector<Scalar = T>>(
        &self,
        _: usize,
        pair: &Pair<T>,
        kind: usize,
        v: usize,
    ) -> (V, V) {
        let t = pair.t;
        let [two_t, three_t2] = [t + t, (t + t + t) * t].map(V::splat);
        let t = V::splat(t);
        let [c0, c1, c2, c3] = self.cubic(pair, kind).each_ref().map(|c| c.get::<V>(v));
        let value = c3.mul_add(t, c2).mul_add(t, c1).mul_add(t, c0);
        let slope = c3.mul_add(three_t2, c2.mul_add(two_t, c1));
        (value, slope)
    }
}

/// Distances at which the error of a table is measured, and the shortest of them in units of the cutoff: 0.75 Å of 5 Å,
/// below every bond.
const SAMPLES: usize = 301;
const SHORTEST: f64 = 0.15;
/// Sizes that are tried.
const SIZES: [usize; 14] = [
    32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096,
];

/// The smallest size at which the slopes of all filters are right to `bound` (relative, root of the mean square over all
/// channels and distances); the largest size if none is.
pub fn intervals_for(
    team: &Team,
    all: &[ExactFilters<f64>],
    basis: &RadialBasis,
    bound: f64,
) -> usize {
    let fits = |&&size: &&usize| {
        let spacing = Spacing::new(basis.cutoff, size);
        all.iter().all(|exact| error(team, exact, basis, &spacing) <= bound)
    };
    let largest = &SIZES[SIZES.len() - 1];
    *SIZES.iter().find(fits).unwrap_or(largest)
}

/// Of the slopes: root of the mean square of the error over that of the slope.
fn error(team: &Team, exact: &ExactFilters<f64>, basis: &RadialBasis, spacing: &Spacing) -> f64 {
    let table = Table::<f64>::new(team, exact, basis, spacing);
    let distances: Vec<f64> = (0..SAMPLES)
        .map(|n| basis.cutoff * (SHORTEST + (1.0 - SHORTEST) * n as f64 / SAMPLES as f64))
        .collect();
    let (_, slopes) = evaluate(team, exact, basis, &distances);
    let (mut wrong, mut size) = (0.0, 0.0);
    for output in 0..exact.outputs() {
        let (panel, kind) = (output / exact.kinds(), output % exact.kinds());
        let table = table.at(panel);
        for (n, &r) in distances.iter().enumerate() {
            let (interval, t, by_r) = spacing.place(r);
            let start = (interval * exact.kinds() + kind) * COEFFICIENTS;
            let [_, c1, c2, c3] = [0, 1, 2, 3].map(|power| &table.coefficients[start + power].0);
            for lane in 0..PANEL {
                let found = (c1[lane] + t * (2.0 * c2[lane] + 3.0 * t * c3[lane])) * by_r;
                let exact = slopes[output * SAMPLES + n].0[lane];
                wrong += (found - exact).powi(2);
                size += exact.powi(2);
            }
        }
    }
    match size > 0.0 {
        true => (wrong / size).sqrt(),
        false => 0.0,
    }
}
