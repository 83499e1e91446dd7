//! Gradients by weights: products and sums of what the way back meets, in the memory order of the weights.

use super::parts::{part, Places};
use crate::oreo::fused::matrix::tiles::{STRIDE, TILE};
use crate::oreo::fused::simd::{
    halves, numbers_mut, prefetch_from_memory, Dual, Kernel, Plain, Row, Vector, PANEL,
};
use crate::oreo::fused::team::Team;
use std::ops::Range;

/// Derivatives of ∂E/∂weights along the direction, part after part.
pub struct WeightGradients<P> {
    rows: Vec<Row<P>>,
    parts: Vec<Part>,
    /// Channels that no weight reads have numbers, too; their gradients count as 0.
    padding: Vec<u32>,
}

#[derive(Clone)]
struct Part {
    range: Range<usize>,
    /// What is in memory is of an earlier batch and counts as 0. Most parts are written once for a batch: so they need be
    /// neither filled with zeros nor read before.
    is_stale: bool,
}

impl<P: Plain> WeightGradients<P> {
    /// At 0.
    pub fn new(places: &Places) -> Self {
        let mut end = 0;
        let mut part = |part| {
            let start = end;
            end += places.rows(part);
            Part {
                range: start..end,
                is_stale: false,
            }
        };
        let parts = (0..places.parts()).map(&mut part).collect();
        Self {
            rows: vec![Row::default(); end],
            parts,
            padding: places.padding(),
        }
    }

    /// At 0 again, once [`Self::finish`] is called.
    pub fn clear(&mut self) {
        self.parts.iter_mut().for_each(|part| part.is_stale = true);
    }

    /// After the last gradient: parts that none has reached are 0, and so is padding.
    pub fn finish(&mut self) {
        for part in 0..self.parts.len() {
            self.part(part);
        }
        let numbers = numbers_mut(&mut self.rows);
        for &at in &self.padding {
            numbers[at as usize] = P::ZERO;
        }
    }

    /// All numbers.
    pub fn numbers(&mut self) -> &mut [P] {
        numbers_mut(&mut self.rows)
    }

    /// To be added into.
    fn part(&mut self, part: usize) -> &mut [Row<P>] {
        let Part { range, is_stale } = &mut self.parts[part];
        let rows = &mut self.rows[range.clone()];
        if std::mem::take(is_stale) {
            rows.fill(Row::default());
        }
        rows
    }

    /// Of y = x Wᵀ: ∂E/∂y (outputs, rows) and x (inputs, rows).
    pub fn matrix(&mut self, team: &Team, part: usize, dy: &[Row<Dual<P>>], x: &[Row<Dual<P>>]) {
        if dy.is_empty() {
            return;
        }
        let Part { range, is_stale } = &mut self.parts[part];
        let tiles = &mut self.rows[range.clone()];
        let replaces = std::mem::take(is_stale);
        // There are 2 inputs · outputs tiles; dy and x have outputs · rows and inputs · rows.
        let rows = isqrt(dy.len() * x.len() / (tiles.len() / (2 * STRIDE)));
        let (dy, x) = (halves(dy), halves(x));
        team.run(Outer {
            dy,
            x,
            rows,
            replaces,
            tiles,
        });
    }

    /// Of the bias of y, (outputs).
    pub fn bias(&mut self, part: usize, dy: &[Row<Dual<P>>]) {
        let bias = self.part(part);
        let rows = dy.len() / bias.len();
        for (at, [_, tangent]) in halves(dy).iter().enumerate() {
            add(&mut bias[at / rows], tangent);
        }
    }

    /// Of y = x ⊙ w + b: ∂E/∂y and x, (panels, rows). (y x)˙ = ẏ x + y ẋ
    pub fn norm(&mut self, part: usize, dy: &[Row<Dual<P>>], x: &[Row<Dual<P>>]) {
        self.bias(part + part::BIAS, dy);
        let weight = self.part(part);
        let rows = dy.len() / weight.len();
        for (at, (dy, x)) in halves(dy).iter().zip(halves(x)).enumerate() {
            let sum = &mut weight[at / rows].0;
            for n in 0..PANEL {
                sum[n] += dy[1].0[n] * x[0].0[n] + dy[0].0[n] * x[1].0[n];
            }
        }
    }

    /// Of the rows of a part.
    pub fn rows(&mut self, part: usize, gradients: &[Row<Dual<P>>]) {
        for (to, [_, tangent]) in self.part(part).iter_mut().zip(halves(gradients)) {
            add(to, tangent);
        }
    }

    /// Of row `at` of a part: `row` times a number.
    pub fn multiple(&mut self, part: usize, at: usize, row: &Row<Dual<P>>, factor: Dual<P>) {
        let ([value, tangent], sum) = (row.halves(), &mut self.part(part)[at].0);
        for n in 0..PANEL {
            sum[n] += tangent.0[n] * factor.value + value.0[n] * factor.tangent;
        }
    }

    /// Of one number.
    pub fn number(&mut self, part: usize, at: usize, gradient: P) {
        self.part(part)[at / PANEL].0[at % PANEL] += gradient;
    }
}

/// Exact root of a square.
fn isqrt(square: usize) -> usize {
    let root = (square as f64).sqrt().round() as usize;
    debug_assert_eq!(root * root, square);
    root
}

fn add<P: Plain>(to: &mut Row<P>, row: &Row<P>) {
    for (to, number) in to.0.iter_mut().zip(row.0) {
        *to += number;
    }
}

/// dW += (dyᵀ x)˙ = ẏᵀ x + yᵀ ẋ, in the tiles of W.
struct Outer<'a, P> {
    /// ∂E/∂y and its tangent, (outputs, rows)
    dy: &'a [[Row<P>; 2]],
    /// (inputs, rows)
    x: &'a [[Row<P>; 2]],
    rows: usize,
    /// dW = instead; the rows between tiles are 0 for ever
    replaces: bool,
    tiles: &'a mut [Row<P>],
}

/// Inputs whose sums stay in registers at once.
const INPUTS: usize = 8;

impl<P: Plain> Kernel<P> for Outer<'_, P> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = P>>(mut self) {
        let (groups, outputs) = (2 * self.x.len() / self.rows, self.dy.len() / self.rows);
        for group in 0..groups {
            for output in 0..outputs {
                for column in 0..PANEL / (2 * V::LANES) {
                    for k in (0..TILE).step_by(INPUTS) {
                        self.block::<V>(group, output, [2 * column, 2 * column + 1], k, outputs);
                    }
                }
            }
        }
    }
}

impl<P: Plain> Outer<'_, P> {
    #[inline(always)]
    fn block<V: Vector<Scalar = P>>(
        &mut self,
        group: usize,
        output: usize,
        registers: [usize; 2],
        k: usize,
        outputs: usize,
    ) {
        let dy = &self.dy[output * self.rows..(output + 1) * self.rows];
        let x = &self.x[group / 2 * self.rows..(group / 2 + 1) * self.rows];
        let first = TILE * (group % 2) + k;
        let tile = (group * outputs + output) * STRIDE + k;
        self.tiles[tile..tile + INPUTS]
            .iter()
            .for_each(prefetch_from_memory);
        let mut sums = [[V::zero(); 2]; INPUTS];
        for (dy, x) in dy.iter().zip(x) {
            // The tangent of one meets the value of the other.
            for half in 0..2 {
                let x: &[P; INPUTS] = x[half].0[first..].first_chunk().expect("eight inputs");
                let dy = &dy[1 - half];
                let (a, b): (V, V) = (dy.get(registers[0]), dy.get(registers[1]));
                for n in 0..INPUTS {
                    let x = V::splat(x[n]);
                    sums[n][0] = x.mul_add(a, sums[n][0]);
                    sums[n][1] = x.mul_add(b, sums[n][1]);
                }
            }
        }
        let tile = &mut self.tiles[tile..tile + INPUTS];
        for (row, [a, b]) in tile.iter_mut().zip(sums) {
            if self.replaces {
                row.set(registers[0], a);
                row.set(registers[1], b);
            } else {
                row.add(registers[0], a);
                row.add(registers[1], b);
            }
        }
    }
}
