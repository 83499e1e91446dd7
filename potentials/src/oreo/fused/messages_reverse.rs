//! What atoms tell each other in a layer, on the way back: gradients of values, of queries and keys, of distances and
//! directions, one panel of channels at a time. The terms are those of `messages.rs`, differentiated one by one.

use super::attention::{add_half_weights, cut, half, registers_of_half, set_weights, weights};
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
    /// Added into; not used in training.
    pub g_pairs: PairGradients<'a, T>,
    /// For training ∂E/∂D of values, (kinds, P + 1), the last for all self loops: those of pairs are replaced, that one is
    /// added into. Else empty.
    pub g_filters: &'a mut [Row<T>],
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for ReverseMessages<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        match (self.panel.vec.is_empty(), self.g_filters.is_empty()) {
            (true, true) => self.receive_all::<V, false, false>(),
            (false, true) => self.receive_all::<V, true, false>(),
            (true, false) => self.receive_all::<V, false, true>(),
            (false, false) => self.receive_all::<V, true, true>(),
        }
    }
}

/// One register of what an atom brings, and of the gradients by what it got.
#[derive(Clone, Copy)]
struct Atom<V> {
    scalar: V,
    along: V,
    pass: V,
    vec: [V; 3],
    g_x_hat: V,
    g_v_hat: [V; 3],
}

/// The same register of the gradients by what it brings.
struct Brought<V> {
    scalar: V,
    along: V,
    pass: V,
    vec: [V; 3],
}

/// Of one pair, over the channels of a register.
struct PairSums<V> {
    /// i ← j, j ← i
    attention: [V; 2],
    /// ∂E/∂û
    by_unit: [V; 3],
}

impl<T: Real, F: FilterAt<T>> ReverseMessages<'_, T, F> {
    /// `PASSES`: there are vectors to pass on; `TRAINS`: gradients by filters are asked for, none by positions. One register of the rows for all pairs, then the next: what belongs to atom
    /// i stays in registers for as long as its pairs last.
    #[inline(always)]
    fn receive_all<V: Vector<Scalar = T>, const PASSES: bool, const TRAINS: bool>(mut self) {
        self.g_attention.fill(Row::default());
        for w in 0..registers_of_half::<V>() {
            self.receive::<V, PASSES, TRAINS, 0>(w);
            self.receive::<V, PASSES, TRAINS, 1>(w);
        }
        for atom in 0..self.panel.nodes.len() {
            self.self_loop::<V, PASSES, TRAINS>(atom);
        }
    }

    /// Register `w` of one half of the rows.
    #[inline(always)]
    fn receive<V: Vector<Scalar = T>, const PASSES: bool, const TRAINS: bool, const HALF: usize>(
        &mut self,
        w: usize,
    ) {
        let v = HALF * registers_of_half::<V>() + w;
        let pairs = self.panel.pairs;
        let mut p = 0;
        while p < pairs.len() {
            let i = pairs[p].i;
            let here = self.atom::<V, PASSES>(i as usize, v);
            let mut brought = Brought::zero();
            while p < pairs.len() && pairs[p].i == i {
                self.pair::<V, PASSES, TRAINS, HALF>(p, v, &here, &mut brought);
                p += 1;
            }
            self.add::<V, PASSES>(i as usize, v, &brought);
        }
    }

    #[inline(always)]
    fn atom<V: Vector<Scalar = T>, const PASSES: bool>(&self, atom: usize, v: usize) -> Atom<V> {
        let (node, g_v_hat) = (&self.panel.nodes[atom], &self.g_v_hat[atom]);
        let mut vec = [V::zero(); 3];
        if PASSES {
            let [x, y, z] = &self.panel.vec[atom];
            vec = [x.get(v), y.get(v), z.get(v)];
        }
        Atom {
            scalar: node.scalar.get(v),
            along: node.along.get(v),
            pass: node.pass.get(v),
            vec,
            g_x_hat: self.g_x_hat[atom].get(v),
            g_v_hat: [g_v_hat[0].get(v), g_v_hat[1].get(v), g_v_hat[2].get(v)],
        }
    }

    #[inline(always)]
    fn add<V: Vector<Scalar = T>, const PASSES: bool>(
        &mut self,
        atom: usize,
        v: usize,
        brought: &Brought<V>,
    ) {
        let node = &mut self.g_nodes[atom];
        node.scalar.add(v, brought.scalar);
        node.along.add(v, brought.along);
        if PASSES {
            node.pass.add(v, brought.pass);
            for d in 0..3 {
                self.g_vec[atom][d].add(v, brought.vec[d]);
            }
        }
    }

    /// Pair `p` of atom i, whose own share is collected in `brought`.
    #[inline(always)]
    fn pair<V: Vector<Scalar = T>, const PASSES: bool, const TRAINS: bool, const HALF: usize>(
        &mut self,
        p: usize,
        v: usize,
        here: &Atom<V>,
        brought: &mut Brought<V>,
    ) {
        let Panel { pairs, filters, .. } = self.panel;
        let halves = match HALF {
            0 => Halves::First,
            _ => Halves::Second,
        };
        prefetch_ahead(&filters, pairs, p, SCALAR..values_end(PASSES), halves);
        let pair = &pairs[p];
        let j = pair.j as usize;
        let there = self.atom::<V, PASSES>(j, v);
        let weights = cut(self.attention, p, pair);
        let ends = Ends {
            filters: filters.of(p, pair),
            weights: [V::splat(weights[HALF]), V::splat(weights[2 + HALF])],
            unit: pair.unit,
            here,
            there: &there,
            v,
        };
        let mut sums = PairSums::zero();
        let node = &mut self.g_nodes[j];
        let scalar = ends.scalars(&mut brought.scalar, &mut node.scalar, &mut sums);
        let along = ends.along(&mut brought.along, &mut node.along, &mut sums);
        let mut pass = [V::zero(); 2];
        if PASSES {
            let to_there = (&mut node.pass, &mut self.g_vec[j]);
            pass = ends.pass(&mut brought.pass, &mut brought.vec, to_there);
        }
        if TRAINS {
            let stride = pairs.len() + 1;
            self.g_filters[SCALAR * stride + p].set(v, scalar[0]);
            self.g_filters[ALONG * stride + p].set(v, along[0]);
            if PASSES {
                self.g_filters[PASS * stride + p].set(v, pass[0]);
            }
        } else {
            let mut by_t = scalar[0] * scalar[1];
            by_t = along[0].mul_add(along[1], by_t);
            if PASSES {
                by_t = pass[0].mul_add(pass[1], by_t);
            }
            let [x, y, z] = sums.by_unit;
            add(&mut self.g_pairs[p], V::sums([by_t, x, y, z]));
        }
        let [ij, ji] = sums.attention;
        let [ij, ji, ..] = V::sums([ij, ji, V::zero(), V::zero()]);
        add_half_weights::<T, HALF>(self.g_attention, p, [ij, ji]);
    }

    /// The self loop has no distance and no direction.
    #[inline(always)]
    fn self_loop<V: Vector<Scalar = T>, const PASSES: bool, const TRAINS: bool>(
        &mut self,
        atom: usize,
    ) {
        let entry = self.panel.pairs.len() + atom;
        let weights = weights(self.attention, entry);
        let self_filters = self.panel.self_filters;
        let (node, g_node) = (&self.panel.nodes[atom], &mut self.g_nodes[atom]);
        let mut sums = [V::zero(); 4];
        for v in 0..PANEL / V::LANES {
            let at = half::<V>(v);
            let from = self.g_x_hat[atom].get::<V>(v) * self_filters[SCALAR].get(v);
            g_node.scalar.add_product(v, V::splat(weights[at]), from);
            if TRAINS {
                let g = V::splat(weights[at]) * self.g_x_hat[atom].get(v);
                let pairs = self.panel.pairs.len();
                self.g_filters[SCALAR * (pairs + 1) + pairs].add_product(v, g, node.scalar.get(v));
            }
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
                if TRAINS {
                    let pairs = self.panel.pairs.len();
                    self.g_filters[PASS * (pairs + 1) + pairs].add_product(
                        v,
                        along,
                        node.pass.get(v),
                    );
                }
            }
        }
        set_weights(self.g_attention, entry, V::sums(sums));
    }
}

/// Both ends of one pair, i here and j there, in register `v` of the rows. Each kind of message returns ∂E/∂D and the slope
/// of D.
struct Ends<'a, T: Real, V, D> {
    filters: D,
    weights: [V; 2],
    unit: [T; 3],
    here: &'a Atom<V>,
    there: &'a Atom<V>,
    v: usize,
}

impl<T: Real, V: Vector<Scalar = T>, D: FilterOfPair<T>> Ends<'_, T, V, D> {
    /// x̂_i += a_ij s_j D^s
    #[inline(always)]
    fn scalars(&self, g_here: &mut V, g_there: &mut Row<T>, sums: &mut PairSums<V>) -> [V; 2] {
        let (here, there, [a_ij, a_ji]) = (self.here, self.there, self.weights);
        let (filter, slope): (V, V) = self.filters.with_slope(SCALAR, self.v);
        let (from_i, from_j) = (here.g_x_hat * filter, there.g_x_hat * filter);
        g_there.add_product(self.v, a_ij, from_i);
        *g_here = a_ji.mul_add(from_j, *g_here);
        sums.attention[0] = from_i.mul_add(there.scalar, sums.attention[0]);
        sums.attention[1] = from_j.mul_add(here.scalar, sums.attention[1]);
        let ij = a_ij * here.g_x_hat;
        let g_filter = ij.mul_add(there.scalar, a_ji * there.g_x_hat * here.scalar);
        [g_filter, slope]
    }

    /// v̂_i += û ⊗ (b_j D^b)
    #[inline(always)]
    fn along(&self, g_here: &mut V, g_there: &mut Row<T>, sums: &mut PairSums<V>) -> [V; 2] {
        let (here, there) = (self.here, self.there);
        let (filter, slope): (V, V) = self.filters.with_slope(ALONG, self.v);
        let (from_j, minus_from_i) = (there.along * filter, V::zero() - here.along * filter);
        let (mut u_i, mut minus_u_j) = (V::zero(), V::zero());
        for d in 0..3 {
            let unit = V::splat(self.unit[d]);
            let (g_i, g_j) = (here.g_v_hat[d], there.g_v_hat[d]);
            u_i = unit.mul_add(g_i, u_i);
            minus_u_j = unit.mul_add(g_j, minus_u_j);
            let by_unit = g_i.mul_add(from_j, sums.by_unit[d]);
            sums.by_unit[d] = g_j.mul_add(minus_from_i, by_unit);
        }
        let u_j = V::zero() - minus_u_j;
        g_there.add_product(self.v, u_i, filter);
        *g_here = u_j.mul_add(filter, *g_here);
        let g_filter = u_i.mul_add(there.along, u_j * here.along);
        [g_filter, slope]
    }

    /// v̂_i += vec_j ⊙ (a_j D^a)
    #[inline(always)]
    fn pass(
        &self,
        g_here: &mut V,
        g_vec_here: &mut [V; 3],
        (g_there, g_vec_there): (&mut Row<T>, &mut [Row<T>; 3]),
    ) -> [V; 2] {
        let (here, there) = (self.here, self.there);
        let (filter, slope): (V, V) = self.filters.with_slope(PASS, self.v);
        let (from_j, from_i) = (there.pass * filter, here.pass * filter);
        let (mut t_i, mut t_j) = (V::zero(), V::zero());
        for d in 0..3 {
            let (g_i, g_j) = (here.g_v_hat[d], there.g_v_hat[d]);
            t_i = g_i.mul_add(there.vec[d], t_i);
            t_j = g_j.mul_add(here.vec[d], t_j);
            g_vec_there[d].add_product(self.v, g_i, from_j);
            g_vec_here[d] = g_j.mul_add(from_i, g_vec_here[d]);
        }
        g_there.add_product(self.v, t_i, filter);
        *g_here = t_j.mul_add(filter, *g_here);
        let g_filter = t_i.mul_add(there.pass, t_j * here.pass);
        [g_filter, slope]
    }
}

impl<V: Vector> Brought<V> {
    #[inline(always)]
    fn zero() -> Self {
        Self {
            scalar: V::zero(),
            along: V::zero(),
            pass: V::zero(),
            vec: [V::zero(); 3],
        }
    }
}

impl<V: Vector> PairSums<V> {
    #[inline(always)]
    fn zero() -> Self {
        Self {
            attention: [V::zero(); 2],
            by_unit: [V::zero(); 3],
        }
    }
}

#[inline(always)]
pub(super) fn add<T: Real>(to: &mut [T; 4], numbers: [T; 4]) {
    to.iter_mut()
        .zip(numbers)
        .for_each(|(to, number)| *to += number);
}
