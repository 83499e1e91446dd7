//! Where the gradients of weights go: nowhere when only forces are asked for.

use super::parts::{part, Places};
use crate::oreo::fused::matrix::tiles::{STRIDE, TILE};
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::simd::{Dual, Kernel, Plain, Real, Row, Vector, PANEL};
use crate::oreo::fused::team::Team;

/// Takes what the way back finds out about weights.
pub trait Collect<T: Real> {
    /// Whether anybody listens; if not, gradients by positions are asked for.
    const TRAINS: bool;
    /// Of y = x Wᵀ: ∂E/∂y (outputs, rows) and x (inputs, rows).
    fn matrix(&mut self, team: &Team, part: usize, dy: &[Row<T>], x: &[Row<T>]);
    /// Of y = x Wᵀ + b, where b is the part after W.
    fn matrix_and_bias(&mut self, team: &Team, part: usize, dy: &[Row<T>], x: &[Row<T>]);
    /// Of y = x ⊙ w + b: ∂E/∂y and x, (panels, rows).
    fn norm(&mut self, part: usize, dy: &[Row<T>], x: &[Row<T>]);
    /// ∂E/∂ the rows of a part.
    fn rows(&mut self, part: usize, first: usize, gradients: &[Row<T>]);
    /// ∂E/∂ one number.
    fn number(&mut self, part: usize, at: usize, gradient: T);
}

/// Nobody listens.
pub struct Nothing;

impl<T: Real> Collect<T> for Nothing {
    const TRAINS: bool = false;
    fn matrix(&mut self, _: &Team, _: usize, _: &[Row<T>], _: &[Row<T>]) {}
    fn matrix_and_bias(&mut self, _: &Team, _: usize, _: &[Row<T>], _: &[Row<T>]) {}
    fn norm(&mut self, _: usize, _: &[Row<T>], _: &[Row<T>]) {}
    fn rows(&mut self, _: usize, _: usize, _: &[Row<T>]) {}
    fn number(&mut self, _: usize, _: usize, _: T) {}
}

/// Derivatives of ∂E/∂weights along the direction: the tangents of what is collected, added up part by part.
pub struct WeightGradients<T> {
    parts: Vec<Vec<Row<T>>>,
    /// Scratch: dy and x as plain rows, twice as many.
    split: [Vec<Row<T>>; 2],
}

impl<T: Plain> WeightGradients<T> {
    /// Of the network that `places` belongs to, at 0.
    pub fn new(places: &Places) -> Self {
        let rows = |part| vec![Row::default(); places.rows(part)];
        Self {
            parts: (0..places.parts()).map(rows).collect(),
            split: [Vec::new(), Vec::new()],
        }
    }

    /// At 0 again.
    pub fn clear(&mut self) {
        for part in &mut self.parts {
            part.fill(Row::default());
        }
    }

    /// Part by part.
    pub fn parts(&self) -> &[Vec<Row<T>>] {
        &self.parts
    }

    /// (dy x)˙ = ẏ x + y ẋ: the tangents of dy stand beside the values of x, then the values of dy beside the tangents.
    fn outer(&mut self, team: &Team, part: usize, dy: &[Row<Dual<T>>], x: &[Row<Dual<T>>]) {
        // Tiles: 2 inputs · outputs of them; dy and x: outputs · rows and inputs · rows.
        let rows = isqrt(dy.len() * x.len() / (self.parts[part].len() / (2 * STRIDE)));
        let (inputs, outputs) = (x.len() / rows, dy.len() / rows);
        let [split_dy, split_x] = &mut self.split;
        let split_dy = fit(split_dy, 2 * dy.len());
        let split_x = fit(split_x, 2 * x.len());
        for panel in 0..outputs {
            for row in 0..rows {
                let (value, tangent) = halves(&dy[panel * rows + row]);
                split_dy[2 * panel * rows + row] = tangent;
                split_dy[(2 * panel + 1) * rows + row] = value;
            }
        }
        for panel in 0..inputs {
            for row in 0..rows {
                let (value, tangent) = halves(&x[panel * rows + row]);
                split_x[2 * panel * rows + row] = value;
                split_x[(2 * panel + 1) * rows + row] = tangent;
            }
        }
        team.run(Outer {
            dy: split_dy,
            x: split_x,
            rows: 2 * rows,
            tiles: &mut self.parts[part],
        });
    }
}

/// Exact root of a square.
fn isqrt(square: usize) -> usize {
    let root = (square as f64).sqrt().round() as usize;
    debug_assert_eq!(root * root, square);
    root
}

fn halves<T: Plain>(row: &Row<Dual<T>>) -> (Row<T>, Row<T>) {
    let (mut value, mut tangent) = (Row::default(), Row::default());
    for n in 0..PANEL {
        value.0[n] = row.0[n].value;
        tangent.0[n] = row.0[n].tangent;
    }
    (value, tangent)
}

impl<T: Plain> Collect<Dual<T>> for WeightGradients<T> {
    const TRAINS: bool = true;

    fn matrix(&mut self, team: &Team, part: usize, dy: &[Row<Dual<T>>], x: &[Row<Dual<T>>]) {
        if !dy.is_empty() {
            self.outer(team, part, dy, x);
        }
    }

    fn matrix_and_bias(
        &mut self,
        team: &Team,
        part: usize,
        dy: &[Row<Dual<T>>],
        x: &[Row<Dual<T>>],
    ) {
        self.matrix(team, part, dy, x);
        let bias = &mut self.parts[part + part::BIAS];
        let rows = dy.len() / bias.len();
        for (at, row) in dy.iter().enumerate() {
            add_tangents(&mut bias[at / rows], row);
        }
    }

    fn norm(&mut self, part: usize, dy: &[Row<Dual<T>>], x: &[Row<Dual<T>>]) {
        let rows = dy.len() / self.parts[part].len();
        for (at, (dy, x)) in dy.iter().zip(x).enumerate() {
            let product = Row(std::array::from_fn(|n| dy.0[n] * x.0[n]));
            add_tangents(&mut self.parts[part][at / rows], &product);
            add_tangents(&mut self.parts[part + part::BIAS][at / rows], dy);
        }
    }

    fn rows(&mut self, part: usize, first: usize, gradients: &[Row<Dual<T>>]) {
        for (to, row) in self.parts[part][first..].iter_mut().zip(gradients) {
            add_tangents(to, row);
        }
    }

    fn number(&mut self, part: usize, at: usize, gradient: Dual<T>) {
        self.parts[part][at / PANEL].0[at % PANEL] += gradient.tangent;
    }
}

fn add_tangents<T: Plain>(to: &mut Row<T>, row: &Row<Dual<T>>) {
    for (to, number) in to.0.iter_mut().zip(row.0) {
        *to += number.tangent;
    }
}

/// dW += dyᵀ x, in the tiles of W.
struct Outer<'a, T> {
    /// (outputs, rows)
    dy: &'a [Row<T>],
    /// (inputs, rows)
    x: &'a [Row<T>],
    rows: usize,
    tiles: &'a mut [Row<T>],
}

/// Inputs whose sums stay in registers at once.
const INPUTS: usize = 8;

impl<T: Real> Kernel<T> for Outer<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(mut self) {
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

impl<T: Real> Outer<'_, T> {
    #[inline(always)]
    fn block<V: Vector<Scalar = T>>(
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
        let mut sums = [[V::zero(); 2]; INPUTS];
        for (dy, x) in dy.iter().zip(x) {
            let x: &[T; INPUTS] = x.0[first..].first_chunk().expect("eight inputs");
            let (a, b): (V, V) = (dy.get(registers[0]), dy.get(registers[1]));
            for n in 0..INPUTS {
                let x = V::splat(x[n]);
                sums[n][0] = x.mul_add(a, sums[n][0]);
                sums[n][1] = x.mul_add(b, sums[n][1]);
            }
        }
        let tile = &mut self.tiles[(group * outputs + output) * STRIDE + k..][..INPUTS];
        for (row, [a, b]) in tile.iter_mut().zip(sums) {
            row.add(registers[0], a);
            row.add(registers[1], b);
        }
    }
}
