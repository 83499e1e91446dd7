//! Attention weights on the way back: from a = silu(l) c to l, and from l to queries and keys.

use super::attention::{entries, half, registers_of_half, set_weights, weights};
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
    /// Added into; not used in training.
    pub g_pairs: PairGradients<'a, T>,
    /// For training ∂E/∂D of keys, (P + 1), the last for all self loops: those of pairs are replaced, that one is added
    /// into. Else empty.
    pub g_filters: &'a mut [Row<T>],
}

/// One register of q and k of an atom, or of the gradients by them.
#[derive(Clone, Copy)]
struct QueryKey<V> {
    query: V,
    key: V,
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for ReverseLogits<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        match self.g_filters.is_empty() {
            true => self.reverse_all::<V, false>(),
            false => self.reverse_all::<V, true>(),
        }
    }
}

impl<T: Real, F: FilterAt<T>> ReverseLogits<'_, T, F> {
    /// `TRAINS`: gradients by filters are asked for, none by distances.
    #[inline(always)]
    fn reverse_all<V: Vector<Scalar = T>, const TRAINS: bool>(mut self) {
        for w in 0..registers_of_half::<V>() {
            self.reverse::<V, TRAINS>([w, registers_of_half::<V>() + w]);
        }
        for atom in 0..self.panel.nodes.len() {
            self.self_loop::<V, TRAINS>(atom);
        }
    }

    /// One register of each half of the rows for all pairs: what belongs to atom i stays in registers for as long as its
    /// pairs last.
    #[inline(always)]
    fn reverse<V: Vector<Scalar = T>, const TRAINS: bool>(&mut self, registers: [usize; 2]) {
        let Panel { pairs, nodes, .. } = self.panel;
        let mut p = 0;
        while p < pairs.len() {
            let i = pairs[p].i;
            let node = &nodes[i as usize];
            let [first, second] = registers;
            let here = [query_key(node, first), query_key(node, second)];
            let zero = QueryKey {
                query: V::zero(),
                key: V::zero(),
            };
            let mut g_here = [zero; 2];
            while p < pairs.len() && pairs[p].i == i {
                self.pair::<V, TRAINS>(p, registers, &here, &mut g_here);
                p += 1;
            }
            let g_node = &mut self.g_nodes[i as usize];
            for half in 0..2 {
                g_node.query.add(registers[half], g_here[half].query);
                g_node.key.add(registers[half], g_here[half].key);
            }
        }
    }

    /// Pair `p` of atom i, whose own share is collected in `g_here`.
    #[inline(always)]
    fn pair<V: Vector<Scalar = T>, const TRAINS: bool>(
        &mut self,
        p: usize,
        registers: [usize; 2],
        here: &[QueryKey<V>; 2],
        g_here: &mut [QueryKey<V>; 2],
    ) {
        let Panel { pairs, filters, .. } = self.panel;
        prefetch_ahead(&filters, pairs, p, KEY..KEY + 1, Halves::Both);
        let j = pairs[p].j as usize;
        let filters = filters.of(p, &pairs[p]);
        let g = weights(self.g_logits, p);
        let g_there = &mut self.g_nodes[j];
        let mut by_t = V::zero();
        for half in 0..2 {
            let (v, here, g_here) = (registers[half], here[half], &mut g_here[half]);
            let there = query_key::<T, V>(&self.panel.nodes[j], v);
            let (filter, slope): (V, V) = filters.with_slope(KEY, v);
            let (g_ij, g_ji) = (V::splat(g[half]), V::splat(g[2 + half]));
            let (ij, ji) = (g_ij * filter, g_ji * filter);
            g_here.query = ij.mul_add(there.key, g_here.query);
            g_here.key = ji.mul_add(there.query, g_here.key);
            g_there.key.add_product(v, ij, here.query);
            g_there.query.add_product(v, ji, here.key);
            let g_filter = (g_ij * here.query).mul_add(there.key, g_ji * there.query * here.key);
            if TRAINS {
                self.g_filters[p].set(v, g_filter);
            } else {
                by_t = g_filter.mul_add(slope, by_t);
            }
        }
        if !TRAINS {
            let zero = V::zero();
            add(&mut self.g_pairs[p], V::sums([by_t, zero, zero, zero]));
        }
    }

    /// The self loop has no distance.
    #[inline(always)]
    fn self_loop<V: Vector<Scalar = T>, const TRAINS: bool>(&mut self, atom: usize) {
        let Panel {
            pairs,
            nodes,
            self_filters,
            ..
        } = self.panel;
        let (node, g_node) = (&nodes[atom], &mut self.g_nodes[atom]);
        let g = weights(self.g_logits, pairs.len() + atom);
        for v in 0..PANEL / V::LANES {
            let by_logit = V::splat(g[half::<V>(v)]);
            if TRAINS {
                let product = node.query.get::<V>(v) * node.key.get(v);
                self.g_filters[pairs.len()].add_product(v, by_logit, product);
            }
            let g = by_logit * self_filters[KEY].get(v);
            g_node.query.add_product(v, g, node.key.get(v));
            g_node.key.add_product(v, g, node.query.get(v));
        }
    }
}

#[inline(always)]
fn query_key<T: Real, V: Vector<Scalar = T>>(node: &Node<T>, v: usize) -> QueryKey<V> {
    QueryKey {
        query: node.query.get(v),
        key: node.key.get(v),
    }
}
