//! What is in a source, and whether its numbers make sense in eV and Å.
//!
//! Two tests of lengths: in each conformation the closest pair is 0.6 to 3 Å apart (H2 has 0.74), and the median over
//! conformations of that distance over the sum of covalent radii is 0.7 to 1.4: a C–H bond of 1.09 Å is a believable
//! 2.06 Å when bohr are taken for Å, but then the ratio is 1.9.

use super::{file_error, frame_error, Conformation, Source};
use crate::TrainingError;
use oreo_core::ElementSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

/// Å, closest pair of a conformation.
const CLOSEST: RangeInclusive<f64> = 0.6..=3.0;
/// Closest distance over the sum of covalent radii, median.
const BONDED: RangeInclusive<f64> = 0.7..=1.4;
/// eV/Å, root mean square component.
const FORCE_RMS: RangeInclusive<f64> = 1e-3..=1e3;

/// Statistics of the conformations of a source that were looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// In the source.
    pub conformations: usize,
    /// Of them, evenly spread.
    pub looked_at: usize,
    /// Without forces.
    pub equilibrium: usize,
    /// With an energy.
    pub with_energy: usize,
    /// That occur.
    pub elements: ElementSet,
    /// Fewest and most.
    pub atoms: (usize, usize),
    /// Closest pair of the conformation where it is smallest, and of the one where it is largest, Å; `None` when all
    /// are single atoms.
    pub closest: Option<(f64, f64)>,
    /// Root mean square component, eV/Å.
    pub force_rms: Option<f64>,
    /// Longest force on an atom, eV/Å.
    pub force_max: Option<f64>,
    /// Median of the closest distance over the sum of covalent radii.
    pub bond_ratio: Option<f64>,
}

/// Looks at `at_most` conformations, evenly spread.
///
/// # Errors
/// When the source is empty, or a conformation cannot be read, has numbers that are not finite, or lists of different
/// lengths.
pub fn inspect(source: &dyn Source, at_most: usize) -> Result<Inspection, TrainingError> {
    sample(source, at_most, false)
}

/// Refuses a source whose numbers make no sense in eV and Å: says file, frame and what to do. Looks at `at_most`
/// conformations, evenly spread.
///
/// # Errors
/// As [`inspect`], and when distances or forces are implausible.
pub fn check(source: &dyn Source, at_most: usize) -> Result<Inspection, TrainingError> {
    let found = sample(source, at_most, true)?;
    let refuse = |problem| Err(file_error(Path::new(source.name()), problem));
    match (found.bond_ratio, found.force_rms) {
        (Some(ratio), _) if !BONDED.contains(&ratio) => refuse(format!(
            "closest atoms are {ratio:.2} times the sum of their covalent radii apart (median; 0.7 to 1.4 are bonds); declare the unit of length, bohr are 0.529 Å"
        )),
        (_, Some(rms)) if !FORCE_RMS.contains(&rms) => refuse(format!(
            "root mean square force is {rms:.3e} eV/Å, not 1e-3 to 1e3; declare the units of the forces, or leave the forces of equilibrium structures away"
        )),
        _ => Ok(found),
    }
}

fn sample(source: &dyn Source, at_most: usize, strict: bool) -> Result<Inspection, TrainingError> {
    if source.is_empty() {
        return Err(file_error(
            Path::new(source.name()),
            "has no conformations; check the file and the filters",
        ));
    }
    let looked_at = source.len().min(at_most.max(1));
    let mut sums = Sums::default();
    let mut conformation = Conformation::default();
    for number in 0..looked_at {
        let index = (number as u128 * source.len() as u128 / looked_at as u128) as usize;
        source.read(index, &mut conformation)?;
        let problem = conformation
            .problem()
            .map(|problem| format!("{problem}; remove it or compute it again"));
        let problem = problem.or_else(|| sums.add(&conformation).filter(|_| strict));
        if let Some(problem) = problem {
            return Err(frame_error(source.name(), index, &problem));
        }
    }
    Ok(sums.finish(source.len(), looked_at))
}

struct Sums {
    equilibrium: usize,
    with_energy: usize,
    elements: Vec<oreo_core::Element>,
    atoms: (usize, usize),
    closest: Option<(f64, f64)>,
    ratios: Vec<f64>,
    squares: f64,
    components: usize,
    force_max: f64,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            equilibrium: 0,
            with_energy: 0,
            elements: Vec::new(),
            atoms: (usize::MAX, 0),
            closest: None,
            ratios: Vec::new(),
            squares: 0.0,
            components: 0,
            force_max: 0.0,
        }
    }
}

impl Sums {
    /// Says what is implausible.
    fn add(&mut self, conformation: &Conformation) -> Option<String> {
        let n = conformation.elements.len();
        self.atoms = (self.atoms.0.min(n), self.atoms.1.max(n));
        self.with_energy += usize::from(conformation.energy.is_some());
        self.equilibrium += usize::from(conformation.forces.is_none());
        for element in &conformation.elements {
            if !self.elements.contains(element) {
                self.elements.push(*element);
            }
        }
        for force in conformation.forces.iter().flatten() {
            self.squares += force.norm_squared();
            self.components += 3;
            self.force_max = self.force_max.max(force.norm());
        }
        let (distance, ratio) = closest_pair(conformation)?;
        let (least, most) = self.closest.unwrap_or((distance, distance));
        self.closest = Some((least.min(distance), most.max(distance)));
        self.ratios.push(ratio);
        (!CLOSEST.contains(&distance)).then(|| {
            format!("its closest atoms are {distance:.3} Å apart, not 0.6 to 3; declare the unit of length, or filter the frame out")
        })
    }

    fn finish(mut self, conformations: usize, looked_at: usize) -> Inspection {
        self.ratios.sort_by(f64::total_cmp);
        let forces = self.components > 0;
        Inspection {
            conformations,
            looked_at,
            equilibrium: self.equilibrium,
            with_energy: self.with_energy,
            elements: self.elements.into_iter().collect(),
            atoms: self.atoms,
            closest: self.closest,
            force_rms: forces.then(|| (self.squares / self.components as f64).sqrt()),
            force_max: forces.then_some(self.force_max),
            bond_ratio: self.ratios.get(self.ratios.len() / 2).copied(),
        }
    }
}

/// Å, and over the sum of the two covalent radii; `None` for a single atom.
fn closest_pair(conformation: &Conformation) -> Option<(f64, f64)> {
    let (elements, positions) = (&conformation.elements, &conformation.positions);
    let mut closest: Option<(f64, f64)> = None;
    for i in 1..positions.len() {
        for j in 0..i {
            let distance = (positions[i] - positions[j]).norm();
            if closest.is_none_or(|(least, _)| distance < least) {
                let radii = elements[i].covalent_radius() + elements[j].covalent_radius();
                closest = Some((distance, distance / radii));
            }
        }
    }
    closest
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} conformations ({} looked at), {} to {} atoms of {}",
            self.conformations, self.looked_at, self.atoms.0, self.atoms.1, self.elements
        )?;
        writeln!(
            f,
            "{} without forces (equilibrium), {} with an energy",
            self.equilibrium, self.with_energy
        )?;
        if let (Some(rms), Some(max)) = (self.force_rms, self.force_max) {
            writeln!(
                f,
                "forces: root mean square component {rms:.3} eV/Å, longest {max:.2} eV/Å"
            )?;
        }
        match self.closest {
            Some((least, most)) => write!(f, "closest atoms: {least:.3} to {most:.3} Å apart"),
            None => write!(f, "single atoms"),
        }
    }
}
