//! Oreo: molecular dynamics with a pluggable learned potential.
//!
//! - the loop: [`Simulation`] moves [`Replica`]s under one [`core::Potential`]
//! - [`observers`]: what a run writes down; the rules that stop one are in [`validation::stability`]
//! - [`Relaxation`]: a structure to the minimum that it belongs to
//! - [`Committee`]: further potentials that are asked how far they agree with the one that moves the atoms
//! - [`built_in`]: weights that come with the program
//! - [`checkpoint`]: save and continue to the bit
//! - [`run`]: the folder of a run, its summary
//! - `cli`: the program `oreo`
//!
//! and, re-exported, the crates below: [`core`] (the vocabulary), [`integrators`], [`potentials`], [`formats`],
//! [`validation`], [`training`].
//!
//! Argon at constant energy, in a few lines (`examples/simplest.rs` prints more):
//!
//! ```
//! use oreo::core::{units::FEMTOSECOND, Cell, State, System, Vec3};
//! use oreo::{integrators::VelocityVerlet, potentials::LennardJones, Replica, Simulation, DEFAULT_SKIN};
//!
//! let argon = System::from_symbols(&["Ar", "Ar"])?;
//! let start = State::at_rest(vec![Vec3::zeros(), Vec3::new(4.0, 0.0, 0.0)], Cell::Open);
//! let integrator = VelocityVerlet::new(5.0 * FEMTOSECOND)?;
//! let replica = Replica::new(0, argon.into(), start, Box::new(integrator));
//! let mut simulation = Simulation::new(Box::new(LennardJones::argon()), vec![replica], DEFAULT_SKIN)?;
//! simulation.start()?;
//! simulation.run(100)?;
//! assert_eq!(simulation.replicas()[0].state.step, 100);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod built_in;
pub mod checkpoint;
#[cfg(feature = "cli")]
pub mod cli;
mod committee;
mod error;
pub mod observers;
mod relaxation;
mod replica;
pub mod run;
mod simulation;

pub use committee::Committee;
pub use error::RunError;
pub use oreo_core as core;
pub use oreo_formats as formats;
pub use oreo_integrators as integrators;
pub use oreo_potentials as potentials;
pub use oreo_training as training;
pub use oreo_validation as validation;
pub use relaxation::{Relaxation, RelaxationError};
pub use replica::Replica;
pub use simulation::{Simulation, DEFAULT_SKIN};
