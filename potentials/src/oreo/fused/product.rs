//! One matrix product of the fast path by itself, for benchmarks.

use super::matrix::{Destination, Matrix};
use super::simd::{rows, Real, Row, Stored, PANEL};
use super::team::Team;
use super::{InstructionSet, Precision};
use half::f16;

/// y = x Wᵀ and dx = dy W for some rows, with weights that mean nothing.
pub struct Product {
    job: Box<dyn Job>,
    flops: f64,
}

trait Job {
    fn forward(&mut self);
    fn reverse(&mut self);
}

struct Typed<W: Stored> {
    team: Team,
    /// As many as make the weights larger than the caches near the core, taken in turns.
    matrices: Vec<Matrix<W>>,
    turn: usize,
    x: Vec<Row<W::Scalar>>,
    y: Vec<Row<W::Scalar>>,
}

impl Product {
    /// `inputs` and `outputs` are rounded up to multiples of 32. With `copies` > 1 the weights come from as many
    /// different places in turns, as the layers of a network do.
    ///
    /// # Panics
    /// Without copies.
    pub fn new(
        set: InstructionSet,
        precision: Precision,
        [inputs, outputs, rows]: [usize; 3],
        copies: usize,
    ) -> Self {
        assert!(copies > 0, "a product needs weights");
        let panels = [inputs, outputs].map(|channels| channels.div_ceil(PANEL));
        let job: Box<dyn Job> = match precision {
            Precision::F64 => Box::new(Typed::<f64>::new(set, panels, rows, copies)),
            Precision::F32 => Box::new(Typed::<f32>::new(set, panels, rows, copies)),
            Precision::F16Weights => Box::new(Typed::<f16>::new(set, panels, rows, copies)),
        };
        let [inputs, outputs] = panels.map(|count| (count * PANEL) as f64);
        Self {
            job,
            flops: 2.0 * inputs * outputs * rows as f64,
        }
    }

    /// Multiplications and additions of one call.
    pub fn flops(&self) -> f64 {
        self.flops
    }

    /// y = x Wᵀ
    pub fn forward(&mut self) {
        self.job.forward();
    }

    /// dx = dy W
    pub fn reverse(&mut self) {
        self.job.reverse();
    }
}

impl<W: Stored> Typed<W> {
    fn new(
        set: InstructionSet,
        [inputs, outputs]: [usize; 2],
        count: usize,
        copies: usize,
    ) -> Self {
        let weight = |output: usize, input: usize| ((7 * output + input) % 5) as f64 * 0.01;
        let ones = |panels: usize| {
            let mut ones = rows(panels * count);
            ones.fill(Row([W::Scalar::from_f64(1.0); PANEL]));
            ones
        };
        Self {
            team: Team::alone(set),
            matrices: (0..copies)
                .map(|_| Matrix::new(outputs, inputs, weight))
                .collect(),
            turn: 0,
            x: ones(inputs),
            y: ones(outputs),
        }
    }

    fn next(&mut self) -> usize {
        self.turn = (self.turn + 1) % self.matrices.len();
        self.turn
    }
}

impl<W: Stored> Job for Typed<W> {
    fn forward(&mut self) {
        let at = self.next();
        self.matrices[at].forward(&self.team, &self.x, &[], &mut self.y);
    }

    fn reverse(&mut self) {
        let at = self.next();
        self.matrices[at].reverse(&self.team, &self.y, Destination::Replace, &mut self.x);
    }
}
