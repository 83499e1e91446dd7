//! The embedding of a network that is trained, forward and reverse: x_i = W_c [A(z_i); n_i] + b_c.

use super::collect::Collect;
use super::filters::FilterState;
use super::network::Trained;
use super::parts::part;
use crate::oreo::fused::embedding::{ReverseSums, Sums};
use crate::oreo::fused::filters::{FilterAt, FilterOfPair};
use crate::oreo::fused::matrix::Destination;
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::pairs::Pair;
use crate::oreo::fused::simd::{Kernel, Real, Row, Stored, Vector, PANEL};
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

impl<W: Stored> Trained<W> {
    /// x (B, N)
    pub fn embed<const TRAINS: bool>(
        &self,
        batch: &Batch<'_, W::Scalar>,
        elements: &[u8],
        state: &mut EmbeddingState<W::Scalar>,
        work: &Work<W::Scalar>,
        x: &mut [Row<W::Scalar>],
    ) {
        let (team, atoms) = (&batch.team, batch.atoms);
        (state.filters).fill::<TRAINS>(team, &self.distances, &work.radial);
        let inputs = fit(&mut state.inputs, 2 * self.panels * atoms);
        let (own, sums) = inputs.split_at_mut(self.panels * atoms);
        for at in 0..self.panels {
            let table = panel(&self.elements, at, self.max_z);
            for (row, &z) in own[at * atoms..].iter_mut().zip(elements) {
                *row = table[usize::from(z)];
            }
            team.run(Sums {
                pairs: batch.pairs,
                filters: state.filters.at(at),
                elements,
                neighbors: panel(&self.neighbors, at, self.max_z),
                sums: &mut sums[at * atoms..(at + 1) * atoms],
            });
        }
        self.combine.forward(team, inputs, &self.combine_bias, x);
    }

    /// From ∂E/∂x.
    pub fn reverse_embed<C: Collect<W::Scalar>>(
        &self,
        batch: &Batch<'_, W::Scalar>,
        elements: &[u8],
        state: &mut EmbeddingState<W::Scalar>,
        work: &mut Work<W::Scalar>,
        gx: &[Row<W::Scalar>],
        (g_radial, collect): (&mut [Row<W::Scalar>], &mut C),
    ) {
        let (team, atoms) = (&batch.team, batch.atoms);
        let rows = self.panels * atoms;
        collect.matrix_and_bias(team, part::COMBINE, gx, &state.inputs[..2 * rows]);
        let g_inputs = fit(&mut state.g_inputs, 2 * rows);
        (self.combine).reverse(team, gx, Destination::Replace, g_inputs);
        let (g_own, g_sums) = g_inputs.split_at(rows);
        if !C::TRAINS {
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
        g_filters.fill(Row::default());
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
        collect.rows(part::ELEMENTS, 0, g_elements);
        collect.rows(part::NEIGHBORS, 0, g_neighbors);
        let rest = (g_radial, collect);
        (state.filters).reverse(
            team,
            &self.distances,
            &work.radial,
            part::DISTANCES,
            g_filters,
            rest,
        );
    }
}

/// From ∂E/∂n of one panel to D and B.
struct TrainSums<'a, T, F> {
    pairs: &'a [Pair<T>],
    filters: F,
    elements: &'a [u8],
    neighbors: &'a [Row<T>],
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
                let of_i: V = self.neighbors[z_i].get(v);
                let of_j: V = self.neighbors[z_j].get(v);
                self.g_filters[p].set(v, g_i.mul_add(of_j, g_j * of_i));
                self.g_neighbors[z_j].add_product(v, filter, g_i);
                self.g_neighbors[z_i].add_product(v, filter, g_j);
            }
        }
    }
}
