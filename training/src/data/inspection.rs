//! What is in a source, and whether its numbers make sense in eV and Å.
//!
//! Lengths are judged twice: in each conformation the closest pair is 0.3 to 3 Å apart (H2 has 0.74, and no compressed bond
//! of a data set comes near 0.3, but one atom written twice has 0), and the median over conformations of that distance over
//! the sum of covalent radii is 0.7 to 1.4: a C–H bond of 1.09 Å is a believable 2.06 Å when bohr are taken for Å, but then
//! the ratio is 1.9.
//!
//! Forces are judged by the median over conformations of the root mean square component: thermal ones have 0.5 to 2 eV/Å,
//! and kcal/mol is 23 times smaller than eV, hartree 27 times larger. A median, because sets made by displacing atoms at
//! random have a few forces of hundreds of eV/Å.

use super::{file_error, frame_error, Conformation, Source};
use crate::TrainingError;
use oreo_core::ElementSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

/// Å, closest pair of a conformation.
const CLOSEST: RangeInclusive<f64> = 0.3..=3.0;
/// Closest distance over the sum of covalent radii, median.
const BONDED: RangeInclusive<f64> = 0.7..=1.4;
/// eV/Å, root mean square component, median.
const FORCE_RMS: RangeInclusive<f64> = 0.07..=15.0;
/// eV/Å; below, forces of relaxed structures, which tell nothing about units.
const RELAXED: f64 = 5e-4;
/// Conformations that medians are taken of, at most: what is kept must not grow with the data.
const MEDIANS: usize = 100_000;

/// What is looked at, and what is an error.
pub struct Look<'a> {
    /// Conformations at most, evenly spread.
    pub at_most: usize,
    /// Units that make no sense are an error.
    pub units: bool,
    /// What the conformations are wanted for may refuse one: says what is wrong with it, and what to do.
    pub refuse: &'a dyn Fn(&Conformation) -> Option<String>,
}

/// Mean, least and most of some numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Of all
    pub mean: f64,
    /// The least
    pub min: f64,
    /// The most
    pub max: f64,
}

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
    /// Not shown by the source: a label is missing.
    pub left_out: usize,
    /// eV; `None` without energies.
    pub energy: Option<Spread>,
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
    /// Median over conformations of the root mean square component, eV/Å.
    pub median_force: Option<f64>,
}

impl Inspection {
    /// What makes no sense in eV and Å, and what to do; `None` when all is plausible.
    pub fn problem(&self) -> Option<String> {
        let force = self.median_force.filter(|&force| force >= RELAXED);
        match (self.bond_ratio, force) {
            (Some(ratio), _) if !BONDED.contains(&ratio) => Some(format!(
                "closest atoms are {ratio:.2} times the sum of their covalent radii apart (median; 0.7 to 1.4 are bonds); declare the unit of length, bohr are 0.529 Å"
            )),
            (_, Some(force)) if !FORCE_RMS.contains(&force) => Some(format!(
                "root mean square force of a conformation is {force:.3e} eV/Å (median; 0.07 to 15 are usual); declare the units of the forces, or leave the forces of equilibrium structures away"
            )),
            _ => None,
        }
    }
}

/// Looks at `at_most` conformations, evenly spread, and judges no units.
///
/// # Errors
/// When the source is empty, or a conformation cannot be read, has numbers that are not finite, or lists of different
/// lengths.
pub fn inspect(source: &dyn Source, at_most: usize) -> Result<Inspection, TrainingError> {
    let look = Look {
        at_most,
        units: false,
        refuse: &|_| None,
    };
    sample(source, &look, false)
}

/// Refuses a source that nothing should be trained on: says file, frame and what to do.
///
/// # Errors
/// As [`inspect`], when two atoms are too close, when [`Look::refuse`] says so, and when distances or forces are implausible.
pub fn check(source: &dyn Source, look: &Look<'_>) -> Result<Inspection, TrainingError> {
    let found = sample(source, look, true)?;
    match found.problem().filter(|_| look.units) {
        Some(problem) => Err(file_error(Path::new(source.name()), problem)),
        None => Ok(found),
    }
}

fn sample(source: &dyn Source, look: &Look<'_>, strict: bool) -> Result<Inspection, TrainingError> {
    if source.is_empty() {
        return Err(file_error(
            Path::new(source.name()),
            "has no conformations; check the file and the filters",
        ));
    }
    let looked_at = source.len().min(look.at_most.max(1));
    let mut sums = Sums::default();
    let mut conformation = Conformation::default();
    for number in 0..looked_at {
        let index = (number as u128 * source.len() as u128 / looked_at as u128) as usize;
        source.read(index, &mut conformation)?;
        let problem = conformation
            .problem()
            .map(|problem| format!("{problem}; remove it or compute it again"));
        let is_sampled = number % looked_at.div_ceil(MEDIANS) == 0;
        let problem = problem
            .or_else(|| sums.add(&conformation, is_sampled).filter(|_| strict))
            .or_else(|| (look.refuse)(&conformation));
        if let Some(problem) = problem {
            return Err(frame_error(source.name(), index, &problem));
        }
    }
    Ok(sums.finish(source, looked_at))
}

struct Sums {
    equilibrium: usize,
    with_energy: usize,
    elements: Vec<oreo_core::Element>,
    atoms: (usize, usize),
    closest: Option<(f64, f64)>,
    ratios: Vec<f64>,
    /// Root mean square components, eV/Å.
    rms: Vec<f64>,
    energy: Spread,
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
            rms: Vec::new(),
            energy: Spread {
                mean: 0.0,
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
            },
            squares: 0.0,
            components: 0,
            force_max: 0.0,
        }
    }
}

impl Sums {
    /// Says what is implausible. Medians are taken of those that are sampled.
    fn add(&mut self, conformation: &Conformation, is_sampled: bool) -> Option<String> {
        let n = conformation.elements.len();
        self.atoms = (self.atoms.0.min(n), self.atoms.1.max(n));
        for element in &conformation.elements {
            if !self.elements.contains(element) {
                self.elements.push(*element);
            }
        }
        self.add_energy(conformation.energy);
        self.add_forces(conformation, is_sampled);
        let closest = closest_pair(conformation)?;
        let distance = closest.distance;
        let (least, most) = self.closest.unwrap_or((distance, distance));
        self.closest = Some((least.min(distance), most.max(distance)));
        if is_sampled {
            self.ratios.push(closest.ratio);
        }
        let (i, j) = closest.pair;
        (!CLOSEST.contains(&distance)).then(|| {
            format!("its closest atoms, {j} and {i}, are {distance:.3} Å apart, not 0.3 to 3; declare the unit of length, or take the frame out")
        })
    }

    fn add_energy(&mut self, energy: Option<f64>) {
        let Some(energy) = energy else { return };
        self.with_energy += 1;
        // A running mean: total energies are large, and millions of them must not lose the digits that differ.
        self.energy.mean += (energy - self.energy.mean) / self.with_energy as f64;
        self.energy.min = self.energy.min.min(energy);
        self.energy.max = self.energy.max.max(energy);
    }

    fn add_forces(&mut self, conformation: &Conformation, is_sampled: bool) {
        let Some(forces) = &conformation.forces else {
            self.equilibrium += 1;
            return;
        };
        let squares: f64 = forces.iter().map(|force| force.norm_squared()).sum();
        self.squares += squares;
        self.components += 3 * forces.len();
        if is_sampled {
            self.rms.push((squares / (3 * forces.len()) as f64).sqrt());
        }
        let longest = forces.iter().map(|force| force.norm());
        self.force_max = longest.fold(self.force_max, f64::max);
    }

    fn finish(self, source: &dyn Source, looked_at: usize) -> Inspection {
        let forces = self.components > 0;
        Inspection {
            conformations: source.len(),
            looked_at,
            equilibrium: self.equilibrium,
            with_energy: self.with_energy,
            left_out: source.left_out(),
            energy: (self.with_energy > 0).then_some(self.energy),
            elements: self.elements.into_iter().collect(),
            atoms: self.atoms,
            closest: self.closest,
            force_rms: forces.then(|| (self.squares / self.components as f64).sqrt()),
            force_max: forces.then_some(self.force_max),
            bond_ratio: median(self.ratios),
            median_force: median(self.rms),
        }
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The two atoms that are closest.
struct ClosestPair {
    /// Å
    distance: f64,
    /// Over the sum of their covalent radii
    ratio: f64,
    pair: (usize, usize),
}

/// `None` for a single atom.
fn closest_pair(conformation: &Conformation) -> Option<ClosestPair> {
    let (elements, positions) = (&conformation.elements, &conformation.positions);
    let mut closest: Option<(f64, (usize, usize))> = None;
    for i in 1..positions.len() {
        for j in 0..i {
            let square = (positions[i] - positions[j]).norm_squared();
            if closest.is_none_or(|(least, _)| square < least) {
                closest = Some((square, (i, j)));
            }
        }
    }
    let (square, (i, j)) = closest?;
    let radii = elements[i].covalent_radius() + elements[j].covalent_radius();
    Some(ClosestPair {
        distance: square.sqrt(),
        ratio: square.sqrt() / radii,
        pair: (i, j),
    })
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
        if self.left_out > 0 {
            writeln!(f, "{} left out: a label is missing", self.left_out)?;
        }
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
