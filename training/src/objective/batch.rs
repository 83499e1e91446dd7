//! Conformations of one step, and the jobs that they make for the network.
//!
//! A conformation with forces is one job. An equilibrium structure is up to two: as it is (zero force) and displaced by
//! noise (denoising). A batch of 32 conformations has thus 32 to 64 jobs.

use super::{ElementEnergies, Term, TermWeights};
use crate::data::Conformation;
use oreo_core::random::Generator;
use oreo_core::{Element, Vec3};
use oreo_potentials::oreo::gradients::Molecule;
use std::ops::Range;

/// One question to the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Which conformation of the batch
    pub conformation: usize,
    /// Its atoms among those of all jobs
    pub atoms: Range<usize>,
    /// What its forces are compared with
    pub forces: ForceTarget,
    /// What its energy is compared with
    pub label: Option<Label>,
}

/// What forces are compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum ForceTarget {
    /// Nothing
    Unasked,
    /// The conformation's own
    Labels,
    /// 0
    Zero,
    /// κε, for the atoms displaced by −ε; a range of the noise of the batch
    Noise(Range<usize>),
}

/// What an energy is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label {
    /// [`Term::Energy`] or [`Term::Property`]
    pub term: Term,
    /// eV
    pub value: f64,
    /// The residual is (Ê − value)/divisor: the number of atoms for an energy, 1 for a property
    pub divisor: f64,
}

/// A conformation that the objective cannot use.
#[derive(Debug, Clone, PartialEq)]
pub struct Unasked {
    /// Which of the batch
    pub conformation: usize,
    /// Why, and what to do
    pub problem: String,
}

/// Conformations and jobs; its memory is used again for the next step.
#[derive(Debug, Default)]
pub struct Batch {
    conformations: Vec<Conformation>,
    filled: usize,
    jobs: Vec<Job>,
    /// ε, Å, of the denoising jobs
    noise: Vec<Vec3>,
    /// r − ε, Å
    displaced: Vec<Vec3>,
    atoms: usize,
}

/// What jobs are made of: see [`Batch::ask`].
pub(super) struct Questions<'a> {
    pub weights: &'a TermWeights,
    /// σ, Å
    pub noise: f64,
    pub element_energies: Option<&'a ElementEnergies>,
}

impl Batch {
    /// Forgets all conformations, keeps the memory.
    pub fn clear(&mut self) {
        self.filled = 0;
        self.jobs.clear();
        self.noise.clear();
        self.displaced.clear();
        self.atoms = 0;
    }

    /// One more conformation, to be overwritten.
    pub fn add(&mut self) -> &mut Conformation {
        if self.filled == self.conformations.len() {
            self.conformations.push(Conformation::default());
        }
        self.filled += 1;
        &mut self.conformations[self.filled - 1]
    }

    /// Those of this step.
    pub fn conformations(&self) -> &[Conformation] {
        &self.conformations[..self.filled]
    }

    /// What the network is asked, in order.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// Atoms of all jobs together.
    pub fn atoms(&self) -> usize {
        self.atoms
    }

    /// ε of a denoising job, Å.
    pub fn noise(&self, range: &Range<usize>) -> &[Vec3] {
        &self.noise[range.clone()]
    }

    /// The jobs as the network reads them.
    pub fn molecules(&self) -> Vec<Molecule<'_>> {
        let molecule = |job: &Job| {
            let conformation = &self.conformations[job.conformation];
            Molecule {
                elements: &conformation.elements,
                positions: match &job.forces {
                    ForceTarget::Noise(range) => &self.displaced[range.clone()],
                    _ => &conformation.positions,
                },
            }
        };
        self.jobs.iter().map(molecule).collect()
    }

    /// Makes the jobs. `generator` gives the source of noise of a conformation.
    pub(super) fn ask(
        &mut self,
        questions: &Questions<'_>,
        generator: &mut dyn FnMut(usize) -> Generator,
    ) -> Result<(), Unasked> {
        for index in 0..self.filled {
            let unasked = |problem: String| Unasked {
                conformation: index,
                problem,
            };
            check(&self.conformations[index]).map_err(unasked)?;
            let before = self.jobs.len();
            self.ask_as_it_is(index, questions).map_err(unasked)?;
            let at_equilibrium = self.conformations[index].forces.is_none();
            if at_equilibrium && questions.weights.has(Term::Denoising) {
                self.ask_displaced(index, questions.noise, &mut generator(index));
            }
            if self.jobs.len() == before {
                let what = match at_equilibrium {
                    true => "an equilibrium structure (without forces)",
                    false => "a conformation with forces, without an energy",
                };
                return Err(unasked(format!(
                    "is {what}, of which the objective asks nothing; leave it out or give a weight to a term for it"
                )));
            }
        }
        Ok(())
    }

    fn ask_as_it_is(&mut self, index: usize, questions: &Questions<'_>) -> Result<(), String> {
        let conformation = &self.conformations[index];
        let weights = questions.weights;
        let forces = match conformation.forces {
            Some(_) if weights.has(Term::Forces) => ForceTarget::Labels,
            None if weights.has(Term::ZeroForce) => ForceTarget::Zero,
            _ => ForceTarget::Unasked,
        };
        let label = label(conformation, questions)?;
        if forces != ForceTarget::Unasked || label.is_some() {
            self.push(index, forces, label);
        }
        Ok(())
    }

    fn ask_displaced(&mut self, index: usize, deviation: f64, generator: &mut Generator) {
        let start = self.noise.len();
        for position in &self.conformations[index].positions {
            let noise = deviation * generator.normal_vector();
            self.noise.push(noise);
            self.displaced.push(position - noise);
        }
        let range = start..self.noise.len();
        self.push(index, ForceTarget::Noise(range), None);
    }

    fn push(&mut self, conformation: usize, forces: ForceTarget, label: Option<Label>) {
        let count = self.conformations[conformation].elements.len();
        self.jobs.push(Job {
            conformation,
            atoms: self.atoms..self.atoms + count,
            forces,
            label,
        });
        self.atoms += count;
    }
}

fn label(conformation: &Conformation, questions: &Questions<'_>) -> Result<Option<Label>, String> {
    let Some(energy) = conformation.energy else {
        return Ok(None);
    };
    let elements = &conformation.elements;
    if questions.weights.has(Term::Property) {
        return Ok(Some(Label {
            term: Term::Property,
            value: energy,
            divisor: 1.0,
        }));
    }
    if !questions.weights.has(Term::Energy) {
        return Ok(None);
    }
    let of_atoms = questions.element_energies.map(|table| table.sum(elements));
    let missing = |element: Element| {
        format!(
            "has {element}, for which no energy of the free atom was fitted; fit them on data with {element}"
        )
    };
    Ok(Some(Label {
        term: Term::Energy,
        value: energy - of_atoms.transpose().map_err(missing)?.unwrap_or(0.0),
        divisor: elements.len() as f64,
    }))
}

/// A source could be wrong about its own shapes; the network must not see that.
fn check(conformation: &Conformation) -> Result<(), String> {
    let count = conformation.elements.len();
    let positions = conformation.positions.len();
    let forces = conformation.forces.as_ref().map_or(count, Vec::len);
    match count > 0 && positions == count && forces == count {
        true => Ok(()),
        false => Err(format!(
            "has {count} elements, {positions} positions and {forces} forces; repair or leave out the file"
        )),
    }
}
