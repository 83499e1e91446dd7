//! The vocabulary of Oreo. Everything above speaks in these words; nothing here does I/O or knows a network.
//!
//! - [`units`]: Å, eV, amu, and what a femtosecond is in them
//! - [`Element`], [`ElementSet`]: chemical elements with mass and covalent radius
//! - [`System`] (what never changes in a run), [`State`] (what does), [`Frame`] (what is read and written)
//! - [`Cell`]: open space or a periodic, possibly tilted, box
//! - [`neighbors`]: who is near whom, in an order that does not depend on history
//! - the four traits: [`Potential`], [`Integrator`], [`Observer`], [`Persist`]
//! - [`random`]: the named generator, one stream per replica
//!
//! Conventions: `r_ij = r_j − r_i`; forces are `−∂E/∂r`; the virial is `W = Σ_pairs r_ij ⊗ f_ij` where `f_ij` is the
//! force on j due to i, so that the pressure of a periodic box is `(2K + tr W) / 3V`.

mod cell;
mod element;
mod frame;
mod integrator;
pub mod neighbors;
mod observer;
mod persist;
mod potential;
pub mod random;
mod rigid_motion;
mod state;
mod stop;
mod system;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod units;

pub use cell::{Cell, CellError, Periodic};
pub use element::{Element, ElementSet, UnknownElement};
pub use frame::{Frame, FrameRef};
pub use integrator::Integrator;
pub use neighbors::{NeighborError, NeighborList, NeighborRequest, Neighbors};
pub use observer::{ForceDeviation, Observer, ObserverError, View};
pub use persist::{Archive, ArchiveError, Persist, Scope};
pub use potential::{Capabilities, Potential, PotentialError, Request, Sum};
pub use rigid_motion::RigidMotion;
pub use state::State;
pub use stop::Stop;
pub use system::System;

/// A position, momentum or force.
pub type Vec3 = nalgebra::Vector3<f64>;
/// A cell, inertia tensor or virial.
pub type Mat3 = nalgebra::Matrix3<f64>;
