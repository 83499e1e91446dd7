//! Attention weights: sums over heads, and what they go through.
//!
//! In memory: for each panel, pair and direction one number for each half of the row, in the order (i ← j: first half,
//! second half; j ← i: first, second). A head that is wider than half a row has the same number everywhere. Eight pairs
//! fill a row; after the P pairs come the N self loops, of which only the first two numbers count.

use super::channels::HeadWidth;
use super::pairs::Pair;
use super::simd::{silu_with_slope, Kernel, Real, Row, Vector, PANEL};

/// Numbers for one pair.
pub const WEIGHTS: usize = 4;

/// Rows for the weights of so many pairs and self loops.
pub fn weight_rows(pairs_and_loops: usize) -> usize {
    (pairs_and_loops * WEIGHTS).div_ceil(PANEL)
}

/// Entries that so many rows have room for.
pub fn entries<T>(rows: &[Row<T>]) -> usize {
    rows.len() * PANEL / WEIGHTS
}

/// The four numbers of entry `p`.
#[inline(always)]
pub fn weights<T: Real>(rows: &[Row<T>], p: usize) -> [T; WEIGHTS] {
    let at = p * WEIGHTS;
    T::four(&rows[at / PANEL], at % PANEL)
}

/// Replaces them.
#[inline(always)]
pub fn set_weights<T: Real>(rows: &mut [Row<T>], p: usize, four: [T; WEIGHTS]) {
    let at = p * WEIGHTS;
    T::set_four(&mut rows[at / PANEL], at % PANEL, four);
}

/// Adds to the two of one half: i ← j and j ← i.
#[inline(always)]
pub fn add_half_weights<T: Real, const HALF: usize>(rows: &mut [Row<T>], p: usize, two: [T; 2]) {
    let mut four = weights(rows, p);
    four[HALF] += two[0];
    four[2 + HALF] += two[1];
    set_weights(rows, p, four);
}

/// Adds up what the panels of each head found: `rows` holds the panels that belong together.
pub fn sum_heads<T: Real>(width: HeadWidth, rows: &mut [Row<T>]) {
    let HeadWidth::Panels(panels) = width else {
        return;
    };
    let size = rows.len() / panels;
    let (first, others) = rows.split_at_mut(size);
    for (at, row) in first.iter_mut().enumerate() {
        for other in others.iter().skip(at).step_by(size) {
            let numbers = row.0.iter_mut().zip(other.0);
            numbers.for_each(|(number, other)| *number += other);
        }
        sum_halves(row);
    }
    for panel in others.chunks_exact_mut(size) {
        panel.copy_from_slice(first);
    }
}

/// Of eight pairs: both halves of each direction become their sum.
fn sum_halves<T: Real>(row: &mut Row<T>) {
    for start in (0..PANEL).step_by(WEIGHTS) {
        let [a, b, c, d] = T::four(row, start);
        T::set_four(row, start, [a + b, a + b, c + d, c + d]);
    }
}

/// a = silu(l), and its slope.
pub struct Activate<'a, T> {
    /// l
    pub logits: &'a [Row<T>],
    /// silu(l)
    pub attention: &'a mut [Row<T>],
    /// silu′(l)
    pub slopes: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Activate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let rows = self.logits.iter().zip(self.attention).zip(self.slopes);
        for ((logits, attention), slopes) in rows {
            for v in 0..PANEL / V::LANES {
                let (value, slope) = silu_with_slope(logits.get::<V>(v));
                attention.set(v, value);
                slopes.set(v, slope);
            }
        }
    }
}

/// The weights of pair `p` times its cutoff.
#[inline(always)]
pub fn cut<T: Real>(rows: &[Row<T>], p: usize, pair: &Pair<T>) -> [T; WEIGHTS] {
    weights(rows, p).map(|a| a * pair.cutoff)
}

/// Registers of half a row.
#[inline(always)]
pub const fn registers_of_half<V: Vector>() -> usize {
    PANEL / 2 / V::LANES
}

/// Which of the two numbers of a direction belongs to register `v`.
#[inline(always)]
pub fn half<V: Vector>(v: usize) -> usize {
    v * V::LANES / (PANEL / 2)
}
