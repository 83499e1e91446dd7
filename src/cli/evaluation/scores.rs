//! Errors of predictions, added up frame by frame.

use super::predictions::Predictions;
use anyhow::{anyhow, Context, Result};
use oreo_core::{System, Vec3};
use oreo_formats::DataSet;
use oreo_training::objective::ElementEnergies;
use oreo_validation::correlation::ParitySample;
use oreo_validation::energies::{EnergyErrors, EnergyReport};
use oreo_validation::forces::{ForceErrors, ForceReport};
use std::collections::BTreeMap;

/// Components in the parity plot, and the seed of their choice.
const PARITY_POINTS: usize = 4000;
const PARITY_SEED: u64 = 1;

/// Everything that is learnt from the frames.
pub struct Scores {
    forces: ForceErrors,
    /// By formula: a constant offset of the energy belongs to a composition.
    energies: BTreeMap<String, EnergyErrors>,
    /// Of the record of the weights; added to every prediction.
    totals: Option<ElementEnergies>,
    /// Σ |Ê − E|/n with them, eV, and how many
    total_errors: (f64, u64),
    /// For the plot.
    pub parity: ParitySample,
    /// Where they are wanted.
    pub predictions: Option<Predictions>,
}

/// Energy errors, and how the offsets were taken.
pub struct EnergyScores {
    /// Of the compositions that have at least two frames; one frame has no error once its offset is removed.
    pub report: EnergyReport,
    /// Number of these compositions, each with its own offset.
    pub offsets: usize,
    /// Frames of compositions that occur once.
    pub left_out: usize,
}

impl Scores {
    /// Nothing yet; predictions are kept on request.
    pub fn new(keep_predictions: bool, totals: Option<ElementEnergies>) -> Self {
        Self {
            forces: ForceErrors::new(),
            energies: BTreeMap::new(),
            totals,
            total_errors: (0.0, 0),
            parity: ParitySample::new(PARITY_POINTS, PARITY_SEED),
            predictions: keep_predictions.then(Predictions::default),
        }
    }

    /// One frame: eV; eV/Å, (n,).
    pub fn add(
        &mut self,
        data: &DataSet,
        frame: usize,
        energy: f64,
        forces: &[Vec3],
    ) -> Result<()> {
        let place = || format!("{}, frame {frame}", data.path().display());
        let elements = data.elements(frame);
        let of_atoms = self.totals.as_ref().map(|totals| totals.sum(elements));
        let missing = |element| anyhow!("{}: no energy of {element}", place());
        let energy = energy + of_atoms.transpose().map_err(missing)?.unwrap_or(0.0);
        if let Some(reference) = data.forces(frame) {
            self.forces
                .add_frame(elements, forces, reference)
                .with_context(place)?;
            self.parity.add_forces(reference, forces);
        }
        if let Some(reference) = data.energy(frame) {
            let formula = System::new(elements.to_vec()).formula();
            let errors = self.energies.entry(formula).or_default();
            errors.add(energy, reference).with_context(place)?;
            if self.totals.is_some() {
                self.total_errors.0 += (energy - reference).abs() / elements.len() as f64;
                self.total_errors.1 += 1;
            }
        }
        if let Some(predictions) = &mut self.predictions {
            predictions.add(energy, forces);
        }
        Ok(())
    }

    /// Mean |Ê − E|/n of total energies, no offset removed, meV for each atom; `None` for weights that record no energies of
    /// atoms, and for a data set without energies.
    pub fn total_energy_mae(&self) -> Option<f64> {
        let (sum, count) = self.total_errors;
        (count > 0).then(|| 1e3 * sum / count as f64)
    }

    /// `None` for a data set without forces.
    pub fn forces(&self) -> Option<ForceReport> {
        self.forces.report().ok()
    }

    /// `None` for a data set without energies, or where every composition occurs only once.
    pub fn energies(&self) -> Option<EnergyScores> {
        let frames = |errors: &EnergyErrors| errors.report().map_or(0, |report| report.frames);
        let (repeated, single): (Vec<_>, Vec<_>) = self
            .energies
            .values()
            .partition(|errors| frames(errors) > 1);
        let repeated: Vec<EnergyErrors> = repeated.into_iter().cloned().collect();
        Some(EnergyScores {
            report: EnergyErrors::pooled(&repeated).ok()?,
            offsets: repeated.len(),
            left_out: single.len(),
        })
    }
}
