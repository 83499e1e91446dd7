//! The embedding of a network that is trained, forward and reverse: x_i = W_c [A(z_i); n_i] + b_c.

use super::filters::FilterState;
use super::modes::{Map, Mode};
use super::network::Trained;
use super::parts::part;
use crate::oreo::fused::embedding::{ReverseSums, Sums};
use crate::oreo::fused::filters::{FilterAt, FilterOfPair};
use crate::oreo::fused::matrix::Destination;
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::pairs::Pair;
use crate::oreo::fused::simd::{Kernel, Plain, Real, Row, Vector, PANEL};
use crate::oreo::fused::work::{panel, Batch, Work};

/// What the way back needs of the way forward.
#[derive(Default)]
pub struct EmbeddingState<T> {
    pub filters: FilterState<T>,
    /// A(z) and n, (2B, N)
    inputs: Vec<Row<T>>,
    /// (2B, N)
    g_inputs: Vec<Row<T>>,
    /// ∂E/∂D, (B, R)
    g_filters: Vec<Row<T>>,
    /// ∂E/∂A and ∂E/∂B, (B, max_z)
    g_elements: Vec<Row<T>>,
    g_neighbors: Vec<Row<T>>,
}

impl<P: Plain> Trained<P> {
    /// x (B, N)
    pub fn embed<T: Real<Plain = P>>(
        &self,
        batch: &Batch<'_, T>,
        elements: &[u8],
        state: &mut EmbeddingState<T>,
        work: &Work<T>,
        x: &mut [Row<T>],
        mode: &mut impl Mode<T>,
    ) {
        let (team, atoms) = (&batch.team, batch.atoms);
        (state.filters).fill(team, &self.distances, &work.radial, mode);
        let inputs = fit(&mut state.inputs, 2 * self.panels * atoms);
        let (own, sums) = inputs.split_at_mut(self.panels * atoms);
        for at in 0..self.panels {
            let table = panel(&self.elements, at, self.max_z);
            for (row, &z) in own[at * atoms..].iter_mut().zip(elements) {
                *row = T::fixed_row(&table[usize::from(z)]);
            }
            team.run(Sums {
                pairs: batch.pairs,
                filters: state.filters.at(at),
                elements,
                neighbors: panel(&self.neighbors, at, self.max_z),
                sums: &mut sums[at * atoms..(at + 1) * atoms],
            });
        }
        mode.forward(team, self.combine(), inputs, x);
    }

    fn combine(&self) -> Map<'_, P> {
        Map {
            matrix: &self.combine,
            bias: &self.combine_bias,
            part: part::COMBINE,
        }
    }

    /// From ∂E/∂x.
    pub fn reverse_embed<T: Real<Plain = P>, M: Mode<T>>(
        &self,
        batch: &Batch<'_, T>,
        elements: &[u8],
        state: &mut EmbeddingState<T>,
        work: &mut Work<T>,
        gx: &[Row<T>],
        (g_radial, mode): (&mut [Row<T>], &mut M),
    ) {
        let (team, atoms) = (&batch.team, batch.atoms);
        let rows = self.panels * atoms;
        let g_inputs = fit(&mut state.g_inputs, 2 * rows);
        let gradients = [&state.inputs[..2 * rows], gx];
        mode.reverse(
            team,
            self.combine(),
            gradients,
            Destination::Replace,
            g_inputs,
        );
        let (g_own, g_sums) = g_inputs.split_at(rows);
        if !M::TRAINS {
            for (at, work) in work.panels.iter_mut().enumerate() {
                team.run(ReverseSums {
                    pairs: batch.pairs,
                    filters: state.filters.at(at),
                    elements,
                    neighbors: panel(&self.neighbors, at, self.max_z),
                    g_sums: panel(g_sums, at, atoms),
                    g_pairs: &mut work.g_pairs,
                });
            }
            return;
        }
        let g_elements = fit(&mut state.g_elements, self.elements.len());
        let g_neighbors = fit(&mut state.g_neighbors, self.neighbors.len());
        let g_filters = fit(&mut state.g_filters, self.panels * work.radial.count);
        g_elements.fill(Row::default());
        g_neighbors.fill(Row::default());
        // Those of pairs are replaced; there are no self loops here.
        let rows = g_filters.chunks_mut(work.radial.count);
        rows.for_each(|rows| rows[batch.pairs.len()] = Row::default());
        for at in 0..self.panels {
            for (row, &z) in panel(g_own, at, atoms).iter().zip(elements) {
                let sum = &mut g_elements[at * self.max_z + usize::from(z)];
                sum.0.iter_mut().zip(row.0).for_each(|(sum, g)| *sum += g);
            }
            let count = work.radial.count;
            team.run(TrainSums {
                pairs: batch.pairs,
                filters: state.filters.at(at),
                elements,
                neighbors: panel(&self.neighbors, at, self.max_z),
                g_sums: panel(g_sums, at, atoms),
                g_filters: &mut g_filters[at * count..(at + 1) * count],
                g_neighbors: &mut g_neighbors[at * self.max_z..(at + 1) * self.max_z],
            });
        }
        mode.rows(part::ELEMENTS, g_elements);
        mode.rows(part::NEIGHBORS, g_neighbors);
        let filters = (&self.distances, part::DISTANCES);
        (state.filters).reverse(team, filters, &work.radial, g_filters, g_radial, mode);
    }
}

/// From ∂E/∂n of one panel to D and B.
struct TrainSums<'a, T: Real, F> {
    pairs: &'a [Pair<T>],
    filters: F,
    elements: &'a [u8],
    neighbors: &'a [Row<T::Plain>],
    g_sums: &'a [Row<T>],
    /// Replaced
    g_filters: &'a mut [Row<T>],
    /// Added into
    g_neighbors: &'a mut [Row<T>],
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for TrainSums<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for (p, pair) in self.pairs.iter().enumerate() {
            let (i, j) = (pair.i as usize, pair.j as usize);
            let (z_i, z_j) = (usize::from(self.elements[i]), usize::from(self.elements[j]));
            let filters = self.filters.of(p, pair);
            for v in 0..PANEL / V::LANES {
                let filter: V = filters.value(0, v);
                let (g_i, g_j): (V, V) = (self.g_sums[i].get(v), self.g_sums[j].get(v));
                let of_i = V::get_constant(&self.neighbors[z_i], v);
                let of_j = V::get_constant(&self.neighbors[z_j], v);
                self.g_filters[p].set(v, g_i.mul_add_constant(of_j, g_j.times(of_i)));
                self.g_neighbors[z_j].add_product(v, filter, g_i);
                self.g_neighbors[z_i].add_product(v, filter, g_j);
            }
        }
    }
}
