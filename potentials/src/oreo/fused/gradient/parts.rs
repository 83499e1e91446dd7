//! The numbers of a network part by part, as they lie in memory, and where each of them is among the parameters.

use super::network::Trained;
use crate::oreo::fused::simd::{Real, Row, Stored, PANEL};
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
}

/// Some numbers of a network, in memory.
pub enum Numbers<'a, W: Stored> {
    /// Of a matrix, in tiles.
    Weights(&'a mut [Row<W>]),
    /// Of a bias, a norm, a table.
    Rows(&'a mut [Row<W::Scalar>]),
    /// One.
    One(&'a mut W::Scalar),
    /// None in this network.
    Nothing,
}

/// For each part, for each of its numbers: 0 for padding, else one more than its place among the parameters.
pub struct Places(Vec<Vec<u32>>);

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
        let mut parts = Vec::new();
        Trained::<f64>::new(&places).for_each_part(|_, numbers| {
            parts.push(match numbers {
                Numbers::Weights(rows) | Numbers::Rows(rows) => flat(rows),
                Numbers::One(one) => vec![*one as u32],
                Numbers::Nothing => Vec::new(),
            });
        });
        Self(parts)
    }

    /// How many rows part `part` has.
    pub fn rows(&self, part: usize) -> usize {
        self.0[part].len().div_ceil(PANEL)
    }

    /// How many parts.
    pub fn parts(&self) -> usize {
        self.0.len()
    }

    /// Adds the gradient of each number to that of its parameter.
    pub fn add_to<T: Real>(&self, gradients: &[Vec<Row<T>>], parameters: &mut [T]) {
        for (places, gradients) in self.0.iter().zip(gradients) {
            let numbers = gradients.iter().flat_map(|row| row.0);
            for (&place, number) in places.iter().zip(numbers) {
                if place > 0 {
                    parameters[place as usize - 1] += number;
                }
            }
        }
    }

    /// Replaces the numbers of part `part` by parameters.
    pub fn fill<W: Stored, P: Copy>(
        &self,
        part: usize,
        numbers: Numbers<'_, W>,
        parameters: &[P],
        weight: impl Fn(P) -> W,
        number: impl Fn(P) -> W::Scalar,
    ) {
        let places = self.0[part].chunks(PANEL);
        match numbers {
            Numbers::Weights(rows) => {
                for (row, places) in rows.iter_mut().zip(places) {
                    for (to, &place) in row.0.iter_mut().zip(places) {
                        if place > 0 {
                            *to = weight(parameters[place as usize - 1]);
                        }
                    }
                }
            }
            Numbers::Rows(rows) => {
                for (row, places) in rows.iter_mut().zip(places) {
                    for (to, &place) in row.0.iter_mut().zip(places) {
                        if place > 0 {
                            *to = number(parameters[place as usize - 1]);
                        }
                    }
                }
            }
            Numbers::One(one) => *one = number(parameters[self.0[part][0] as usize - 1]),
            Numbers::Nothing => {}
        }
    }
}

fn flat(rows: &[Row<f64>]) -> Vec<u32> {
    rows.iter()
        .flat_map(|row| row.0)
        .map(|x| x as u32)
        .collect()
}
