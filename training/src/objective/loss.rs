//! From the network's answers to the loss and its gradient by them.

use super::batch::Questions;
use super::{
    Batch, ElementEnergies, ForceTarget, Job, ObjectiveSettings, Tally, Term, TermWeights, Unasked,
};
use crate::data::Conformation;
use crate::TrainingError;
use oreo_core::random::Generator;
use oreo_core::Vec3;

/// κ, eV/Å²: the paper's target at r − ε is ε itself, an energy well of this stiffness. Its eq. (1) and (2) write ∇Φ for
/// what must be the predicted force: with F = −∇Φ the literal sign would drive atoms away from the minimum, against the
/// text of section 3.2.
const STIFFNESS: f64 = 1.0;

/// What is asked, with its weights.
#[derive(Debug, Clone)]
pub struct Objective {
    weights: TermWeights,
    /// σ, Å
    noise: f64,
    element_energies: Option<ElementEnergies>,
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// L, see the module
    pub loss: f64,
    /// Term by term
    pub tally: Tally,
}

impl Objective {
    /// From settings.
    ///
    /// # Errors
    /// Those of [`ObjectiveSettings::weights`].
    pub fn new(settings: &ObjectiveSettings) -> Result<Self, TrainingError> {
        Ok(Self {
            weights: settings.weights()?,
            noise: settings.noise_variance.sqrt(),
            element_energies: None,
        })
    }

    /// Energies of free atoms, taken off every label of [`Term::Energy`]: the network learns the small rest.
    pub fn with_element_energies(self, energies: ElementEnergies) -> Self {
        Self {
            element_energies: Some(energies),
            ..self
        }
    }

    /// As given; `None` where labels are taken as they are.
    pub fn element_energies(&self) -> Option<&ElementEnergies> {
        self.element_energies.as_ref()
    }

    /// Of the terms.
    pub fn weights(&self) -> &TermWeights {
        &self.weights
    }

    /// Makes the jobs of a batch. `generator` gives the source of noise of a conformation, by its place in the batch.
    ///
    /// # Errors
    /// A conformation that no term asks about, or that contradicts itself.
    pub fn ask(
        &self,
        batch: &mut Batch,
        generator: &mut dyn FnMut(usize) -> Generator,
    ) -> Result<(), Unasked> {
        let questions = Questions {
            weights: &self.weights,
            noise: self.noise,
            element_energies: self.element_energies.as_ref(),
        };
        batch.ask(&questions, generator)
    }

    /// Why a conformation cannot be used, and what to do; `None` when something is asked of it. For a look at the data
    /// before the first step: takes its own memory.
    pub fn problem(&self, conformation: &Conformation) -> Option<String> {
        let mut batch = Batch::default();
        batch.add().clone_from(conformation);
        let asked = self.ask(&mut batch, &mut |_| Generator::new(0, 0));
        asked.err().map(|unasked| unasked.problem)
    }

    /// Compares answers with what was asked. `energies` in eV, (jobs,); `forces` in eV/Å, (atoms of all jobs,). Replaces
    /// ∂L/∂E (1/eV) and ∂L/∂F (Å/eV) of the same shapes.
    ///
    /// # Panics
    /// When a shape differs.
    pub fn compare(
        &self,
        batch: &Batch,
        energies: &[f64],
        forces: &[Vec3],
        by_energy: &mut [f64],
        by_force: &mut [Vec3],
    ) -> Outcome {
        let jobs = batch.jobs();
        assert_eq!([energies.len(), by_energy.len()], [jobs.len(); 2]);
        assert_eq!([forces.len(), by_force.len()], [batch.atoms(); 2]);
        let shares = Shares::of(batch);
        let mut tally = Tally::default();
        tally.add_conformations(batch.conformations().len(), shares.components);
        for (index, job) in jobs.iter().enumerate() {
            let atoms = job.atoms.clone();
            by_energy[index] = self.by_energy(job, energies[index], &shares, &mut tally);
            let answers = forces[atoms.clone()].iter().zip(&mut by_force[atoms]);
            for (atom, (force, derivative)) in answers.enumerate() {
                *derivative = match target(batch, job, atom) {
                    None => Vec3::zeros(),
                    Some((term, target)) => {
                        let residual = force - target;
                        residual.iter().for_each(|&x| tally.add(term, x));
                        self.weights.of(term) * 2.0 / shares.components as f64 * residual
                    }
                };
            }
        }
        Outcome {
            loss: tally.loss(&self.weights),
            tally,
        }
    }

    fn by_energy(&self, job: &Job, energy: f64, shares: &Shares, tally: &mut Tally) -> f64 {
        let Some(label) = job.label else { return 0.0 };
        let residual = (energy - label.value) / label.divisor;
        tally.add(label.term, residual);
        self.weights.of(label.term) * 2.0 * residual / (label.divisor * shares.labels as f64)
    }
}

/// What the mean of each kind of term is taken over.
struct Shares {
    /// 3N
    components: usize,
    /// M
    labels: usize,
}

impl Shares {
    fn of(batch: &Batch) -> Self {
        let (mut atoms, mut labels, mut last) = (0, 0, None);
        for job in batch.jobs() {
            labels += usize::from(job.label.is_some());
            // The two jobs of an equilibrium structure follow each other and count once.
            if job.forces != ForceTarget::Unasked && last != Some(job.conformation) {
                atoms += job.atoms.len();
                last = Some(job.conformation);
            }
        }
        let components = 3 * atoms;
        Self { components, labels }
    }
}

/// The term and the force that an atom of a job should feel, eV/Å.
fn target(batch: &Batch, job: &Job, atom: usize) -> Option<(Term, Vec3)> {
    match &job.forces {
        ForceTarget::Unasked => None,
        ForceTarget::Zero => Some((Term::ZeroForce, Vec3::zeros())),
        ForceTarget::Noise(range) => Some((Term::Denoising, STIFFNESS * batch.noise(range)[atom])),
        ForceTarget::Labels => {
            let forces = batch.conformations()[job.conformation].forces.as_ref();
            Some((Term::Forces, forces?[atom]))
        }
    }
}
