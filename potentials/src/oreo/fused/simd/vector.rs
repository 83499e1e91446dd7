//! What a register can do, and what follows from that for any of them.

use super::{Dual, Fixed, Real};
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
    fn load_f16(from: &[f16]) -> Self::Constant;
    /// The first `LANES` weights; for registers of dual numbers only.
    fn load_fixed(_: &[Fixed<<Self::Scalar as Real>::Plain>]) -> Self::Constant {
        unreachable!("weights of dual numbers")
    }
    /// The values and the derivatives of the first `LANES` dual numbers; for plain registers only.
    fn unzip(_: &[Dual<Self::Scalar>]) -> [Self; 2] {
        unreachable!("dual numbers of dual numbers")
    }
    /// The reverse of [`Vector::unzip`].
    fn zip(_: [Self; 2], _: &mut [Dual<Self::Scalar>]) {
        unreachable!("dual numbers of dual numbers")
    }
    /// Without its derivative.
    fn constant(self) -> Self::Constant;
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

    /// 0 everywhere.
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(Self::Scalar::default())
    }
}

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
    x * sigmoid(x)
}

/// x σ(x), and its slope σ(x) (1 + x (1 − σ(x))).
#[inline(always)]
pub fn silu_with_slope<V: Vector>(x: V) -> (V, V) {
    let one = V::splat(V::Scalar::from_f64(1.0));
    let sigmoid = sigmoid(x);
    let value = x * sigmoid;
    (value, sigmoid + value * (one - sigmoid))
}

/// 1 / (1 + e⁻ˣ)
#[inline(always)]
fn sigmoid<V: Vector>(x: V) -> V {
    let one = V::splat(V::Scalar::from_f64(1.0));
    one / (one + (V::zero() - x).exp())
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
