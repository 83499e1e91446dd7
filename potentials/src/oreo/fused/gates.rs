//! Element by element operations of the head, forward and reverse.

use super::simd::{silu, silu_with_slope, Kernel, Real, Row, Vector, PANEL};

/// silu(x)
pub struct Silu<'a, T> {
    /// x
    pub from: &'a [Row<T>],
    /// Replaced.
    pub to: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Silu<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for (from, to) in self.from.iter().zip(self.to) {
            for v in 0..PANEL / V::LANES {
                to.set(v, silu(from.get::<V>(v)));
            }
        }
    }
}

/// Multiplies a gradient by silu′(x).
pub struct ReverseSilu<'a, T> {
    /// x
    pub from: &'a [Row<T>],
    /// By silu(x) on the way in, by x on the way out.
    pub gradient: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for ReverseSilu<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for (from, gradient) in self.from.iter().zip(self.gradient) {
            for v in 0..PANEL / V::LANES {
                let (_, slope) = silu_with_slope(from.get::<V>(v));
                gradient.set(v, gradient.get::<V>(v) * slope);
            }
        }
    }
}

/// Lengths of vectors over x, y, z: √(v² + ε²) − ε.
pub struct Norms<'a, T> {
    /// (N, 3)
    pub vectors: &'a [Row<T>],
    /// ε
    pub smoothing: T,
    /// (N), replaced
    pub norms: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Norms<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let smoothing = V::splat(self.smoothing);
        for (vector, norm) in self.vectors.chunks_exact(3).zip(self.norms) {
            for v in 0..PANEL / V::LANES {
                norm.set(v, smoothed::<V>(vector, v, smoothing) - smoothing);
            }
        }
    }
}

/// From lengths to vectors. Where a vector is 0 its length without ε has no derivative, and 0 is taken: 0 / (0 + a tiny
/// number).
pub struct ReverseNorms<'a, T> {
    /// (N, 3)
    pub vectors: &'a [Row<T>],
    /// ε
    pub smoothing: T,
    /// ∂E/∂lengths, (N)
    pub g_norms: &'a [Row<T>],
    /// (N, 3), replaced
    pub g_vectors: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for ReverseNorms<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let (tiny, smoothing) = (V::splat(T::TINY), V::splat(self.smoothing));
        let vectors = self.vectors.chunks_exact(3).zip(self.g_norms);
        for ((vector, g_norm), g_vector) in vectors.zip(self.g_vectors.chunks_exact_mut(3)) {
            for v in 0..PANEL / V::LANES {
                let length = smoothed::<V>(vector, v, smoothing) + tiny;
                let scale = g_norm.get::<V>(v) / length;
                for d in 0..3 {
                    g_vector[d].set(v, vector[d].get::<V>(v) * scale);
                }
            }
        }
    }
}

/// √(v² + ε²)
#[inline(always)]
fn smoothed<V: Vector>(vector: &[Row<V::Scalar>], v: usize, smoothing: V) -> V {
    let (x, y, z): (V, V, V) = (vector[0].get(v), vector[1].get(v), vector[2].get(v));
    let squared = z.mul_add(z, y.mul_add(y, x * x));
    smoothing.mul_add(smoothing, squared).sqrt()
}

/// Vectors times gates.
pub struct Gate<'a, T> {
    /// (N)
    pub gates: &'a [Row<T>],
    /// (N, 3)
    pub vectors: &'a [Row<T>],
    /// (N, 3), replaced
    pub gated: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Gate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let vectors = self
            .vectors
            .chunks_exact(3)
            .zip(self.gated.chunks_exact_mut(3));
        for (gate, (vector, gated)) in self.gates.iter().zip(vectors) {
            for v in 0..PANEL / V::LANES {
                for d in 0..3 {
                    gated[d].set(v, gate.get::<V>(v) * vector[d].get(v));
                }
            }
        }
    }
}

/// From gated vectors to gates and vectors.
pub struct ReverseGate<'a, T> {
    /// (N, 3)
    pub g_gated: &'a [Row<T>],
    /// (N, 3)
    pub vectors: &'a [Row<T>],
    /// The gates on the way in, their gradients on the way out, (N)
    pub gates: &'a mut [Row<T>],
    /// (N, 3), replaced
    pub g_vectors: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for ReverseGate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let vectors = self
            .vectors
            .chunks_exact(3)
            .zip(self.g_gated.chunks_exact(3));
        let vectors = vectors.zip(self.g_vectors.chunks_exact_mut(3));
        for (gate, ((vector, g_gated), g_vector)) in self.gates.iter_mut().zip(vectors) {
            for v in 0..PANEL / V::LANES {
                let value: V = gate.get(v);
                let mut gradient = V::zero();
                for d in 0..3 {
                    let g: V = g_gated[d].get(v);
                    gradient = g.mul_add(vector[d].get(v), gradient);
                    g_vector[d].set(v, g * value);
                }
                gate.set(v, gradient);
            }
        }
    }
}
