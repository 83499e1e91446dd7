//! Energies of free atoms after training, so that the energies of the weights mean something.

use super::config::TrainConfig;
use super::data::Sets;
use super::head::ELEMENT_ENERGIES;
use super::judge::FITTED;
use super::network::Engine;
use crate::cli::exit::OrBadInput;
use anyhow::Result;
use oreo_potentials::oreo::Weights;
use oreo_training::data::Source;
use oreo_training::trainer::{energy_error, fit_element_energies};
use serde::Serialize;
use std::path::Path;

/// What was fitted, and how good total energies are with it.
#[derive(Debug, Clone, Serialize)]
pub struct FittedEnergies {
    /// `H=-13.6 …`, eV
    pub element_energies_ev: String,
    /// Combinations of elements that the training energies determine
    pub rank: usize,
    /// How many elements
    pub elements: usize,
    /// Training conformations in the fit
    pub conformations: usize,
    /// Of total energies on the validation set
    pub validation_energy_mae_mev_per_atom: Option<f64>,
    /// Of total energies on the test set
    pub test_energy_mae_mev_per_atom: Option<f64>,
}

/// Fits Σ_z n_z e_z to E − Ê on the training set and records it in a weights file; `None` without energies, and for a
/// network that predicts a property.
///
/// # Errors
/// Energies that are not finite; a file that cannot be read or written.
pub fn record_energies(
    path: &Path,
    config: &TrainConfig,
    sets: &Sets,
) -> Result<Option<FittedEnergies>> {
    if !sets.has_energies || config.property().is_some() || !path.exists() {
        return Ok(None);
    }
    let mut weights = Weights::load(path)?;
    let mut engine = Engine::of(config, &weights)?;
    let fitted = fit_element_energies(&sets.train, Some(&mut engine), FITTED).or_bad_input()?;
    let mut error = |set: &dyn Source| -> Result<Option<f64>> {
        let found = energy_error(set, &mut engine, &fitted.energies, FITTED)?;
        Ok(found.map(|error| error.mae))
    };
    let result = FittedEnergies {
        element_energies_ev: fitted.energies.to_string(),
        rank: fitted.rank,
        elements: fitted.energies.0.len(),
        conformations: fitted.conformations,
        validation_energy_mae_mev_per_atom: error(&sets.validation)?,
        test_energy_mae_mev_per_atom: error(&sets.test)?,
    };
    let mae = result.validation_energy_mae_mev_per_atom;
    let facts = [
        (ELEMENT_ENERGIES, Some(result.element_energies_ev.clone())),
        (
            "element_energies_rank",
            Some(format!("{} of {}", result.rank, result.elements)),
        ),
        (
            "energy_mae_mev_per_atom",
            mae.map(|mae| format!("{mae:.6e}")),
        ),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(key, fact)| Some((key.to_string(), fact?)));
    weights.record.extend(facts);
    weights.save(path)?;
    Ok(Some(result))
}

impl FittedEnergies {
    /// One line for people.
    pub fn line(&self) -> String {
        let few = match self.rank < self.elements {
            true => format!(
                "; {} elements in {} independent compositions: only sums for such compositions mean something",
                self.elements, self.rank
            ),
            false => String::new(),
        };
        let mae = |value: Option<f64>| value.map_or("-".into(), |mae| format!("{mae:.3}"));
        format!(
            "energies of atoms fitted to {} conformations{few}; energy MAE {} meV/atom (validation), {} meV/atom (test)",
            self.conformations,
            mae(self.validation_energy_mae_mev_per_atom),
            mae(self.test_energy_mae_mev_per_atom)
        )
    }
}
