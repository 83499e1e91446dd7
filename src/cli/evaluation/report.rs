//! The result of `oreo evaluate`, under names that scripts rely on.

use super::scores::EnergyScores;
use crate::cli::weights_source::WeightsSource;
use oreo_validation::forces::{ElementForceErrors, ForceReport};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// What was compared with what, and how.
#[derive(Debug, Serialize)]
pub struct Setting {
    /// As given.
    pub weights: WeightsSource,
    /// Lower-case hex.
    pub weights_sha256: Option<String>,
    /// As given.
    pub data: PathBuf,
    /// Of which only a part was looked at.
    pub split: Option<PathBuf>,
    /// `test`, `later`, …
    pub part: Option<String>,
    /// `rmd17` or `md17`, where it was said.
    pub labels: Option<String>,
    /// `f64`, `f32`
    pub precision: &'static str,
    /// `cpu`
    pub device: String,
    /// `fused` or `reference`
    pub path: String,
    /// Of the network.
    pub threads: u32,
    /// Frames per call.
    pub batch: u32,
}

/// Everything that `--json` prints. What the data set has no labels for is `null`, never zero.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Compared or predicted.
    pub frames: u64,
    /// Of all frames together.
    pub atoms: u64,
    /// Of each frame, where all have the same number.
    pub atoms_per_frame: Option<usize>,
    /// Mean over frames, atoms and Cartesian components.
    pub force_mae_mev_per_a: Option<f64>,
    /// Root of the mean square over the same.
    pub force_rmse_mev_per_a: Option<f64>,
    /// Mean over frames of the cosine between predicted and reference forces.
    pub force_cosine: Option<f64>,
    /// Mean |Ê − E − offset| per molecule; one offset per composition.
    pub energy_mae_mev: Option<f64>,
    /// Wall time of the network and its neighbour lists, divided by the frames.
    pub ms_per_frame: f64,
    /// Mean over atoms of the length of the error: **not** the published MAE.
    pub force_norm_mae_mev_per_a: Option<f64>,
    /// Largest error of a component.
    pub force_max_error_mev_per_a: Option<f64>,
    /// Cosine of all frames strung together.
    pub force_cosine_global: Option<f64>,
    /// By ascending atomic number.
    pub per_element: Option<Vec<ElementForceErrors>>,
    /// Root of the mean square, offset removed.
    pub energy_rmse_mev: Option<f64>,
    /// Mean of Ê − E.
    pub energy_offset_ev: Option<f64>,
    /// How many offsets were removed.
    pub energy_offsets: Option<usize>,
    /// Mean |Ê − E|/n of total energies, no offset removed: for weights that record energies of atoms.
    pub total_energy_mae_mev_per_atom: Option<f64>,
    /// Frames that enter the energy errors.
    pub energy_frames: Option<u64>,
    /// How it was computed.
    #[serde(flatten)]
    pub setting: Setting,
    /// Where they were written.
    pub predictions: Option<PathBuf>,
    /// SVG and PNG.
    pub plots: Vec<PathBuf>,
}

impl Report {
    /// From what was added up.
    pub fn new(
        setting: Setting,
        counts: (u64, u64, Option<usize>),
        ms_per_frame: f64,
        forces: Option<&ForceReport>,
        energies: Option<&EnergyScores>,
    ) -> Self {
        let (frames, atoms, atoms_per_frame) = counts;
        let energy = energies.map(|scores| scores.report);
        Self {
            frames,
            atoms,
            atoms_per_frame,
            force_mae_mev_per_a: forces.map(|f| f.force_mae_mev_per_a),
            force_rmse_mev_per_a: forces.map(|f| f.force_rmse_mev_per_a),
            force_cosine: forces.and_then(|f| f.force_cosine),
            energy_mae_mev: energy.map(|e| e.energy_mae_mev),
            ms_per_frame,
            force_norm_mae_mev_per_a: forces.map(|f| f.force_norm_mae_mev_per_a),
            force_max_error_mev_per_a: forces.map(|f| f.force_max_error_mev_per_a),
            force_cosine_global: forces.and_then(|f| f.force_cosine_global),
            per_element: forces.map(|f| f.per_element.clone()),
            energy_rmse_mev: energy.map(|e| e.energy_rmse_mev),
            energy_offset_ev: energy.map(|e| e.energy_offset_ev),
            energy_offsets: energies.map(|scores| scores.offsets),
            total_energy_mae_mev_per_atom: None,
            energy_frames: energy.map(|e| e.frames),
            setting,
            predictions: None,
            plots: Vec::new(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "frames          {} ({} atoms)", self.frames, self.atoms)?;
        self.write_forces(f)?;
        match (self.energy_mae_mev, self.energy_rmse_mev) {
            (Some(mae), Some(rmse)) => writeln!(
                f,
                "energy MAE      {mae:.3} meV, RMSE {rmse:.3} meV, mean offset of {:.6} eV removed",
                self.energy_offset_ev.unwrap_or(f64::NAN)
            )?,
            _ => writeln!(
                f,
                "energy MAE      none: needs reference energies of two frames of a composition"
            )?,
        }
        if let Some(mae) = self.total_energy_mae_mev_per_atom {
            writeln!(
                f,
                "total energy    MAE {mae:.3} meV per atom, no offset removed"
            )?;
        }
        writeln!(
            f,
            "time            {:.3} ms per frame ({} path, {}, {}, threads: {}, batch of {})",
            self.ms_per_frame,
            self.setting.path,
            self.setting.precision,
            self.setting.device,
            self.setting.threads,
            self.setting.batch
        )?;
        if let Some(path) = &self.predictions {
            writeln!(f, "predictions     {}", path.display())?;
        }
        for path in &self.plots {
            writeln!(f, "plot            {}", path.display())?;
        }
        Ok(())
    }
}

impl Report {
    fn write_forces(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(mae), Some(rmse)) = (self.force_mae_mev_per_a, self.force_rmse_mev_per_a) else {
            return writeln!(f, "force MAE       none: the data set has no forces");
        };
        writeln!(
            f,
            "force MAE       {mae:.3} meV/Å over frames, atoms and components"
        )?;
        for element in self.per_element.iter().flatten() {
            writeln!(
                f,
                "  {:<14}{:.3} meV/Å ({} atoms)",
                element.element, element.force_mae_mev_per_a, element.atoms
            )?;
        }
        writeln!(f, "force RMSE      {rmse:.3} meV/Å")?;
        if let Some(cosine) = self.force_cosine {
            writeln!(f, "force cosine    {cosine:.6}")?;
        }
        Ok(())
    }
}
