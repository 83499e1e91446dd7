//! Weights files of a run, which say themselves how they came about.

use super::run::{Keep, Snapshot, Which};
use crate::TrainingError;
use oreo_potentials::oreo::Weights;
use std::path::PathBuf;

/// Writes `best.safetensors` and `last.safetensors` into a folder.
#[derive(Debug, Clone)]
pub struct WeightsWriter {
    /// The network; its parameters are replaced. Its record should hold `units`, `elements`, `trained_on` (names and hashes
    /// of the data) and `level_of_theory`; seed, objective, steps and losses are added here, the program by the file format.
    pub weights: Weights,
    /// Where to
    pub folder: PathBuf,
}

impl Keep for WeightsWriter {
    fn keep(&mut self, snapshot: &Snapshot<'_>) -> Result<(), TrainingError> {
        let parameters = snapshot.parameters.iter();
        self.weights
            .set_parameters(parameters.map(|&x| f64::from(x)));
        let settings = snapshot.settings;
        let objective = serde_json::to_string(&settings.objective).expect("plain values");
        let mut facts = vec![
            ("seed", settings.seed.to_string()),
            ("objective", objective),
            ("batch", settings.batch.to_string()),
            ("steps", snapshot.step.to_string()),
        ];
        let number = |value: Option<f64>| value.map(|value| format!("{value:.6e}"));
        let losses = [
            ("validation_loss", number(snapshot.loss)),
            (
                "validation_force_mae_mev_per_a",
                number(snapshot.errors.force),
            ),
            (
                "validation_energy_mae_mev_per_atom",
                number(snapshot.errors.energy),
            ),
            (
                "validation_property_mae_mev",
                number(snapshot.errors.property),
            ),
        ];
        for (name, value) in losses {
            // What an earlier snapshot said must not stay.
            self.weights.record.remove(name);
            facts.extend(value.map(|value| (name, value)));
        }
        let record = &mut self.weights.record;
        record.extend(facts.into_iter().map(|(name, fact)| (name.into(), fact)));
        let name = match snapshot.which {
            Which::Best => "best.safetensors",
            Which::Last => "last.safetensors",
        };
        Ok(self.weights.save(self.folder.join(name))?)
    }
}
