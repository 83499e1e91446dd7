//! How a pair energy ends: multiplied by a polynomial that falls from 1 to 0.
//!
//! `S(x) = 1 − 10x³ + 15x⁴ − 6x⁵` with `x = (r − from)/(to − from)`, the lowest polynomial whose first and second
//! derivatives vanish at both ends (Perlin, ACM Trans. Graph. 21, 681 (2002), for the polynomial; the same switch is
//! described for nonbonded forces in the OpenMM user guide). Energy, force and force constant are continuous, so that
//! integrators keep their order when a pair crosses the cutoff.

/// Where the switch begins and ends, Å.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Switch {
    pub from: f64,
    pub to: f64,
}

impl Switch {
    /// Of S·E, from E and dE/dr at r < `to`: value and derivative.
    pub fn apply(&self, r: f64, energy: f64, slope: f64) -> (f64, f64) {
        if r <= self.from {
            return (energy, slope);
        }
        let width = self.to - self.from;
        let x = (r - self.from) / width;
        let factor = 1.0 + x * x * x * (-10.0 + x * (15.0 - 6.0 * x));
        let factor_slope = -30.0 * x * x * (1.0 - x) * (1.0 - x) / width;
        (factor * energy, factor * slope + factor_slope * energy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a wrong coefficient: value, slope or curvature would jump at an end.
    #[test]
    fn value_slope_and_curvature_are_continuous_at_both_ends() {
        let switch = Switch { from: 2.0, to: 3.5 };
        let h = 1e-5_f64;
        for (end, value) in [(2.0_f64, 1.0), (3.5, 0.0)] {
            for r in [end - h, end + h] {
                let (found, slope) = switch.apply(r.min(3.5), 1.0, 0.0);
                assert!((found - value).abs() < 1e-13, "{found} at {r}");
                assert!(slope.abs() < 1e-8, "{slope} at {r}");
            }
        }
        let (middle, _) = switch.apply(2.75, 1.0, 0.0);
        assert!((middle - 0.5).abs() < 1e-15);
    }

    #[test]
    fn the_slope_is_the_derivative() {
        let switch = Switch { from: 2.0, to: 3.5 };
        let energy = |r: f64| switch.apply(r, r.powi(3), 3.0 * r * r);
        let h = 1e-5;
        for r in [1.5, 2.1, 2.6, 3.3] {
            let slope = (energy(r + h).0 - energy(r - h).0) / (2.0 * h);
            assert!((energy(r).1 - slope).abs() < 1e-7);
        }
    }
}
