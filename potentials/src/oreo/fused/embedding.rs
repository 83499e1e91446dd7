//! An atom's first feature: its element and the elements around it, forward and reverse.
//!
//! n_i = Σ_j B(z_j) ⊙ D(r_ij), D = (W_d g + b_d) c; x_i = W_c [A(z_i); n_i] + b_c. No self loops here. What depends on
//! the element alone is a table.

use super::channels::Channels;
use super::filters::{FilterAt, FilterOfPair, Filters, FiltersNow};
use super::matrix::{Destination, Matrix};
use super::memory::fit;
use super::packing::{matrix, Source};
use super::pairs::Pair;
use super::simd::{Kernel, Real, Row, Stored, Vector, PANEL};
use super::work::{panel, Batch, Work};
use crate::oreo::Config;

/// `embedding` and `neighbor_embedding`.
pub struct Embedding<W: Stored> {
    /// W_c's left half applied to A, plus b_c, (panels, max_z)
    elements: Vec<Row<W::Scalar>>,
    /// B, (panels, max_z)
    neighbors: Vec<Row<W::Scalar>>,
    /// W_c's right half
    combine: Matrix<W>,
    /// D(r), one kind
    pub(super) filters: Filters<W::Scalar, 1>,
    max_z: usize,
}

impl<W: Stored> Embedding<W> {
    /// Below `representation_model`.
    pub fn new(
        source: &Source<'_>,
        channels: &Channels,
        config: &Config,
        filters: Filters<W::Scalar, 1>,
    ) -> Self {
        let c = config.channels;
        let neighbor = source.at("neighbor_embedding");
        let combine = neighbor.values("combine.weight");
        let bias = neighbor.values("combine.bias");
        let own = source.values("embedding.weight");
        let element = |z: usize, channel: usize| {
            let row = &combine[channel * 2 * c..channel * 2 * c + c];
            let products = row.iter().zip(&own[z * c..(z + 1) * c]);
            // As the stored matrix has it: what f16 rounds once must not be used unrounded here.
            let product = products.map(|(w, a)| W::store(*w).widen() * a).sum::<f64>();
            product + bias[channel]
        };
        let table = neighbor.values("embedding.weight");
        let rows = neighbor.outputs("combine", 2 * c, channels.all(), |channel| channel);
        Self {
            elements: by_element(channels, config.max_z, element),
            neighbors: by_element(channels, config.max_z, |z, channel| table[z * c + channel]),
            combine: matrix(&[rows], &channels.shifted(c)),
            filters,
            max_z: config.max_z,
        }
    }

    /// x, (B, N), replaced.
    pub fn forward(
        &self,
        batch: &Batch<'_, W::Scalar>,
        elements: &[u8],
        x: &mut [Row<W::Scalar>],
        work: &mut Work<W::Scalar>,
    ) {
        let (team, atoms) = (&batch.team, batch.atoms);
        let sums = fit(&mut work.normed, self.combine.inputs() * atoms);
        let filters = self.filters.now(team, &work.radial, &mut work.filters);
        team.for_each((&mut *sums, atoms), |at, sums| {
            let neighbors = panel(&self.neighbors, at, self.max_z);
            let pairs = batch.pairs;
            match &filters {
                FiltersNow::Table(table) => {
                    let filters = table.at(at);
                    team.run(Sums {
                        pairs,
                        filters,
                        elements,
                        neighbors,
                        sums,
                    });
                }
                FiltersNow::Exact(exact) => {
                    let filters = exact.at(at);
                    team.run(Sums {
                        pairs,
                        filters,
                        elements,
                        neighbors,
                        sums,
                    });
                }
            }
        });
        self.combine.forward(team, sums, &[], x);
        team.for_each((x, atoms), |at, x| {
            let own = panel(&self.elements, at, self.max_z);
            for (x, &z) in x.iter_mut().zip(elements) {
                let own = &own[usize::from(z)];
                x.0.iter_mut().zip(own.0).for_each(|(x, own)| *x += own);
            }
        });
    }

    /// gx = ∂E/∂x, (B, N); the gradients by distances go to `work.panels`.
    pub fn reverse(
        &self,
        batch: &Batch<'_, W::Scalar>,
        elements: &[u8],
        gx: &[Row<W::Scalar>],
        work: &mut Work<W::Scalar>,
    ) {
        let (team, atoms) = (&batch.team, batch.atoms);
        let g_sums = fit(&mut work.normed, self.combine.inputs() * atoms);
        self.combine.reverse(team, gx, Destination::Replace, g_sums);
        let filters = self.filters.now(team, &work.radial, &mut work.filters);
        team.for_each((&mut work.panels, 1), |at, work| {
            let neighbors = panel(&self.neighbors, at, self.max_z);
            let g_sums = panel(g_sums, at, atoms);
            let (pairs, g_pairs) = (batch.pairs, &mut work[0].g_pairs[..]);
            match &filters {
                FiltersNow::Table(table) => {
                    let filters = table.at(at);
                    team.run(ReverseSums {
                        pairs,
                        filters,
                        elements,
                        neighbors,
                        g_sums,
                        g_pairs,
                    });
                }
                FiltersNow::Exact(exact) => {
                    let filters = exact.at(at);
                    team.run(ReverseSums {
                        pairs,
                        filters,
                        elements,
                        neighbors,
                        g_sums,
                        g_pairs,
                    });
                }
            }
        });
    }
}

/// (panels, max_z) from a function of element and channel.
pub(super) fn by_element<T: Real>(
    channels: &Channels,
    max_z: usize,
    value: impl Fn(usize, usize) -> f64,
) -> Vec<Row<T>> {
    let number = |z: usize, channel: Option<usize>| {
        T::from_f64(channel.map_or(0.0, |channel| value(z, channel)))
    };
    (0..channels.panels())
        .flat_map(|panel| (0..max_z).map(move |z| (panel, z)))
        .map(|(panel, z)| Row(std::array::from_fn(|n| number(z, channels.panel(panel)[n]))))
        .collect()
}

/// n_i of one panel.
pub(super) struct Sums<'a, T: Real, F> {
    pub pairs: &'a [Pair<T>],
    pub filters: F,
    pub elements: &'a [u8],
    pub neighbors: &'a [Row<T::Plain>],
    pub sums: &'a mut [Row<T>],
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for Sums<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        self.sums.fill(Row::default());
        for (p, pair) in self.pairs.iter().enumerate() {
            let (i, j) = (pair.i as usize, pair.j as usize);
            let [of_i, of_j] = [i, j].map(|n| &self.neighbors[usize::from(self.elements[n])]);
            let filters = self.filters.of(p, pair);
            for v in 0..PANEL / V::LANES {
                let filter: V = filters.value(0, v);
                let [of_i, of_j] = [V::get_constant(of_i, v), V::get_constant(of_j, v)];
                self.sums[i].set(v, filter.mul_add_constant(of_j, self.sums[i].get(v)));
                self.sums[j].set(v, filter.mul_add_constant(of_i, self.sums[j].get(v)));
            }
        }
    }
}

/// ∂E/∂t from ∂E/∂n of one panel.
pub(super) struct ReverseSums<'a, T: Real, F> {
    pub pairs: &'a [Pair<T>],
    pub filters: F,
    pub elements: &'a [u8],
    pub neighbors: &'a [Row<T::Plain>],
    pub g_sums: &'a [Row<T>],
    pub g_pairs: &'a mut [[T; 4]],
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for ReverseSums<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for (p, pair) in self.pairs.iter().enumerate() {
            let (i, j) = (pair.i as usize, pair.j as usize);
            let [of_i, of_j] = [i, j].map(|n| &self.neighbors[usize::from(self.elements[n])]);
            let filters = self.filters.of(p, pair);
            let mut by_t = V::zero();
            for v in 0..PANEL / V::LANES {
                let (_, slope): (V, V) = filters.with_slope(0, v);
                let (g_i, g_j): (V, V) = (self.g_sums[i].get(v), self.g_sums[j].get(v));
                let [of_i, of_j] = [V::get_constant(of_i, v), V::get_constant(of_j, v)];
                let g_filter = g_i.mul_add_constant(of_j, g_j.times(of_i));
                by_t = g_filter.mul_add(slope, by_t);
            }
            self.g_pairs[p][0] += V::sums([by_t, V::zero(), V::zero(), V::zero()])[0];
        }
    }
}
