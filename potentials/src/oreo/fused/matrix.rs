//! Matrix products for few rows, with the weights packed once for both directions.
//!
//! y = x Wᵀ + b on the way forward, dx = dy W on the way back. Activations are panels: for each 32 channels the rows of
//! all atoms, (panels, rows, 32). W is stored in tiles of 16 inputs × 32 outputs, the tiles of the same inputs one after
//! the other. Forward broadcasts an input and multiplies it with a row of a tile; back takes dot products of rows of
//! tiles with dy. One copy for both: two would not fit into the cache together, and reading weights is what limits a
//! small molecule.

use super::simd::{prefetch, prefetch_from_memory, rows, Kernel, Row, Stored, Vector, PANEL};
use super::team::Team;

/// Inputs of a tile.
const TILE: usize = 16;
/// Rows from tile to tile. One row stays empty: at strides that are powers of two the same rows of all tiles would
/// compete for the same places of the cache (measured: the way back 145 → 186 GFLOP/s).
const STRIDE: usize = TILE + 1;
/// Most panels of dy that a reverse pass goes through at once: 768 outputs of six rows are 18 KB, less than half of a
/// first cache.
const STRETCH: usize = 20;

/// Inputs whose sums a reverse pass keeps in registers at once.
const INPUTS: usize = 4;
/// Tiles between what a forward pass computes and what it asks the second cache and the memory for: with nine rows one
/// tile takes 40 ns, an answer of the third cache 60, one of the memory 150 and more.
const SOON: usize = 2;
const LATER: usize = 8;

/// W, packed.
pub struct Matrix<W> {
    /// Panels of inputs.
    inputs: usize,
    /// Panels of outputs.
    outputs: usize,
    /// (2 inputs, outputs, 16 + 1) rows of 32 outputs
    tiles: Vec<Row<W>>,
}

/// What happens to dx.
#[derive(Clone, Copy, PartialEq)]
pub enum Destination {
    /// dx = dy W
    Replace,
    /// dx += dy W
    Add,
}

impl<W: Stored> Matrix<W> {
    /// `weight(output, input)` for all padded channels; padding must be 0.
    pub fn new(outputs: usize, inputs: usize, weight: impl Fn(usize, usize) -> f64) -> Self {
        let mut tiles = rows(2 * inputs * outputs * STRIDE);
        for (at, tile) in tiles.chunks_mut(STRIDE).enumerate() {
            let (group, panel) = (at / outputs, at % outputs);
            for (k, row) in tile[..TILE].iter_mut().enumerate() {
                for (n, value) in row.0.iter_mut().enumerate() {
                    *value = W::store(weight(PANEL * panel + n, TILE * group + k));
                }
            }
        }
        Self {
            inputs,
            outputs,
            tiles,
        }
    }

    /// Panels of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Panels of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// y = x Wᵀ + b. `x` (inputs, rows), `bias` (outputs) or empty for none, `y` (outputs, rows).
    pub fn forward(
        &self,
        team: &Team,
        x: &[Row<W::Scalar>],
        bias: &[Row<W::Scalar>],
        y: &mut [Row<W::Scalar>],
    ) {
        let rows = y.len() / self.outputs;
        assert_eq!(
            (x.len(), y.len()),
            (self.inputs * rows, self.outputs * rows)
        );
        if rows == 0 {
            return;
        }
        team.for_each((y, rows), |output, y| {
            team.run(Forward {
                matrix: self,
                x,
                bias: bias.get(output),
                output,
                y,
            });
        });
    }

    /// dx = dy W. `dy` (outputs, rows), `dx` (inputs, rows).
    pub fn reverse(
        &self,
        team: &Team,
        dy: &[Row<W::Scalar>],
        into: Destination,
        dx: &mut [Row<W::Scalar>],
    ) {
        let rows = dx.len() / self.inputs;
        assert_eq!(
            (dx.len(), dy.len()),
            (self.inputs * rows, self.outputs * rows)
        );
        if rows == 0 {
            return;
        }
        team.for_each((dx, rows), |input, dx| {
            if into == Destination::Replace {
                dx.fill(Row::default());
            }
            team.run(Reverse {
                matrix: self,
                dy,
                input,
                dx,
            });
        });
    }

    /// What a forward pass reads a while after this tile: the tiles of one panel of outputs, then those of the next.
    #[inline(always)]
    fn tile_after(&self, tiles: usize, group: usize, output: usize) -> &[Row<W>; TILE] {
        let groups = 2 * self.inputs;
        match group + tiles {
            soon if soon < groups => self.tile(soon, output),
            soon => self.tile((soon - groups) % groups, (output + 1) % self.outputs),
        }
    }

    /// Sixteen rows: inputs `16 group ..`, outputs of one panel.
    #[inline(always)]
    fn tile(&self, group: usize, output: usize) -> &[Row<W>; TILE] {
        let start = (group * self.outputs + output) * STRIDE;
        self.tiles[start..]
            .first_chunk()
            .expect("the tile is there")
    }
}

/// Splits rows evenly into blocks of at most `$largest`, and calls `$block::<V, M>` with a constant number for each.
macro_rules! in_blocks {
    ($rows:expr, $largest:expr, |$first:ident| $call:ident.$method:ident::<V, M>($($argument:expr),*)) => {
        let (rows, mut $first) = ($rows, 0);
        let mut blocks = rows.div_ceil($largest);
        while blocks > 0 {
            let count = (rows - $first).div_ceil(blocks);
            match count {
                1 => $call.$method::<V, 1>($($argument),*),
                2 => $call.$method::<V, 2>($($argument),*),
                3 => $call.$method::<V, 3>($($argument),*),
                4 => $call.$method::<V, 4>($($argument),*),
                5 => $call.$method::<V, 5>($($argument),*),
                6 => $call.$method::<V, 6>($($argument),*),
                7 => $call.$method::<V, 7>($($argument),*),
                8 => $call.$method::<V, 8>($($argument),*),
                9 => $call.$method::<V, 9>($($argument),*),
                10 => $call.$method::<V, 10>($($argument),*),
                11 => $call.$method::<V, 11>($($argument),*),
                12 => $call.$method::<V, 12>($($argument),*),
                _ => unreachable!("blocks have at most twelve rows"),
            }
            $first += count;
            blocks -= 1;
        }
    };
}

/// One panel of y.
struct Forward<'a, W: Stored> {
    matrix: &'a Matrix<W>,
    x: &'a [Row<W::Scalar>],
    bias: Option<&'a Row<W::Scalar>>,
    output: usize,
    y: &'a mut [Row<W::Scalar>],
}

impl<W: Stored> Kernel<W::Scalar> for Forward<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = W::Scalar>>(mut self) {
        for column in 0..PANEL / (2 * V::LANES) {
            in_blocks!(self.y.len(), V::ROWS, |first| self
                .block::<V, M>(column, first));
        }
    }
}

impl<W: Stored> Forward<'_, W> {
    /// Two registers of outputs for M rows. The order of the sum is that of the inputs, whatever M is.
    #[inline(always)]
    fn block<V: Vector<Scalar = W::Scalar>, const M: usize>(
        &mut self,
        column: usize,
        first: usize,
    ) {
        let rows = self.y.len();
        let registers = [2 * column, 2 * column + 1];
        let start = registers.map(|v| self.bias.map_or(V::zero(), |bias| bias.get(v)));
        let mut sums = [start; M];
        for group in 0..2 * self.matrix.inputs {
            let from = (group / 2) * rows + first;
            let x: &[Row<_>; M] = self.x[from..].first_chunk().expect("M rows");
            let tile = self.matrix.tile(group, self.output);
            let soon = self.matrix.tile_after(SOON, group, self.output);
            let later = self.matrix.tile_after(LATER, group, self.output);
            let half = TILE * (group % 2);
            for k in 0..TILE {
                if first == 0 && column == 0 {
                    prefetch(&soon[k]);
                    prefetch_from_memory(&later[k]);
                }
                let weights = registers.map(|v| W::get::<V>(&tile[k], v));
                for m in 0..M {
                    let x = V::splat(x[m].0[half + k]);
                    sums[m][0] = x.mul_add(weights[0], sums[m][0]);
                    sums[m][1] = x.mul_add(weights[1], sums[m][1]);
                }
            }
        }
        for m in 0..M {
            self.y[first + m].set(registers[0], sums[m][0]);
            self.y[first + m].set(registers[1], sums[m][1]);
        }
    }
}

/// Adds to one panel of dx.
struct Reverse<'a, W: Stored> {
    matrix: &'a Matrix<W>,
    dy: &'a [Row<W::Scalar>],
    input: usize,
    dx: &'a mut [Row<W::Scalar>],
}

impl<W: Stored> Kernel<W::Scalar> for Reverse<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = W::Scalar>>(mut self) {
        let outputs = self.matrix.outputs;
        let stretches = outputs.div_ceil(STRETCH);
        for n in 0..stretches {
            let stretch = (n * outputs / stretches, (n + 1) * outputs / stretches);
            for half in 0..2 {
                in_blocks!(self.dx.len(), V::ROWS / 2, |first| self
                    .block::<V, M>(stretch, half, first));
            }
        }
    }
}

impl<W: Stored> Reverse<'_, W> {
    /// Sixteen inputs of M rows, four inputs at a time: their sums over the outputs of a stretch stay in registers.
    #[inline(always)]
    fn block<V: Vector<Scalar = W::Scalar>, const M: usize>(
        &mut self,
        stretch: (usize, usize),
        half: usize,
        first: usize,
    ) {
        let rows = self.dx.len();
        let group = 2 * self.input + half;
        let next_group = (group + 1) % (2 * self.matrix.inputs);
        // Of the next sixteen inputs, the first two blocks of rows ask for half each, so that the memory has all the time.
        let asked = match first {
            0 if M == rows => (0, INPUTS),
            0 => (0, INPUTS / 2),
            first if first < 2 * M => (INPUTS / 2, INPUTS),
            _ => (0, 0),
        };
        for k in (0..TILE).step_by(INPUTS) {
            let mut sums = [[V::zero(); INPUTS]; M];
            for output in stretch.0..stretch.1 {
                let tile = self.matrix.tile(group, output);
                let next = self.matrix.tile(next_group, output);
                next[k + asked.0..k + asked.1]
                    .iter()
                    .for_each(prefetch_from_memory);
                let from = output * rows + first;
                let dy: &[Row<_>; M] = self.dy[from..].first_chunk().expect("M rows");
                let weights: &[Row<W>; INPUTS] = tile[k..].first_chunk().expect("four rows");
                for v in 0..PANEL / V::LANES {
                    let [a, b, c, d] = weights;
                    let [a, b, c, d] =
                        [W::get::<V>(a, v), W::get(b, v), W::get(c, v), W::get(d, v)];
                    for m in 0..M {
                        let dy = dy[m].get::<V>(v);
                        sums[m][0] = dy.mul_add(a, sums[m][0]);
                        sums[m][1] = dy.mul_add(b, sums[m][1]);
                        sums[m][2] = dy.mul_add(c, sums[m][2]);
                        sums[m][3] = dy.mul_add(d, sums[m][3]);
                    }
                }
            }
            let channel = TILE * half + k;
            for m in 0..M {
                let dx = &mut self.dx[first + m].0[channel..channel + INPUTS];
                for (dx, sum) in dx.iter_mut().zip(V::sums(sums[m])) {
                    *dx += sum;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
