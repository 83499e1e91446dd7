//! What a register can do, and what follows from that for any of them.

use super::{Real, Row};
use half::f16;
use std::ops::{Add, Div, Mul, Sub};

/// Some numbers in one register.
pub trait Vector:
    Copy
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    /// f32 or f64
    type Scalar: Real;
    /// What a weight is in a register: such a vector, without a derivative.
    type Constant: Copy;
    /// How many numbers; divides 16.
    const LANES: usize;
    /// How many rows of a product with two columns of registers fit into the registers of the processor.
    const ROWS: usize;

    /// The same number everywhere.
    fn splat(value: Self::Scalar) -> Self;
    /// The first `LANES` numbers.
    fn load(from: &[Self::Scalar]) -> Self;
    /// Into the first `LANES` places.
    fn store(self, to: &mut [Self::Scalar]);
    /// The first `LANES` numbers, widened; for f32 only.
    fn load_f16(from: &[f16]) -> Self;
    /// Register `v` of a row, `v < PANEL / LANES`.
    #[inline(always)]
    fn get(row: &Row<Self::Scalar>, v: usize) -> Self {
        Self::load(&row.0[v * Self::LANES..(v + 1) * Self::LANES])
    }
    /// Replaces register `v` of a row.
    #[inline(always)]
    fn set(self, row: &mut Row<Self::Scalar>, v: usize) {
        self.store(&mut row.0[v * Self::LANES..(v + 1) * Self::LANES]);
    }
    /// Register `v` of a row of weights.
    fn get_constant(row: &Row<<Self::Scalar as Real>::Plain>, v: usize) -> Self::Constant;
    /// A weight as a number.
    fn fixed(weight: Self::Constant) -> Self;
    /// A number that changes with `slope` while its argument moves with `speed`; of plain registers the number alone.
    fn moving(
        value: Self::Constant,
        slope: Self::Constant,
        speed: <Self::Scalar as Real>::Plain,
    ) -> Self;
    /// self · weight
    fn times(self, weight: Self::Constant) -> Self;
    /// self · factor + addend, rounded once where the processor can.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// self · factor + addend for a weight.
    fn mul_add_constant(self, factor: Self::Constant, addend: Self) -> Self;
    /// The sums of four registers.
    fn sums(four: [Self; 4]) -> [Self::Scalar; 4];
    /// √ of each.
    fn sqrt(self) -> Self;
    /// e to the power of each; of NaN, NaN.
    fn exp(self) -> Self;

    /// σ(x) = 1 / (1 + e⁻ˣ)
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let one = Self::splat(Self::Scalar::from_f64(1.0));
        one / (one + (Self::zero() - self).exp())
    }

    /// 0 everywhere.
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(Self::Scalar::default())
    }
}

/// What weights are to plain registers: numbers like all others.
macro_rules! plain_weights {
    () => {
        type Constant = Self;

        #[inline(always)]
        fn get_constant(row: &Row<Self::Scalar>, v: usize) -> Self {
            Self::get(row, v)
        }

        #[inline(always)]
        fn fixed(weight: Self) -> Self {
            weight
        }

        #[inline(always)]
        fn moving(value: Self, _: Self, _: Self::Scalar) -> Self {
            value
        }

        #[inline(always)]
        fn times(self, weight: Self) -> Self {
            self * weight
        }

        #[inline(always)]
        fn mul_add_constant(self, factor: Self, addend: Self) -> Self {
            self.mul_add(factor, addend)
        }
    };
}
pub(super) use plain_weights;

/// A computation that is written once for all processors. `run` must be `#[inline(always)]`, and so must whatever it
/// calls per vector: only then is it compiled with the instructions of the processor.
pub trait Kernel<T: Real> {
    /// What it returns.
    type Output;
    /// Does it.
    fn run<V: Vector<Scalar = T>>(self) -> Self::Output;
}

/// x σ(x)
#[inline(always)]
pub fn silu<V: Vector>(x: V) -> V {
    x * x.sigmoid()
}

/// x σ(x), and its slope σ(x) (1 + x (1 − σ(x))).
#[inline(always)]
pub fn silu_with_slope<V: Vector>(x: V) -> (V, V) {
    let one = V::splat(V::Scalar::from_f64(1.0));
    let sigmoid = x.sigmoid();
    let value = x * sigmoid;
    (value, sigmoid + value * (one - sigmoid))
}

/// Coefficients of a polynomial for 2^f, |f| ≤ ½: the series of e^(f ln 2), highest power first. Its error is below half
/// a unit in the last place of f32.
#[cfg(target_arch = "x86_64")]
pub(super) const EXP2: [f32; 8] = [
    1.525_273_4e-5,
    1.540_353e-4,
    1.333_355_8e-3,
    9.618_129e-3,
    5.550_411e-2,
    2.402_265e-1,
    std::f32::consts::LN_2,
    1.0,
];
/// log₂e minus its value in f32.
#[cfg(target_arch = "x86_64")]
pub(super) const LOG2_E_REST: f32 = 1.925_963e-8;
/// Beyond these e^x leaves the range of f32; σ(x) is 0 or 1 long before.
#[cfg(target_arch = "x86_64")]
pub(super) const EXP_RANGE: (f32, f32) = (-87.0, 88.0);
