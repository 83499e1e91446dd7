//! How far several models are from each other about the forces on the same atoms.
//!
//! For M models with forces F_m,i on atom i and their mean F̄_i, the deviation of the atom is
//! `√( (1/M) Σ_m |F_m,i − F̄_i|² )`: the model deviation of L. Zhang et al., Phys. Rev. Mater. 3, 023804 (2019), and of
//! DP-GEN, Comput. Phys. Commun. 253, 107206 (2020), whose criterion is the largest one over the atoms. It divides by M, not by
//! M − 1, and a vector counts as a whole: for two models it is half the length of the difference of their forces.
//!
//! It is no error. Models that share data, architecture or the weights they were fine-tuned from share errors, too, and
//! agree about what they are all wrong about; a large deviation says that at least one is wrong.

use oreo_core::{ForceDeviation, Vec3};

/// Takes the forces of one model after the other, in fixed memory, by Welford's updates (Technometrics 4, 419 (1962)): no
/// digits are lost where deviations are small beside forces, and equal forces deviate by exactly 0.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviationMeter {
    models: f64,
    /// eV/Å, of the models so far, (n,)
    mean: Vec<Vec3>,
    /// (eV/Å)², sums of |F − F̄|² of the models so far, (n,)
    squares: Vec<f64>,
}

impl DeviationMeter {
    /// For `atoms` atoms; no model has spoken yet.
    pub fn new(atoms: usize) -> Self {
        Self {
            models: 0.0,
            mean: vec![Vec3::zeros(); atoms],
            squares: vec![0.0; atoms],
        }
    }

    /// Forgets all models.
    pub fn clear(&mut self) {
        self.models = 0.0;
        self.mean.fill(Vec3::zeros());
        self.squares.fill(0.0);
    }

    /// One more model; eV/Å, (n,). Allocates nothing.
    ///
    /// # Panics
    /// When there are not as many forces as atoms.
    pub fn add(&mut self, forces: &[Vec3]) {
        assert_eq!(forces.len(), self.mean.len(), "one force for each atom");
        self.models += 1.0;
        let atoms = self.mean.iter_mut().zip(&mut self.squares);
        for ((mean, squares), force) in atoms.zip(forces) {
            let before = force - *mean;
            *mean += before / self.models;
            *squares += before.dot(&(force - *mean));
        }
    }

    /// Of all models that were added; 0 for one model or none. Not finite, and naming the atom, when a force was not.
    pub fn deviation(&self) -> ForceDeviation {
        let models = self.models.max(1.0);
        let (mut atom, mut largest, mut sum) = (0, 0.0, 0.0);
        for (here, squares) in self.squares.iter().enumerate() {
            sum += squares;
            // The first NaN stays: nothing is larger than NaN.
            if *squares > largest || (squares.is_nan() && !f64::is_nan(largest)) {
                (atom, largest) = (here, *squares);
            }
        }
        let atoms = self.squares.len().max(1) as f64;
        ForceDeviation {
            atom,
            max: (largest / models).sqrt(),
            rms: (sum / (models * atoms)).sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(models: &[[Vec3; 2]]) -> ForceDeviation {
        let mut meter = DeviationMeter::new(2);
        models.iter().for_each(|forces| meter.add(forces));
        meter.deviation()
    }

    fn v(x: f64, y: f64, z: f64) -> Vec3 {
        Vec3::new(x, y, z)
    }

    /// Atom 1: forces that differ by (0.3, 0, 0.4), of length 0.5, deviate by 0.25; atom 0 by half of 0.02. Root mean square
    /// √((0.01² + 0.25²)/2). Planted and caught: division by M − 1 (0.354), components taken for vectors (0.2).
    #[test]
    fn two_models_deviate_by_half_their_difference() {
        let found = of(&[
            [v(7.0, 0.0, 0.0), v(1.0, -2.0, 3.0)],
            [v(7.0, 0.02, 0.0), v(1.3, -2.0, 3.4)],
        ]);
        assert_eq!(found.atom, 1);
        assert!((found.max - 0.25).abs() < 1e-14, "{found:?}");
        assert!((found.rms - (0.0626_f64 / 2.0).sqrt()).abs() < 1e-14);
    }

    /// Atom 0: x of 1, 2 and 6 with mean 3: √((4 + 1 + 9)/3). Catches a mean that does not move with the models.
    #[test]
    fn three_models_deviate_from_their_mean() {
        let forces = |x| [v(x, 5.0, -1.0), v(0.1, 0.1, 0.1)];
        let found = of(&[forces(1.0), forces(2.0), forces(6.0)]);
        assert_eq!(found.atom, 0);
        assert!((found.max - (14.0_f64 / 3.0).sqrt()).abs() < 1e-14);
        assert!((found.rms - (7.0_f64 / 3.0).sqrt()).abs() < 1e-14);
    }

    /// A difference of 1e-9 on forces of 100 eV/Å: the mean of squares minus the square of the mean would say 0 or NaN.
    #[test]
    fn small_deviations_keep_their_digits_and_equal_models_deviate_by_nothing() {
        let forces = |x| [v(x, 100.0, 0.0), v(0.0, 0.0, 0.0)];
        let found = of(&[forces(100.0), forces(100.0 + 1e-9)]);
        assert!((found.max / 0.5e-9 - 1.0).abs() < 1e-4, "{found:?}");
        let equal = of(&[forces(0.1), forces(0.1), forces(0.1)]);
        assert_eq!((equal.max, equal.rms), (0.0, 0.0));
        assert_eq!(of(&[forces(0.1)]).max, 0.0, "one model");
    }

    #[test]
    fn the_first_atom_without_a_number_is_named_and_forgotten_after_clear() {
        let mut meter = DeviationMeter::new(3);
        meter.add(&[v(1.0, 0.0, 0.0); 3]);
        meter.add(&[
            v(9.0, 0.0, 0.0),
            v(0.0, f64::NAN, 0.0),
            v(f64::NAN, 0.0, 0.0),
        ]);
        let found = meter.deviation();
        assert!(found.atom == 1 && found.max.is_nan() && found.rms.is_nan());
        meter.clear();
        assert_eq!(meter, DeviationMeter::new(3));
        assert_eq!(DeviationMeter::new(0).deviation().rms, 0.0);
    }

    #[test]
    fn an_infinite_force_is_not_a_finite_deviation() {
        let found = of(&[
            [v(0.0, 0.0, 0.0), v(1.0, 0.0, 0.0)],
            [v(0.0, 0.0, 0.0), v(f64::INFINITY, 0.0, 0.0)],
        ]);
        assert!(found.atom == 1 && !found.max.is_finite(), "{found:?}");
    }
}
