//! What atoms tell each other in a layer, on the way forward: one panel of channels at a time.
//!
//! For atom i that receives from j, with D of their distance and û from i to j:
//!   l_ij = Σ_head q_i k_j D^k, a_ij = silu(l_ij) c;
//!   x̂_i += a_ij s_j D^s;  v̂_i += vec_j ⊙ (a_j D^a) + û ⊗ (b_j D^b).
//! The pair is visited once: j receives with the same D, and −û.

use super::attention::{cut, half, registers_of_half, set_weights, weights};
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

/// Some registers of what an atom brings.
struct Brought<V> {
    scalar: V,
    along: V,
    pass: V,
    vec: [V; 3],
}

/// The same registers of what it gets.
struct Received<V> {
    x_hat: V,
    v_hat: [V; 3],
}

impl<T: Real, F: FilterAt<T>> Messages<'_, T, F> {
    /// `PASSES`: there are vectors to pass on. One register of each half of the rows for all pairs, then the next: what
    /// belongs to atom i stays in registers for as long as its pairs last.
    #[inline(always)]
    fn send<V: Vector<Scalar = T>, const PASSES: bool>(mut self) {
        self.x_hat.fill(Row::default());
        self.v_hat.fill([Row::default(); 3]);
        for w in 0..registers_of_half::<V>() {
            self.send_registers::<V, PASSES>([w, registers_of_half::<V>() + w]);
        }
        for atom in 0..self.panel.nodes.len() {
            let weights = weights(self.attention, self.panel.pairs.len() + atom);
            for v in 0..PANEL / V::LANES {
                self.self_loop::<V, PASSES>(atom, V::splat(weights[half::<V>(v)]), v);
            }
        }
    }

    #[inline(always)]
    fn send_registers<V: Vector<Scalar = T>, const PASSES: bool>(&mut self, registers: [usize; 2]) {
        let pairs = self.panel.pairs;
        let mut p = 0;
        while p < pairs.len() {
            let i = pairs[p].i;
            let [first, second] = registers;
            let here = [
                self.brought::<V, PASSES>(i as usize, first),
                self.brought::<V, PASSES>(i as usize, second),
            ];
            let mut received = [Received::zero(), Received::zero()];
            while p < pairs.len() && pairs[p].i == i {
                self.pair::<V, PASSES>(p, registers, &here, &mut received);
                p += 1;
            }
            for half in 0..2 {
                self.add(i as usize, registers[half], &received[half]);
            }
        }
    }

    #[inline(always)]
    fn brought<V: Vector<Scalar = T>, const PASSES: bool>(
        &self,
        atom: usize,
        v: usize,
    ) -> Brought<V> {
        let node = &self.panel.nodes[atom];
        let mut vec = [V::zero(); 3];
        if PASSES {
            let [x, y, z] = &self.panel.vec[atom];
            vec = [x.get(v), y.get(v), z.get(v)];
        }
        Brought {
            scalar: node.scalar.get(v),
            along: node.along.get(v),
            pass: node.pass.get(v),
            vec,
        }
    }

    #[inline(always)]
    fn add<V: Vector<Scalar = T>>(&mut self, atom: usize, v: usize, received: &Received<V>) {
        self.x_hat[atom].add(v, received.x_hat);
        for d in 0..3 {
            self.v_hat[atom][d].add(v, received.v_hat[d]);
        }
    }

    /// Pair `p` of atom i, whose own share is collected in `received`.
    #[inline(always)]
    fn pair<V: Vector<Scalar = T>, const PASSES: bool>(
        &mut self,
        p: usize,
        registers: [usize; 2],
        here: &[Brought<V>; 2],
        received: &mut [Received<V>; 2],
    ) {
        let Panel { pairs, filters, .. } = self.panel;
        let kinds = SCALAR..values_end(PASSES);
        prefetch_ahead(&filters, pairs, p, kinds, Halves::Both);
        let pair = &pairs[p];
        let j = pair.j as usize;
        let weights = cut(self.attention, p, pair);
        let filters = filters.of(p, pair);
        let (x_hat, v_hat) = (&mut self.x_hat[j], &mut self.v_hat[j]);
        for half in 0..2 {
            let (v, here, received) = (registers[half], &here[half], &mut received[half]);
            let node = &self.panel.nodes[j];
            let filter: V = filters.value(SCALAR, v);
            let a_ij = V::splat(weights[half]) * filter;
            let a_ji = V::splat(weights[2 + half]) * filter;
            received.x_hat = a_ij.mul_add(node.scalar.get(v), received.x_hat);
            x_hat.add_product(v, a_ji, here.scalar);
            let filter: V = filters.value(ALONG, v);
            let to_i = node.along.get::<V>(v) * filter;
            let to_j = V::zero() - here.along * filter;
            let (mut pass_i, mut pass_j) = (V::zero(), V::zero());
            if PASSES {
                let filter: V = filters.value(PASS, v);
                (pass_i, pass_j) = (node.pass.get::<V>(v) * filter, here.pass * filter);
            }
            for d in 0..3 {
                let unit = V::splat(pair.unit[d]);
                let mut sum_j = to_j.mul_add(unit, v_hat[d].get(v));
                received.v_hat[d] = to_i.mul_add(unit, received.v_hat[d]);
                if PASSES {
                    let vec_j: V = self.panel.vec[j][d].get(v);
                    received.v_hat[d] = pass_i.mul_add(vec_j, received.v_hat[d]);
                    sum_j = pass_j.mul_add(here.vec[d], sum_j);
                }
                v_hat[d].set(v, sum_j);
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

impl<V: Vector> Received<V> {
    #[inline(always)]
    fn zero() -> Self {
        Self {
            x_hat: V::zero(),
            v_hat: [V::zero(); 3],
        }
    }
}
