//! A whole training run in its folder.

use super::checkpoint;
use super::curves::{Curves, Row};
use super::{Errors, Order, StepReport, Trainer, TrainerSettings};
use crate::data::Source;
use crate::ranks::{Alone, Group, Ranks};
use crate::TrainingError;
use oreo_core::{Archive, ArchiveError, Persist};
use oreo_potentials::oreo::gradients::Gradients;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Which weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Of the least validation loss so far
    Best,
    /// Of the last checkpoint
    Last,
}

/// Weights at a moment of the run.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// Which
    pub which: Which,
    /// In the order of the trainer's
    pub parameters: Vec<f32>,
    /// Steps done
    pub step: u64,
    /// Of the validation set; only of the best
    pub loss: Option<f64>,
    /// Of the validation set; only of the best
    pub errors: Errors,
    /// Of the run
    pub settings: &'a TrainerSettings,
}

/// Where weights go. Called again with equal snapshots after a run was killed and resumed.
pub trait Keep {
    /// Saves them.
    ///
    /// # Errors
    /// Ends the run.
    fn keep(&mut self, snapshot: &Snapshot<'_>) -> Result<(), TrainingError>;
}

/// Keeps nothing.
impl Keep for () {
    fn keep(&mut self, _: &Snapshot<'_>) -> Result<(), TrainingError> {
        Ok(())
    }
}

/// Sees a run without changing it.
pub trait Watch {
    /// After each step.
    fn step(&mut self, report: &StepReport);
    /// After each validation.
    fn validation(&mut self, row: &Row, is_best: bool);
}

/// Watches nothing.
impl Watch for () {
    fn step(&mut self, _: &StepReport) {}
    fn validation(&mut self, _: &Row, _: bool) {}
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All steps are done.
    Finished,
    /// No improvement for as long as the schedule allows.
    Exhausted,
    /// The time limit.
    TimeLimit,
    /// The stop flag; can be resumed.
    Stopped,
}

impl Ending {
    /// In the order in which they are looked for.
    const ALL: [Self; 4] = [
        Self::Finished,
        Self::Exhausted,
        Self::TimeLimit,
        Self::Stopped,
    ];
}

/// Everything around the trainer.
pub struct Run<'a> {
    /// Training set
    pub train: &'a dyn Source,
    /// Its order
    pub order: &'a dyn Order,
    /// Validation set, evaluated as a whole
    pub validation: &'a dyn Source,
    /// What the sets are, one line each, for a run that is continued: other lines are refused. None: their names and lengths
    pub data: &'a [String],
    /// Set it, for example on Ctrl-C, to end after the current step
    pub stop: &'a AtomicBool,
    /// Best and last weights
    pub keep: &'a mut dyn Keep,
    /// Progress
    pub watch: &'a mut dyn Watch,
}

/// Names in the run folder.
const CHECKPOINT: &str = "checkpoint.oreo";
const CURVES: &str = "learning_curves.csv";

/// Time is no part of the numbers of a run, but the curves go on with it.
struct Progress<'a, G> {
    trainer: &'a mut Trainer<G>,
    /// s, of earlier sessions
    before: f64,
    started: Instant,
    /// s of training steps since the last row
    busy: f64,
    /// Steps since the last row, of this session
    recent_steps: u64,
    /// Step of the last checkpoint
    saved: Option<u64>,
    /// What is trained on, a line for each part
    sets: Vec<u8>,
    /// Only of the rank that writes
    files: Option<Files>,
}

/// What is written on the way.
struct Files {
    curves: Curves,
    checkpoint: PathBuf,
}

impl Files {
    fn open(folder: &Path, step: u64) -> Result<Self, TrainingError> {
        Ok(Self {
            curves: Curves::open(&folder.join(CURVES), step)?,
            checkpoint: folder.join(CHECKPOINT),
        })
    }
}

impl<G> Progress<'_, G> {
    fn wall(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }
}

impl<G: Gradients<f32>> Persist for Progress<'_, G> {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let ours = self.sets.clone();
        archive.bytes("sets", &mut self.sets)?;
        if self.sets != ours {
            return Err(ArchiveError::Invalid {
                name: "sets".into(),
                problem: first_difference(&self.sets, &ours),
            });
        }
        let mut wall = self.wall();
        archive.f64("wall", &mut wall)?;
        (self.before, self.started) = (wall, Instant::now());
        self.trainer.persist(archive)
    }
}

impl Run<'_> {
    /// Trains in a folder; where it holds a checkpoint, goes on from there. A run that is killed at any moment and started
    /// again in this way gives the same weights and curves as one that is not, wall times aside.
    ///
    /// # Errors
    /// Empty sets; a checkpoint of another run; what a step or a validation says. The checkpoint then has the state before
    /// the failed step.
    pub fn train<G: Gradients<f32>>(
        &mut self,
        trainer: &mut Trainer<G>,
        folder: &Path,
    ) -> Result<Ending, TrainingError> {
        self.train_together(trainer, folder, &Group::new(Alone))
    }

    /// The same on every rank of a group, with an engine that they share: [`crate::ranks::Shared`]. Rank 0 alone writes,
    /// keeps and watches; what its clock, or the stop flag of any rank, says ends all of them after the same step. A rank
    /// with an error must announce it: [`Group::agree`].
    ///
    /// # Errors
    /// As of [`Run::train`]; when ranks begin with different steps or parameters.
    pub fn train_together<G: Gradients<f32>, R: Ranks>(
        &mut self,
        trainer: &mut Trainer<G>,
        folder: &Path,
        group: &Group<R>,
    ) -> Result<Ending, TrainingError> {
        let mut progress = self.start(trainer, folder)?;
        let (step, parameters) = (progress.trainer.step, progress.trainer.parameters()?);
        group.same("the first step", step as f64)?;
        let sum = parameters.into_iter().map(f64::from).sum();
        group.same("the sum of the first parameters", sum)?;
        if group.leads() {
            progress.files = Some(Files::open(folder, step)?);
        }
        loop {
            let ending = self.ending(&progress).map(|ending| ending as u8);
            let ending = group.first(ending)?.map(|n| Ending::ALL[usize::from(n)]);
            let step = progress.trainer.step;
            let due = step > 0 && step % progress.trainer.settings.checkpoint_every == 0;
            if (ending.is_some() || due) && progress.saved != Some(step) {
                self.save(&mut progress)?;
            }
            if let Some(ending) = ending {
                return Ok(ending);
            }
            if let Err(error) = self.step(&mut progress) {
                if progress.saved != Some(step) && step > 0 {
                    self.save_what_can_be(&mut progress);
                }
                return Err(error);
            }
            let (step, settings) = (progress.trainer.step, &progress.trainer.settings);
            if step % settings.validation_every == 0 || step == settings.steps {
                self.validate(&mut progress)?;
            }
        }
    }

    fn save<G: Gradients<f32>>(
        &mut self,
        progress: &mut Progress<'_, G>,
    ) -> Result<(), TrainingError> {
        progress.saved = Some(progress.trainer.step);
        let Some(files) = &mut progress.files else {
            return Ok(());
        };
        files.curves.sync()?;
        self.keep.keep(&last(progress.trainer)?)?;
        let path = files.checkpoint.clone();
        checkpoint::save(&path, progress)
    }

    /// Best effort: the error that matters is that of the step.
    fn save_what_can_be<G: Gradients<f32>>(&mut self, progress: &mut Progress<'_, G>) {
        let Some(files) = &mut progress.files else {
            return;
        };
        let _ = files.curves.sync();
        let _ = last(progress.trainer).and_then(|last| self.keep.keep(&last));
        let path = files.checkpoint.clone();
        let _ = checkpoint::save(&path, progress);
    }

    fn start<'t, G: Gradients<f32>>(
        &self,
        trainer: &'t mut Trainer<G>,
        folder: &Path,
    ) -> Result<Progress<'t, G>, TrainingError> {
        for (kind, source) in [("training", self.train), ("validation", self.validation)] {
            if source.is_empty() {
                let problem = format!("{}: the {kind} set is empty", source.name());
                return Err(TrainingError::Settings(problem));
            }
        }
        let describe = |source: &dyn Source| format!("{} ({})", source.name(), source.len());
        let sets = match self.data {
            [] => [self.train, self.validation].map(describe).join("\n"),
            lines => lines.join("\n"),
        };
        let mut progress = Progress {
            trainer,
            before: 0.0,
            started: Instant::now(),
            busy: 0.0,
            recent_steps: 0,
            saved: None,
            sets: sets.into_bytes(),
            files: None,
        };
        let path = folder.join(CHECKPOINT);
        if path.exists() {
            checkpoint::load(&path, &mut progress)?;
            progress.saved = Some(progress.trainer.step);
        }
        Ok(progress)
    }

    fn ending<G>(&self, progress: &Progress<'_, G>) -> Option<Ending> {
        let Trainer {
            settings,
            schedule,
            step,
            ..
        } = &*progress.trainer;
        let late = settings
            .time_limit
            .is_some_and(|limit| progress.wall() >= limit);
        let holds = [
            *step >= settings.steps,
            schedule.is_exhausted(),
            late,
            self.stop.load(Ordering::Relaxed),
        ];
        let mut endings = Ending::ALL.into_iter().zip(holds);
        endings.find_map(|(ending, holds)| holds.then_some(ending))
    }

    fn step<G: Gradients<f32>>(
        &mut self,
        progress: &mut Progress<'_, G>,
    ) -> Result<(), TrainingError> {
        let started = Instant::now();
        let report = progress.trainer.step(self.train, self.order)?;
        progress.busy += started.elapsed().as_secs_f64();
        progress.recent_steps += 1;
        if progress.files.is_some() {
            self.watch.step(&report);
        }
        Ok(())
    }

    fn validate<G: Gradients<f32>>(
        &mut self,
        progress: &mut Progress<'_, G>,
    ) -> Result<(), TrainingError> {
        let trainer = &mut *progress.trainer;
        let validation = trainer.validate(self.validation)?;
        let learning_rate = trainer.schedule.rate(trainer.step - 1);
        let is_best = trainer.schedule.validated(trainer.step, validation.loss);
        let recent = std::mem::take(&mut trainer.recent);
        let steps = std::mem::take(&mut progress.recent_steps);
        let busy = std::mem::take(&mut progress.busy);
        let wall = progress.wall();
        let Some(files) = &mut progress.files else {
            return Ok(());
        };
        if is_best {
            self.keep.keep(&Snapshot {
                which: Which::Best,
                loss: Some(validation.loss),
                errors: validation.errors(),
                ..last(progress.trainer)?
            })?;
        }
        let trainer = &*progress.trainer;
        let row = Row {
            step: trainer.step,
            samples: trainer.samples(),
            learning_rate,
            train: recent,
            validation: validation.tally,
            weights: *trainer.objective.weights(),
            samples_per_second: (steps * trainer.settings.batch as u64) as f64 / busy,
            wall,
        };
        self.watch.validation(&row, is_best);
        files.curves.append(&row)
    }
}

/// In one line: the first part that is not what it was.
fn first_difference(theirs: &[u8], ours: &[u8]) -> String {
    let [theirs, ours] = [theirs, ours].map(String::from_utf8_lossy);
    let (mut before, mut now) = (theirs.lines(), ours.lines());
    loop {
        let pair = (before.next(), now.next());
        if pair.0 != pair.1 || pair == (None, None) {
            let [was, is] = [pair.0, pair.1].map(|line| line.unwrap_or("nothing"));
            return format!("was trained on {was}, and not on {is}; continue with the same data, or begin a new run with the weights of this one as init");
        }
    }
}

fn last<G: Gradients<f32>>(trainer: &mut Trainer<G>) -> Result<Snapshot<'_>, TrainingError> {
    Ok(Snapshot {
        which: Which::Last,
        parameters: trainer.averaged()?,
        step: trainer.step,
        loss: None,
        errors: Errors::default(),
        settings: &trainer.settings,
    })
}
