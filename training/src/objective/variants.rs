//! Named objectives, and what a user may change in them.

use super::{Term, TermWeights};
use crate::TrainingError;
use serde::{Deserialize, Serialize};

/// A named set of terms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// Forces off equilibrium, zero force and denoising at equilibrium: ET-OREO of the paper
    #[default]
    EtOreo,
    /// Without the two terms at equilibrium: ET-ORE of the paper
    EtOre,
    /// Forces of the target set only, from scratch: "TorchMDNet" in the paper's tables. The terms are those of ET-ORE; the
    /// name in the record of the weights says which experiment it was
    #[serde(rename = "torchmdnet")]
    TorchMdNet,
    /// Energies and forces, 0.2 and 0.8 as TorchMD-NET trains on MD17; here the energy counts for each atom
    EnergyForces,
    /// A scalar property, such as the HOMO of QM9, in place of the energy
    Property,
}

impl Variant {
    /// Its terms.
    pub fn weights(self) -> TermWeights {
        match self {
            Self::EtOreo => TermWeights::new(&[
                (Term::Forces, 1.0),
                (Term::ZeroForce, 1.0),
                (Term::Denoising, 1.0),
            ]),
            Self::EtOre | Self::TorchMdNet => TermWeights::new(&[(Term::Forces, 1.0)]),
            Self::EnergyForces => TermWeights::new(&[(Term::Forces, 0.8), (Term::Energy, 0.2)]),
            Self::Property => TermWeights::new(&[(Term::Property, 1.0)]),
        }
    }

    /// As in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::EtOreo => "et-oreo",
            Self::EtOre => "et-ore",
            Self::TorchMdNet => "torchmdnet",
            Self::EnergyForces => "energy-forces",
            Self::Property => "property",
        }
    }
}

/// A variant with changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ObjectiveSettings {
    /// Gives every weight that is not given below
    pub variant: Variant,
    /// Weight of the forces, without unit; 0 leaves the term out, here and below
    pub forces: Option<f64>,
    /// Weight of zero force at equilibrium
    pub zero_force: Option<f64>,
    /// Weight of denoising at equilibrium
    pub denoising: Option<f64>,
    /// Weight of the energies, for each atom
    pub energy: Option<f64>,
    /// Weight of a scalar property
    pub property: Option<f64>,
    /// Variance σ² of the noise ε in each direction, Å²; 0.04 in the paper (σ = 0.2 Å). The denoising work that it builds
    /// on has σ = 0.04 Å, that is 0.0016
    pub noise_variance: f64,
}

impl Default for ObjectiveSettings {
    fn default() -> Self {
        Self {
            variant: Variant::default(),
            forces: None,
            zero_force: None,
            denoising: None,
            energy: None,
            property: None,
            noise_variance: 0.04,
        }
    }
}

impl ObjectiveSettings {
    /// The variant's weights with the changes.
    ///
    /// # Errors
    /// A weight or variance without sense, no term at all, or energy and property together.
    pub fn weights(&self) -> Result<TermWeights, TrainingError> {
        let mut weights = self.variant.weights();
        let changes = [
            self.forces,
            self.zero_force,
            self.denoising,
            self.energy,
            self.property,
        ];
        for (term, change) in Term::ALL.into_iter().zip(changes) {
            weights.set(term, change.unwrap_or(weights.of(term)));
        }
        self.check(&weights)?;
        Ok(weights)
    }

    fn check(&self, weights: &TermWeights) -> Result<(), TrainingError> {
        let refuse = |what: String| Err(TrainingError::Settings(format!("objective: {what}")));
        let valid = |value: f64| value >= 0.0 && value.is_finite();
        if let Some(term) = Term::ALL.into_iter().find(|&t| !valid(weights.of(t))) {
            let (name, weight) = (term.name(), weights.of(term));
            return refuse(format!("{name} = {weight}; a weight must not be negative"));
        }
        if !(valid(self.noise_variance) && self.noise_variance > 0.0) {
            return refuse(format!(
                "noise-variance = {} Å²; it must be positive",
                self.noise_variance
            ));
        }
        if !Term::ALL.into_iter().any(|term| weights.has(term)) {
            return refuse("every weight is 0; nothing would be learned".into());
        }
        if weights.has(Term::Energy) && weights.has(Term::Property) {
            return refuse(
                "energy and property are both the network's scalar; set one of them to 0".into(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ObjectiveSettings {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_variant_has_its_terms_and_no_other() {
        for (name, terms) in [
            ("et-oreo", "forces zero_force denoising"),
            ("et-ore", "forces"),
            ("torchmdnet", "forces"),
            ("energy-forces", "forces energy"),
            ("property", "property"),
        ] {
            let settings = read(&format!(r#"{{"variant": "{name}"}}"#));
            assert_eq!(settings.variant.name(), name);
            let weights = settings.weights().unwrap();
            let present = Term::ALL.into_iter().filter(|&term| weights.has(term));
            let present: Vec<_> = present.map(Term::name).collect();
            assert_eq!(present.join(" "), terms);
        }
        assert_eq!(read("{}").variant, Variant::EtOreo);
        assert_eq!(read("{}").noise_variance, 0.04);
    }

    #[test]
    fn one_weight_can_be_changed() {
        let weights = read(r#"{"denoising": 0.5, "zero-force": 0}"#)
            .weights()
            .unwrap();
        assert_eq!(weights.of(Term::Denoising), 0.5);
        assert!(!weights.has(Term::ZeroForce));
        assert_eq!(weights.of(Term::Forces), 1.0);
    }

    #[test]
    fn nonsense_is_named() {
        for (text, word) in [
            (r#"{"denoising": -1}"#, "denoising = -1"),
            (r#"{"noise-variance": 0}"#, "noise-variance"),
            (r#"{"variant": "et-ore", "forces": 0}"#, "every weight"),
            (r#"{"energy": 1, "property": 1}"#, "both"),
        ] {
            let error = read(text).weights().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
