//! Reference frames that were sampled at one level of theory and labelled at another: h(r), bonds and angles at the level of the
//! labels, which are those that a network trained on them can have.

use super::results::ReweightedReference;
use crate::cli::inputs::Reference;
use oreo_core::units;
use oreo_validation::kinds::{KindStatistics, KindSummaries};
use oreo_validation::{Distribution, Reweighting};

/// Frames, each counted as often as it would occur at the level of its label.
pub struct Relabelled {
    /// h(r)
    pub distribution: Distribution,
    /// Bonds and angles.
    pub kinds: KindSummaries,
    summary: ReweightedReference,
}

impl Relabelled {
    /// Takes the frames for samples at the thermal energy `kt` (eV) of the run; `kinds` are theirs.
    ///
    /// # Errors
    /// In words: what is missing.
    pub fn of(
        reference: &Reference,
        kinds: &KindStatistics,
        kt: Option<f64>,
    ) -> Result<Self, String> {
        let Some(sampled) = &reference.sampling_energies else {
            return Err("the reference has no energies at two levels of theory".into());
        };
        let kt =
            kt.ok_or("there is no temperature of a run at which frames could be reweighted")?;
        let labels: Option<Vec<f64>> = reference.frames.iter().map(|frame| frame.energy).collect();
        let labels = labels.ok_or("the reference has frames without energies")?;
        let reweighting =
            Reweighting::new(sampled, &labels, kt).map_err(|error| error.to_string())?;
        let distribution = reweighting
            .distribution(&reference.frames)
            .map_err(|error| error.to_string())?;
        let kinds = reweighting
            .kinds(&reference.frames, kinds)
            .map_err(|error| error.to_string())?;
        let summary = ReweightedReference {
            temperature_k: kt / units::KELVIN,
            effective_frames: reweighting.effective_frames(),
            h_r_shift: distribution.mae(&reference.distribution),
            h_r_half_split: reweighting.half_split(&reference.frames).ok(),
        };
        Ok(Self {
            distribution,
            kinds,
            summary,
        })
    }

    /// For `analysis.json`.
    pub fn summary(&self) -> ReweightedReference {
        self.summary
    }
}
