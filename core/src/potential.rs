//! The plug: what an energy model promises, what it is given, and how several become one.

use crate::{Cell, ElementSet, Mat3, NeighborRequest, Neighbors, System, Vec3};
use thiserror::Error;

/// What a potential can do and what it needs; the engine checks it before the first step.
#[derive(Debug, Clone, PartialEq)]
pub struct Capabilities {
    /// For reports.
    pub name: String,
    /// For reports: `f64`, `f32`, …
    pub precision: &'static str,
    /// `None`: reads no neighbour list.
    pub neighbors: Option<NeighborRequest>,
    /// Elements it was made for; others are refused.
    pub elements: ElementSet,
    /// Fills [`Request::virial`].
    pub virial: bool,
    /// Understands [`Cell::Periodic`].
    pub periodic: bool,
    /// The engine splits larger batches.
    pub atoms_per_call: Option<usize>,
}

/// One configuration: what the potential reads, and where it adds.
pub struct Request<'a> {
    /// Elements and masses, (n,)
    pub system: &'a System,
    /// Å, (n,)
    pub positions: &'a [Vec3],
    /// Open or periodic.
    pub cell: &'a Cell,
    /// Full list; may hold pairs beyond the cutoff (skin), which the potential must skip.
    pub neighbors: &'a Neighbors,
    /// eV, added into
    pub energy: &'a mut f64,
    /// eV/Å, (n,), added into
    pub forces: &'a mut [Vec3],
    /// eV, added into: `W = Σ_pairs r_ij ⊗ f_ij`
    pub virial: Option<&'a mut Mat3>,
}

/// An energy model. Its contract is executable: `testing::assert_potential_contract`.
pub trait Potential: Send {
    /// Constant during the life of the object.
    fn capabilities(&self) -> Capabilities;

    /// Adds E and −∂E/∂r of every request. `&mut self` is for scratch memory only: equal requests give equal
    /// answers. After an error the outputs are unspecified and must not be used.
    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError>;
}

/// Why energies and forces could not be had.
#[derive(Debug, Error)]
pub enum PotentialError {
    /// The model was not made for this element.
    #[error("{potential} was not made for {element} (atom {atom}); it knows {known}")]
    UnsupportedElement {
        /// Name of the potential.
        potential: String,
        /// Symbol.
        element: &'static str,
        /// Index from 0.
        atom: usize,
        /// What it knows.
        known: String,
    },
    /// Periodic cell given to a potential for open space.
    #[error("{potential} cannot treat a periodic cell")]
    PeriodicUnsupported {
        /// Name of the potential.
        potential: String,
    },
    /// A parameter without physical meaning.
    #[error("{potential}: {parameter} = {value} is not allowed; {expected}")]
    InvalidParameter {
        /// Name of the potential.
        potential: String,
        /// Name of the parameter.
        parameter: &'static str,
        /// As given.
        value: f64,
        /// What would be allowed.
        expected: &'static str,
    },
    /// The library or device underneath failed.
    #[error("{potential} failed: {message}")]
    Backend {
        /// Name of the potential.
        potential: String,
        /// Its own words.
        message: String,
    },
}

impl Capabilities {
    /// Refuses a system the potential was not made for.
    pub fn check(&self, system: &System, cell: &Cell) -> Result<(), PotentialError> {
        if matches!(cell, Cell::Periodic(_)) && !self.periodic {
            return Err(PotentialError::PeriodicUnsupported {
                potential: self.name.clone(),
            });
        }
        match system
            .elements
            .iter()
            .position(|&element| !self.elements.contains(element))
        {
            None => Ok(()),
            Some(atom) => Err(PotentialError::UnsupportedElement {
                potential: self.name.clone(),
                element: system.elements[atom].symbol(),
                atom,
                known: self.elements.to_string(),
            }),
        }
    }
}

/// Several potentials added up, e.g. a network and a short-range repulsion.
pub struct Sum(pub Vec<Box<dyn Potential>>);

impl Potential for Sum {
    /// The meet of the parts: the largest cutoff, the elements and abilities that all share.
    fn capabilities(&self) -> Capabilities {
        let parts: Vec<_> = self.0.iter().map(|part| part.capabilities()).collect();
        let names: Vec<_> = parts.iter().map(|part| part.name.as_str()).collect();
        let cutoff = parts
            .iter()
            .filter_map(|p| p.neighbors)
            .map(|n| n.cutoff)
            .reduce(f64::max);
        Capabilities {
            name: names.join(" + "),
            precision: if parts.iter().any(|p| p.precision != "f64") {
                "f32"
            } else {
                "f64"
            },
            neighbors: cutoff.map(|cutoff| NeighborRequest { cutoff }),
            elements: parts
                .iter()
                .fold(ElementSet::all(), |set, p| set.intersection(p.elements)),
            virial: parts.iter().all(|p| p.virial),
            periodic: parts.iter().all(|p| p.periodic),
            atoms_per_call: parts.iter().filter_map(|p| p.atoms_per_call).min(),
        }
    }

    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        self.0.iter_mut().try_for_each(|part| part.evaluate(batch))
    }
}
