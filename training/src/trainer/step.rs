//! One step of training.

use super::evaluation::Evaluation;
use super::layout::{to_memory, to_parameters};
use super::random::{stream, Purpose};
use super::{Order, TrainerSettings};
use crate::data::Source;
use crate::objective::{ElementEnergies, Objective, Tally};
use crate::optimiser::{clip, Active, AdamW, Average, Schedule};
use crate::TrainingError;
use oreo_potentials::oreo::gradients::Gradients;
use oreo_potentials::oreo::layout::Entry;

/// An engine with its parameters, and everything else that the next step reads.
pub struct Trainer<G> {
    pub(super) settings: TrainerSettings,
    pub(super) objective: Objective,
    pub(super) engine: G,
    /// How many parameters the engine has.
    pub(super) count: usize,
    /// Which of them move, in the engine's own order; so are the moments and the average.
    pub(super) active: Active,
    pub(super) optimiser: AdamW<f32>,
    pub(super) average: Option<Average<f32>>,
    pub(super) schedule: Schedule,
    /// Steps done
    pub(super) step: u64,
    /// Of the training steps since the last validation
    pub(super) recent: Tally,
    /// Scratch
    pub(super) evaluation: Evaluation,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// Its number, from 1
    pub step: u64,
    /// L of the batch before the step
    pub loss: f64,
    /// Term by term
    pub tally: Tally,
    /// Norm of the gradient before it was clipped
    pub gradient_norm: f64,
    /// Per step, without unit
    pub learning_rate: f64,
}

const REMEDY: &str = "nothing was changed by this step; leave these conformations out if their geometry or labels are broken, else continue with clip (10, say), or start again from the last good weights with a lower learning rate";

/// Moments hold squares in f32; one that overflows would stop its parameter for good.
fn overflows(norm: f64) -> bool {
    !(norm as f32 * norm as f32).is_finite()
}

impl<G: Gradients<f32>> Trainer<G> {
    /// At step 0. `entries` name the tensors of `parameters`, as `oreo_potentials::oreo::gradients::trainable` gives them.
    ///
    /// # Errors
    /// Settings without sense, another number of parameters than the tensors have, or an error of the engine.
    pub fn new(
        settings: TrainerSettings,
        mut engine: G,
        entries: &[Entry],
        parameters: Vec<f32>,
    ) -> Result<Self, TrainingError> {
        settings.check()?;
        let active = Active::freezing(entries, &settings.frozen)?;
        if active.parameters() != parameters.len() {
            return Err(TrainingError::Settings(format!(
                "{} parameters were given for tensors of {}; give those of the same network",
                parameters.len(),
                active.parameters()
            )));
        }
        engine.set_parameters(&parameters)?;
        let order = engine.order();
        let memory = order.len();
        let average = settings.average.map(|decay| {
            let mut start = vec![0.0; memory];
            to_memory(order, &parameters, &mut start);
            Average::new(decay, &start)
        });
        Ok(Self {
            objective: Objective::new(&settings.objective)?,
            optimiser: AdamW::new(settings.optimiser.clone(), memory)?,
            average: average.transpose()?,
            schedule: Schedule::new(settings.schedule.clone(), settings.steps)?,
            count: parameters.len(),
            active: active.in_order(order),
            settings,
            engine,
            step: 0,
            recent: Tally::default(),
            evaluation: Evaluation::default(),
        })
    }

    /// Takes energies of free atoms off all energy labels.
    pub fn with_element_energies(mut self, energies: ElementEnergies) -> Self {
        self.objective = self.objective.with_element_energies(energies);
        self
    }

    /// One step. After an error, nothing but scratch memory has changed, unless the engine refuses its new parameters.
    ///
    /// # Errors
    /// Of the source or the engine; a conformation of which nothing is asked; numbers that are not finite.
    pub fn step(
        &mut self,
        source: &dyn Source,
        order: &dyn Order,
    ) -> Result<StepReport, TrainingError> {
        let (seed, step) = (self.settings.seed, self.step);
        let batch = self.settings.batch as u64;
        let members = (0..batch).map(|place| order.index(step * batch + place));
        let mut noise = |place, _| stream(seed, Purpose::Noise, step, place as u64);
        let evaluation = &mut self.evaluation;
        evaluation.read(source, members, &self.objective, &mut noise)?;
        let outcome = evaluation.compare(&mut self.engine, &self.objective)?;
        if !outcome.loss.is_finite() {
            let members = evaluation.culprits(source);
            return Err(self.not_finite("the loss is", members));
        }
        evaluation.differentiate(&mut self.engine)?;
        let norm = clip::norm(self.engine.gradient(), &self.active);
        if overflows(norm) {
            let active = &self.active;
            let members =
                self.evaluation
                    .culprits_of_gradient(&mut self.engine, source, &|gradient| {
                        overflows(clip::norm(gradient, active))
                    })?;
            return Err(self.not_finite("the gradient or its square is", members));
        }
        let rate = self.schedule.rate(step);
        self.recent.merge(&outcome.tally);
        self.apply(norm, rate)?;
        Ok(StepReport {
            step: self.step,
            loss: outcome.loss,
            tally: outcome.tally,
            gradient_norm: norm,
            learning_rate: rate,
        })
    }

    fn apply(&mut self, norm: f64, rate: f64) -> Result<(), TrainingError> {
        if let Some(bound) = self.settings.clip {
            clip::to_norm(self.engine.gradient(), norm, bound, &self.active);
        }
        let average = self.average.as_mut();
        let mut step = self.optimiser.begin(rate, &self.active, average);
        let mut rule = |start, parameters: &mut [f32], gradient: &[f32]| {
            step.apply(start, parameters, gradient);
        };
        self.engine.update(&mut rule)?;
        self.step += 1;
        Ok(())
    }

    fn not_finite(&self, what: &'static str, members: String) -> TrainingError {
        TrainingError::NotFinite {
            moment: format!("step {}", self.step + 1),
            what,
            members,
            remedy: REMEDY,
        }
    }
}

impl<G: Gradients<f32>> Trainer<G> {
    /// Of the last step.
    ///
    /// # Errors
    /// Of the engine.
    pub fn parameters(&mut self) -> Result<Vec<f32>, TrainingError> {
        Ok(self.engine.parameters()?)
    }

    /// What is validated and saved: the moving average, or the parameters themselves.
    ///
    /// # Errors
    /// Of the engine.
    pub fn averaged(&mut self) -> Result<Vec<f32>, TrainingError> {
        let mut parameters = self.parameters()?;
        if let Some(average) = &self.average {
            to_parameters(self.engine.order(), average.values(), &mut parameters);
        }
        Ok(parameters)
    }
}

impl<G> Trainer<G> {
    /// Steps done.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Conformations seen.
    pub fn samples(&self) -> u64 {
        self.step * self.settings.batch as u64
    }

    /// As resolved.
    pub fn settings(&self) -> &TrainerSettings {
        &self.settings
    }

    /// Taken off the energy labels; `None` where they are taken as they are.
    pub fn element_energies(&self) -> Option<&ElementEnergies> {
        self.objective.element_energies()
    }
}
