//! How many operations a second a core could do.

use super::{InstructionSet, Kernel, Vector};
use std::hint::black_box;
use std::time::Instant;

const RUNS: usize = 20;
const ROUNDS: usize = 200_000;
/// Enough independent sums to hide the latency of a multiply-add in two units, few enough for sixteen registers.
const SUMS: usize = 12;

/// f32 operations a second of one core with these instructions, multiplication and addition counted as two: the best of
/// several runs of independent fused multiply-adds in registers. Takes about 10 ms.
///
/// # Panics
/// When this processor does not have the instructions.
pub fn peak_flops(set: InstructionSet) -> f64 {
    (0..RUNS)
        .map(|_| set.dispatch(MultiplyAdds))
        .fold(0.0, f64::max)
}

struct MultiplyAdds;

impl Kernel<f32> for MultiplyAdds {
    /// Operations a second.
    type Output = f64;

    /// x ← a x + b in twelve registers; tends to b / (1 − a), so that no number grows or becomes denormal.
    #[inline(always)]
    fn run<V: Vector<Scalar = f32>>(self) -> f64 {
        let a = V::splat(black_box(0.999));
        let b = V::splat(black_box(1e-3));
        let mut x = [V::splat(black_box(0.5)); SUMS];
        let start = Instant::now();
        for _ in 0..ROUNDS {
            for x in &mut x {
                *x = x.mul_add(a, b);
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        black_box(x.map(|x| V::sums([x; 4])));
        (2 * SUMS * V::LANES * ROUNDS) as f64 / seconds
    }
}
