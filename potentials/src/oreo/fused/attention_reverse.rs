//! Attention weights on the way back: from a = silu(l) c to l, and from l to queries and keys.

use super::attention::{entries, half, registers_of_half, set_weights, weights};
use super::ends::{absorb, both};
use super::filters::{prefetch_ahead, FilterAt, FilterOfPair, Halves, KEY};
use super::messages::Panel;
use super::messages_reverse::{add, PairGradients};
use super::node::Node;
use super::pairs::Pair;
use super::simd::{Kernel, Real, Row, Vector, PANEL};

/// ∂E/∂l from ∂E/∂(a c), a = silu(l): multiplies by silu′(l) c. The part that goes through c is added to `g_cutoffs`.
pub struct ReverseAttention<'a, T> {
    /// (P)
    pub pairs: &'a [Pair<T>],
    /// silu(l)
    pub attention: &'a [Row<T>],
    /// silu′(l)
    pub slopes: &'a [Row<T>],
    /// ∂E/∂(a c) on the way in, ∂E/∂l on the way out
    pub gradients: &'a mut [Row<T>],
    /// Which of a pair's four numbers are different heads and directions: wide heads have the same in several places.
    pub counted: &'a [usize],
    /// ∂E/∂c, (P), added into
    pub g_cutoffs: &'a mut [T],
}

impl<T: Real> ReverseAttention<'_, T> {
    /// Few numbers: no vectors needed.
    pub fn run(self) {
        for (p, pair) in self.pairs.iter().enumerate() {
            let g = weights(self.gradients, p);
            let (a, slope) = (weights(self.attention, p), weights(self.slopes, p));
            for &n in self.counted {
                self.g_cutoffs[p] += g[n] * a[n];
            }
            let by_logit = std::array::from_fn(|n| g[n] * slope[n] * pair.cutoff);
            set_weights(self.gradients, p, by_logit);
        }
        for entry in self.pairs.len()..entries(self.gradients) {
            let (g, slope) = (weights(self.gradients, entry), weights(self.slopes, entry));
            set_weights(
                self.gradients,
                entry,
                std::array::from_fn(|n| g[n] * slope[n]),
            );
        }
    }
}

/// From l to queries and keys: l_ij = Σ_head q_i k_j D^k.
pub struct ReverseLogits<'a, T: Real, F> {
    /// Read.
    pub panel: Panel<'a, T, F>,
    /// ∂E/∂l
    pub g_logits: &'a [Row<T>],
    /// Added into, (N)
    pub g_nodes: &'a mut [Node<T>],
    /// Added into.
    pub g_pairs: PairGradients<'a, T>,
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for ReverseLogits<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let Panel {
            pairs,
            filters,
            nodes,
            ..
        } = self.panel;
        let g_nodes = &mut self.g_nodes[..nodes.len()];
        let mut spare = Node::default();
        for (p, pair) in pairs.iter().enumerate() {
            prefetch_ahead(&filters, pairs, p, KEY..KEY + 1, Halves::Both);
            let ends = pair.ends(nodes.len());
            let [i, j] = ends.map(|end| &nodes[end]);
            let [g_i, g_j] = both(g_nodes, ends, &mut spare);
            let filters = filters.of(p, pair);
            let g = weights(self.g_logits, p);
            let mut by_t = V::zero();
            for w in 0..registers_of_half::<V>() {
                for half in 0..2 {
                    let v = half * registers_of_half::<V>() + w;
                    let (filter, slope): (V, V) = filters.with_slope(KEY, v);
                    let (g_ij, g_ji) = (V::splat(g[half]), V::splat(g[2 + half]));
                    let (q_i, k_i): (V, V) = (i.query.get(v), i.key.get(v));
                    let (q_j, k_j): (V, V) = (j.query.get(v), j.key.get(v));
                    let (ij, ji) = (g_ij * filter, g_ji * filter);
                    g_i.query.add_product(v, ij, k_j);
                    g_j.key.add_product(v, ij, q_i);
                    g_j.query.add_product(v, ji, k_i);
                    g_i.key.add_product(v, ji, q_j);
                    let g_filter = (g_ij * q_i).mul_add(k_j, g_ji * q_j * k_i);
                    by_t = g_filter.mul_add(slope, by_t);
                }
            }
            if ends[0] == ends[1] {
                absorb(g_nodes, ends[0], &mut spare);
            }
            let zero = V::zero();
            add(&mut self.g_pairs[p], V::sums([by_t, zero, zero, zero]));
        }
        for (atom, (node, g_node)) in nodes.iter().zip(g_nodes).enumerate() {
            let g = weights(self.g_logits, pairs.len() + atom);
            for v in 0..PANEL / V::LANES {
                let g = V::splat(g[half::<V>(v)]) * self.panel.self_filters[KEY].get(v);
                g_node.query.add_product(v, g, node.key.get(v));
                g_node.key.add_product(v, g, node.query.get(v));
            }
        }
    }
}
