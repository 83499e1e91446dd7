//! What atoms tell each other in a layer, on the way back: gradients of values, of queries and keys, of distances and
//! directions, one panel of channels at a time. The terms are those of `messages.rs`, differentiated one by one.

use super::attention::{cut, entries, half, set_weights, weights};
use super::filters::{FilterAt, ALONG, KEY, PASS, SCALAR};
use super::messages::{Panel, Projections};
use super::pairs::Pair;
use super::simd::{Kernel, Real, Row, Vector, PANEL};

/// ∂E/∂ of [`Projections`], added into.
pub struct ProjectionGradients<'a, T> {
    query: &'a mut [Row<T>],
    key: &'a mut [Row<T>],
    scalar: &'a mut [Row<T>],
    along: &'a mut [Row<T>],
    /// Empty in the first layer.
    pass: &'a mut [Row<T>],
}

impl<'a, T> ProjectionGradients<'a, T> {
    /// Of (kinds, N) rows.
    pub fn new(rows: &'a mut [Row<T>], atoms: usize) -> Self {
        let mut kinds = rows.chunks_mut(atoms);
        let mut next = || kinds.next().unwrap_or(&mut []);
        Self {
            query: next(),
            key: next(),
            scalar: next(),
            along: next(),
            pass: next(),
        }
    }
}

/// ∂E/∂t of the distance and ∂E/∂û, added into, (P).
pub type PairGradients<'a, T> = &'a mut [[T; 4]];

/// From x̂ and v̂ to the values, and to the attention weights.
pub struct ReverseMessages<'a, 'g, T, F> {
    /// Read.
    pub panel: Panel<'a, T, F>,
    /// silu(l)
    pub attention: &'a [Row<T>],
    /// ∂E/∂x̂, (N)
    pub g_x_hat: &'a [Row<T>],
    /// ∂E/∂v̂, (N, 3)
    pub g_v_hat: &'a [Row<T>],
    /// Added into.
    pub gradients: &'a mut ProjectionGradients<'g, T>,
    /// ∂E/∂vec, added into, (N, 3)
    pub g_vec: &'a mut [Row<T>],
    /// ∂E/∂(a c) summed over the halves of this panel, replaced
    pub g_attention: &'a mut [Row<T>],
    /// Added into.
    pub g_pairs: PairGradients<'a, T>,
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for ReverseMessages<'_, '_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        match self.panel.vec.is_empty() {
            true => self.receive::<V, false>(),
            false => self.receive::<V, true>(),
        }
    }
}

/// Of one pair, over the registers of a panel.
struct PairSums<V> {
    /// i ← j first and second half, j ← i first and second half
    attention: [V; 4],
    /// ∂E/∂t, ∂E/∂û
    geometry: [V; 4],
}

impl<V: Vector> PairSums<V> {
    #[inline(always)]
    fn new() -> Self {
        Self {
            attention: [V::zero(); 4],
            geometry: [V::zero(); 4],
        }
    }
}

impl<T: Real, F: FilterAt<T>> ReverseMessages<'_, '_, T, F> {
    /// `PASSES`: there are vectors to pass on.
    #[inline(always)]
    fn receive<V: Vector<Scalar = T>, const PASSES: bool>(mut self) {
        let pairs = self.panel.pairs;
        for (p, pair) in pairs.iter().enumerate() {
            let weights = cut(self.attention, p, pair);
            let mut sums = PairSums::<V>::new();
            for v in 0..PANEL / V::LANES {
                let (ij, ji) = (half::<V>(v), 2 + half::<V>(v));
                let weights = [V::splat(weights[ij]), V::splat(weights[ji])];
                self.scalars(p, pair, weights, v, &mut sums);
                self.along(p, pair, v, &mut sums);
                if PASSES {
                    self.pass(p, pair, v, &mut sums);
                }
            }
            set_weights(self.g_attention, p, V::sums(sums.attention));
            add(&mut self.g_pairs[p], V::sums(sums.geometry));
        }
        for atom in 0..self.g_x_hat.len() {
            self.to_itself::<V, PASSES>(atom);
        }
    }

    /// x̂_i += a_ij s_j D^s
    #[inline(always)]
    fn scalars<V: Vector<Scalar = T>>(
        &mut self,
        p: usize,
        pair: &Pair<T>,
        [a_ij, a_ji]: [V; 2],
        v: usize,
        sums: &mut PairSums<V>,
    ) {
        let (i, j) = (pair.i as usize, pair.j as usize);
        let (filter, slope): (V, V) = self.panel.filters.with_slope(p, pair, SCALAR, v);
        let scalar = self.panel.projections.scalar;
        let (s_i, s_j): (V, V) = (scalar[i].get(v), scalar[j].get(v));
        let (g_i, g_j): (V, V) = (self.g_x_hat[i].get(v), self.g_x_hat[j].get(v));
        let (from_i, from_j) = (g_i * filter, g_j * filter);
        let g_s = &mut self.gradients.scalar;
        g_s[j].set(v, a_ij.mul_add(from_i, g_s[j].get(v)));
        g_s[i].set(v, a_ji.mul_add(from_j, g_s[i].get(v)));
        let (ij, ji) = (half::<V>(v), 2 + half::<V>(v));
        sums.attention[ij] = from_i.mul_add(s_j, sums.attention[ij]);
        sums.attention[ji] = from_j.mul_add(s_i, sums.attention[ji]);
        let g_filter = (a_ij * g_i).mul_add(s_j, a_ji * g_j * s_i);
        sums.geometry[0] = g_filter.mul_add(slope, sums.geometry[0]);
    }

    /// v̂_i += û ⊗ (b_j D^b)
    #[inline(always)]
    fn along<V: Vector<Scalar = T>>(
        &mut self,
        p: usize,
        pair: &Pair<T>,
        v: usize,
        sums: &mut PairSums<V>,
    ) {
        let (i, j) = (pair.i as usize, pair.j as usize);
        let (filter, slope): (V, V) = self.panel.filters.with_slope(p, pair, ALONG, v);
        let along = self.panel.projections.along;
        let (b_i, b_j): (V, V) = (along[i].get(v), along[j].get(v));
        let (mut u_i, mut u_j) = (V::zero(), V::zero());
        let (from_j, from_i) = (b_j * filter, b_i * filter);
        for d in 0..3 {
            let unit = V::splat(pair.unit[d]);
            let g_i: V = self.g_v_hat[3 * i + d].get(v);
            let g_j: V = self.g_v_hat[3 * j + d].get(v);
            u_i = unit.mul_add(g_i, u_i);
            u_j = u_j - unit * g_j;
            let g_unit = g_i.mul_add(from_j, sums.geometry[1 + d]);
            sums.geometry[1 + d] = g_unit - g_j * from_i;
        }
        let g_b = &mut self.gradients.along;
        g_b[j].set(v, u_i.mul_add(filter, g_b[j].get(v)));
        g_b[i].set(v, u_j.mul_add(filter, g_b[i].get(v)));
        let g_filter = u_i.mul_add(b_j, u_j * b_i);
        sums.geometry[0] = g_filter.mul_add(slope, sums.geometry[0]);
    }

    /// v̂_i += vec_j ⊙ (a_j D^a)
    #[inline(always)]
    fn pass<V: Vector<Scalar = T>>(
        &mut self,
        p: usize,
        pair: &Pair<T>,
        v: usize,
        sums: &mut PairSums<V>,
    ) {
        let (i, j) = (pair.i as usize, pair.j as usize);
        let (filter, slope): (V, V) = self.panel.filters.with_slope(p, pair, PASS, v);
        let pass = self.panel.projections.pass;
        let (a_i, a_j): (V, V) = (pass[i].get(v), pass[j].get(v));
        let (from_j, from_i) = (a_j * filter, a_i * filter);
        let (mut t_i, mut t_j) = (V::zero(), V::zero());
        for d in 0..3 {
            let (at_i, at_j) = (3 * i + d, 3 * j + d);
            let (g_i, g_j): (V, V) = (self.g_v_hat[at_i].get(v), self.g_v_hat[at_j].get(v));
            t_i = g_i.mul_add(self.panel.vec[at_j].get(v), t_i);
            t_j = g_j.mul_add(self.panel.vec[at_i].get(v), t_j);
            self.g_vec[at_j].set(v, g_i.mul_add(from_j, self.g_vec[at_j].get(v)));
            self.g_vec[at_i].set(v, g_j.mul_add(from_i, self.g_vec[at_i].get(v)));
        }
        let g_a = &mut self.gradients.pass;
        g_a[j].set(v, t_i.mul_add(filter, g_a[j].get(v)));
        g_a[i].set(v, t_j.mul_add(filter, g_a[i].get(v)));
        let g_filter = t_i.mul_add(a_j, t_j * a_i);
        sums.geometry[0] = g_filter.mul_add(slope, sums.geometry[0]);
    }

    /// The self loop has no distance and no direction.
    #[inline(always)]
    fn to_itself<V: Vector<Scalar = T>, const PASSES: bool>(&mut self, atom: usize) {
        let entry = self.panel.pairs.len() + atom;
        let weights = weights(self.attention, entry);
        let mut sums = [V::zero(); 4];
        for v in 0..PANEL / V::LANES {
            let filter: V = self.panel.self_filters[SCALAR].get(v);
            let from = self.g_x_hat[atom].get::<V>(v) * filter;
            let weight = V::splat(weights[half::<V>(v)]);
            self.gradients.scalar[atom].add(v, weight * from);
            let at = half::<V>(v);
            sums[at] = from.mul_add(self.panel.projections.scalar[atom].get(v), sums[at]);
            if PASSES {
                let filter: V = self.panel.self_filters[PASS].get(v);
                let pass = self.panel.projections.pass[atom].get::<V>(v) * filter;
                let mut along = V::zero();
                for at in 3 * atom..3 * atom + 3 {
                    let g: V = self.g_v_hat[at].get(v);
                    along = g.mul_add(self.panel.vec[at].get(v), along);
                    self.g_vec[at].add(v, g * pass);
                }
                self.gradients.pass[atom].add(v, along * filter);
            }
        }
        set_weights(self.g_attention, entry, V::sums(sums));
    }
}

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
            set_weights(self.gradients, entry, std::array::from_fn(|n| g[n] * slope[n]));
        }
    }
}

/// From l to queries and keys: l_ij = Σ_head q_i k_j D^k.
pub struct ReverseLogits<'a, 'g, T, F> {
    /// Read.
    pub panel: Panel<'a, T, F>,
    /// ∂E/∂l
    pub g_logits: &'a [Row<T>],
    /// Added into.
    pub gradients: &'a mut ProjectionGradients<'g, T>,
    /// Added into.
    pub g_pairs: PairGradients<'a, T>,
}

impl<T: Real, F: FilterAt<T>> Kernel<T> for ReverseLogits<'_, '_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let Panel { pairs, filters, .. } = self.panel;
        let Projections { query, key, .. } = self.panel.projections;
        let (g_q, g_k) = (&mut *self.gradients.query, &mut *self.gradients.key);
        for (p, pair) in pairs.iter().enumerate() {
            let (i, j) = (pair.i as usize, pair.j as usize);
            let g = weights(self.g_logits, p);
            let mut by_t = V::zero();
            for v in 0..PANEL / V::LANES {
                let (filter, slope): (V, V) = filters.with_slope(p, pair, KEY, v);
                let (g_ij, g_ji) = (V::splat(g[half::<V>(v)]), V::splat(g[2 + half::<V>(v)]));
                let (q_i, k_i): (V, V) = (query[i].get(v), key[i].get(v));
                let (q_j, k_j): (V, V) = (query[j].get(v), key[j].get(v));
                let (ij, ji) = (g_ij * filter, g_ji * filter);
                g_q[i].set(v, ij.mul_add(k_j, g_q[i].get(v)));
                g_k[j].set(v, ij.mul_add(q_i, g_k[j].get(v)));
                g_q[j].set(v, ji.mul_add(k_i, g_q[j].get(v)));
                g_k[i].set(v, ji.mul_add(q_j, g_k[i].get(v)));
                let g_filter = (g_ij * q_i).mul_add(k_j, g_ji * q_j * k_i);
                by_t = g_filter.mul_add(slope, by_t);
            }
            let zero = V::zero();
            add(&mut self.g_pairs[p], V::sums([by_t, zero, zero, zero]));
        }
        for (atom, (q, k)) in query.iter().zip(key).enumerate() {
            let g = weights(self.g_logits, pairs.len() + atom);
            for v in 0..PANEL / V::LANES {
                let g = V::splat(g[half::<V>(v)]) * self.panel.self_filters[KEY].get(v);
                g_q[atom].set(v, g.mul_add(k.get(v), g_q[atom].get(v)));
                g_k[atom].set(v, g.mul_add(q.get(v), g_k[atom].get(v)));
            }
        }
    }
}

#[inline(always)]
fn add<T: Real>(to: &mut [T; 4], numbers: [T; 4]) {
    to.iter_mut().zip(numbers).for_each(|(to, number)| *to += number);
}
