//! What is asked of the forces, term by term.
//!
//! - [`Term`], [`TermWeights`]: the terms and how much each counts
//! - [`Variant`], [`ObjectiveSettings`]: named sets of weights, and what a user may change
//! - [`Batch`], [`Job`]: conformations, and what the network has to be asked about them
//! - [`Objective`]: from the network's answers to the loss and its gradient; [`Tally`]: each term by itself
//! - [`ElementEnergies`]: energies of free atoms, so that total energies mean something
//! - [`PropertyLabels`], [`LabelStatistics`]: a scalar property in place of the energy, and what it is normalised by
//!
//! The loss of a batch is
//!
//!   L = 1/(3N) · [ w_f Σ ‖F̂(r) − F‖² + w_0 Σ ‖F̂(r)‖² + w_d Σ ‖F̂(r − ε) − κε‖² ]
//!     + w_E/M · Σ ((Ê − E)/n)² + w_y/M · Σ (Ê − y)²
//!
//! with sums over all components of all atoms. The first term is asked of conformations with forces, the second and the
//! third of equilibrium structures; N counts the atoms of both kinds once, so that a conformation counts the same in
//! whatever company it comes, and a batch with forces only gives the plain mean over components. M counts the
//! conformations of the batch that have the label, n the atoms of one. Sources: the ET-OREO paper, eq. (1) and (2) (forces,
//! zero force, denoising); Zaidi et al. 2022 (arXiv 2206.00133) for denoising itself.

mod batch;
mod loss;
mod offsets;
mod property;
mod terms;
mod variants;

pub use batch::{Batch, ForceTarget, Job, Label, Unasked};
pub use loss::{Objective, Outcome};
pub use offsets::{ElementEnergies, ElementEnergyFit};
pub use property::{LabelStatistics, PropertyLabels};
pub use terms::{Tally, Term, TermWeights};
pub use variants::{ObjectiveSettings, Variant};
