//! Distance filters: D(r) = silu(W g(r) + b) for keys and values of every layer, and the linear one of the embedding.
//!
//! - [`ExactFilters`]: from the radial functions, by a matrix product for each pair
//! - [`Table`]: piecewise polynomials of degree five in a variable of the distance, [`Spacing`]; its size follows from a measured error
//! - [`FilterAt`]: how the message kernels ask either of them
//!
//! Filters depend on the distance alone, so one evaluation serves both directions of a pair, and with a table no matrix
//! product is left for pairs at all.

mod exact;
mod radial;
mod spacing;
mod table;

pub use exact::{Activation, ExactFilters, Steps};
pub use radial::Radial;
pub use spacing::Spacing;
pub use table::{intervals_for, Table, COEFFICIENTS};

use super::memory::fit;
use super::pairs::Pair;
use super::simd::{Plain, Real, Row, Vector};
use super::team::Team;
use std::ops::Range;

/// Of the keys.
pub const KEY: usize = 0;
/// Of the scalar values.
pub const SCALAR: usize = 1;
/// Of the values that go along û.
pub const ALONG: usize = 2;
/// Of the values that pass vectors on; not in the first layer.
pub const PASS: usize = 3;
/// Most kinds that a panel has.
pub const KINDS: usize = 4;

/// Where the kinds of values end.
#[inline(always)]
pub const fn values_end(passes: bool) -> usize {
    match passes {
        true => PASS + 1,
        false => PASS,
    }
}

/// The filters of one panel.
pub trait FilterAt<T: Real>: Copy {
    /// Those of one pair.
    type OfPair: FilterOfPair<T>;
    /// Of pair `p`.
    fn of(&self, p: usize, pair: &Pair<T>) -> Self::OfPair;
    /// Asks for what [`FilterAt::of`] a later pair will read of some kinds: half 0, half 1 or both of the panel.
    fn prefetch(&self, pair: &Pair<T>, kinds: Range<usize>, halves: Halves);
}

/// Calls [`FilterAt::prefetch`] for a pair soon after `p`: far enough ahead for the third cache to answer.
#[inline(always)]
pub fn prefetch_ahead<T: Real>(
    filters: &impl FilterAt<T>,
    pairs: &[Pair<T>],
    p: usize,
    kinds: Range<usize>,
    halves: Halves,
) {
    if let Some(pair) = pairs.get(p + 2) {
        filters.prefetch(pair, kinds, halves);
    }
}

/// Which part of a panel a kernel works on.
#[derive(Clone, Copy)]
pub enum Halves {
    /// Channels 0 to 15.
    First,
    /// Channels 16 to 31.
    Second,
    /// All.
    Both,
}

/// The filters of one pair in one panel.
pub trait FilterOfPair<T: Real>: Copy {
    /// D of a kind, register `v`.
    fn value<V: Vector<Scalar = T>>(&self, kind: usize, v: usize) -> V;
    /// D, and its slope by the variable that [`super::pairs::PairGeometry::slope`] belongs to.
    fn with_slope<V: Vector<Scalar = T>>(&self, kind: usize, v: usize) -> (V, V);
}

/// Filters of up to K kinds, in either form.
pub enum Filters<T: Plain, const K: usize> {
    /// By matrix products.
    Exact(ExactFilters<T>),
    /// By interpolation.
    Table(Table<T, K>),
}

/// Filters for one batch, ready to be read by many threads.
pub enum FiltersNow<'a, T, const K: usize> {
    /// Looked up when asked.
    Table(&'a Table<T, K>),
    /// Computed already.
    Exact(ExactNow<'a, T>),
}

/// D and its slope of all panels, each (panels, kinds, P).
pub struct ExactNow<'a, T> {
    values: &'a [Row<T>],
    slopes: &'a [Row<T>],
    kinds: usize,
    pairs: usize,
}

/// The same of one panel, (kinds, P).
#[derive(Clone, Copy)]
pub struct ExactAt<'a, T> {
    values: &'a [Row<T>],
    slopes: &'a [Row<T>],
    pairs: usize,
}

impl<T: Plain, const K: usize> Filters<T, K> {
    /// Exact filters are evaluated into `memory` at the distances of `radial`.
    pub fn now<'a>(
        &'a self,
        team: &Team,
        radial: &Radial<T>,
        memory: &'a mut [Vec<Row<T>>; 2],
    ) -> FiltersNow<'a, T, K> {
        let exact = match self {
            Self::Table(table) => return FiltersNow::Table(table),
            Self::Exact(exact) => exact,
        };
        let count = exact.outputs() * radial.count;
        let [values, slopes] = memory.each_mut().map(|memory| fit(memory, count));
        exact.evaluate(team, radial, values, slopes);
        FiltersNow::Exact(ExactNow {
            values,
            slopes,
            kinds: exact.kinds(),
            pairs: radial.count,
        })
    }
}

impl<'a, T> ExactAt<'a, T> {
    /// From D and its slopes, (kinds, P) each.
    pub fn new(values: &'a [Row<T>], slopes: &'a [Row<T>], pairs: usize) -> Self {
        Self {
            values,
            slopes,
            pairs,
        }
    }
}

impl<'a, T> ExactNow<'a, T> {
    /// Of one panel.
    pub fn at(&self, panel: usize) -> ExactAt<'a, T> {
        let size = self.kinds * self.pairs;
        ExactAt {
            values: &self.values[panel * size..(panel + 1) * size],
            slopes: &self.slopes[panel * size..(panel + 1) * size],
            pairs: self.pairs,
        }
    }
}

/// The same of one pair.
#[derive(Clone, Copy)]
pub struct ExactOfPair<'a, T> {
    panel: ExactAt<'a, T>,
    p: usize,
}

impl<'a, T: Real> FilterAt<T> for ExactAt<'a, T> {
    type OfPair = ExactOfPair<'a, T>;

    #[inline(always)]
    fn of(&self, p: usize, _: &Pair<T>) -> Self::OfPair {
        ExactOfPair { panel: *self, p }
    }

    /// Pairs come in the order of memory: the processor sees that itself.
    #[inline(always)]
    fn prefetch(&self, _: &Pair<T>, _: Range<usize>, _: Halves) {}
}

impl<T: Real> FilterOfPair<T> for ExactOfPair<'_, T> {
    #[inline(always)]
    fn value<V: Vector<Scalar = T>>(&self, kind: usize, v: usize) -> V {
        self.panel.values[kind * self.panel.pairs + self.p].get(v)
    }

    #[inline(always)]
    fn with_slope<V: Vector<Scalar = T>>(&self, kind: usize, v: usize) -> (V, V) {
        let at = kind * self.panel.pairs + self.p;
        (self.panel.values[at].get(v), self.panel.slopes[at].get(v))
    }
}
