//! Filters as the definition has them.

use super::radial::Radial;
use crate::oreo::fused::matrix::Matrix;
use crate::oreo::fused::simd::{silu_with_slope, Kernel, Plain, Real, Row, Vector, PANEL};
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

/// What the values of one output of W g(r) + b go through.
#[derive(Debug, Clone, Copy)]
pub struct Steps {
    /// silu
    pub silu: bool,
    /// c(r)
    pub cut: bool,
}

/// W g(r) + b for some kinds of filters.
pub struct ExactFilters<T: Plain> {
    pub(in crate::oreo::fused) matrix: Matrix<T>,
    /// (panels, kinds)
    pub(in crate::oreo::fused) bias: Vec<Row<T>>,
    kinds: usize,
    activation: Activation,
}

impl<T: Plain> ExactFilters<T> {
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

    /// Of one output panel.
    pub fn steps(&self, output: usize) -> Steps {
        let key = output % self.kinds == super::KEY;
        match self.activation {
            Activation::Silu { cut } => Steps {
                silu: true,
                cut: cut && !key,
            },
            Activation::Cut => Steps {
                silu: false,
                cut: true,
            },
        }
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
        self.products(team, radial, values, slopes);
        self.activate(team, radial, values, slopes);
    }

    /// W g + b and W dg/dr, each (panels, kinds, R).
    pub fn products(
        &self,
        team: &Team,
        radial: &Radial<T>,
        values: &mut [Row<T>],
        slopes: &mut [Row<T>],
    ) {
        let panels = self.matrix.inputs() * radial.count;
        let (g, by_r) = (&radial.values[..panels], &radial.slopes[..panels]);
        self.matrix.forward(team, g, &self.bias, values);
        self.matrix.forward(team, by_r, &[], slopes);
    }

    /// From these to D and dD/dr.
    pub fn activate(
        &self,
        team: &Team,
        radial: &Radial<T>,
        values: &mut [Row<T>],
        slopes: &mut [Row<T>],
    ) {
        let (values, slopes) = ((values, radial.count), (slopes, radial.count));
        team.for_each_2(values, slopes, |output, values, slopes| {
            team.run(Activate {
                steps: self.steps(output),
                cutoffs: &radial.cutoffs,
                values,
                slopes,
            });
        });
    }
}

struct Activate<'a, T> {
    steps: Steps,
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
                if self.steps.silu {
                    let (silu, by_z) = silu_with_slope(value);
                    (value, slope) = (silu, by_z * slope);
                }
                if self.steps.cut {
                    slope = V::splat(*c_slope).mul_add(value, V::splat(*c) * slope);
                    value = V::splat(*c) * value;
                }
                values.set(v, value);
                slopes.set(v, slope);
            }
        }
    }
}
