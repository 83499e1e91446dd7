//! Layer normalisation, forward and reverse. Ba, Kiros & Hinton 2016.

use super::channels::Channels;
use super::packing::{gather, Source};
use super::simd::{Kernel, Plain, Real, Row, Vector, PANEL};
use super::team::Team;

/// As in the weights' origin.
const EPSILON: f64 = 1e-5;

/// y = (x − mean)/√(variance + ε), x_out = y ⊙ weight + bias, over the channels of each atom.
///
/// The affine part stays here and is not folded into the weights that follow: those would no longer be numbers that f16
/// can hold.
pub struct LayerNorm<T> {
    /// (panels)
    pub(super) weight: Vec<Row<T>>,
    /// (panels)
    pub(super) bias: Vec<Row<T>>,
    /// 1 for channels, 0 for padding, (panels)
    mask: Vec<Row<T>>,
    /// 1/C
    share: T,
}

impl<P: Plain> LayerNorm<P> {
    /// `weight` and `bias` below a path.
    pub fn new(source: &Source<'_>, channels: &Channels) -> Self {
        let count = source.values("weight").len();
        Self {
            weight: source.row("weight", channels),
            bias: source.row("bias", channels),
            mask: gather(channels.panels(), |place| channels.at(place).map(|_| 1.0)),
            share: P::from_f64(1.0 / count as f64),
        }
    }

    /// x, y and out (panels, N); scales (N).
    pub fn forward<T: Real<Plain = P>>(
        &self,
        team: &Team,
        x: &[Row<T>],
        normalized: &mut [Row<T>],
        scales: &mut [T],
        out: &mut [Row<T>],
    ) {
        team.run(Forward {
            norm: self,
            x,
            normalized,
            scales,
            out,
        });
    }

    /// gx += ∂E/∂x from `gradient` = ∂E/∂out, both (panels, N).
    pub fn reverse<T: Real<Plain = P>>(
        &self,
        team: &Team,
        normalized: &[Row<T>],
        scales: &[T],
        gradient: &[Row<T>],
        gx: &mut [Row<T>],
    ) {
        team.run(Reverse {
            norm: self,
            normalized,
            scales,
            gradient,
            gx,
        });
    }
}

struct Forward<'a, T: Real> {
    norm: &'a LayerNorm<T::Plain>,
    x: &'a [Row<T>],
    normalized: &'a mut [Row<T>],
    scales: &'a mut [T],
    out: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let Self { norm, x, .. } = self;
        let (atoms, panels) = (self.scales.len(), norm.weight.len());
        let share = T::fixed(norm.share);
        for atom in 0..atoms {
            let mut sum = V::zero();
            for panel in 0..panels {
                for v in 0..PANEL / V::LANES {
                    sum = sum + x[panel * atoms + atom].get(v);
                }
            }
            let mean = V::splat(total(sum) * share);
            let mut squares = V::zero();
            for panel in 0..panels {
                for v in 0..PANEL / V::LANES {
                    let centred = x[panel * atoms + atom].get::<V>(v) - mean;
                    let centred = centred.times(V::get_constant(&norm.mask[panel], v));
                    self.normalized[panel * atoms + atom].set(v, centred);
                    squares = centred.mul_add(centred, squares);
                }
            }
            let variance = total(squares) * share + T::from_f64(EPSILON);
            let scale = T::from_f64(1.0) / variance.sqrt();
            self.scales[atom] = scale;
            for panel in 0..panels {
                let at = panel * atoms + atom;
                for v in 0..PANEL / V::LANES {
                    let y = self.normalized[at].get::<V>(v) * V::splat(scale);
                    self.normalized[at].set(v, y);
                    let bias = V::fixed(V::get_constant(&norm.bias[panel], v));
                    let weight = V::get_constant(&norm.weight[panel], v);
                    let out = y.mul_add_constant(weight, bias);
                    self.out[at].set(v, out);
                }
            }
        }
    }
}

struct Reverse<'a, T: Real> {
    norm: &'a LayerNorm<T::Plain>,
    normalized: &'a [Row<T>],
    scales: &'a [T],
    gradient: &'a [Row<T>],
    gx: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Reverse<'_, T> {
    type Output = ();

    /// With g = ∂E/∂y: ∂E/∂x = (g − mean(g) − y mean(g ⊙ y)) / √(variance + ε)
    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let (atoms, panels) = (self.scales.len(), self.norm.weight.len());
        let share = T::fixed(self.norm.share);
        for (atom, &scale) in self.scales.iter().enumerate() {
            let (mut sum, mut along) = (V::zero(), V::zero());
            for panel in 0..panels {
                let at = panel * atoms + atom;
                for v in 0..PANEL / V::LANES {
                    let weight = V::get_constant(&self.norm.weight[panel], v);
                    let g = self.gradient[at].get::<V>(v).times(weight);
                    sum = sum + g;
                    along = g.mul_add(self.normalized[at].get(v), along);
                }
            }
            let mean = V::splat(total(sum) * share);
            let along = V::splat(total(along) * share);
            for panel in 0..panels {
                let at = panel * atoms + atom;
                for v in 0..PANEL / V::LANES {
                    let weight = V::get_constant(&self.norm.weight[panel], v);
                    let g = self.gradient[at].get::<V>(v).times(weight);
                    let g = g - mean - self.normalized[at].get::<V>(v) * along;
                    // Padding gets numbers, too; no weight reads them.
                    self.gx[at].add(v, g * V::splat(scale));
                }
            }
        }
    }
}

#[inline(always)]
fn total<V: Vector>(v: V) -> V::Scalar {
    V::sums([v, V::zero(), V::zero(), V::zero()])[0]
}
