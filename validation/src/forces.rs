//! Errors of predicted forces, streamed frame by frame.
//!
//! The force MAE of the literature is the mean of |F̂ − F| over frames, atoms **and Cartesian components**. The mean
//! over atoms of the length |F̂ − F| is √3 to 3 times larger (2 for isotropic errors); it is reported under its own name,
//! so that nobody compares one with the other.

use crate::error::{all_finite, same_length};
use crate::ValidationError;
use oreo_core::{Element, Vec3};
use serde::Serialize;
use std::collections::BTreeMap;

/// meV in an eV.
const MEV: f64 = 1000.0;

/// Sums of errors; add frames, then take the [`ForceReport`].
#[derive(Debug, Clone, Default)]
pub struct ForceErrors {
    frames: u64,
    all: Sums,
    by_element: BTreeMap<Element, Sums>,
    /// F̂·F, |F̂|², |F|² over everything
    products: [f64; 3],
    cosines: f64,
    frames_with_direction: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    atoms: u64,
    absolute: f64,
    squared: f64,
    length: f64,
    largest: f64,
}

/// Force errors in meV/Å.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForceReport {
    /// Frames compared.
    pub frames: u64,
    /// Atoms of all frames together.
    pub atoms: u64,
    /// Mean |F̂ − F| over frames, atoms and components.
    pub force_mae_mev_per_a: f64,
    /// Root of the mean square over frames, atoms and components.
    pub force_rmse_mev_per_a: f64,
    /// Mean over atoms of the length of the error vector: **not** the published MAE.
    pub force_norm_mae_mev_per_a: f64,
    /// Largest error of one component.
    pub force_max_error_mev_per_a: f64,
    /// Mean over frames of the cosine between the 3N-vectors of predicted and reference forces; `None` when every
    /// frame has zero forces on one side. The cosine distance is 1 minus this.
    pub force_cosine: Option<f64>,
    /// Cosine between the vectors of all frames strung together: large forces weigh more.
    pub force_cosine_global: Option<f64>,
    /// By ascending atomic number.
    pub per_element: Vec<ElementForceErrors>,
}

/// Force errors on the atoms of one element.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ElementForceErrors {
    /// Symbol.
    pub element: &'static str,
    /// Atoms of all frames together.
    pub atoms: u64,
    /// Mean over atoms and components.
    pub force_mae_mev_per_a: f64,
    /// Root of the mean square over atoms and components.
    pub force_rmse_mev_per_a: f64,
}

impl Sums {
    fn add(&mut self, error: &Vec3) {
        self.atoms += 1;
        self.absolute += error.lp_norm(1);
        self.squared += error.norm_squared();
        self.length += error.norm();
        self.largest = self.largest.max(error.amax());
    }

    fn components(&self) -> f64 {
        3.0 * self.atoms as f64
    }

    fn mae(&self) -> f64 {
        MEV * self.absolute / self.components()
    }

    fn rmse(&self) -> f64 {
        MEV * (self.squared / self.components()).sqrt()
    }
}

impl ForceErrors {
    /// Without frames.
    pub fn new() -> Self {
        Self::default()
    }

    /// One frame, forces in eV/Å, (n,). Refuses other lengths and numbers that are not finite; then nothing changes.
    pub fn add_frame(
        &mut self,
        elements: &[Element],
        predicted: &[Vec3],
        reference: &[Vec3],
    ) -> Result<(), ValidationError> {
        same_length("predicted forces", elements.len(), predicted.len())?;
        same_length("reference forces", elements.len(), reference.len())?;
        all_finite("predicted force", predicted, self.frames)?;
        all_finite("reference force", reference, self.frames)?;
        let mut products = [0.0; 3];
        for ((element, p), r) in elements.iter().zip(predicted).zip(reference) {
            let error = p - r;
            self.all.add(&error);
            self.by_element.entry(*element).or_default().add(&error);
            products[0] += p.dot(r);
            products[1] += p.norm_squared();
            products[2] += r.norm_squared();
        }
        if let Some(cosine) = cosine(products) {
            self.cosines += cosine;
            self.frames_with_direction += 1;
        }
        self.products
            .iter_mut()
            .zip(products)
            .for_each(|(sum, product)| *sum += product);
        self.frames += 1;
        Ok(())
    }

    /// Fails without atoms.
    pub fn report(&self) -> Result<ForceReport, ValidationError> {
        if self.all.atoms == 0 {
            return Err(ValidationError::TooFew {
                quantity: "the force error",
                unit: "frames",
                needed: 1,
                found: 0,
            });
        }
        let with_direction = self.frames_with_direction as f64;
        let of_element = |(element, sums): (&Element, &Sums)| ElementForceErrors {
            element: element.symbol(),
            atoms: sums.atoms,
            force_mae_mev_per_a: sums.mae(),
            force_rmse_mev_per_a: sums.rmse(),
        };
        Ok(ForceReport {
            frames: self.frames,
            atoms: self.all.atoms,
            force_mae_mev_per_a: self.all.mae(),
            force_rmse_mev_per_a: self.all.rmse(),
            force_norm_mae_mev_per_a: MEV * self.all.length / self.all.atoms as f64,
            force_max_error_mev_per_a: MEV * self.all.largest,
            force_cosine: (with_direction > 0.0).then(|| self.cosines / with_direction),
            force_cosine_global: cosine(self.products),
            per_element: self.by_element.iter().map(of_element).collect(),
        })
    }
}

/// a·b / √(a² b²); `None` when one of them is zero.
fn cosine([ab, aa, bb]: [f64; 3]) -> Option<f64> {
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa.sqrt() * bb.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(symbols: &[&str]) -> Vec<Element> {
        symbols
            .iter()
            .map(|symbol| symbol.parse().unwrap())
            .collect()
    }

    /// Error (3, −4, 0) meV/Å on one atom, 0 on the other: components 7/6, length 5/2, squares √(25/6).
    /// Catches the per-atom norm (2.5 instead of 1.167) and a division by atoms only (3.5).
    #[test]
    fn mae_is_over_components_and_not_over_atoms() {
        let mut errors = ForceErrors::new();
        let reference = [Vec3::new(1.0, 0.0, 0.0), Vec3::new(0.0, 2.0, 0.0)];
        let predicted = [Vec3::new(1.003, -0.004, 0.0), Vec3::new(0.0, 2.0, 0.0)];
        errors
            .add_frame(&elements(&["O", "H"]), &predicted, &reference)
            .unwrap();
        let report = errors.report().unwrap();
        assert!((report.force_mae_mev_per_a - 7.0 / 6.0).abs() < 1e-9);
        assert!((report.force_norm_mae_mev_per_a - 2.5).abs() < 1e-9);
        assert!((report.force_rmse_mev_per_a - (25.0f64 / 6.0).sqrt()).abs() < 1e-9);
        assert!((report.force_max_error_mev_per_a - 4.0).abs() < 1e-9);
        let mae: Vec<_> = report
            .per_element
            .iter()
            .map(|e| (e.element, e.force_mae_mev_per_a))
            .collect();
        assert_eq!(mae[0], ("H", 0.0));
        assert!(mae[1].0 == "O" && (mae[1].1 - 7.0 / 3.0).abs() < 1e-9);
    }

    /// Isotropic Gaussian errors: ⟨|e|⟩ per atom over ⟨|e_x|⟩ is 2σ√(2/π) / (σ√(2/π)) = 2.
    #[test]
    fn norm_and_component_errors_differ_by_two_for_isotropic_noise() {
        let mut generator = oreo_core::random::Generator::new(5, 0);
        let mut errors = ForceErrors::new();
        let oxygen = elements(&["O"; 50]);
        for _ in 0..200 {
            let noise: Vec<Vec3> = (0..50).map(|_| generator.normal_vector()).collect();
            errors
                .add_frame(&oxygen, &noise, &[Vec3::zeros(); 50])
                .unwrap();
        }
        let report = errors.report().unwrap();
        assert!((report.force_norm_mae_mev_per_a / report.force_mae_mev_per_a - 2.0).abs() < 0.03);
        assert_eq!(report.force_cosine, None);
    }

    /// Frame one: parallel (1); frame two: 60° and ten times larger. Mean of cosines 0.75; strung together
    /// (1 + 50)/(101) = 0.50495. Catches one being reported as the other.
    #[test]
    fn cosine_per_frame_and_global_by_hand() {
        let mut errors = ForceErrors::new();
        let (x, tilted) = (Vec3::x(), Vec3::new(0.5, 0.75f64.sqrt(), 0.0));
        let carbon = elements(&["C"]);
        errors.add_frame(&carbon, &[x], &[x]).unwrap();
        errors
            .add_frame(&carbon, &[10.0 * x], &[10.0 * tilted])
            .unwrap();
        errors.add_frame(&carbon, &[x], &[Vec3::zeros()]).unwrap();
        let report = errors.report().unwrap();
        assert!((report.force_cosine.unwrap() - 0.75).abs() < 1e-12);
        let global = 51.0 / (102.0f64.sqrt() * 101.0f64.sqrt());
        assert!((report.force_cosine_global.unwrap() - global).abs() < 1e-12);
    }

    #[test]
    fn broken_input_is_refused_and_changes_nothing() {
        let mut errors = ForceErrors::new();
        let carbon = elements(&["C"]);
        let nan = [Vec3::new(0.0, f64::NAN, 0.0)];
        assert!(errors.add_frame(&carbon, &nan, &[Vec3::zeros()]).is_err());
        assert!(errors.add_frame(&carbon, &[], &[Vec3::zeros()]).is_err());
        assert!(errors.report().is_err());
    }
}
