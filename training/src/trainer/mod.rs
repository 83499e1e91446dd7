//! The loop, its checkpoints and its run folder.
//!
//! - [`TrainerSettings`]: everything that a run can be told
//! - [`Trainer`]: parameters, optimiser and schedule; one [`step`](Trainer::step) at a time, and [`Validation`]
//! - [`Order`], [`Shuffled`]: which conformation comes when
//! - [`Run`]: the whole loop with its folder: checkpoint, learning curves, best and last weights
//! - [`fit_element_energies`]: what total energies need besides a network of forces; [`energy_error`]
//! - [`checkpoint`]: a file of named numbers, checked and replaced atomically
//! - [`curves`]: the table of losses; [`WeightsWriter`]: the weights with the record of how they came about
//!
//! Nothing random has a state: noise and order are functions of the seed, the step and the place in the batch
//! ([`random`]), so that a run continued from a checkpoint is the run that was never stopped, to the bit.
//!
//! Several ranks need no other trainer: an engine that shares the molecules of a batch among ranks and adds up their
//! gradients is behind `oreo_potentials::oreo::gradients::Gradients` like any other, and every rank makes the same steps.

pub mod checkpoint;
pub mod curves;
mod element_energies;
mod evaluation;
mod layout;
mod order;
mod persistence;
pub mod random;
mod run;
mod settings;
mod step;
mod validation;
mod weights;

pub use element_energies::{
    energy_error, fit_element_energies, EnergyError, FittedElementEnergies,
};
pub use order::{Order, Shuffled};
pub use run::{Ending, Keep, Run, Snapshot, Watch, Which};
pub use settings::TrainerSettings;
pub use step::{StepReport, Trainer};
pub use validation::{Errors, Validation};
pub use weights::WeightsWriter;
