//! The two passes of training through one network: on plain numbers for forces, on dual numbers for weights.
//!
//! The values of the second are those of the first. Products are most of the work, and linear: the first pass writes them
//! down, the second multiplies tangents only.

use super::filters::{ActivateMoving, Before, ReverseActivate};
use super::parts::part;
use super::tape::{Reader, Tape};
use super::weight_gradients::WeightGradients;
use crate::oreo::fused::filters::{ExactFilters, Radial};
use crate::oreo::fused::matrix::{Destination, Matrix};
use crate::oreo::fused::simd::{halves, halves_mut, Dual, Plain, Real, Row};
use crate::oreo::fused::team::Team;

/// y = x Wᵀ + b
#[derive(Clone, Copy)]
pub struct Map<'a, P> {
    pub matrix: &'a Matrix<P>,
    /// (outputs) or empty
    pub bias: &'a [Row<P>],
    /// Which part of the network W is; b is the next.
    pub part: usize,
}

/// How a pass multiplies, and what it does with gradients by weights.
pub trait Mode<T: Real> {
    /// Gradients by weights are asked for; else those by positions.
    const TRAINS: bool;
    /// y from x.
    fn forward(&mut self, team: &Team, map: Map<'_, T::Plain>, x: &[Row<T>], y: &mut [Row<T>]);
    /// dx = dy W; `x` is what the way forward had.
    fn reverse(
        &mut self,
        team: &Team,
        map: Map<'_, T::Plain>,
        x_and_dy: [&[Row<T>]; 2],
        into: Destination,
        dx: &mut [Row<T>],
    );
    /// D, (panels, kinds, R), and in the plain pass dD/dr. Returns a place for [`Mode::reverse_filters`].
    fn filters(
        &mut self,
        team: &Team,
        filters: &ExactFilters<T::Plain>,
        radial: &Radial<T>,
        values: &mut [Row<T>],
        slopes: &mut [Row<T>],
    ) -> usize;
    /// From ∂E/∂D, which is used up, to the weights of filters and, added, to the radial functions.
    fn reverse_filters(
        &mut self,
        team: &Team,
        of: (&ExactFilters<T::Plain>, usize, usize),
        radial: &Radial<T>,
        gradients: &mut [Row<T>],
        g_radial: &mut [Row<T>],
    );
    /// Of y = x ⊙ w + b: ∂E/∂y and x, (panels, rows).
    fn norm(&mut self, part: usize, dy: &[Row<T>], x: &[Row<T>]);
    /// ∂E/∂ the rows of a part.
    fn rows(&mut self, part: usize, gradients: &[Row<T>]);
    /// ∂E/∂ row `at` of a part: `row` times a number.
    fn multiple(&mut self, part: usize, at: usize, row: &Row<T>, factor: T);
    /// ∂E/∂ one number.
    fn number(&mut self, part: usize, at: usize, gradient: T);
}

/// Plain numbers, for energies and forces.
pub struct ForForces<'t, P> {
    pub tape: &'t mut Tape<P>,
}

impl<P: Plain> Mode<P> for ForForces<'_, P> {
    const TRAINS: bool = false;

    fn forward(&mut self, team: &Team, map: Map<'_, P>, x: &[Row<P>], y: &mut [Row<P>]) {
        map.matrix.forward(team, x, map.bias, y);
        self.tape.write(y);
    }

    fn reverse(
        &mut self,
        team: &Team,
        map: Map<'_, P>,
        [_, dy]: [&[Row<P>]; 2],
        into: Destination,
        dx: &mut [Row<P>],
    ) {
        map.matrix.reverse(team, dy, into, dx);
        self.tape.write(dx);
    }

    fn filters(
        &mut self,
        team: &Team,
        filters: &ExactFilters<P>,
        radial: &Radial<P>,
        values: &mut [Row<P>],
        slopes: &mut [Row<P>],
    ) -> usize {
        filters.products(team, radial, values, slopes);
        self.tape.write(values);
        self.tape.write(slopes);
        filters.activate(team, radial, values, slopes);
        0
    }

    fn reverse_filters(
        &mut self,
        _: &Team,
        _: (&ExactFilters<P>, usize, usize),
        _: &Radial<P>,
        _: &mut [Row<P>],
        _: &mut [Row<P>],
    ) {
    }
    fn norm(&mut self, _: usize, _: &[Row<P>], _: &[Row<P>]) {}
    fn rows(&mut self, _: usize, _: &[Row<P>]) {}
    fn multiple(&mut self, _: usize, _: usize, _: &Row<P>, _: P) {}
    fn number(&mut self, _: usize, _: usize, _: P) {}
}

/// Dual numbers along a direction of the atoms, for ∂E/∂weights: the tangents of what is met.
pub struct ForWeights<'m, 't, P> {
    /// Of the plain pass of the same molecules.
    pub tape: &'m mut Reader<'t, P>,
    /// ṙ of the pairs, and 0 for self loops, (R,)
    pub speeds: &'m [P],
    /// Added into.
    pub gradients: &'m mut WeightGradients<P>,
}

impl<P: Plain> Mode<Dual<P>> for ForWeights<'_, '_, P> {
    const TRAINS: bool = true;

    /// A bias has no tangent.
    fn forward(
        &mut self,
        team: &Team,
        map: Map<'_, P>,
        x: &[Row<Dual<P>>],
        y: &mut [Row<Dual<P>>],
    ) {
        let y = halves_mut(y);
        map.matrix.forward(team, halves(x), &[], y);
        self.tape.fill(y);
    }

    fn reverse(
        &mut self,
        team: &Team,
        map: Map<'_, P>,
        [x, dy]: [&[Row<Dual<P>>]; 2],
        into: Destination,
        dx: &mut [Row<Dual<P>>],
    ) {
        self.gradients.matrix(team, map.part, dy, x);
        if !map.bias.is_empty() {
            self.gradients.bias(map.part + part::BIAS, dy);
        }
        let dx = halves_mut(dx);
        map.matrix.reverse(team, halves(dy), into, dx);
        self.tape.fill(dx);
    }

    /// Nothing to multiply: distances are all that moves, so the tangent of W g + b is its slope by r times ṙ.
    fn filters(
        &mut self,
        team: &Team,
        filters: &ExactFilters<P>,
        radial: &Radial<Dual<P>>,
        values: &mut [Row<Dual<P>>],
        _: &mut [Row<Dual<P>>],
    ) -> usize {
        let place = self.tape.place();
        let before = Before {
            values: self.tape.next(values.len()),
            slopes: self.tape.next(values.len()),
            speeds: self.speeds,
        };
        for (output, values) in values.chunks_mut(radial.count).enumerate() {
            let before = before.output(output);
            let steps = filters.steps(output);
            team.run(ActivateMoving::<Dual<P>> {
                steps,
                cutoffs: &radial.cutoffs,
                before,
                values,
            });
        }
        place
    }

    fn reverse_filters(
        &mut self,
        team: &Team,
        (filters, part, place): (&ExactFilters<P>, usize, usize),
        radial: &Radial<Dual<P>>,
        gradients: &mut [Row<Dual<P>>],
        g_radial: &mut [Row<Dual<P>>],
    ) {
        let before = Before {
            values: self.tape.look_back(place, gradients.len()),
            slopes: (self.tape).look_back(place + gradients.len(), gradients.len()),
            speeds: self.speeds,
        };
        for (output, gradients) in gradients.chunks_mut(radial.count).enumerate() {
            let before = before.output(output);
            let steps = filters.steps(output);
            team.run(ReverseActivate::<Dual<P>> {
                steps,
                cutoffs: &radial.cutoffs,
                before,
                gradients,
            });
        }
        let inputs = &radial.values[..filters.matrix.inputs() * radial.count];
        self.gradients.matrix(team, part, gradients, inputs);
        self.gradients.bias(part + part::BIAS, gradients);
        let (gradients, g_radial) = (halves(gradients), halves_mut(g_radial));
        // Values and tangents alike: nobody has multiplied the values.
        let (gradients, g_radial) = (gradients.as_flattened(), g_radial.as_flattened_mut());
        (filters.matrix).reverse(team, gradients, Destination::Add, g_radial);
    }

    fn norm(&mut self, part: usize, dy: &[Row<Dual<P>>], x: &[Row<Dual<P>>]) {
        self.gradients.norm(part, dy, x);
    }

    fn rows(&mut self, part: usize, gradients: &[Row<Dual<P>>]) {
        self.gradients.rows(part, gradients);
    }

    fn multiple(&mut self, part: usize, at: usize, row: &Row<Dual<P>>, factor: Dual<P>) {
        self.gradients.multiple(part, at, row, factor);
    }

    fn number(&mut self, part: usize, at: usize, gradient: Dual<P>) {
        self.gradients.number(part, at, gradient.tangent);
    }
}
