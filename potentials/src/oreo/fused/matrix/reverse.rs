//! Products with the transpose of the weights as they lie: dx = dy W.

use super::rows::{in_blocks, Chunk};
use super::tiles::{Tiles, TILE};
use crate::oreo::fused::simd::{prefetch_from_memory, Factor, Kernel, Row, Stored, Vector, PANEL};

/// Most panels of dy that a reverse pass goes through at once: 768 outputs of six rows are 18 KB, less than half of a
/// first cache.
pub const STRETCH: usize = 20;
/// Inputs whose sums a reverse pass keeps in registers at once.
const INPUTS: usize = 4;

/// Adds to one panel of dx.
pub struct Reverse<'a, W: Stored, A> {
    pub tiles: &'a Tiles<W>,
    pub dy: &'a [A],
    pub input: usize,
    pub chunk: Chunk,
    pub dx: &'a mut [A],
}

impl<W: Stored, A: Factor<W::Scalar>> Kernel<W::Scalar> for Reverse<'_, W, A> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = W::Scalar>>(mut self) {
        let outputs = self.tiles.outputs;
        let stretches = outputs.div_ceil(STRETCH);
        for n in 0..stretches {
            let stretch = (n * outputs / stretches, (n + 1) * outputs / stretches);
            for half in 0..2 {
                in_blocks!(self.chunk, V::ROWS / 2, |first| self
                    .block::<V, M>(stretch, half, first));
            }
        }
    }
}

impl<W: Stored, A: Factor<W::Scalar>> Reverse<'_, W, A> {
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
        let next_group = (group + 1) % (2 * self.tiles.inputs);
        // Of the next sixteen inputs, the first two blocks of rows ask for half each, so that the memory has all the time.
        let asked = match first - self.chunk.first {
            0 if M == self.chunk.count => (0, INPUTS),
            0 => (0, INPUTS / 2),
            before if before < 2 * M => (INPUTS / 2, INPUTS),
            _ => (0, 0),
        };
        for k in (0..TILE).step_by(INPUTS) {
            let mut sums = [[V::zero(); INPUTS]; M];
            for output in stretch.0..stretch.1 {
                let tile = self.tiles.tile(group, output);
                let next = self.tiles.tile(next_group, output);
                next[k + asked.0..k + asked.1]
                    .iter()
                    .for_each(prefetch_from_memory);
                let from = output * rows + first;
                let dy: &[A; M] = self.dy[from..].first_chunk().expect("M rows");
                let weights: &[Row<W>; INPUTS] = tile[k..].first_chunk().expect("four rows");
                for v in 0..PANEL / V::LANES {
                    let [a, b, c, d] = weights;
                    let [a, b, c, d] = [
                        W::get::<V>(a, v),
                        W::get::<V>(b, v),
                        W::get::<V>(c, v),
                        W::get::<V>(d, v),
                    ];
                    for m in 0..M {
                        let dy = dy[m].row().get::<V>(v);
                        sums[m][0] = dy.mul_add(a, sums[m][0]);
                        sums[m][1] = dy.mul_add(b, sums[m][1]);
                        sums[m][2] = dy.mul_add(c, sums[m][2]);
                        sums[m][3] = dy.mul_add(d, sums[m][3]);
                    }
                }
            }
            let channel = TILE * half + k;
            for m in 0..M {
                let dx = &mut self.dx[first + m].row_mut().0[channel..channel + INPUTS];
                for (dx, sum) in dx.iter_mut().zip(V::sums(sums[m])) {
                    *dx += sum;
                }
            }
        }
    }
}
