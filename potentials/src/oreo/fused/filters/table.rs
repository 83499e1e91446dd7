//! Filters as piecewise polynomials of degree five.
//!
//! In each interval the polynomial that has the value and the slope of the filter at both ends and in the middle
//! (Hermite), kept as its six coefficients: value and slope then take nine multiply-adds. What is interpolated has
//! continuous forces, and the forces are the exact gradient of the interpolated energy. Degree five rather than three:
//! the same error takes about a fifth of the intervals, and a table that stays in the cache is worth more than four
//! multiply-adds.

use super::exact::ExactFilters;
use super::radial::Radial;
use super::{FilterAt, FilterOfPair, Halves, Spacing, KINDS};
use crate::oreo::basis::RadialBasis;
use crate::oreo::fused::pairs::Pair;
use crate::oreo::fused::simd::{prefetch, prefetch_half, rows, Real, Row, Vector, PANEL};
use crate::oreo::fused::team::Team;
use std::ops::Range;

/// Of t⁰ to t⁵, −1 ≤ t ≤ 1.
pub const COEFFICIENTS: usize = 6;

/// Coefficients of t⁰ to t⁵ for the channels of a panel.
pub type Polynomial<T> = [Row<T>; COEFFICIENTS];

/// Polynomials of degree five, for up to K kinds of filters; the rest is 0.
pub struct Table<T, const K: usize> {
    intervals: usize,
    /// (panels, intervals)
    polynomials: Vec<[Polynomial<T>; K]>,
}

/// The table of one panel, (intervals).
#[derive(Clone, Copy)]
pub struct TableAt<'a, T, const K: usize>(&'a [[Polynomial<T>; K]]);

impl<T: Real, const K: usize> Table<T, K> {
    /// Interpolates `exact`, which is evaluated at the ends and middles of the intervals.
    pub fn new(
        team: &Team,
        exact: &ExactFilters<f64>,
        basis: &RadialBasis,
        spacing: &Spacing,
    ) -> Self {
        let (kinds, intervals) = (exact.kinds(), spacing.intervals());
        let nodes: Vec<f64> = (0..=2 * intervals).map(|node| spacing.node(node)).collect();
        let (values, slopes) = evaluate(team, exact, basis, &nodes);
        let dr_dt: Vec<f64> = nodes.iter().map(|&r| 1.0 / spacing.place(r).2).collect();
        let zero = [[Row::default(); COEFFICIENTS]; K];
        let mut polynomials = vec![zero; exact.outputs() / kinds * intervals];
        for (at, all) in polynomials.iter_mut().enumerate() {
            let (panel, interval) = (at / intervals, at % intervals);
            for (kind, polynomial) in all[..kinds].iter_mut().enumerate() {
                let node = (panel * kinds + kind) * nodes.len() + 2 * interval;
                for n in 0..PANEL {
                    let values = [0, 1, 2].map(|half| values[node + half].0[n]);
                    let by_t = |half: usize| slopes[node + half].0[n] * dr_dt[2 * interval + half];
                    let found = hermite(values, [0, 1, 2].map(by_t));
                    for (row, coefficient) in polynomial.iter_mut().zip(found) {
                        row.0[n] = T::from_f64(coefficient);
                    }
                }
            }
        }
        Self {
            intervals,
            polynomials,
        }
    }

    /// Of one panel.
    pub fn at(&self, panel: usize) -> TableAt<'_, T, K> {
        TableAt(&self.polynomials[panel * self.intervals..(panel + 1) * self.intervals])
    }
}

/// The polynomial with these values and slopes at t = −1, 0 and 1: its even and its odd part have two conditions each at
/// t = 1, once value and slope at 0 are taken off.
fn hermite(values: [f64; 3], slopes: [f64; 3]) -> [f64; COEFFICIENTS] {
    let [(v0, v1, v2), (s0, s1, s2)] = [values, slopes].map(|[a, b, c]| (a, b, c));
    let (even, even_slope) = (0.5 * (v2 + v0) - v1, 0.5 * (s2 - s0));
    let (odd, odd_slope) = (0.5 * (v2 - v0) - s1, 0.5 * (s2 + s0) - s1);
    let c4 = 0.5 * even_slope - even;
    let c5 = 0.5 * odd_slope - 1.5 * odd;
    [v1, s1, even - c4, odd - c5, c4, c5]
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

impl<'a, T, const K: usize> TableAt<'a, T, K> {
    /// Coefficients of one kind in one interval.
    pub fn polynomial(&self, interval: usize, kind: usize) -> &'a Polynomial<T> {
        &self.0[interval][kind]
    }
}

/// The polynomials of one pair.
#[derive(Clone, Copy)]
pub struct TableOfPair<'a, T, const K: usize> {
    t: T,
    polynomials: &'a [Polynomial<T>; K],
}

impl<'a, T: Real, const K: usize> FilterAt<T> for TableAt<'a, T, K> {
    type OfPair = TableOfPair<'a, T, K>;

    #[inline(always)]
    fn of(&self, _: usize, pair: &Pair<T>) -> Self::OfPair {
        TableOfPair {
            t: pair.t,
            polynomials: &self.0[pair.interval as usize],
        }
    }

    #[inline(always)]
    fn prefetch(&self, pair: &Pair<T>, kinds: Range<usize>, halves: Halves) {
        for row in self.0[pair.interval as usize][kinds].as_flattened() {
            match halves {
                Halves::First => prefetch_half::<T, 0>(row),
                Halves::Second => prefetch_half::<T, 1>(row),
                Halves::Both => prefetch(row),
            }
        }
    }
}

impl<T: Real, const K: usize> FilterOfPair<T> for TableOfPair<'_, T, K> {
    #[inline(always)]
    fn value<V: Vector<Scalar = T>>(&self, kind: usize, v: usize) -> V {
        let (t, coefficients) = (V::splat(self.t), &self.polynomials[kind]);
        let mut value: V = coefficients[COEFFICIENTS - 1].get(v);
        for power in (0..COEFFICIENTS - 1).rev() {
            value = value.mul_add(t, coefficients[power].get(v));
        }
        value
    }

    /// Horner's scheme, and the same for the quotient that it leaves.
    #[inline(always)]
    fn with_slope<V: Vector<Scalar = T>>(&self, kind: usize, v: usize) -> (V, V) {
        let (t, coefficients) = (V::splat(self.t), &self.polynomials[kind]);
        let mut slope: V = coefficients[COEFFICIENTS - 1].get(v);
        let mut value = slope.mul_add(t, coefficients[COEFFICIENTS - 2].get(v));
        for power in (0..COEFFICIENTS - 2).rev() {
            slope = slope.mul_add(t, value);
            value = value.mul_add(t, coefficients[power].get(v));
        }
        (value, slope)
    }
}

/// Distances at which the error of a table is measured, and the shortest of them in units of the cutoff: 0.75 Å of 5 Å,
/// below every bond.
const SAMPLES: usize = 301;
const SHORTEST: f64 = 0.15;
/// Sizes that are tried.
const SIZES: [usize; 21] = [
    8, 12, 16, 24, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160, 256, 384, 512, 768, 1024, 2048,
];

/// Of a polynomial.
fn slope(coefficients: impl DoubleEndedIterator<Item = f64> + ExactSizeIterator, t: f64) -> f64 {
    let terms = coefficients.enumerate().skip(1).rev();
    terms.fold(0.0, |sum, (power, c)| sum * t + power as f64 * c)
}

/// The smallest size at which the slopes of all filters are right to `bound` (relative, root of the mean square over all
/// channels and distances).
///
/// # Errors
/// When the largest size does not reach it, in one line.
pub fn intervals_for(
    team: &Team,
    all: &[ExactFilters<f64>],
    basis: &RadialBasis,
    bound: f64,
) -> Result<usize, String> {
    let mut best = f64::INFINITY;
    for size in SIZES {
        let spacing = Spacing::new(basis.cutoff, size);
        let errors = all.iter().map(|exact| error(team, exact, basis, &spacing));
        best = errors.fold(0.0, f64::max);
        if best <= bound {
            return Ok(size);
        }
    }
    let most = SIZES[SIZES.len() - 1];
    Err(format!(
        "filter tables of {most} intervals are right to {best:.1e} only, not to {bound:.1e}; use exact filters"
    ))
}

/// Of the slopes: root of the mean square of the error over that of the slope.
fn error(team: &Team, exact: &ExactFilters<f64>, basis: &RadialBasis, spacing: &Spacing) -> f64 {
    let table = Table::<f64, KINDS>::new(team, exact, basis, spacing);
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
            let coefficients = &table.0[interval][kind];
            for lane in 0..PANEL {
                let found = slope(coefficients.iter().map(|row| row.0[lane]), t) * by_r;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oreo::fused::filters::spacing::LINEAR;
    use crate::oreo::fused::filters::Activation;
    use crate::oreo::fused::matrix::Matrix;
    use crate::oreo::fused::simd::InstructionSet;

    /// The part of the spacing that is linear in r pays: without it the error near the cutoff decides.
    #[test]
    fn a_part_linear_in_r_pays() {
        let basis = RadialBasis::evenly_spaced(64, 5.0);
        let weight =
            |output: usize, input: usize| ((7 * output + 3 * input) % 13) as f64 * 0.02 - 0.12;
        let matrix = Matrix::new(1, 2, weight);
        let filters = ExactFilters::new(matrix, rows(1), 1, Activation::Silu { cut: true });
        let team = Team::alone(InstructionSet::detect());
        let error = |linear: f64| {
            let spacing = Spacing::with_linear_part(5.0, 96, linear);
            error(&team, &filters, &basis, &spacing)
        };
        let (without, with) = (error(0.0), error(LINEAR));
        assert!(with < 1e-4 && with < 0.5 * without, "{with:e} {without:e}");
    }

    /// By hand: t⁵ − 2 t⁴ + 3 t² − t + 7 has these values and slopes at −1, 0 and 1.
    #[test]
    fn a_polynomial_of_degree_five_is_found_again() {
        let found = hermite([8.0, 7.0, 8.0], [6.0, -1.0, 2.0]);
        assert_eq!(found, [7.0, -1.0, 3.0, 0.0, -2.0, 1.0]);
        assert_eq!(slope(found.into_iter(), 1.0), 2.0);
        assert_eq!(slope(found.into_iter(), -1.0), 6.0);
    }
}
