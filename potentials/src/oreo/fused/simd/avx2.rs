//! x86-64 with AVX2, FMA and F16C: registers of eight f32 or four f64, sixteen of them.
#![allow(unsafe_code)]
// Every intrinsic here needs AVX2, FMA or F16C and nothing else. The types are private to `simd` and reach
// kernels only through `run_f32` and `run_f64`, which check the processor.

use super::stack::align_stack;
use super::vector::{plain_weights, EXP2, EXP_RANGE};
use super::{InstructionSet, Kernel, Row, Vector};
use half::f16;
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Sub};

/// Runs an f32 kernel.
pub fn run_f32<K: Kernel<f32>>(kernel: K) -> K::Output {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn compiled<K: Kernel<f32>>(kernel: K) -> K::Output {
        align_stack();
        kernel.run::<F32x8>()
    }
    check();
    // SAFETY: the processor has the features, by `check`.
    unsafe { compiled(kernel) }
}

/// Runs an f64 kernel.
pub fn run_f64<K: Kernel<f64>>(kernel: K) -> K::Output {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn compiled<K: Kernel<f64>>(kernel: K) -> K::Output {
        align_stack();
        kernel.run::<F64x4>()
    }
    check();
    // SAFETY: the processor has the features, by `check`.
    unsafe { compiled(kernel) }
}

/// The answer is cached by the standard library: one load and a branch.
#[inline]
fn check() {
    assert!(
        InstructionSet::Avx2.is_available(),
        "this processor has no {}",
        InstructionSet::Avx2.name()
    );
}

/// Eight f32.
#[derive(Clone, Copy)]
pub struct F32x8(__m256);

/// Four f64.
#[derive(Clone, Copy)]
pub struct F64x4(__m256d);

macro_rules! operator {
    ($vector:ident, $trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: inside a dispatched kernel, see the top.
                Self(unsafe { $intrinsic(self.0, other.0) })
            }
        }
    };
}

operator!(F32x8, Add, add, _mm256_add_ps);
operator!(F32x8, Sub, sub, _mm256_sub_ps);
operator!(F32x8, Mul, mul, _mm256_mul_ps);
operator!(F32x8, Div, div, _mm256_div_ps);
operator!(F64x4, Add, add, _mm256_add_pd);
operator!(F64x4, Sub, sub, _mm256_sub_pd);
operator!(F64x4, Mul, mul, _mm256_mul_pd);
operator!(F64x4, Div, div, _mm256_div_pd);

impl Vector for F32x8 {
    type Scalar = f32;
    const LANES: usize = 8;
    const ROWS: usize = 6;
    plain_weights!();

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        let from = &from[..8];
        // SAFETY: eight numbers are there; unaligned loads.
        Self(unsafe { _mm256_loadu_ps(from.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to = &mut to[..8];
        // SAFETY: eight places are there; unaligned stores.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn load_f16(from: &[f16]) -> Self {
        let from = &from[..8];
        // SAFETY: eight numbers of two bytes are there; f16 is a u16 in memory.
        Self(unsafe { _mm256_cvtph_ps(_mm_loadu_si128(from.as_ptr().cast())) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, addend.0) })
    }

    /// Two rounds of pairwise additions leave, in each half of a register, a part of all four sums.
    #[inline(always)]
    fn sums([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        // SAFETY: inside a dispatched kernel, see the top; four places for the store.
        unsafe {
            let halves = _mm256_hadd_ps(_mm256_hadd_ps(a.0, b.0), _mm256_hadd_ps(c.0, d.0));
            let sum = _mm_add_ps(
                _mm256_castps256_ps128(halves),
                _mm256_extractf128_ps::<1>(halves),
            );
            let mut sums = [0.0; 4];
            _mm_storeu_ps(sums.as_mut_ptr(), sum);
            sums
        }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm256_sqrt_ps(self.0) })
    }

    /// eˣ = 2ⁿ 2^f with n = round(x/ln 2), |f| ≤ ½.
    #[inline(always)]
    fn exp(self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top. `min` and `max` return their second operand for NaN.
        unsafe {
            let x = _mm256_max_ps(_mm256_set1_ps(EXP_RANGE.0), self.0);
            let x = _mm256_min_ps(_mm256_set1_ps(EXP_RANGE.1), x);
            let scaled = _mm256_mul_ps(x, _mm256_set1_ps(std::f32::consts::LOG2_E));
            let n = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(scaled);
            // x log₂e with more digits than `scaled` has: the part that rounding lost, and log₂e's own.
            let lost = _mm256_fmsub_ps(x, _mm256_set1_ps(std::f32::consts::LOG2_E), scaled);
            let lost = _mm256_fmadd_ps(x, _mm256_set1_ps(super::vector::LOG2_E_REST), lost);
            let f = _mm256_add_ps(_mm256_sub_ps(scaled, n), lost);
            let mut power = _mm256_set1_ps(EXP2[0]);
            for coefficient in &EXP2[1..] {
                power = _mm256_fmadd_ps(power, f, _mm256_set1_ps(*coefficient));
            }
            // n is between −126 and 127: a float with that exponent and no digits.
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            let two_to_n = _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent));
            Self(_mm256_mul_ps(power, two_to_n))
        }
    }
}

impl Vector for F64x4 {
    type Scalar = f64;
    const LANES: usize = 4;
    const ROWS: usize = 6;
    plain_weights!();

    #[inline(always)]
    fn splat(value: f64) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm256_set1_pd(value) })
    }

    #[inline(always)]
    fn load(from: &[f64]) -> Self {
        let from = &from[..4];
        // SAFETY: four numbers are there; unaligned loads.
        Self(unsafe { _mm256_loadu_pd(from.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        let to = &mut to[..4];
        // SAFETY: four places are there; unaligned stores.
        unsafe { _mm256_storeu_pd(to.as_mut_ptr(), self.0) }
    }

    fn load_f16(_: &[f16]) -> Self {
        unreachable!("f16 weights are computed with in f32")
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm256_fmadd_pd(self.0, factor.0, addend.0) })
    }

    #[inline(always)]
    fn sums(four: [Self; 4]) -> [f64; 4] {
        four.map(|v| {
            let mut numbers = [0.0; 4];
            v.store(&mut numbers);
            (numbers[0] + numbers[1]) + (numbers[2] + numbers[3])
        })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm256_sqrt_pd(self.0) })
    }

    /// One by one, as exact as the standard library: f64 is for tests.
    #[inline(always)]
    fn exp(self) -> Self {
        let mut numbers = [0.0; 4];
        self.store(&mut numbers);
        Self::load(&numbers.map(f64::exp))
    }
}
