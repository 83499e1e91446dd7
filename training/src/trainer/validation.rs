//! How good the parameters are on conformations that training does not see.

use super::random::{stream, Purpose};
use super::Trainer;
use crate::data::Source;
use crate::objective::{Tally, Term};
use crate::TrainingError;
use oreo_potentials::oreo::gradients::Gradients;

/// Of a whole set.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// L with its sums over the whole set
    pub loss: f64,
    /// Term by term
    pub tally: Tally,
}

/// Mean absolute errors; `None` where nothing was asked or there are no labels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Errors {
    /// Of the components of forces, meV/Å
    pub force: Option<f64>,
    /// Of the energy, meV for each atom
    pub energy: Option<f64>,
    /// Of a scalar property, meV
    pub property: Option<f64>,
}

impl Errors {
    /// From sums of residuals.
    pub fn of(tally: &Tally) -> Self {
        let thousandths = |term| tally.mean_absolute(term).map(|error| 1e3 * error);
        Self {
            force: thousandths(Term::Forces),
            energy: thousandths(Term::Energy),
            property: thousandths(Term::Property),
        }
    }
}

impl Validation {
    /// Mean absolute error of the components of forces, meV/Å; `None` without labels.
    pub fn force_mae(&self) -> Option<f64> {
        self.errors().force
    }

    /// All mean absolute errors.
    pub fn errors(&self) -> Errors {
        Errors::of(&self.tally)
    }
}

impl<G: Gradients<f32>> Trainer<G> {
    /// Evaluates [`Trainer::averaged`] on every conformation of a source. Noise is the same every time, so that losses
    /// can be compared. Nothing that a step reads is changed.
    ///
    /// # Errors
    /// As of a step.
    pub fn validate(&mut self, source: &dyn Source) -> Result<Validation, TrainingError> {
        if self.average.is_none() {
            return self.evaluate_all(source);
        }
        let (parameters, averaged) = (self.parameters()?, self.averaged()?);
        self.engine.set_parameters(&averaged)?;
        let validation = self.evaluate_all(source);
        self.engine.set_parameters(&parameters)?;
        validation
    }

    fn evaluate_all(&mut self, source: &dyn Source) -> Result<Validation, TrainingError> {
        let seed = self.settings.seed;
        let mut noise = |_, member| stream(seed, Purpose::ValidationNoise, 0, member as u64);
        let mut tally = Tally::default();
        let evaluation = &mut self.evaluation;
        for start in (0..source.len()).step_by(self.settings.batch) {
            let members = start..source.len().min(start + self.settings.batch);
            evaluation.read(source, members, &self.objective, &mut noise)?;
            let outcome = evaluation.compare(&mut self.engine, &self.objective)?;
            if !outcome.loss.is_finite() {
                return Err(TrainingError::NotFinite {
                    moment: format!("validation after step {}", self.step),
                    what: "the loss is",
                    members: evaluation.culprits(source),
                    remedy: "leave these conformations out if their geometry or labels are broken, else continue with clip (10, say), or start again from the last good weights with a lower learning rate",
                });
            }
            tally.merge(&outcome.tally);
        }
        Ok(Validation {
            loss: tally.loss(self.objective.weights()),
            tally,
        })
    }
}
