//! Energies and forces.
//!
//! - [`Harmonic`], [`HarmonicWell`]: springs; exact solutions, for tests of integrators
//! - [`Morse`]: bonds that can break
//! - [`LennardJones`]: noble gases; the standard test of an engine
//! - [`ZieglerBiersackLittmark`]: repulsion of nuclei at distances that no network has seen
//! - [`oreo`]: the Equivariant Transformer
//!
//! The analytic terms are small enough to read as examples of a [`oreo_core::Potential`]; several of them, or a network
//! and a repulsion, become one with [`oreo_core::Sum`].

mod harmonic;
mod lennard_jones;
mod morse;
pub mod oreo;
mod pairs;
mod switching;
mod zbl;

pub use harmonic::{Harmonic, HarmonicBond, HarmonicWell};
pub use lennard_jones::LennardJones;
pub use morse::{Morse, MorseBond};
pub use zbl::ZieglerBiersackLittmark;
