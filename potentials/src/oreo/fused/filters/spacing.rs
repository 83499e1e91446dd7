//! Where the intervals of the filter tables are.
//!
//! The filters are smooth in exp(−αr), the variable of the radial functions, so intervals are even in it: short where
//! bonds are, long where little happens. Near the cutoff they would get too long (at 5 Å an interval of 1/256 is 0.5 Å),
//! since c(r) is smooth in r itself; a small part that is linear in r keeps them apart there. Intervals are even in
//!   ξ(r) = exp(−αr) + λ (1 − r/r_c).

use crate::oreo::basis::ALPHA_TIMES_CUTOFF;

/// λ. Of 0, 0.02, 0.05, 0.1, 0.2 and 0.4 the best or nearly so for trained weights (128 channels: at 64 intervals 60 times
/// more exact than 0) and for untrained ones (256 channels: at 96 intervals 5 times); see `table.rs` for how errors are
/// measured.
pub(super) const LINEAR: f64 = 0.05;

/// Even intervals in ξ from ξ(r_c) to ξ(0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spacing {
    cutoff: f64,
    linear: f64,
    intervals: usize,
}

impl Spacing {
    /// At least one interval.
    pub fn new(cutoff: f64, intervals: usize) -> Self {
        Self::with_linear_part(cutoff, intervals, LINEAR)
    }

    pub(super) fn with_linear_part(cutoff: f64, intervals: usize, linear: f64) -> Self {
        Self {
            cutoff,
            linear,
            intervals,
        }
    }

    /// λ
    pub fn linear(&self) -> f64 {
        self.linear
    }

    /// How many.
    pub fn intervals(&self) -> usize {
        self.intervals
    }

    /// Interval (0 ends at the cutoff), place t in it from −1 to 1, and dt/dr in 1/Å.
    #[inline]
    pub fn place(&self, r: f64) -> (usize, f64, f64) {
        let (xi, slope) = self.xi(r);
        let places = (xi - self.start()) / self.width();
        // Not below 0 or beyond the last, whatever rounding does at the ends.
        let interval = (places.max(0.0) as usize).min(self.intervals - 1);
        let t = 2.0 * (places - interval as f64) - 1.0;
        (interval, t, 2.0 * slope / self.width())
    }

    /// r after so many half intervals, counted from the cutoff, Å. By bisection: ξ falls with r.
    pub fn node(&self, halves: usize) -> f64 {
        match halves {
            0 => return self.cutoff,
            n if n == 2 * self.intervals => return 0.0,
            _ => {}
        }
        let xi = self.start() + 0.5 * self.width() * halves as f64;
        let (mut near, mut far) = (0.0, self.cutoff);
        for _ in 0..100 {
            let middle = 0.5 * (near + far);
            match self.xi(middle).0 > xi {
                true => near = middle,
                false => far = middle,
            }
        }
        0.5 * (near + far)
    }

    /// ξ and dξ/dr
    fn xi(&self, r: f64) -> (f64, f64) {
        let alpha = ALPHA_TIMES_CUTOFF / self.cutoff;
        let decay = (-alpha * r).exp();
        let xi = decay + self.linear * (1.0 - r / self.cutoff);
        (xi, -alpha * decay - self.linear / self.cutoff)
    }

    /// ξ(r_c)
    pub fn start(&self) -> f64 {
        self.xi(self.cutoff).0
    }

    /// Of an interval, in ξ.
    pub fn width(&self) -> f64 {
        (self.xi(0.0).0 - self.start()) / self.intervals as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_the_ends_and_middles_of_intervals() {
        let spacing = Spacing::new(5.0, 17);
        for node in 0..=34 {
            let r = spacing.node(node);
            let (interval, t, _) = spacing.place(r);
            let halves = 2.0 * interval as f64 + t + 1.0;
            assert!((halves - node as f64).abs() < 1e-9, "{node} {r}");
        }
        assert_eq!((spacing.node(0), spacing.node(34)), (5.0, 0.0));
    }

    /// Catches a forgotten derivative of the linear part.
    #[test]
    fn the_slope_is_that_of_differences() {
        let spacing = Spacing::new(5.0, 64);
        let at = |r: f64| {
            let (interval, t, _) = spacing.place(r);
            2.0 * interval as f64 + t
        };
        for r in [0.3, 1.1, 2.7, 4.99] {
            let slope = (at(r + 1e-6) - at(r - 1e-6)) / 2e-6;
            assert!((slope - spacing.place(r).2).abs() < 1e-5 * slope.abs());
        }
    }
}
