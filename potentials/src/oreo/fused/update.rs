//! How a layer changes the features of the atoms, element by element, one panel at a time:
//!   x += d ⊙ o2 + o3, vec += v3 ⊙ o1 + v̂, with d = Σ_xyz v1 ⊙ v2.

use super::simd::{Kernel, Real, Row, Vector, PANEL};

/// Forward, with vectors.
pub struct Update<'a, T> {
    /// v1, v2, v3, each (N, 3)
    pub products: &'a [Row<T>],
    /// o1, o2, o3, each (N)
    pub outputs: &'a [Row<T>],
    /// vec, (N, 3)
    pub vec: &'a [Row<T>],
    /// x, updated, (N)
    pub x: &'a mut [Row<T>],
    /// v̂ on the way in, the new vec on the way out, (N, 3)
    pub next_vec: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Update<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let atoms = self.x.len();
        let (v1, rest) = self.products.split_at(3 * atoms);
        let (v2, v3) = rest.split_at(3 * atoms);
        for atom in 0..atoms {
            for v in 0..PANEL / V::LANES {
                let o1: V = self.outputs[atom].get(v);
                let o2: V = self.outputs[atoms + atom].get(v);
                let o3: V = self.outputs[2 * atoms + atom].get(v);
                let mut d = V::zero();
                for at in 3 * atom..3 * atom + 3 {
                    d = v1[at].get::<V>(v).mul_add(v2[at].get(v), d);
                    let passed_on = self.next_vec[at].get::<V>(v) + self.vec[at].get(v);
                    self.next_vec[at].set(v, v3[at].get::<V>(v).mul_add(o1, passed_on));
                }
                self.x[atom].add(v, d.mul_add(o2, o3));
            }
        }
    }
}

/// Forward in the first layer: x += o3.
pub struct Add<'a, T> {
    /// o3, (N)
    pub outputs: &'a [Row<T>],
    /// x, updated, (N)
    pub x: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Add<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for (x, o3) in self.x.iter_mut().zip(self.outputs) {
            for v in 0..PANEL / V::LANES {
                x.add(v, o3.get::<V>(v));
            }
        }
    }
}

/// Reverse of [`Update`].
pub struct ReverseUpdate<'a, T> {
    /// v1, v2, v3, each (N, 3)
    pub products: &'a [Row<T>],
    /// o1, o2, o3, each (N)
    pub outputs: &'a [Row<T>],
    /// ∂E/∂x, (N)
    pub gx: &'a [Row<T>],
    /// ∂E/∂vec after the layer, (N, 3)
    pub g_vec: &'a [Row<T>],
    /// ∂E/∂(v1, v2, v3), replaced
    pub g_products: &'a mut [Row<T>],
    /// ∂E/∂(o1, o2, o3), replaced
    pub g_outputs: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for ReverseUpdate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let atoms = self.gx.len();
        let (v1, rest) = self.products.split_at(3 * atoms);
        let (v2, v3) = rest.split_at(3 * atoms);
        let (g_v1, rest) = self.g_products.split_at_mut(3 * atoms);
        let (g_v2, g_v3) = rest.split_at_mut(3 * atoms);
        for atom in 0..atoms {
            for v in 0..PANEL / V::LANES {
                let o1: V = self.outputs[atom].get(v);
                let o2: V = self.outputs[atoms + atom].get(v);
                let gx: V = self.gx[atom].get(v);
                let g_d = gx * o2;
                let (mut d, mut g_o1) = (V::zero(), V::zero());
                for at in 3 * atom..3 * atom + 3 {
                    let (a, b): (V, V) = (v1[at].get(v), v2[at].get(v));
                    let g: V = self.g_vec[at].get(v);
                    d = a.mul_add(b, d);
                    g_o1 = g.mul_add(v3[at].get(v), g_o1);
                    g_v1[at].set(v, g_d * b);
                    g_v2[at].set(v, g_d * a);
                    g_v3[at].set(v, g * o1);
                }
                self.g_outputs[atom].set(v, g_o1);
                self.g_outputs[atoms + atom].set(v, gx * d);
                self.g_outputs[2 * atoms + atom].set(v, gx);
            }
        }
    }
}
