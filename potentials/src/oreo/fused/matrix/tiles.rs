//! Weights in memory: tiles of 16 inputs × 32 outputs, the tiles of the same inputs one after the other.

use crate::oreo::fused::simd::{rows, Row, Stored, PANEL};

/// Inputs of a tile.
pub const TILE: usize = 16;
/// Rows from tile to tile. One row stays empty: at strides that are powers of two the same rows of all tiles would
/// compete for the same places of the cache (measured: the way back 145 → 186 GFLOP/s).
pub const STRIDE: usize = TILE + 1;

/// W, packed.
pub struct Tiles<W> {
    /// Panels of inputs.
    pub inputs: usize,
    /// Panels of outputs.
    pub outputs: usize,
    /// (2 inputs, outputs, 16 + 1) rows of 32 outputs
    tiles: Vec<Row<W>>,
}

impl<W: Stored> Tiles<W> {
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

    /// All, in the order of memory.
    pub fn numbers(&mut self) -> &mut [Row<W>] {
        &mut self.tiles
    }

    /// How many rows (inputs, rows) and (outputs, rows) have.
    pub fn rows<A>(&self, of_inputs: &[A], of_outputs: &[A]) -> usize {
        let rows = of_inputs.len() / self.inputs;
        assert_eq!(
            (of_inputs.len(), of_outputs.len()),
            (self.inputs * rows, self.outputs * rows)
        );
        rows
    }

    /// What a forward pass reads a while after this tile: the tiles of one panel of outputs, then those of the next.
    #[inline(always)]
    pub fn tile_after(&self, tiles: usize, group: usize, output: usize) -> &[Row<W>; TILE] {
        let groups = 2 * self.inputs;
        match group + tiles {
            soon if soon < groups => self.tile(soon, output),
            soon => self.tile((soon - groups) % groups, (output + 1) % self.outputs),
        }
    }

    /// Sixteen rows: inputs `16 group ..`, outputs of one panel.
    #[inline(always)]
    pub fn tile(&self, group: usize, output: usize) -> &[Row<W>; TILE] {
        let start = (group * self.outputs + output) * STRIDE;
        self.tiles[start..]
            .first_chunk()
            .expect("the tile is there")
    }
}
