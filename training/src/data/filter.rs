//! Which conformations are worth training on.

use super::{Conformation, Indices, Source};
use crate::TrainingError;
use oreo_core::ElementSet;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// Conditions that a conformation must meet; the default lets everything pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// Longest force on any atom, eV/Å.
    pub max_force: Option<f64>,
    /// Elements that may occur.
    pub elements: ElementSet,
    /// How many atoms.
    pub atoms: RangeInclusive<usize>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            max_force: None,
            elements: ElementSet::all(),
            atoms: 1..=usize::MAX,
        }
    }
}

/// The condition that was not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// Too few or too many atoms.
    Atoms,
    /// An element that is not allowed.
    Element,
    /// A force that is too long.
    Force,
}

/// How many passed, and how many failed at which condition first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterReport {
    /// Met all conditions.
    pub kept: u64,
    /// Wrong size.
    pub atoms: u64,
    /// Right size, wrong elements.
    pub element: u64,
    /// Right size and elements, forces too large.
    pub force: u64,
}

impl Filter {
    /// The first condition, in the order of [`Rejection`], that is not met.
    pub fn rejection(&self, conformation: &Conformation) -> Option<Rejection> {
        let limit = self.max_force.unwrap_or(f64::INFINITY);
        let mut forces = conformation.forces.iter().flatten();
        if !self.atoms.contains(&conformation.elements.len()) {
            Some(Rejection::Atoms)
        } else if !conformation
            .elements
            .iter()
            .all(|&element| self.elements.contains(element))
        {
            Some(Rejection::Element)
        } else if forces.any(|force| force.norm() > limit) {
            Some(Rejection::Force)
        } else {
            None
        }
    }
}

impl FilterReport {
    /// Adds one conformation.
    pub fn count(&mut self, rejection: Option<Rejection>) {
        *match rejection {
            None => &mut self.kept,
            Some(Rejection::Atoms) => &mut self.atoms,
            Some(Rejection::Element) => &mut self.element,
            Some(Rejection::Force) => &mut self.force,
        } += 1;
    }
}

impl fmt::Display for FilterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kept; left out: {} for their size, {} for their elements, {} for their forces",
            self.kept, self.atoms, self.element, self.force
        )
    }
}

/// The conformations that pass.
///
/// # Errors
/// When one cannot be read.
pub fn select(
    source: &dyn Source,
    filter: &Filter,
) -> Result<(Indices, FilterReport), TrainingError> {
    let (mut kept, mut report) = (Indices::default(), FilterReport::default());
    let mut conformation = Conformation::default();
    for index in 0..source.len() {
        source.read(index, &mut conformation)?;
        let rejection = filter.rejection(&conformation);
        report.count(rejection);
        if rejection.is_none() {
            kept.push(index as u64);
        }
    }
    Ok((kept, report))
}
