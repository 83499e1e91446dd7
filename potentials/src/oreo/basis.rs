//! What the ET knows of a distance: the cosine cutoff and the exponential-normal radial functions, with derivatives.
//!
//! Plain f64 functions; the reference network states the same in tensor operations, and faster paths tabulate these.
//! Unke & Meuwly 2019 (PhysNet), eq. 7–8; Thölke & De Fabritiis 2022 (arXiv 2202.02541), eq. 1–3.

use std::f64::consts::PI;

/// α = 5/r_c, the inverse length (1/Å) in exp(−αr).
pub const ALPHA_TIMES_CUTOFF: f64 = 5.0;

/// c(r) = ½(cos(πr/r_c) + 1) and dc/dr; both 0 from the cutoff on.
pub fn cosine_cutoff(r: f64, cutoff: f64) -> (f64, f64) {
    if r >= cutoff {
        return (0.0, 0.0);
    }
    let phase = PI * r / cutoff;
    (0.5 * (phase.cos() + 1.0), -0.5 * PI / cutoff * phase.sin())
}

/// g_k(r) = c(r) exp(−β_k (exp(−αr) − μ_k)²), α = 5/r_c.
#[derive(Debug, Clone, PartialEq)]
pub struct RadialBasis {
    /// r_c, Å
    pub cutoff: f64,
    /// μ_k, (K,)
    pub means: Vec<f64>,
    /// β_k, (K,)
    pub betas: Vec<f64>,
}

impl RadialBasis {
    /// Before training: μ_k evenly spaced in [exp(−r_c), 1], β_k = (2/K · (1 − exp(−r_c)))⁻².
    pub fn evenly_spaced(radial_functions: usize, cutoff: f64) -> Self {
        let start = (-cutoff).exp();
        let intervals = radial_functions.saturating_sub(1).max(1) as f64;
        let mean = |k: usize| start + (1.0 - start) * k as f64 / intervals;
        let beta = (2.0 / radial_functions as f64 * (1.0 - start)).powi(-2);
        Self {
            cutoff,
            means: (0..radial_functions).map(mean).collect(),
            betas: vec![beta; radial_functions],
        }
    }

    /// Fills g_k(r) and dg_k/dr (1/Å), both (K,).
    pub fn evaluate(&self, r: f64, values: &mut [f64], derivatives: &mut [f64]) {
        let alpha = ALPHA_TIMES_CUTOFF / self.cutoff;
        let (c, dc) = cosine_cutoff(r, self.cutoff);
        let decay = (-alpha * r).exp();
        for (k, (&mean, &beta)) in self.means.iter().zip(&self.betas).enumerate() {
            let gaussian = (-beta * (decay - mean).powi(2)).exp();
            values[k] = c * gaussian;
            derivatives[k] = gaussian * (dc + 2.0 * c * beta * (decay - mean) * alpha * decay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basis() -> RadialBasis {
        RadialBasis::evenly_spaced(16, 5.0)
    }

    /// Catches a lost factor α in the chain rule (errors of order 1).
    #[test]
    fn derivatives_are_those_of_central_differences() {
        let (basis, h) = (basis(), 1e-5);
        let at = |r: f64| {
            let (mut values, mut slopes) = ([0.0; 16], [0.0; 16]);
            basis.evaluate(r, &mut values, &mut slopes);
            (values, slopes)
        };
        for r in [0.0, 0.7, 1.1, 2.5, 4.0, 4.99] {
            let (plus, minus, exact) = (at(r + h).0, at(r - h).0, at(r).1);
            for k in 0..16 {
                assert!(((plus[k] - minus[k]) / (2.0 * h) - exact[k]).abs() < 1e-7);
            }
        }
    }

    #[test]
    fn value_and_slope_vanish_at_the_cutoff() {
        let (c, slope) = cosine_cutoff(5.0 - 1e-9, 5.0);
        assert!(c.abs() < 1e-15 && slope.abs() < 1e-8);
        assert_eq!(cosine_cutoff(5.0, 5.0), (0.0, 0.0));
        assert_eq!(cosine_cutoff(0.0, 5.0), (1.0, -0.0));
    }

    /// By hand: at r = 0 the last function (μ = 1) is exactly c(0) = 1.
    #[test]
    fn the_means_span_the_range_of_the_exponential() {
        let basis = basis();
        assert!((basis.means[0] - (-5.0_f64).exp()).abs() < 1e-15);
        assert!((basis.means[15] - 1.0).abs() < 1e-15);
        let (mut values, mut slopes) = ([0.0; 16], [0.0; 16]);
        basis.evaluate(0.0, &mut values, &mut slopes);
        assert!((values[15] - 1.0).abs() < 1e-15);
    }
}
