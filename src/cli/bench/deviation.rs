//! How far the answers of two computations of the same structure are apart.

use oreo_core::Vec3;

/// Of one answer from another that counts as exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// Largest difference of a force component, eV/Å.
    pub force_max: f64,
    /// Root of the mean squared difference over that of the exact force; of the difference alone where there is no force.
    pub force_relative_rms: f64,
    /// eV
    pub energy: f64,
}

impl Deviation {
    /// Of (energy, forces).
    pub fn between(found: (f64, &[Vec3]), exact: (f64, &[Vec3])) -> Self {
        let differences = || found.1.iter().zip(exact.1).map(|(a, b)| a - b);
        let squared: f64 = differences().map(|d| d.norm_squared()).sum();
        let size: f64 = exact.1.iter().map(Vec3::norm_squared).sum();
        Self {
            force_max: differences().map(|d| d.amax()).fold(0.0, f64::max),
            force_relative_rms: match size > 0.0 {
                true => (squared / size).sqrt(),
                false => squared.sqrt(),
            },
            energy: (found.0 - exact.0).abs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_by_hand() {
        let exact = [Vec3::new(3.0, 0.0, 0.0), Vec3::new(0.0, 4.0, 0.0)];
        let forces = [Vec3::new(3.0, 0.0, 0.5), Vec3::new(0.0, 4.0, 0.0)];
        let found = Deviation::between((1.0, &forces), (1.5, &exact));
        let expected = Deviation {
            force_max: 0.5,
            force_relative_rms: 0.1,
            energy: 0.5,
        };
        assert_eq!(found, expected);
        let none = Deviation::between((1.5, &exact), (1.5, &exact));
        assert_eq!((none.force_max, none.force_relative_rms), (0.0, 0.0));
    }
}
