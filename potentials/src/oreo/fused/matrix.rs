//! Matrix products for few rows, with the weights packed once for both directions.
//!
//! y = x Wᵀ + b on the way forward, dx = dy W on the way back. Activations are panels: for each 32 channels the rows of
//! all atoms, (panels, rows, 32).
//!
//! - `tiles`: W in memory, one copy for both directions: two would not fit into the cache together, and reading weights is
//!   what limits a small molecule
//! - `forward`: broadcasts an input and multiplies it with a row of a tile
//! - `reverse`: dot products of rows of tiles with dy
//! - `rows`: how rows are divided

mod forward;
mod reverse;
mod rows;
pub mod tiles;

use super::simd::{Factor, Row, Stored};
use super::team::Team;
use forward::Forward;
use reverse::Reverse;
use rows::chunks;
use tiles::Tiles;

/// W, packed.
pub struct Matrix<W> {
    tiles: Tiles<W>,
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
        Self {
            tiles: Tiles::new(outputs, inputs, weight),
        }
    }

    /// The numbers in memory, with padding; see `tiles.rs`.
    pub fn numbers(&mut self) -> &mut [Row<W>] {
        self.tiles.numbers()
    }

    /// Panels of inputs.
    pub fn inputs(&self) -> usize {
        self.tiles.inputs
    }

    /// Panels of outputs.
    pub fn outputs(&self) -> usize {
        self.tiles.outputs
    }

    /// y = x Wᵀ + b. `x` (inputs, rows), `bias` (outputs) or empty for none, `y` (outputs, rows).
    pub fn forward<A: Factor<W::Scalar>>(
        &self,
        team: &Team,
        x: &[A],
        bias: &[Row<W::Scalar>],
        y: &mut [A],
    ) {
        let rows = self.tiles.rows(x, y);
        for chunk in chunks(rows, x) {
            team.for_each((&mut *y, rows), |output, y| {
                team.run(Forward {
                    tiles: &self.tiles,
                    x,
                    bias: bias.get(output),
                    output,
                    chunk,
                    y,
                });
            });
        }
    }

    /// dx = dy W. `dy` (outputs, rows), `dx` (inputs, rows).
    pub fn reverse<A: Factor<W::Scalar>>(
        &self,
        team: &Team,
        dy: &[A],
        into: Destination,
        dx: &mut [A],
    ) {
        let rows = self.tiles.rows(dx, dy);
        for chunk in chunks(rows, dy) {
            team.for_each((&mut *dx, rows), |input, dx| {
                if into == Destination::Replace {
                    let dx = dx[chunk.first..chunk.end()].iter_mut();
                    dx.for_each(|dx| *dx.row_mut() = Row::default());
                }
                team.run(Reverse {
                    tiles: &self.tiles,
                    dy,
                    input,
                    chunk,
                    dx,
                });
            });
        }
    }
}

#[cfg(test)]
mod tests;
