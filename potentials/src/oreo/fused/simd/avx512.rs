//! x86-64 with AVX-512F: registers of sixteen f32 or eight f64, thirty-two of them.
#![allow(unsafe_code)]
// Every intrinsic here needs AVX-512F (`_mm256_` ones AVX) and nothing else. The types are private to `simd` and reach
// kernels only through `run_f32` and `run_f64`, which check the processor.

use super::stack::align_stack;
use super::vector::{plain_weights, EXP2, EXP_RANGE};
use super::{InstructionSet, Kernel, Row, Vector};
use half::f16;
use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Sub};

/// Runs an f32 kernel.
pub fn run_f32<K: Kernel<f32>>(kernel: K) -> K::Output {
    #[target_feature(enable = "avx512f,avx2,fma,f16c")]
    fn compiled<K: Kernel<f32>>(kernel: K) -> K::Output {
        align_stack();
        kernel.run::<F32x16>()
    }
    check();
    // SAFETY: the processor has the features, by `check`.
    unsafe { compiled(kernel) }
}

/// Runs an f64 kernel.
pub fn run_f64<K: Kernel<f64>>(kernel: K) -> K::Output {
    #[target_feature(enable = "avx512f,avx2,fma,f16c")]
    fn compiled<K: Kernel<f64>>(kernel: K) -> K::Output {
        align_stack();
        kernel.run::<F64x8>()
    }
    check();
    // SAFETY: the processor has the features, by `check`.
    unsafe { compiled(kernel) }
}

/// The answer is cached by the standard library: one load and a branch.
#[inline]
fn check() {
    assert!(
        InstructionSet::Avx512.is_available(),
        "this processor has no {}",
        InstructionSet::Avx512.name()
    );
}

/// Sixteen f32.
#[derive(Clone, Copy)]
pub struct F32x16(__m512);

/// Eight f64.
#[derive(Clone, Copy)]
pub struct F64x8(__m512d);

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

operator!(F32x16, Add, add, _mm512_add_ps);
operator!(F32x16, Sub, sub, _mm512_sub_ps);
operator!(F32x16, Mul, mul, _mm512_mul_ps);
operator!(F32x16, Div, div, _mm512_div_ps);
operator!(F64x8, Add, add, _mm512_add_pd);
operator!(F64x8, Sub, sub, _mm512_sub_pd);
operator!(F64x8, Mul, mul, _mm512_mul_pd);
operator!(F64x8, Div, div, _mm512_div_pd);

impl Vector for F32x16 {
    type Scalar = f32;
    const LANES: usize = 16;
    const ROWS: usize = 12;
    plain_weights!();

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        let from = &from[..16];
        // SAFETY: sixteen numbers are there; unaligned loads.
        Self(unsafe { _mm512_loadu_ps(from.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to = &mut to[..16];
        // SAFETY: sixteen places are there; unaligned stores.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn load_f16(from: &[f16]) -> Self {
        let from = &from[..16];
        // SAFETY: sixteen numbers of two bytes are there; f16 is a u16 in memory.
        Self(unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast())) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }

    /// Two rounds of pairwise additions leave, in each quarter of a register, a part of all four sums.
    #[inline(always)]
    fn sums([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        // SAFETY: inside a dispatched kernel, see the top; four places for the store.
        unsafe {
            let ab = _mm512_add_ps(_mm512_unpacklo_ps(a.0, b.0), _mm512_unpackhi_ps(a.0, b.0));
            let cd = _mm512_add_ps(_mm512_unpacklo_ps(c.0, d.0), _mm512_unpackhi_ps(c.0, d.0));
            let low = _mm512_shuffle_ps::<0b01_00_01_00>(ab, cd);
            let high = _mm512_shuffle_ps::<0b11_10_11_10>(ab, cd);
            let quarters = _mm512_add_ps(low, high);
            let half = _mm256_add_ps(
                _mm512_castps512_ps256(quarters),
                _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(quarters))),
            );
            let sum = _mm_add_ps(
                _mm256_castps256_ps128(half),
                _mm256_extractf128_ps::<1>(half),
            );
            let mut sums = [0.0; 4];
            _mm_storeu_ps(sums.as_mut_ptr(), sum);
            sums
        }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }

    /// eˣ = 2ⁿ 2^f with n = round(x/ln 2), |f| ≤ ½.
    #[inline(always)]
    fn exp(self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top. `min` and `max` return their second operand for NaN.
        unsafe {
            let x = _mm512_max_ps(_mm512_set1_ps(EXP_RANGE.0), self.0);
            let x = _mm512_min_ps(_mm512_set1_ps(EXP_RANGE.1), x);
            let scaled = _mm512_mul_ps(x, _mm512_set1_ps(std::f32::consts::LOG2_E));
            let n = _mm512_roundscale_ps::<0x08>(scaled);
            // x log₂e with more digits than `scaled` has: the part that rounding lost, and log₂e's own.
            let lost = _mm512_fmsub_ps(x, _mm512_set1_ps(std::f32::consts::LOG2_E), scaled);
            let lost = _mm512_fmadd_ps(x, _mm512_set1_ps(super::vector::LOG2_E_REST), lost);
            let f = _mm512_add_ps(_mm512_sub_ps(scaled, n), lost);
            let mut power = _mm512_set1_ps(EXP2[0]);
            for coefficient in &EXP2[1..] {
                power = _mm512_fmadd_ps(power, f, _mm512_set1_ps(*coefficient));
            }
            Self(_mm512_scalef_ps(power, n))
        }
    }
}

impl Vector for F64x8 {
    type Scalar = f64;
    const LANES: usize = 8;
    const ROWS: usize = 12;
    plain_weights!();

    #[inline(always)]
    fn splat(value: f64) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm512_set1_pd(value) })
    }

    #[inline(always)]
    fn load(from: &[f64]) -> Self {
        let from = &from[..8];
        // SAFETY: eight numbers are there; unaligned loads.
        Self(unsafe { _mm512_loadu_pd(from.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        let to = &mut to[..8];
        // SAFETY: eight places are there; unaligned stores.
        unsafe { _mm512_storeu_pd(to.as_mut_ptr(), self.0) }
    }

    fn load_f16(_: &[f16]) -> Self {
        unreachable!("f16 weights are computed with in f32")
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm512_fmadd_pd(self.0, factor.0, addend.0) })
    }

    #[inline(always)]
    fn sums(four: [Self; 4]) -> [f64; 4] {
        // SAFETY: inside a dispatched kernel, see the top.
        four.map(|v| unsafe { _mm512_reduce_add_pd(v.0) })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: inside a dispatched kernel, see the top.
        Self(unsafe { _mm512_sqrt_pd(self.0) })
    }

    /// One by one, as exact as the standard library: f64 is for tests.
    #[inline(always)]
    fn exp(self) -> Self {
        let mut numbers = [0.0; 8];
        self.store(&mut numbers);
        Self::load(&numbers.map(f64::exp))
    }
}
