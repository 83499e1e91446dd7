//! What atoms tell each other in a layer, on the way forward: one panel of channels at a time.
//!
//! For atom i that receives from j, with D of their distance and û from i to j:
//!   l_ij = Σ_head q_i k_j D^k, a_ij = silu(l_ij) c;
//!   x̂_i += a_ij s_j D^s;  v̂_i += vec_j ⊙ (a_j D^a) + û ⊗ (b_j D^b).
//! The pair is visited once: j receives with the same D, and −û.

use super::attention::{cut, half, registers_of_half, set_weights, weights, WEIGHTS};
use super::ends::{absorb, both};
use super::filters::{
    prefetch_ahead, values_end, FilterAt, FilterOfPair, Halves, ALONG, KEY, PASS, SCALAR,
};
use super::node::Node;
use super::pairs::Pair;
use super::simd::{Kernel, Real, Row, Vector, PANEL};

/// What all kernels of one panel read.
#[derive(Clone, Copy)]
pub struct Panel<'a, T: Real, F> {
    /// (P)
    pub pairs: &'a [Pair<T>],
    /// D(r)
    pub filters: F,
    /// D(0) of all kinds
    pub self_filters: &'a [Row<T>],
    /// (N)
    pub nodes: &'a [Node<T>],
    /// vec, (N); empty in the first layer
    pub vec: &'a [[Row<T>; 3]],
}

/// l of all pairs and self loops, summed over the halves of one panel.
pub struct Logits<'a, T: Real, F> {
    /// Read.
    pub panel: Panel<'a, T, F>,
    /// Replaced; see `attention.rs`.
    pub logits: &'a mut [Row<T>],
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for Logits<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let Panel {
            pairs,
            filters,
            nodes,
            ..
        } = self.panel;
        for (p, pair) in pairs.iter().enumerate() {
            prefetch_ahead(&filters, pairs, p, KEY..KEY + 1, Halves::Both);
            let [i, j] = pair.ends(nodes.len());
            let from_j = (&nodes[i].query, &nodes[j].key);
            let from_i = (&nodes[j].query, &nodes[i].key);
            let filters = filters.of(p, pair);
            let mut sums = [V::zero(); 4];
            for w in 0..registers_of_half::<V>() {
                for half in 0..2 {
                    let v = half * registers_of_half::<V>() + w;
                    let filter: V = filters.value(KEY, v);
                    sums[half] = product::<V>(from_j, v).mul_add(filter, sums[half]);
                    sums[2 + half] = product::<V>(from_i, v).mul_add(filter, sums[2 + half]);
                }
            }
            set_weights(self.logits, p, V::sums(sums));
        }
        for (atom, node) in nodes.iter().enumerate() {
            let own = (&node.query, &node.key);
            let mut sums = [V::zero(); 4];
            for v in 0..PANEL / V::LANES {
                let filter: V = self.panel.self_filters[KEY].get(v);
                let at = half::<V>(v);
                sums[at] = product::<V>(own, v).mul_add(filter, sums[at]);
            }
            set_weights(self.logits, pairs.len() + atom, V::sums(sums));
        }
    }
}

#[inline(always)]
fn product<V: Vector>((a, b): (&Row<V::Scalar>, &Row<V::Scalar>), v: usize) -> V {
    a.get::<V>(v) * b.get(v)
}

/// x̂ and v̂ of one panel.
pub struct Messages<'a, T: Real, F> {
    /// Read.
    pub panel: Panel<'a, T, F>,
    /// silu(l)
    pub attention: &'a [Row<T>],
    /// Replaced, (N)
    pub x_hat: &'a mut [Row<T>],
    /// Replaced, (N)
    pub v_hat: &'a mut [[Row<T>; 3]],
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for Messages<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        match self.panel.vec.is_empty() {
            true => self.send::<V, false>(),
            false => self.send::<V, true>(),
        }
    }
}

impl<T: Real, F: FilterAt<T>> Messages<'_, T, F> {
    /// `PASSES`: there are vectors to pass on.
    #[inline(always)]
    fn send<V: Vector<Scalar = T>, const PASSES: bool>(mut self) {
        self.x_hat.fill(Row::default());
        self.v_hat.fill([Row::default(); 3]);
        let Panel {
            pairs,
            filters,
            nodes,
            vec,
            ..
        } = self.panel;
        let (mut spare_x, mut spare_v) = (Row::default(), [Row::default(); 3]);
        let nothing = [Row::default(); 3];
        for (p, pair) in pairs.iter().enumerate() {
            let kinds = SCALAR..values_end(PASSES);
            prefetch_ahead(&filters, pairs, p, kinds, Halves::Both);
            let ends = pair.ends(nodes.len());
            let [i, j] = ends;
            let mut between = PairMessages {
                filters: filters.of(p, pair),
                weights: cut(self.attention, p, pair),
                unit: pair.unit,
                nodes: [&nodes[i], &nodes[j]],
                vec: match PASSES {
                    true => [&vec[i], &vec[j]],
                    false => [&nothing; 2],
                },
                x_hat: both(self.x_hat, ends, &mut spare_x),
                v_hat: both(self.v_hat, ends, &mut spare_v),
            };
            between.half::<V, PASSES, 0>();
            between.half::<V, PASSES, 1>();
            if i == j {
                absorb(self.x_hat, i, &mut spare_x);
                absorb(self.v_hat, i, &mut spare_v);
            }
        }
        for atom in 0..nodes.len() {
            let weights = weights(self.attention, pairs.len() + atom);
            for v in 0..PANEL / V::LANES {
                self.self_loop::<V, PASSES>(atom, V::splat(weights[half::<V>(v)]), v);
            }
        }
    }

    /// The self loop: r = 0, û = 0, c = 1.
    #[inline(always)]
    fn self_loop<V: Vector<Scalar = T>, const PASSES: bool>(
        &mut self,
        atom: usize,
        weight: V,
        v: usize,
    ) {
        let Panel {
            self_filters, vec, ..
        } = self.panel;
        let node = &self.panel.nodes[atom];
        let filter: V = self_filters[SCALAR].get(v);
        self.x_hat[atom].add(v, weight * filter * node.scalar.get(v));
        if PASSES {
            let pass = node.pass.get::<V>(v) * self_filters[PASS].get(v);
            for (v_hat, vec) in self.v_hat[atom].iter_mut().zip(&vec[atom]) {
                v_hat.add(v, pass * vec.get(v));
            }
        }
    }
}

/// Both directions of one pair: ends i and j.
struct PairMessages<'a, T: Real, D> {
    filters: D,
    weights: [T; WEIGHTS],
    unit: [T; 3],
    nodes: [&'a Node<T>; 2],
    vec: [&'a [Row<T>; 3]; 2],
    x_hat: [&'a mut Row<T>; 2],
    v_hat: [&'a mut [Row<T>; 3]; 2],
}

impl<T: Real, D: FilterOfPair<T>> PairMessages<'_, T, D> {
    /// In half of the panel.
    #[inline(always)]
    fn half<V: Vector<Scalar = T>, const PASSES: bool, const HALF: usize>(&mut self) {
        let [i, j] = self.nodes;
        let [x_i, x_j] = &mut self.x_hat;
        let [v_i, v_j] = &mut self.v_hat;
        for w in 0..registers_of_half::<V>() {
            let v = HALF * registers_of_half::<V>() + w;
            let filter: V = self.filters.value(SCALAR, v);
            let [a_ij, a_ji] = [
                V::splat(self.weights[HALF]),
                V::splat(self.weights[2 + HALF]),
            ];
            x_i.add_product(v, a_ij * filter, j.scalar.get(v));
            x_j.add_product(v, a_ji * filter, i.scalar.get(v));
            let filter: V = self.filters.value(ALONG, v);
            let to_i = j.along.get::<V>(v) * filter;
            let to_j = V::zero() - i.along.get::<V>(v) * filter;
            let (mut pass_i, mut pass_j) = (V::zero(), V::zero());
            if PASSES {
                let filter: V = self.filters.value(PASS, v);
                (pass_i, pass_j) = (j.pass.get::<V>(v) * filter, i.pass.get::<V>(v) * filter);
            }
            for d in 0..3 {
                let unit = V::splat(self.unit[d]);
                let mut sums = [
                    to_i.mul_add(unit, v_i[d].get(v)),
                    to_j.mul_add(unit, v_j[d].get(v)),
                ];
                if PASSES {
                    sums[0] = pass_i.mul_add(self.vec[1][d].get(v), sums[0]);
                    sums[1] = pass_j.mul_add(self.vec[0][d].get(v), sums[1]);
                }
                v_i[d].set(v, sums[0]);
                v_j[d].set(v, sums[1]);
            }
        }
    }
}
