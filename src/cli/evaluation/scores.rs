//! Errors of predictions, added up frame by frame.

use super::predictions::Predictions;
use anyhow::{Context, Result};
use oreo_core::{System, Vec3};
use oreo_formats::DataSet;
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
    pub fn new(keep_predictions: bool) -> Self {
        Self {
            forces: ForceErrors::new(),
            energies: BTreeMap::new(),
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
        }
        if let Some(predictions) = &mut self.predictions {
            predictions.add(energy, forces);
        }
        Ok(())
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
