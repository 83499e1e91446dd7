//! The numbers of a network part by part, as they lie in memory, and where each of them is among the parameters.

use super::network::Trained;
use crate::oreo::fused::matrix::tiles::{STRIDE, TILE};
use crate::oreo::fused::simd::{numbers, PANEL};
use crate::oreo::gradients::trainable;
use crate::oreo::Weights;

/// Parts outside of the layers, in the order of [`Trained::for_each_part`].
pub mod part {
    /// μ
    pub const MEANS: usize = 0;
    /// β
    pub const BETAS: usize = 1;
    /// A(z)
    pub const ELEMENTS: usize = 2;
    /// B(z)
    pub const NEIGHBORS: usize = 3;
    /// W_d of the neighbour embedding
    pub const DISTANCES: usize = 4;
    /// W_c
    pub const COMBINE: usize = 6;
    /// Of the last norm.
    pub const OUT_NORM: usize = 8;
    /// W1 and W2 of the first block.
    pub const FIRST_VECTORS: usize = 10;
    /// U of the first block.
    pub const FIRST_HIDDEN: usize = 11;
    /// V of the first block.
    pub const GATES: usize = 13;
    /// W1 of the second block.
    pub const SECOND_VECTORS: usize = 15;
    /// U of the second block.
    pub const SECOND_HIDDEN: usize = 16;
    /// V of the second block.
    pub const ENERGY: usize = 18;
    /// Where those of the layers begin.
    pub const LAYERS: usize = 20;
    /// How many each layer has.
    pub const OF_LAYER: usize = 9;
    /// Within a layer: weight and bias of the norm.
    pub const NORM: usize = 0;
    /// q, k, s, b, a
    pub const PROJECTIONS: usize = 2;
    /// o1, o2, o3
    pub const OUTPUT: usize = 4;
    /// D
    pub const FILTERS: usize = 6;
    /// v1, v2, v3; none in the first layer
    pub const PRODUCTS: usize = 8;
    /// The bias follows the weights that it belongs to.
    pub const BIAS: usize = 1;

    /// Whether it lies in tiles.
    pub fn is_matrix(part: usize) -> bool {
        match part.checked_sub(LAYERS) {
            Some(of_layers) => {
                [PROJECTIONS, OUTPUT, FILTERS, PRODUCTS].contains(&(of_layers % OF_LAYER))
            }
            None => [
                DISTANCES,
                COMBINE,
                FIRST_VECTORS,
                FIRST_HIDDEN,
                GATES,
                SECOND_VECTORS,
                SECOND_HIDDEN,
            ]
            .contains(&part),
        }
    }
}

/// Where the numbers of a network are among the parameters: for each, in the order of [`Trained::for_each_part`], 0 for
/// padding, else one more than the place of its parameter.
pub struct Places {
    all: Vec<u32>,
    /// Rows of each part.
    rows: Vec<usize>,
}

impl Places {
    /// Packs a network whose parameters are their own places.
    pub fn of(weights: &Weights) -> Self {
        let mut places = weights.clone();
        let mut next = 0.0;
        for entry in trainable(&weights.config) {
            let tensor = places.tensors.get_mut(&entry.name);
            for value in &mut tensor.expect("every tensor of the layout is there").values {
                next += 1.0;
                *value = next;
            }
        }
        let (mut all, mut rows) = (Vec::new(), Vec::new());
        Trained::<f64>::new(&places).for_each_part(|_, part| {
            all.extend(numbers(part).iter().map(|&place| place as u32));
            rows.push(part.len());
        });
        Self { all, rows }
    }

    /// How many rows part `part` has.
    pub fn rows(&self, part: usize) -> usize {
        self.rows[part]
    }

    /// How many parts.
    pub fn parts(&self) -> usize {
        self.rows.len()
    }

    /// Of all numbers.
    pub fn all(&self) -> &[u32] {
        &self.all
    }

    /// Padding that gradients may be written to: all but the empty rows between tiles.
    pub fn padding(&self) -> Vec<u32> {
        let mut padding = Vec::new();
        let mut first = 0;
        for (part, &rows) in self.rows.iter().enumerate() {
            for row in 0..rows {
                let start = (first + row) * PANEL;
                let is_between = part::is_matrix(part) && row % STRIDE == TILE;
                let places = start..start + if is_between { 0 } else { PANEL };
                padding.extend(places.filter(|&at| self.all[at] == 0).map(|at| at as u32));
            }
            first += rows;
        }
        padding
    }
}
