//! Filters as the definition has them.

use super::radial::Radial;
use crate::oreo::fused::matrix::Matrix;
use crate::oreo::fused::simd::{silu_with_slope, Kernel, Real, Row, Vector, PANEL};
use crate::oreo::fused::team::Team;

/// What W g(r) + b goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// silu; then all kinds but the keys are multiplied by c(r) if `cut`.
    Silu {
        /// `vector_cutoff`
        cut: bool,
    },
    /// Only multiplied by c(r).
    Cut,
}

/// W g(r) + b for some kinds of filters.
pub struct ExactFilters<T: Real> {
    pub(in crate::oreo::fused) matrix: Matrix<T>,
    /// (panels, kinds)
    pub(in crate::oreo::fused) bias: Vec<Row<T>>,
    kinds: usize,
    pub(in crate::oreo::fused) activation: Activation,
}

impl<T: Real> ExactFilters<T> {
    /// Outputs in the order (panels, kinds).
    pub fn new(matrix: Matrix<T>, bias: Vec<Row<T>>, kinds: usize, activation: Activation) -> Self {
        Self {
            matrix,
            bias,
            kinds,
            activation,
        }
    }

    /// Of one panel.
    pub fn kinds(&self) -> usize {
        self.kinds
    }

    /// Panels times kinds.
    pub fn outputs(&self) -> usize {
        self.matrix.outputs()
    }

    /// D and dD/dr at the distances of `radial`, each (panels, kinds, R).
    pub fn evaluate(
        &self,
        team: &Team,
        radial: &Radial<T>,
        values: &mut [Row<T>],
        slopes: &mut [Row<T>],
    ) {
        if radial.count == 0 {
            return;
        }
        let panels = self.matrix.inputs() * radial.count;
        self.matrix
            .forward(team, &radial.values[..panels], &self.bias, values);
        self.matrix
            .forward(team, &radial.slopes[..panels], &[], slopes);
        let (values, slopes) = ((values, radial.count), (slopes, radial.count));
        team.for_each_2(values, slopes, |output, values, slopes| {
            let kind = output % self.kinds;
            team.run(Activate {
                silu: self.activation != Activation::Cut,
                cut: match self.activation {
                    Activation::Silu { cut } => cut && kind != super::KEY,
                    Activation::Cut => true,
                },
                cutoffs: &radial.cutoffs,
                values,
                slopes,
            });
        });
    }
}

struct Activate<'a, T> {
    silu: bool,
    cut: bool,
    cutoffs: &'a [[T; 2]],
    values: &'a mut [Row<T>],
    slopes: &'a mut [Row<T>],
}

impl<T: Real> Kernel<T> for Activate<'_, T> {
    type Output = ();

    /// (z, z′) → (silu z, silu′(z) z′) → (c D, c′ D + c D′)
    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let rows = self.values.iter_mut().zip(self.slopes).zip(self.cutoffs);
        for ((values, slopes), [c, c_slope]) in rows {
            for v in 0..PANEL / V::LANES {
                let (mut value, mut slope): (V, V) = (values.get(v), slopes.get(v));
                if self.silu {
                    let (silu, by_z) = silu_with_slope(value);
                    (value, slope) = (silu, by_z * slope);
                }
                if self.cut {
                    slope = V::splat(*c_slope).mul_add(value, V::splat(*c) * slope);
                    value = V::splat(*c) * value;
                }
                values.set(v, value);
                slopes.set(v, slope);
            }
        }
    }
}
