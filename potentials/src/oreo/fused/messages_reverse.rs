//! What atoms tell each other in a layer, on the way back: gradients of values, of queries and keys, of distances and
//! directions, one panel of channels at a time. The terms are those of `messages.rs`, differentiated one by one.

use super::attention::{
    cut, half, registers_of_half, set_half_weights, set_weights, weights, WEIGHTS,
};
use super::ends::{absorb, both};
use super::filters::{
    prefetch_ahead, values_end, FilterAt, FilterOfPair, Halves, ALONG, PASS, SCALAR,
};
use super::messages::Panel;
use super::node::Node;
use super::simd::{Kernel, Real, Row, Vector, PANEL};

/// ∂E/∂t of the distance and ∂E/∂û, added into, (P).
pub type PairGradients<'a, T> = &'a mut [[T; 4]];

/// From x̂ and v̂ to the values, and to the attention weights.
pub struct ReverseMessages<'a, T: Real, F> {
    /// Read.
    pub panel: Panel<'a, T, F>,
    /// silu(l)
    pub attention: &'a [Row<T>],
    /// ∂E/∂x̂, (N)
    pub g_x_hat: &'a [Row<T>],
    /// ∂E/∂v̂, (N)
    pub g_v_hat: &'a [[Row<T>; 3]],
    /// Added into, (N)
    pub g_nodes: &'a mut [Node<T>],
    /// ∂E/∂vec, added into, (N); not used in the first layer
    pub g_vec: &'a mut [[Row<T>; 3]],
    /// ∂E/∂(a c) summed over the halves of this panel, replaced
    pub g_attention: &'a mut [Row<T>],
    /// Added into.
    pub g_pairs: PairGradients<'a, T>,
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for ReverseMessages<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        match self.panel.vec.is_empty() {
            true => self.receive_all::<V, false>(),
            false => self.receive_all::<V, true>(),
        }
    }
}

/// Of one pair, over the registers of half a panel.
struct PairSums<V> {
    /// i ← j, j ← i
    attention: [V; 2],
    /// ∂E/∂t
    by_t: V,
    /// ∂E/∂û
    by_unit: [V; 3],
}

impl<V: Vector> PairSums<V> {
    #[inline(always)]
    fn new() -> Self {
        Self {
            attention: [V::zero(); 2],
            by_t: V::zero(),
            by_unit: [V::zero(); 3],
        }
    }
}

impl<T: Real, F: FilterAt<T>> ReverseMessages<'_, T, F> {
    /// `PASSES`: there are vectors to pass on. Half of the panel for all pairs, then the other: what belongs to a pair
    /// then fits into the registers.
    #[inline(always)]
    fn receive_all<V: Vector<Scalar = T>, const PASSES: bool>(mut self) {
        self.receive::<V, PASSES, 0>();
        self.receive::<V, PASSES, 1>();
        for atom in 0..self.panel.nodes.len() {
            self.self_loop::<V, PASSES>(atom);
        }
    }

    #[inline(always)]
    fn receive<V: Vector<Scalar = T>, const PASSES: bool, const HALF: usize>(&mut self) {
        let Panel {
            pairs,
            filters,
            nodes,
            vec,
            ..
        } = self.panel;
        let (mut spare, mut spare_vec) = (Node::default(), [Row::default(); 3]);
        let nothing = [Row::default(); 3];
        let halves = match HALF {
            0 => Halves::First,
            _ => Halves::Second,
        };
        for (p, pair) in pairs.iter().enumerate() {
            prefetch_ahead(&filters, pairs, p, SCALAR..values_end(PASSES), halves);
            let ends = pair.ends(nodes.len());
            let [i, j] = ends;
            let mut reverse = ReversePair {
                filters: filters.of(p, pair),
                weights: cut(self.attention, p, pair),
                unit: pair.unit,
                nodes: [&nodes[i], &nodes[j]],
                vec: match PASSES {
                    true => [&vec[i], &vec[j]],
                    false => [&nothing; 2],
                },
                g_x_hat: [&self.g_x_hat[i], &self.g_x_hat[j]],
                g_v_hat: [&self.g_v_hat[i], &self.g_v_hat[j]],
                g_nodes: both(self.g_nodes, ends, &mut spare),
                g_vec: both(self.g_vec, ends, &mut spare_vec),
            };
            let mut sums = PairSums::<V>::new();
            reverse.half::<V, PASSES, HALF>(&mut sums);
            if i == j {
                absorb(self.g_nodes, i, &mut spare);
                absorb(self.g_vec, i, &mut spare_vec);
            }
            let [x, y, z] = sums.by_unit;
            add(&mut self.g_pairs[p], V::sums([sums.by_t, x, y, z]));
            let [ij, ji] = sums.attention;
            let [ij, ji, ..] = V::sums([ij, ji, V::zero(), V::zero()]);
            set_half_weights::<T, HALF>(self.g_attention, p, [ij, ji]);
        }
    }

    /// The self loop has no distance and no direction.
    #[inline(always)]
    fn self_loop<V: Vector<Scalar = T>, const PASSES: bool>(&mut self, atom: usize) {
        let entry = self.panel.pairs.len() + atom;
        let weights = weights(self.attention, entry);
        let self_filters = self.panel.self_filters;
        let (node, g_node) = (&self.panel.nodes[atom], &mut self.g_nodes[atom]);
        let mut sums = [V::zero(); 4];
        for v in 0..PANEL / V::LANES {
            let at = half::<V>(v);
            let from = self.g_x_hat[atom].get::<V>(v) * self_filters[SCALAR].get(v);
            g_node.scalar.add_product(v, V::splat(weights[at]), from);
            sums[at] = from.mul_add(node.scalar.get(v), sums[at]);
            if PASSES {
                let filter: V = self_filters[PASS].get(v);
                let pass = node.pass.get::<V>(v) * filter;
                let mut along = V::zero();
                for d in 0..3 {
                    let g: V = self.g_v_hat[atom][d].get(v);
                    along = g.mul_add(self.panel.vec[atom][d].get(v), along);
                    self.g_vec[atom][d].add_product(v, g, pass);
                }
                g_node.pass.add_product(v, along, filter);
            }
        }
        set_weights(self.g_attention, entry, V::sums(sums));
    }
}

/// Everything about one pair: ends i and j.
struct ReversePair<'a, T: Real, D> {
    filters: D,
    weights: [T; WEIGHTS],
    unit: [T; 3],
    nodes: [&'a Node<T>; 2],
    vec: [&'a [Row<T>; 3]; 2],
    g_x_hat: [&'a Row<T>; 2],
    g_v_hat: [&'a [Row<T>; 3]; 2],
    g_nodes: [&'a mut Node<T>; 2],
    g_vec: [&'a mut [Row<T>; 3]; 2],
}

impl<T: Real, D: FilterOfPair<T>> ReversePair<'_, T, D> {
    #[inline(always)]
    fn half<V: Vector<Scalar = T>, const PASSES: bool, const HALF: usize>(
        &mut self,
        sums: &mut PairSums<V>,
    ) {
        for w in 0..registers_of_half::<V>() {
            let v = HALF * registers_of_half::<V>() + w;
            self.scalars::<V, HALF>(v, sums);
            self.along(v, sums);
            if PASSES {
                self.pass(v, sums);
            }
        }
    }

    /// x̂_i += a_ij s_j D^s
    #[inline(always)]
    fn scalars<V: Vector<Scalar = T>, const HALF: usize>(
        &mut self,
        v: usize,
        sums: &mut PairSums<V>,
    ) {
        let a_ij = V::splat(self.weights[HALF]);
        let a_ji = V::splat(self.weights[2 + HALF]);
        let (filter, slope): (V, V) = self.filters.with_slope(SCALAR, v);
        let [s_i, s_j] = [
            self.nodes[0].scalar.get::<V>(v),
            self.nodes[1].scalar.get(v),
        ];
        let [g_i, g_j] = [self.g_x_hat[0].get::<V>(v), self.g_x_hat[1].get(v)];
        let (from_i, from_j) = (g_i * filter, g_j * filter);
        let [g_node_i, g_node_j] = &mut self.g_nodes;
        g_node_j.scalar.add_product(v, a_ij, from_i);
        g_node_i.scalar.add_product(v, a_ji, from_j);
        sums.attention[0] = from_i.mul_add(s_j, sums.attention[0]);
        sums.attention[1] = from_j.mul_add(s_i, sums.attention[1]);
        let g_filter = (a_ij * g_i).mul_add(s_j, a_ji * g_j * s_i);
        sums.by_t = g_filter.mul_add(slope, sums.by_t);
    }

    /// v̂_i += û ⊗ (b_j D^b)
    #[inline(always)]
    fn along<V: Vector<Scalar = T>>(&mut self, v: usize, sums: &mut PairSums<V>) {
        let (filter, slope): (V, V) = self.filters.with_slope(ALONG, v);
        let [b_i, b_j] = [self.nodes[0].along.get::<V>(v), self.nodes[1].along.get(v)];
        let (from_j, from_i) = (b_j * filter, b_i * filter);
        let (mut u_i, mut minus_u_j) = (V::zero(), V::zero());
        for d in 0..3 {
            let unit = V::splat(self.unit[d]);
            let [g_i, g_j] = [self.g_v_hat[0][d].get::<V>(v), self.g_v_hat[1][d].get(v)];
            u_i = unit.mul_add(g_i, u_i);
            minus_u_j = unit.mul_add(g_j, minus_u_j);
            let by_unit = g_i.mul_add(from_j, sums.by_unit[d]);
            sums.by_unit[d] = by_unit - g_j * from_i;
        }
        let u_j = V::zero() - minus_u_j;
        let [g_node_i, g_node_j] = &mut self.g_nodes;
        g_node_j.along.add_product(v, u_i, filter);
        g_node_i.along.add_product(v, u_j, filter);
        let g_filter = u_i.mul_add(b_j, u_j * b_i);
        sums.by_t = g_filter.mul_add(slope, sums.by_t);
    }

    /// v̂_i += vec_j ⊙ (a_j D^a)
    #[inline(always)]
    fn pass<V: Vector<Scalar = T>>(&mut self, v: usize, sums: &mut PairSums<V>) {
        let (filter, slope): (V, V) = self.filters.with_slope(PASS, v);
        let [a_i, a_j] = [self.nodes[0].pass.get::<V>(v), self.nodes[1].pass.get(v)];
        let (from_j, from_i) = (a_j * filter, a_i * filter);
        let (mut t_i, mut t_j) = (V::zero(), V::zero());
        let [g_vec_i, g_vec_j] = &mut self.g_vec;
        for d in 0..3 {
            let [g_i, g_j] = [self.g_v_hat[0][d].get::<V>(v), self.g_v_hat[1][d].get(v)];
            t_i = g_i.mul_add(self.vec[1][d].get(v), t_i);
            t_j = g_j.mul_add(self.vec[0][d].get(v), t_j);
            g_vec_j[d].add_product(v, g_i, from_j);
            g_vec_i[d].add_product(v, g_j, from_i);
        }
        let [g_node_i, g_node_j] = &mut self.g_nodes;
        g_node_j.pass.add_product(v, t_i, filter);
        g_node_i.pass.add_product(v, t_j, filter);
        let g_filter = t_i.mul_add(a_j, t_j * a_i);
        sums.by_t = g_filter.mul_add(slope, sums.by_t);
    }
}

#[inline(always)]
pub(super) fn add<T: Real>(to: &mut [T; 4], numbers: [T; 4]) {
    to.iter_mut()
        .zip(numbers)
        .for_each(|(to, number)| *to += number);
}
