//! Filters and radial functions of a network that is trained, forward and reverse.

use super::collect::Collect;
use super::parts::part;
use crate::oreo::basis::ALPHA_TIMES_CUTOFF;
use crate::oreo::fused::filters::{Activation, ExactAt, ExactFilters, Radial, KEY};
use crate::oreo::fused::matrix::Destination;
use crate::oreo::fused::memory::fit;
use crate::oreo::fused::simd::{silu, silu_with_slope, Kernel, Real, Row, Vector, PANEL};
use crate::oreo::fused::team::Team;

/// D of one layer at R distances: those of the P pairs, and 0 for the self loops.
#[derive(Default)]
pub struct FilterState<T> {
    /// W g + b, (panels, kinds, R); kept in training
    before: Vec<Row<T>>,
    /// D, (panels, kinds, R)
    values: Vec<Row<T>>,
    /// dD/dr, the same; not used in training
    slopes: Vec<Row<T>>,
    kinds: usize,
    count: usize,
}

impl<T: Real> FilterState<T> {
    /// `TRAINS`: what the weights' gradients need is kept, and no slopes are made.
    pub fn fill<const TRAINS: bool>(
        &mut self,
        team: &Team,
        filters: &ExactFilters<T>,
        radial: &Radial<T>,
    ) {
        (self.kinds, self.count) = (filters.kinds(), radial.count);
        let rows = filters.outputs() * radial.count;
        let values = fit(&mut self.values, rows);
        if !TRAINS {
            let slopes = fit(&mut self.slopes, rows);
            return filters.evaluate(team, radial, values, slopes);
        }
        let before = fit(&mut self.before, rows);
        let panels = filters.matrix.inputs() * radial.count;
        (filters.matrix).forward(team, &radial.values[..panels], &filters.bias, before);
        for (output, (before, values)) in before
            .chunks(radial.count)
            .zip(values.chunks_mut(radial.count))
            .enumerate()
        {
            let (silu, cut) = steps(filters.activation, output % self.kinds);
            team.run(Activate {
                silu,
                cut,
                cutoffs: &radial.cutoffs,
                before,
                values,
            });
        }
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

    /// From ∂E/∂D (replaced by ∂E/∂(W g + b)) to the weights and, added, to the radial functions.
    pub fn reverse<C: Collect<T>>(
        &self,
        team: &Team,
        filters: &ExactFilters<T>,
        radial: &Radial<T>,
        part: usize,
        gradients: &mut [Row<T>],
        (g_radial, collect): (&mut [Row<T>], &mut C),
    ) {
        let before = self.before[..gradients.len()].chunks(self.count);
        for (output, (gradients, before)) in
            gradients.chunks_mut(self.count).zip(before).enumerate()
        {
            let (silu, cut) = steps(filters.activation, output % self.kinds);
            team.run(ReverseActivate {
                silu,
                cut,
                cutoffs: &radial.cutoffs,
                before,
                gradients,
            });
        }
        let inputs = &radial.values[..filters.matrix.inputs() * radial.count];
        collect.matrix_and_bias(team, part, gradients, inputs);
        (filters.matrix).reverse(team, gradients, Destination::Add, g_radial);
    }
}

/// Whether a kind of filter goes through silu, and is multiplied by c.
fn steps(activation: Activation, kind: usize) -> (bool, bool) {
    match activation {
        Activation::Silu { cut } => (true, cut && kind != KEY),
        Activation::Cut => (false, true),
    }
}

struct Activate<'a, T> {
    silu: bool,
    cut: bool,
    cutoffs: &'a [[T; 2]],
    before: &'a [Row<T>],
    values: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Activate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let rows = self.before.iter().zip(self.values).zip(self.cutoffs);
        for ((before, values), [c, _]) in rows {
            for v in 0..PANEL / V::LANES {
                let mut value: V = before.get(v);
                if self.silu {
                    value = silu(value);
                }
                if self.cut {
                    value = value * V::splat(*c);
                }
                values.set(v, value);
            }
        }
    }
}

struct ReverseActivate<'a, T> {
    silu: bool,
    cut: bool,
    cutoffs: &'a [[T; 2]],
    before: &'a [Row<T>],
    gradients: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for ReverseActivate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let rows = self.before.iter().zip(self.gradients).zip(self.cutoffs);
        for ((before, gradients), [c, _]) in rows {
            for v in 0..PANEL / V::LANES {
                let mut gradient: V = gradients.get(v);
                if self.cut {
                    gradient = gradient * V::splat(*c);
                }
                if self.silu {
                    gradient = gradient * silu_with_slope(before.get::<V>(v)).1;
                }
                gradients.set(v, gradient);
            }
        }
    }
}

/// From ∂E/∂g to μ and β of g = c exp(−β (e^(−αr) − μ)²).
pub fn reverse_radial<T: Real, C: Collect<T>>(
    distances: &[T],
    cutoff: f64,
    [means, betas]: [&[Row<T>]; 2],
    functions: usize,
    radial: &Radial<T>,
    g_radial: &[Row<T>],
    collect: &mut C,
) {
    let alpha = T::from_f64(ALPHA_TIMES_CUTOFF / cutoff);
    let two = T::from_f64(2.0);
    for k in 0..functions {
        let (panel, lane) = (k / PANEL, k % PANEL);
        let (mean, beta) = (means[panel].0[lane], betas[panel].0[lane]);
        let (mut by_mean, mut by_beta) = (T::ZERO, T::ZERO);
        for (n, &r) in distances.iter().enumerate() {
            let row = panel * radial.count + n;
            let by_exponent = g_radial[row].0[lane] * radial.values[row].0[lane];
            let away = (T::ZERO - alpha * r).exp() - mean;
            by_mean += by_exponent * two * beta * away;
            by_beta += T::ZERO - by_exponent * away * away;
        }
        collect.number(part::MEANS, k, by_mean);
        collect.number(part::BETAS, k, by_beta);
    }
}
