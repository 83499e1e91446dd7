//! How many multiplications and additions a second one core can do in f32, as far as safe Rust can show it.
//!
//! Two kernels, each the best of several runs, and the higher result counts:
//!
//! - `product`: the product of two 384 × 384 matrices (nalgebra, whose kernels use AVX-512 or FMA where the processor
//!   has them). It moves memory between caches, too, so it stays some 20 % below what the units could do.
//! - `recurrence`: x ← a x + b on an array that stays in registers. The compiler vectorises it for the target that
//!   the program was built for, which for the usual x86-64 is SSE2 without fused multiply-add: a quarter of AVX-512.
//!
//! So the true peak of the core is not lower than what is reported, and shares of the peak are not lower than true.

use nalgebra::DMatrix;
use serde::Serialize;
use std::hint::black_box;
use std::time::Instant;

/// Billions of floating-point operations a second, one core, f32.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Peak {
    /// The higher of the two.
    pub gflops: f64,
    /// Product of two matrices.
    pub product_gflops: f64,
    /// Recurrence in registers.
    pub recurrence_gflops: f64,
}

/// In one sentence, for reports.
pub const METHOD: &str = "higher of two safe f32 kernels on one core, best of several runs: product of 384x384 \
                          matrices, and x = a*x + b in registers; a lower bound of the hardware's peak";

const RUNS: usize = 20;
const SIDE: usize = 384;
/// Twelve vectors of SSE2: hides the latency of the two operations, leaves registers for a and b.
const LANES: usize = 48;
const ROUNDS: usize = 100_000;

/// Takes about a tenth of a second.
pub fn measure() -> Peak {
    let product_gflops = product();
    let recurrence_gflops = recurrence();
    Peak {
        gflops: product_gflops.max(recurrence_gflops),
        product_gflops,
        recurrence_gflops,
    }
}

fn product() -> f64 {
    let element = |i: usize, j: usize| ((7 * i + 3 * j) % 11) as f32 * 0.1;
    let a = DMatrix::from_fn(SIDE, SIDE, element);
    let b = a.transpose();
    let mut c = DMatrix::zeros(SIDE, SIDE);
    let operations = 2.0 * (SIDE as f64).powi(3);
    best(operations, || {
        black_box(&a).mul_to(black_box(&b), &mut c);
        black_box(&c);
    })
}

fn recurrence() -> f64 {
    let mut x = [1.0; LANES];
    let operations = 2.0 * (LANES * ROUNDS) as f64;
    best(operations, || {
        iterate(black_box(&mut x), black_box(0.999), black_box(1e-3));
    })
}

/// Tends to b / (1 − a), so that no number grows or becomes denormal.
#[inline(never)]
fn iterate(x: &mut [f32; LANES], a: f32, b: f32) {
    let mut now = *x;
    for _ in 0..ROUNDS {
        for value in &mut now {
            *value = *value * a + b;
        }
    }
    *x = now;
}

fn best(operations: f64, mut work: impl FnMut()) -> f64 {
    let shortest = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    operations / shortest * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel computes what it says: aⁿ x + b (1 + a + … + aⁿ⁻¹) tends to b / (1 − a).
    #[test]
    fn the_recurrence_reaches_its_limit() {
        let mut x = [5.0; LANES];
        iterate(&mut x, 0.5, 1.0);
        assert_eq!(x, [2.0; LANES]);
    }

    /// Anything from a slow single-board computer to far beyond today's cores; catches a wrong power of ten.
    #[test]
    fn a_core_does_between_a_tenth_and_ten_thousand_gflops() {
        let peak = measure();
        for found in [peak.product_gflops, peak.recurrence_gflops] {
            assert!((0.1..1e4).contains(&found), "{peak:?}");
        }
        assert_eq!(peak.gflops, peak.product_gflops.max(peak.recurrence_gflops));
    }
}
