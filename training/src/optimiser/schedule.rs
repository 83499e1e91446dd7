//! The learning rate over a run, and when there is nothing left to hope for.

use crate::TrainingError;
use oreo_core::{Archive, ArchiveError, Persist};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How the learning rate changes. Defaults are the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ScheduleSettings {
    /// At the end of the warm-up, per step, without unit
    pub learning_rate: f64,
    /// At the first step
    pub warm_up_from: f64,
    /// Steps of the linear way up; 0 starts at the top
    pub warm_up_steps: u64,
    /// What follows
    pub then: AfterWarmUp,
    /// The run ends after so many validations in a row without improvement after the warm-up; none: never
    pub stop_after: Option<u64>,
}

/// What follows the warm-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    tag = "kind",
    deny_unknown_fields
)]
pub enum AfterWarmUp {
    /// The rate stays.
    Constant,
    /// The rate is multiplied by `factor` whenever the validation loss has not improved `patience` times in a row.
    Plateau {
        /// In (0, 1); 0.8 in the paper
        factor: f64,
        /// Validations; 30 in the paper
        patience: u64,
        /// The rate does not fall below
        lowest: f64,
    },
    /// Half a cosine down to `lowest`, over the rest of the run (Loshchilov & Hutter 2017, eq. 5).
    Cosine {
        /// At the last step
        lowest: f64,
    },
}

impl Default for ScheduleSettings {
    fn default() -> Self {
        Self {
            learning_rate: 1e-4,
            warm_up_from: 1e-7,
            warm_up_steps: 10_000,
            then: AfterWarmUp::Plateau {
                factor: 0.8,
                patience: 30,
                lowest: 1e-7,
            },
            stop_after: None,
        }
    }
}

impl ScheduleSettings {
    /// # Errors
    /// Names the first value that makes no sense.
    pub fn check(&self, steps: u64) -> Result<(), TrainingError> {
        let refuse = |what: String| Err(TrainingError::Settings(format!("schedule: {what}")));
        let top = self.learning_rate;
        if !(top > 0.0 && top.is_finite()) {
            return refuse(format!("learning-rate = {top}; it must be positive"));
        }
        if !(0.0..=top).contains(&self.warm_up_from) {
            return refuse(format!(
                "warm-up-from = {}; it must be between 0 and learning-rate = {top}",
                self.warm_up_from
            ));
        }
        if self.stop_after == Some(0) {
            return refuse("stop-after = 0; give at least 1 validation, or leave it out".into());
        }
        match self.then {
            AfterWarmUp::Constant => Ok(()),
            AfterWarmUp::Plateau { lowest, .. } | AfterWarmUp::Cosine { lowest }
                if !(0.0..=top).contains(&lowest) =>
            {
                refuse(format!(
                    "lowest = {lowest}; it must be between 0 and learning-rate = {top}"
                ))
            }
            AfterWarmUp::Plateau { factor, .. } if !(factor > 0.0 && factor < 1.0) => {
                refuse(format!("factor = {factor}; it must be between 0 and 1"))
            }
            AfterWarmUp::Plateau { patience: 0, .. } => {
                refuse("patience = 0; give at least 1 validation".into())
            }
            AfterWarmUp::Cosine { .. } if steps <= self.warm_up_steps => refuse(format!(
                "warm-up-steps = {} leave nothing of {steps} steps for the cosine",
                self.warm_up_steps
            )),
            _ => Ok(()),
        }
    }
}

/// The schedule with its memory.
#[derive(Debug, Clone)]
pub struct Schedule {
    settings: ScheduleSettings,
    /// Steps of the whole run.
    steps: u64,
    /// What plateaus have left of the rate.
    factor: f64,
    /// Least validation loss so far.
    best: f64,
    /// Validations since the best or the last reduction, whichever is later.
    waited: u64,
    /// Validations since the best.
    without_improvement: u64,
}

impl Schedule {
    /// For a run of `steps` steps.
    ///
    /// # Errors
    /// Those of [`ScheduleSettings::check`].
    pub fn new(settings: ScheduleSettings, steps: u64) -> Result<Self, TrainingError> {
        settings.check(steps)?;
        Ok(Self {
            settings,
            steps,
            factor: 1.0,
            best: f64::INFINITY,
            waited: 0,
            without_improvement: 0,
        })
    }

    /// The learning rate of step number `step`, counted from 0.
    pub fn rate(&self, step: u64) -> f64 {
        let settings = &self.settings;
        let (top, up) = (settings.learning_rate, settings.warm_up_steps);
        if step < up {
            let share = step as f64 / up as f64;
            return settings.warm_up_from + share * (top - settings.warm_up_from);
        }
        match settings.then {
            AfterWarmUp::Constant => top,
            AfterWarmUp::Plateau { lowest, .. } => (top * self.factor).max(lowest),
            AfterWarmUp::Cosine { lowest } => {
                let share = (step - up) as f64 / (self.steps - up) as f64;
                lowest + 0.5 * (top - lowest) * (1.0 + (PI * share.min(1.0)).cos())
            }
        }
    }

    /// Takes in the loss of a validation after `step` steps; says whether it is the least so far. During the warm-up no
    /// patience is lost: nothing is decided there yet.
    pub fn validated(&mut self, step: u64, loss: f64) -> bool {
        if loss < self.best {
            (self.best, self.waited, self.without_improvement) = (loss, 0, 0);
            return true;
        }
        if step > self.settings.warm_up_steps {
            self.waited += 1;
            self.without_improvement += 1;
            self.reduce();
        }
        false
    }

    fn reduce(&mut self) {
        if let AfterWarmUp::Plateau {
            factor, patience, ..
        } = self.settings.then
        {
            if self.waited >= patience {
                self.factor *= factor;
                self.waited = 0;
            }
        }
    }

    /// Whether the run should end early.
    pub fn is_exhausted(&self) -> bool {
        let stop_after = self.settings.stop_after;
        stop_after.is_some_and(|validations| self.without_improvement >= validations)
    }

    /// Least validation loss so far; infinite before the first.
    pub fn best(&self) -> f64 {
        self.best
    }
}

impl Persist for Schedule {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        archive.f64("schedule-factor", &mut self.factor)?;
        archive.f64("schedule-best", &mut self.best)?;
        archive.u64("schedule-waited", &mut self.waited)?;
        archive.u64(
            "schedule-without-improvement",
            &mut self.without_improvement,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(then: AfterWarmUp, stop_after: Option<u64>) -> Schedule {
        let settings = ScheduleSettings {
            learning_rate: 1e-4,
            warm_up_from: 1e-7,
            warm_up_steps: 100,
            then,
            stop_after,
        };
        Schedule::new(settings, 1100).unwrap()
    }

    const PLATEAU: AfterWarmUp = AfterWarmUp::Plateau {
        factor: 0.8,
        patience: 3,
        lowest: 7e-5,
    };

    #[test]
    fn the_warm_up_is_a_straight_line_between_its_ends() {
        let schedule = schedule(PLATEAU, None);
        assert_eq!(schedule.rate(0), 1e-7);
        assert!((schedule.rate(50) - 0.5 * (1e-4 + 1e-7)).abs() < 1e-18);
        assert_eq!(schedule.rate(100), 1e-4);
        assert_eq!(schedule.rate(1_000_000), 1e-4);
    }

    /// Planted: a counter that the reduction does not reset reduces at every validation from then on.
    #[test]
    fn a_plateau_reduces_once_per_patience_and_not_below_the_lowest() {
        let mut schedule = schedule(PLATEAU, None);
        assert!(schedule.validated(200, 1.0));
        let mut rates = Vec::new();
        for _ in 0..9 {
            assert!(!schedule.validated(200, 1.0));
            rates.push(schedule.rate(200));
        }
        let expected = [1.0, 1.0, 0.8, 0.8, 0.8, 0.7, 0.7, 0.7, 0.7];
        for (rate, expected) in rates.iter().zip(expected) {
            assert!((rate / 1e-4 - expected).abs() < 1e-12, "{rates:?}");
        }
    }

    #[test]
    fn improvement_restarts_the_patience() {
        let mut schedule = schedule(PLATEAU, Some(4));
        for loss in [1.0, 1.1, 1.1, 0.9, 1.0, 1.0] {
            schedule.validated(200, loss);
        }
        assert_eq!(schedule.rate(200), 1e-4);
        assert_eq!(schedule.best(), 0.9);
        schedule.validated(200, f64::NAN);
        assert!(schedule.rate(200) < 1e-4 && !schedule.is_exhausted());
        schedule.validated(200, 1.0);
        assert!(schedule.is_exhausted());
    }

    #[test]
    fn the_warm_up_costs_no_patience() {
        let mut schedule = schedule(PLATEAU, Some(1));
        for _ in 0..10 {
            schedule.validated(100, 1.0);
        }
        assert!(!schedule.is_exhausted());
        assert_eq!(schedule.rate(100), 1e-4);
    }

    #[test]
    fn a_cosine_ends_at_its_lowest() {
        let schedule = schedule(AfterWarmUp::Cosine { lowest: 1e-6 }, None);
        assert_eq!(schedule.rate(100), 1e-4);
        assert!((schedule.rate(600) - 0.5 * (1e-4 + 1e-6)).abs() < 1e-12);
        assert!((schedule.rate(1100) - 1e-6).abs() < 1e-12);
        assert!((schedule.rate(5000) - 1e-6).abs() < 1e-12);
    }

    #[test]
    fn settings_read_as_typed_and_nonsense_is_named() {
        let read = |text: &str| serde_json::from_str::<ScheduleSettings>(text).unwrap();
        assert_eq!(read("{}"), ScheduleSettings::default());
        let cosine = read(r#"{"then": {"kind": "cosine", "lowest": 1e-6}}"#);
        let error = cosine.check(10_000).unwrap_err().to_string();
        assert!(error.contains("cosine") && cosine.check(10_001).is_ok());
        for (text, word) in [
            (r#"{"learning-rate": 0}"#, "learning-rate"),
            (r#"{"warm-up-from": 1}"#, "warm-up-from"),
            (r#"{"stop-after": 0}"#, "stop-after"),
            (
                r#"{"then": {"kind": "plateau", "factor": 1, "patience": 3, "lowest": 0}}"#,
                "factor",
            ),
            (
                r#"{"then": {"kind": "plateau", "factor": 0.5, "patience": 0, "lowest": 0}}"#,
                "patience",
            ),
        ] {
            let error = read(text).check(100_000).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
