//! Products with the weights as they lie: y = x Wᵀ + b.

use super::rows::{in_blocks, Chunk};
use super::tiles::{Tiles, TILE};
use crate::oreo::fused::simd::{
    prefetch, prefetch_from_memory, Factor, Kernel, Row, Stored, Vector, PANEL,
};

/// Tiles between what a forward pass computes and what it asks the second cache and the memory for: with nine rows one
/// tile takes 40 ns, an answer of the third cache 60, one of the memory 150 and more.
const SOON: usize = 2;
const LATER: usize = 8;

/// One panel of y.
pub struct Forward<'a, W: Stored, A> {
    pub tiles: &'a Tiles<W>,
    pub x: &'a [A],
    pub bias: Option<&'a Row<W::Scalar>>,
    pub output: usize,
    pub chunk: Chunk,
    pub y: &'a mut [A],
}

impl<W: Stored, A: Factor<W::Scalar>> Kernel<W::Scalar> for Forward<'_, W, A> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = W::Scalar>>(mut self) {
        for column in 0..PANEL / (2 * V::LANES) {
            in_blocks!(self.chunk, V::ROWS, |first| self
                .block::<V, M>(column, first));
        }
    }
}

impl<W: Stored, A: Factor<W::Scalar>> Forward<'_, W, A> {
    /// Two registers of outputs for M rows. The order of the sum is that of the inputs, whatever M is.
    #[inline(always)]
    fn block<V: Vector<Scalar = W::Scalar>, const M: usize>(
        &mut self,
        column: usize,
        first: usize,
    ) {
        let rows = self.y.len();
        let registers = [2 * column, 2 * column + 1];
        let mut start = [V::zero(); 2];
        if let Some(bias) = self.bias {
            start = [bias.get(registers[0]), bias.get(registers[1])];
        }
        let mut sums = [start; M];
        for group in 0..2 * self.tiles.inputs {
            let from = (group / 2) * rows + first;
            let x: &[A; M] = self.x[from..].first_chunk().expect("M rows");
            let tile = self.tiles.tile(group, self.output);
            let soon = self.tiles.tile_after(SOON, group, self.output);
            let later = self.tiles.tile_after(LATER, group, self.output);
            let half = TILE * (group % 2);
            for k in 0..TILE {
                if first == self.chunk.first && column == 0 {
                    prefetch(&soon[k]);
                    prefetch_from_memory(&later[k]);
                }
                let weights = [
                    W::get::<V>(&tile[k], registers[0]),
                    W::get::<V>(&tile[k], registers[1]),
                ];
                for m in 0..M {
                    let x = V::splat(x[m].row().0[half + k]);
                    sums[m][0] = x.mul_add(weights[0], sums[m][0]);
                    sums[m][1] = x.mul_add(weights[1], sums[m][1]);
                }
            }
        }
        for m in 0..M {
            self.y[first + m].row_mut().set(registers[0], sums[m][0]);
            self.y[first + m].row_mut().set(registers[1], sums[m][1]);
        }
    }
}
