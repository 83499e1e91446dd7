//! A bound on the gradient: one unlucky batch must not throw the parameters far away.

use super::{Active, Number};

/// Lanes of the sum, so that it is fast and always in the same order.
const LANES: usize = 8;

/// The Euclidean norm of the active part, summed in f64, in an order that does not depend on threads.
pub fn norm<T: Number>(gradient: &[T], active: &Active) -> f64 {
    let ranges = active.ranges().iter();
    ranges
        .map(|range| sum_of_squares(&gradient[range.clone()]))
        .sum::<f64>()
        .sqrt()
}

fn sum_of_squares<T: Number>(values: &[T]) -> f64 {
    let mut lanes = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value.to_f64() * value.to_f64();
        }
    }
    let rest: f64 = rest.iter().map(|value| value.to_f64().powi(2)).sum();
    lanes.iter().sum::<f64>() + rest
}

/// Scales the active part of a gradient of norm `norm` to `bound` if it is longer (Pascanu, Mikolov & Bengio 2013,
/// algorithm 1). The direction stays.
pub fn to_norm<T: Number>(gradient: &mut [T], norm: f64, bound: f64, active: &Active) {
    if norm <= bound {
        return;
    }
    let factor = T::from_f64(bound / norm);
    for range in active.ranges() {
        gradient[range.clone()]
            .iter_mut()
            .for_each(|value| *value *= factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Planted: a norm without its root gives 169 and a gradient of length 1/13.
    #[test]
    fn a_long_gradient_keeps_its_direction() {
        let mut gradient: Vec<f32> = vec![0.0; 19];
        (gradient[0], gradient[9], gradient[18]) = (3.0, -4.0, 12.0);
        let active = Active::all(19);
        let length = norm(&gradient, &active);
        assert_eq!(length, 13.0);
        to_norm(&mut gradient, length, 20.0, &active);
        assert_eq!(gradient[18], 12.0);
        to_norm(&mut gradient, length, 1.3, &active);
        assert!((norm(&gradient, &active) - 1.3).abs() < 1e-6);
        assert!((gradient[9] / gradient[0] + 4.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn numbers_that_overflow_when_squared_in_f32_still_have_a_norm() {
        assert!(norm(&[1e30f32, 1e30], &Active::all(2)).is_finite());
        assert!(norm(&[f32::NAN, 1.0], &Active::all(2)).is_nan());
    }
}
