//! The executable contract of a [`crate::Potential`], and what tests of every crate need; feature `testing`.
//!
//! - [`assert_potential_contract`]: the first test of a new potential, in one line; its parts are functions of their
//!   own, for potentials that promise less
//! - [`energy_and_forces`]: one evaluation without an engine
//! - [`argon_cluster`], [`argon_crystal`], [`water`], [`ethanol`], [`random_cloud`]: small systems
//! - [`MemoryArchive`]: checkpoints without files
//!
//! Everything here panics where a test should fail.

mod archive;
mod contract;
mod derivatives;
mod evaluation;
#[cfg(test)]
mod mistakes;
mod toys;

pub use archive::{Entry, MemoryArchive, MemoryReader, MemoryWriter};
pub use contract::{
    assert_adds_into_outputs, assert_batch_equals_singles, assert_bonded_potential_contract,
    assert_net_force_zero, assert_net_torque_zero, assert_permutation_equivariant,
    assert_potential_contract, assert_repeatable, assert_rotation_equivariant,
    assert_skin_changes_nothing, assert_translation_invariant, Tolerance,
};
pub use derivatives::{assert_gradient, assert_virial};
pub use evaluation::{energy_and_forces, evaluate_batch, Answer};
pub use toys::{argon_cluster, argon_crystal, ethanol, random_cloud, water};
