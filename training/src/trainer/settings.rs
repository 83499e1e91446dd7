//! Everything that a training run can be told.

use crate::objective::ObjectiveSettings;
use crate::optimiser::{AdamWSettings, ScheduleSettings};
use crate::TrainingError;
use serde::{Deserialize, Serialize};

/// Settings with the paper's defaults; see the fields for those that the paper does not give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TrainerSettings {
    /// Of the order of conformations and of the noise
    pub seed: u64,
    /// Steps of the whole run (not of the paper: 300,000)
    pub steps: u64,
    /// Conformations for each step; 32 in the paper
    pub batch: usize,
    /// Steps between validations; 500 in the paper
    pub validation_every: u64,
    /// Steps between checkpoints (500, no loss of more than that)
    pub checkpoint_every: u64,
    /// Seconds of wall time after which the run ends as if its steps were done; none: no limit
    pub time_limit: Option<f64>,
    /// Longest gradient, in its own unit (that of the loss, eV²/Å², for each unit of a parameter); none: no clipping
    pub clip: Option<f64>,
    /// Memory of the moving average of the parameters, per step, without unit; it is then what is validated and saved. None:
    /// the parameters themselves
    pub average: Option<f64>,
    /// Tensors that do not move, by the start of their names, such as `representation_model.embedding`
    pub frozen: Vec<String>,
    /// What is asked of the network
    pub objective: ObjectiveSettings,
    /// AdamW
    pub optimiser: AdamWSettings,
    /// Learning rate
    pub schedule: ScheduleSettings,
}

impl Default for TrainerSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            steps: 300_000,
            batch: 32,
            validation_every: 500,
            checkpoint_every: 500,
            time_limit: None,
            clip: None,
            average: None,
            frozen: Vec::new(),
            objective: ObjectiveSettings::default(),
            optimiser: AdamWSettings::default(),
            schedule: ScheduleSettings::default(),
        }
    }
}

impl TrainerSettings {
    /// # Errors
    /// Names the first setting that makes no sense, those of the parts included.
    pub fn check(&self) -> Result<(), TrainingError> {
        let counts = [
            ("steps", self.steps),
            ("batch", self.batch as u64),
            ("validation-every", self.validation_every),
            ("checkpoint-every", self.checkpoint_every),
        ];
        if let Some((name, _)) = counts.into_iter().find(|&(_, count)| count == 0) {
            let problem = format!("{name} = 0; it must be at least 1");
            return Err(TrainingError::Settings(problem));
        }
        for (name, value) in [("clip", self.clip), ("time-limit", self.time_limit)] {
            if let Some(value) = value.filter(|&value| value.is_nan() || value <= 0.0) {
                let problem = format!("{name} = {value}; it must be positive, or left out");
                return Err(TrainingError::Settings(problem));
            }
        }
        self.objective.weights()?;
        self.optimiser.check()?;
        self.schedule.check(self.steps)
    }

    /// The settings that decide the numbers of a run, by name: a run can be continued with others of the rest (how long,
    /// how often it is saved), but not of these. The number of steps is among them where the learning rate depends on it;
    /// the bound on the gradient is not, for it is the remedy where one conformation ends a run.
    pub(super) fn of_the_numbers(&self) -> serde_json::Map<String, serde_json::Value> {
        let settings = serde_json::to_value(self).expect("settings are plain numbers and text");
        let serde_json::Value::Object(mut settings) = settings else {
            unreachable!("a struct is an object")
        };
        settings.remove("checkpoint-every");
        settings.remove("time-limit");
        settings.remove("clip");
        if !matches!(
            self.schedule.then,
            crate::optimiser::AfterWarmUp::Cosine { .. }
        ) {
            settings.remove("steps");
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults of the ET-OREO paper, as issue and paper give them.
    #[test]
    fn defaults_are_those_of_the_paper() {
        let settings: TrainerSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, TrainerSettings::default());
        assert_eq!((settings.batch, settings.validation_every), (32, 500));
        assert_eq!(settings.schedule.learning_rate, 1e-4);
        assert_eq!(settings.schedule.warm_up_from, 1e-7);
        assert_eq!(settings.schedule.warm_up_steps, 10_000);
        assert_eq!(settings.optimiser.weight_decay, 0.0);
        assert!(settings.check().is_ok());
    }

    #[test]
    fn nonsense_is_named() {
        for (text, word) in [
            (r#"{"batch": 0}"#, "batch"),
            (r#"{"clip": 0}"#, "clip"),
            (r#"{"time-limit": -1}"#, "time-limit"),
            (r#"{"objective": {"forces": -1}}"#, "forces"),
            (r#"{"optimiser": {"epsilon": 0}}"#, "epsilon"),
            (r#"{"schedule": {"learning-rate": -1}}"#, "learning-rate"),
        ] {
            let settings: TrainerSettings = serde_json::from_str(text).unwrap();
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        let unknown = serde_json::from_str::<TrainerSettings>(r#"{"learning-rate": 1}"#);
        assert!(unknown.unwrap_err().to_string().contains("learning-rate"));
    }
}
