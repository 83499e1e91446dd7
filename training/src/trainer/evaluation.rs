//! A batch, the network's answers to it, and what they are worth.

use crate::data::Source;
use crate::objective::{Batch, Objective, Outcome};
use crate::TrainingError;
use oreo_core::random::Generator;
use oreo_core::Vec3;
use oreo_potentials::oreo::gradients::Gradients;
use std::fmt::Write;

/// Memory for one batch, used again and again.
#[derive(Debug, Default)]
pub(super) struct Evaluation {
    batch: Batch,
    /// Numbers of the conformations in their source
    members: Vec<usize>,
    /// eV, (jobs,)
    energies: Vec<f64>,
    /// eV/Å, (atoms of all jobs,)
    forces: Vec<Vec3>,
    /// ∂L/∂E, 1/eV
    by_energy: Vec<f64>,
    /// ∂L/∂F, Å/eV
    by_force: Vec<Vec3>,
}

impl Evaluation {
    /// Reads conformations and makes their jobs.
    pub fn read(
        &mut self,
        source: &dyn Source,
        members: impl Iterator<Item = usize>,
        objective: &Objective,
        noise: &mut dyn FnMut(usize, usize) -> Generator,
    ) -> Result<(), TrainingError> {
        self.batch.clear();
        self.members.clear();
        for member in members {
            self.members.push(member);
            source.read(member, self.batch.add())?;
        }
        let members = &self.members;
        let mut generator = |place: usize| noise(place, members[place]);
        let asked = objective.ask(&mut self.batch, &mut generator);
        asked.map_err(|unasked| TrainingError::Conformation {
            source_name: source.name().into(),
            index: self.members[unasked.conformation],
            problem: unasked.problem,
        })
    }

    /// Asks the network and compares.
    pub fn compare(
        &mut self,
        engine: &mut dyn Gradients<f32>,
        objective: &Objective,
    ) -> Result<Outcome, TrainingError> {
        let (jobs, atoms) = (self.batch.jobs().len(), self.batch.atoms());
        self.energies.resize(jobs, 0.0);
        self.by_energy.resize(jobs, 0.0);
        self.forces.resize(atoms, Vec3::zeros());
        self.by_force.resize(atoms, Vec3::zeros());
        let molecules = self.batch.molecules();
        engine.evaluate(&molecules, &mut self.energies, &mut self.forces)?;
        Ok(objective.compare(
            &self.batch,
            &self.energies,
            &self.forces,
            &mut self.by_energy,
            &mut self.by_force,
        ))
    }

    /// dL/dθ of what was compared last, left with the engine.
    pub fn differentiate(&self, engine: &mut dyn Gradients<f32>) -> Result<(), TrainingError> {
        let molecules = self.batch.molecules();
        Ok(engine.differentiate(&molecules, &self.by_energy, &self.by_force)?)
    }

    /// For a message: the conformations whose answers or labels are not finite, or all if that is not what is wrong.
    pub fn culprits(&self, source: &dyn Source) -> String {
        let is_bad = |index: usize| {
            let job = &self.batch.jobs()[index];
            let forces = &self.by_force[job.atoms.clone()];
            let finite = forces.iter().flatten().all(|x| x.is_finite());
            !(finite && self.energies[index].is_finite() && self.by_energy[index].is_finite())
        };
        let jobs = self.batch.jobs().iter().enumerate();
        let mut bad: Vec<_> = jobs
            .filter(|&(index, _)| is_bad(index))
            .map(|(_, job)| self.members[job.conformation])
            .collect();
        bad.dedup();
        match bad.is_empty() {
            true => self.all_members(source),
            false => list(source, &bad),
        }
    }

    /// For a message: the conformations whose own gradient `is_bad`, or all if no single one is. Replaces the engine's gradient.
    pub fn culprits_of_gradient(
        &mut self,
        engine: &mut dyn Gradients<f32>,
        source: &dyn Source,
        is_bad: &dyn Fn(&[f32]) -> bool,
    ) -> Result<String, TrainingError> {
        let mut bad = Vec::new();
        for (index, molecule) in self.batch.molecules().into_iter().enumerate() {
            let job = &self.batch.jobs()[index];
            let by_force = &self.by_force[job.atoms.clone()];
            let forces = &mut self.forces[job.atoms.clone()];
            engine.evaluate(&[molecule], &mut self.energies[index..=index], forces)?;
            engine.differentiate(&[molecule], &self.by_energy[index..=index], by_force)?;
            if is_bad(engine.gradient()) {
                bad.push(self.members[job.conformation]);
            }
        }
        bad.dedup();
        Ok(match bad.is_empty() {
            true => self.all_members(source),
            false => list(source, &bad),
        })
    }

    /// For a message.
    pub fn all_members(&self, source: &dyn Source) -> String {
        list(source, &self.members)
    }
}

/// `ethanol.npz conformations 3, 17, 256`; the whole of a batch, for that is what one needs to find the culprit.
fn list(source: &dyn Source, members: &[usize]) -> String {
    let mut text = format!("{} conformations", source.name());
    for (place, member) in members.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let _ = write!(text, "{comma} {member}");
    }
    text
}
