//! What atoms tell each other in a layer, on the way forward: one panel of channels at a time.
//!
//! For atom i that receives from j, with D of their distance and û from i to j:
//!   l_ij = Σ_head q_i k_j D^k, a_ij = silu(l_ij) c;
//!   x̂_i += a_ij s_j D^s;  v̂_i += vec_j ⊙ (a_j D^a) + û ⊗ (b_j D^b).
//! The pair is visited once: j receives with the same D, and −û.

use super::attention::{cut, half, set_weights, weights};
use super::filters::{FilterAt, ALONG, KEY, PASS, SCALAR};
use super::pairs::Pair;
use super::simd::{Kernel, Real, Row, Vector, PANEL};

/// Queries, keys and values of one panel, each (N).
#[derive(Clone, Copy)]
pub struct Projections<'a, T> {
    /// q
    pub query: &'a [Row<T>],
    /// k
    pub key: &'a [Row<T>],
    /// s
    pub scalar: &'a [Row<T>],
    /// b
    pub along: &'a [Row<T>],
    /// a; empty in the first layer, where there are no vectors to pass on
    pub pass: &'a [Row<T>],
}

impl<'a, T> Projections<'a, T> {
    /// Of (kinds, N) rows.
    pub fn new(rows: &'a [Row<T>], atoms: usize) -> Self {
        let kind = |n: usize| rows.get(n * atoms..(n + 1) * atoms).unwrap_or(&[]);
        Self {
            query: kind(0),
            key: kind(1),
            scalar: kind(2),
            along: kind(3),
            pass: kind(4),
        }
    }
}

/// What all kernels of one panel read.
#[derive(Clone, Copy)]
pub struct Panel<'a, T, F> {
    /// (P)
    pub pairs: &'a [Pair<T>],
    /// D(r)
    pub filters: F,
    /// D(0) of all kinds
    pub self_filters: &'a [Row<T>],
    /// (N) each
    pub projections: Projections<'a, T>,
    /// vec, (N, 3); empty in the first layer
    pub vec: &'a [Row<T>],
}

/// l of all pairs and self loops, summed over the halves of one panel.
pub struct Logits<'a, T, F> {
    /// Read.
    pub panel: Panel<'a, T, F>,
    /// Replaced; see `attention.rs`.
    pub logits: &'a mut [Row<T>],
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for Logits<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let Panel { pairs, filters, .. } = self.panel;
        let Projections { query, key, .. } = self.panel.projections;
        for (p, pair) in pairs.iter().enumerate() {
            let (i, j) = (pair.i as usize, pair.j as usize);
            let (q_i, k_i, q_j, k_j) = (&query[i], &key[i], &query[j], &key[j]);
            let mut sums = [V::zero(); 4];
            for v in 0..PANEL / V::LANES {
                let filter: V = filters.value(p, pair, KEY, v);
                let (ij, ji) = (half::<V>(v), 2 + half::<V>(v));
                sums[ij] = (q_i.get::<V>(v) * k_j.get(v)).mul_add(filter, sums[ij]);
                sums[ji] = (q_j.get::<V>(v) * k_i.get(v)).mul_add(filter, sums[ji]);
            }
            set_weights(self.logits, p, V::sums(sums));
        }
        for (atom, (q, k)) in query.iter().zip(key).enumerate() {
            let mut sums = [V::zero(); 4];
            for v in 0..PANEL / V::LANES {
                let filter: V = self.panel.self_filters[KEY].get(v);
                let at = half::<V>(v);
                sums[at] = (q.get::<V>(v) * k.get(v)).mul_add(filter, sums[at]);
            }
            set_weights(self.logits, pairs.len() + atom, V::sums(sums));
        }
    }
}

/// x̂ and v̂ of one panel.
pub struct Messages<'a, T, F> {
    /// Read.
    pub panel: Panel<'a, T, F>,
    /// silu(l)
    pub attention: &'a [Row<T>],
    /// Replaced, (N)
    pub x_hat: &'a mut [Row<T>],
    /// Replaced, (N, 3)
    pub v_hat: &'a mut [Row<T>],
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
        self.v_hat.fill(Row::default());
        let pairs = self.panel.pairs;
        for (p, pair) in pairs.iter().enumerate() {
            let weights = cut(self.attention, p, pair);
            for v in 0..PANEL / V::LANES {
                let (ij, ji) = (weights[half::<V>(v)], weights[2 + half::<V>(v)]);
                self.between::<V, PASSES>(p, pair, [V::splat(ij), V::splat(ji)], v);
            }
        }
        for atom in 0..self.x_hat.len() {
            let weights = weights(self.attention, pairs.len() + atom);
            for v in 0..PANEL / V::LANES {
                self.to_itself::<V, PASSES>(atom, V::splat(weights[half::<V>(v)]), v);
            }
        }
    }

    /// Both directions of a pair.
    #[inline(always)]
    fn between<V: Vector<Scalar = T>, const PASSES: bool>(
        &mut self,
        p: usize,
        pair: &Pair<T>,
        [a_ij, a_ji]: [V; 2],
        v: usize,
    ) {
        let (i, j) = (pair.i as usize, pair.j as usize);
        let Panel { filters, vec, .. } = self.panel;
        let Projections {
            scalar,
            along,
            pass,
            ..
        } = self.panel.projections;
        let filter: V = filters.value(p, pair, SCALAR, v);
        let (to_i, to_j) = (a_ij * filter, a_ji * filter);
        self.x_hat[i].set(v, to_i.mul_add(scalar[j].get(v), self.x_hat[i].get(v)));
        self.x_hat[j].set(v, to_j.mul_add(scalar[i].get(v), self.x_hat[j].get(v)));
        let filter: V = filters.value(p, pair, ALONG, v);
        let (to_i, to_j) = (along[j].get::<V>(v) * filter, along[i].get::<V>(v) * filter);
        let (pass_i, pass_j) = match PASSES {
            true => {
                let filter: V = filters.value(p, pair, PASS, v);
                (pass[j].get::<V>(v) * filter, pass[i].get::<V>(v) * filter)
            }
            false => (V::zero(), V::zero()),
        };
        for d in 0..3 {
            let unit = V::splat(pair.unit[d]);
            let (at_i, at_j) = (3 * i + d, 3 * j + d);
            let mut v_i = to_i.mul_add(unit, self.v_hat[at_i].get(v));
            if PASSES {
                v_i = pass_i.mul_add(vec[at_j].get(v), v_i);
            }
            self.v_hat[at_i].set(v, v_i);
            // Read after i was written: an atom can be its own neighbour, as an image.
            let mut v_j = self.v_hat[at_j].get::<V>(v) - to_j * unit;
            if PASSES {
                v_j = pass_j.mul_add(vec[at_i].get(v), v_j);
            }
            self.v_hat[at_j].set(v, v_j);
        }
    }

    /// The self loop: r = 0, û = 0, c = 1.
    #[inline(always)]
    fn to_itself<V: Vector<Scalar = T>, const PASSES: bool>(
        &mut self,
        atom: usize,
        weight: V,
        v: usize,
    ) {
        let Panel {
            self_filters, vec, ..
        } = self.panel;
        let Projections { scalar, pass, .. } = self.panel.projections;
        let filter: V = self_filters[SCALAR].get(v);
        self.x_hat[atom].add(v, weight * filter * scalar[atom].get(v));
        if PASSES {
            let pass = pass[atom].get::<V>(v) * self_filters[PASS].get(v);
            for at in 3 * atom..3 * atom + 3 {
                self.v_hat[at].add(v, pass * vec[at].get(v));
            }
        }
    }
}
