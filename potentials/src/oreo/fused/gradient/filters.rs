//! Filters and radial functions of a network that is trained, forward and reverse.

use super::modes::Mode;
use super::parts::part;
use crate::oreo::basis::ALPHA_TIMES_CUTOFF;
use crate::oreo::fused::filters::{ExactAt, ExactFilters, Radial, Steps};
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::simd::{silu, silu_with_slope, Kernel, Real, Row, Vector, PANEL};
use crate::oreo::fused::team::Team;

/// D of one layer at R distances: those of the P pairs, and 0 for the self loops.
#[derive(Default)]
pub struct FilterState<T> {
    /// D, (panels, kinds, R)
    values: Vec<Row<T>>,
    /// dD/dr, the same; not used in training
    slopes: Vec<Row<T>>,
    /// Where W g + b is on the tape.
    place: usize,
    kinds: usize,
    count: usize,
}

impl<T: Real> FilterState<T> {
    pub fn fill<M: Mode<T>>(
        &mut self,
        team: &Team,
        filters: &ExactFilters<T::Plain>,
        radial: &Radial<T>,
        mode: &mut M,
    ) {
        (self.kinds, self.count) = (filters.kinds(), radial.count);
        let rows = filters.outputs() * radial.count;
        let values = fit(&mut self.values, rows);
        let slopes = match M::TRAINS {
            true => &mut [],
            false => fit(&mut self.slopes, rows),
        };
        self.place = mode.filters(team, filters, radial, values, slopes);
    }

    /// Of one panel.
    pub fn at(&self, panel: usize) -> ExactAt<'_, T> {
        let size = self.kinds * self.count;
        let range = panel * size..(panel + 1) * size;
        let slopes = match self.slopes.is_empty() {
            true => &self.values[range.clone()],
            false => &self.slopes[range.clone()],
        };
        ExactAt::new(&self.values[range], slopes, self.count)
    }

    /// D(0) of one panel, all kinds.
    pub fn at_zero<const KINDS: usize>(&self, panel: usize) -> [Row<T>; KINDS] {
        std::array::from_fn(|kind| match kind < self.kinds {
            true => self.values[(panel * self.kinds + kind + 1) * self.count - 1],
            false => Row::default(),
        })
    }

    /// Rows of one panel.
    pub fn panel_rows(&self) -> usize {
        self.kinds * self.count
    }

    /// From ∂E/∂D, which is used up, to the weights and, added, to the radial functions.
    pub fn reverse(
        &self,
        team: &Team,
        (filters, part): (&ExactFilters<T::Plain>, usize),
        radial: &Radial<T>,
        gradients: &mut [Row<T>],
        g_radial: &mut [Row<T>],
        mode: &mut impl Mode<T>,
    ) {
        let of = (filters, part, self.place);
        mode.reverse_filters(team, of, radial, gradients, g_radial);
    }
}

/// z = W g + b at some distances, and how it changes.
#[derive(Clone, Copy)]
pub struct Before<'a, P> {
    pub values: &'a [Row<P>],
    /// dz/dr
    pub slopes: &'a [Row<P>],
    /// ṙ, (R,)
    pub speeds: &'a [P],
}

impl<P> Before<'_, P> {
    /// Of one panel and kind.
    pub fn output(&self, output: usize) -> Self {
        let count = self.speeds.len();
        let range = output * count..(output + 1) * count;
        Self {
            values: &self.values[range.clone()],
            slopes: &self.slopes[range],
            speeds: self.speeds,
        }
    }
}

/// D from z.
pub struct ActivateMoving<'a, T: Real> {
    pub steps: Steps,
    /// c; its slope is not used
    pub cutoffs: &'a [[T; 2]],
    pub before: Before<'a, T::Plain>,
    /// Replaced
    pub values: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for ActivateMoving<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for (n, values) in self.values.iter_mut().enumerate() {
            let cutoff = V::splat(self.cutoffs[n][0]);
            for v in 0..PANEL / V::LANES {
                let mut value: V = self.before.at(n, v);
                if self.steps.silu {
                    value = silu(value);
                }
                if self.steps.cut {
                    value = value * cutoff;
                }
                values.set(v, value);
            }
        }
    }
}

impl<P> Before<'_, P> {
    #[inline(always)]
    fn at<T: Real<Plain = P>, V: Vector<Scalar = T>>(&self, n: usize, v: usize) -> V
    where
        P: Copy,
    {
        let value = V::get_constant(&self.values[n], v);
        let slope = V::get_constant(&self.slopes[n], v);
        V::moving(value, slope, self.speeds[n])
    }
}

/// From ∂E/∂D to ∂E/∂z.
pub struct ReverseActivate<'a, T: Real> {
    pub steps: Steps,
    /// c; its slope is not used
    pub cutoffs: &'a [[T; 2]],
    pub before: Before<'a, T::Plain>,
    /// Replaced
    pub gradients: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for ReverseActivate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        for (n, gradients) in self.gradients.iter_mut().enumerate() {
            let cutoff = V::splat(self.cutoffs[n][0]);
            for v in 0..PANEL / V::LANES {
                let mut gradient: V = gradients.get(v);
                if self.steps.cut {
                    gradient = gradient * cutoff;
                }
                if self.steps.silu {
                    gradient = gradient * silu_with_slope(self.before.at::<T, V>(n, v)).1;
                }
                gradients.set(v, gradient);
            }
        }
    }
}

/// From ∂E/∂g to μ and β of g = c exp(−β (e^(−αr) − μ)²).
pub fn reverse_radial<T: Real>(
    distances: &[T],
    cutoff: f64,
    [means, betas]: [&[Row<T::Plain>]; 2],
    functions: usize,
    radial: &Radial<T>,
    g_radial: &[Row<T>],
    mode: &mut impl Mode<T>,
) {
    let alpha = T::from_f64(ALPHA_TIMES_CUTOFF / cutoff);
    let two = T::from_f64(2.0);
    let number = |rows: &[Row<T::Plain>], k: usize| T::fixed(rows[k / PANEL].lane(k % PANEL));
    for k in 0..functions {
        let (panel, lane) = (k / PANEL, k % PANEL);
        let (mean, beta) = (number(means, k), number(betas, k));
        let (mut by_mean, mut by_beta) = (T::ZERO, T::ZERO);
        for (n, &r) in distances.iter().enumerate() {
            let row = panel * radial.count + n;
            let by_exponent = g_radial[row].lane(lane) * radial.values[row].lane(lane);
            let away = (T::ZERO - alpha * r).exp() - mean;
            by_mean += by_exponent * two * beta * away;
            by_beta += T::ZERO - by_exponent * away * away;
        }
        mode.number(part::MEANS, k, by_mean);
        mode.number(part::BETAS, k, by_beta);
    }
}
