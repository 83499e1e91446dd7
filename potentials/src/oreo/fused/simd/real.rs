//! The types of numbers that the network computes in.

use super::{portable::Lanes, InstructionSet, Kernel, Row, Stored};
use std::ops::{Add, AddAssign, Div, Mul, Sub};

/// f32 or f64, or dual numbers of them.
pub trait Real:
    Copy
    + Default
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    /// The type without derivatives: itself, or that of a dual number's parts.
    type Plain: Plain;
    /// 0
    const ZERO: Self;
    /// Far below any length that a gradient should be divided by, and not so small that its square is 0.
    const TINY: Self;
    /// Rounds to the nearest.
    fn from_f64(value: f64) -> Self;
    /// Exact.
    fn to_f64(self) -> f64;
    /// ·ᵉ
    fn exp(self) -> Self;
    /// √
    fn sqrt(self) -> Self;
    /// self · factor + addend; rounded once where that costs no function call
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// A number without derivative.
    fn fixed(number: Self::Plain) -> Self;
    /// The same for a row.
    fn fixed_row(row: &Row<Self::Plain>) -> Row<Self>;
    /// Number `n` of a row: in memory the values of dual numbers come first, then their derivatives.
    fn lane(row: &Row<Self>, n: usize) -> Self;
    /// Replaces it.
    fn set_lane(row: &mut Row<Self>, n: usize, number: Self);
    /// Four numbers from `start` on.
    fn four(row: &Row<Self>, start: usize) -> [Self; 4];
    /// Replaces them.
    fn set_four(row: &mut Row<Self>, start: usize, four: [Self; 4]);
    /// Runs `kernel` with the vectors of `set`.
    fn dispatch<K: Kernel<Self>>(set: InstructionSet, kernel: K) -> K::Output;
}

/// f32 and f64.
pub trait Plain: Real<Plain = Self> + Stored<Scalar = Self> {}
impl Plain for f32 {}
impl Plain for f64 {}

macro_rules! real {
    ($real:ty, $run:ident, $tiny:literal) => {
        impl Real for $real {
            type Plain = Self;
            const ZERO: Self = 0.0;
            const TINY: Self = $tiny;
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $real
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn exp(self) -> Self {
                <$real>::exp(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                <$real>::sqrt(self)
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                match cfg!(target_arch = "aarch64") {
                    true => <$real>::mul_add(self, factor, addend),
                    false => self * factor + addend,
                }
            }
            #[inline(always)]
            fn fixed(number: Self) -> Self {
                number
            }
            fn fixed_row(row: &Row<Self>) -> Row<Self> {
                *row
            }
            #[inline(always)]
            fn lane(row: &Row<Self>, n: usize) -> Self {
                row.0[n]
            }
            #[inline(always)]
            fn set_lane(row: &mut Row<Self>, n: usize, number: Self) {
                row.0[n] = number;
            }
            #[inline(always)]
            fn four(row: &Row<Self>, start: usize) -> [Self; 4] {
                let four = &row.0[start..start + 4];
                [four[0], four[1], four[2], four[3]]
            }
            #[inline(always)]
            fn set_four(row: &mut Row<Self>, start: usize, four: [Self; 4]) {
                row.0[start..start + 4].copy_from_slice(&four);
            }
            fn dispatch<K: Kernel<Self>>(set: InstructionSet, kernel: K) -> K::Output {
                match set {
                    InstructionSet::Portable => kernel.run::<Lanes<$real>>(),
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx512 => super::avx512::$run(kernel),
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx2 => super::avx2::$run(kernel),
                    #[cfg(not(target_arch = "x86_64"))]
                    other => panic!("this processor has no {} instructions", other.name()),
                }
            }
        }
    };
}

real!(f32, run_f32, 1e-18);
real!(f64, run_f64, 1e-60);
