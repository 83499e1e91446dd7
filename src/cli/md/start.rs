//! Where a replica starts: its first frame and its first velocities.

use super::dynamics;
use crate::cli::evaluation::held_out;
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::inputs::{self, Reference};
use crate::cli::plan::{Plan, PotentialPlan, StabilityRule, Start, StartVelocities};
use crate::run::RunDirectory;
use anyhow::Result;
use oreo_core::random::Generator;
use oreo_core::{Element, Frame, State, System};
use oreo_formats::ReadOptions;
use oreo_integrators::{Coupling, DegreesOfFreedom, MaxwellBoltzmann};
use oreo_training::data::SourceOptions;
use oreo_validation::Topology;
use rand::Rng;
use std::path::Path;

/// Where the first frame of a replica comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// From what the plan names.
    Planned,
    /// From `replica-N/start.xyz`, which a run leaves in its folder: it can be resumed when the structure file is gone.
    Recorded,
}

/// Finds and checks first frames.
pub(super) struct StartFrames<'a> {
    pub plan: &'a Plan,
    pub directory: &'a RunDirectory,
    pub beginning: Beginning,
    pub options: &'a ReadOptions,
    pub reference: Option<&'a Reference>,
    /// Reference frames, of all of them, that a replica may start at; `None`: at any.
    pub allowed: Option<Vec<usize>>,
}

/// Reference frames of the part of a split that the plan names. A run that goes on has its starts already.
pub(super) fn allowed(
    plan: &Plan,
    beginning: Beginning,
    reference: Option<&Reference>,
    options: &ReadOptions,
) -> Result<Option<Vec<usize>>> {
    let (Start::RandomReferenceFrame(Some(split)), Beginning::Planned) = (&plan.start, beginning)
    else {
        return Ok(None);
    };
    let (Some(reference), Some(file)) = (reference, &plan.reference) else {
        return Ok(None);
    };
    let options = SourceOptions {
        read: options.clone(),
        ..SourceOptions::default()
    };
    let source = oreo_training::data::open(file, &options).or_bad_input()?;
    let part = held_out::indices(&split.path, split.part, source.as_ref())?;
    let places = reference.file_indices.iter().enumerate();
    let inside = places.filter(|(_, &index)| part.contains(index as u64));
    Ok(Some(inside.map(|(place, _)| place).collect()))
}

impl StartFrames<'_> {
    /// Of replica `id`; a random one is drawn from its own stream.
    pub fn frame(&self, id: u32, draw: &mut Generator) -> Result<Frame> {
        let (frame, place) = match (&self.plan.start, self.reference) {
            // Its split may be gone, or its part another one.
            (Start::RandomReferenceFrame(Some(_)), Some(_))
                if self.beginning == Beginning::Recorded =>
            {
                self.read(id, &self.directory.start(id), 0)?
            }
            (Start::RandomReferenceFrame(_), Some(reference)) => {
                let index = match &self.allowed {
                    Some(allowed) => allowed[draw.random_range(0..allowed.len())],
                    None => draw.random_range(0..reference.frames.len()),
                };
                let place = format!("reference frame {index}");
                (reference.frames[index].clone(), place)
            }
            (Start::RandomReferenceFrame(_), None) => {
                return Err(BadInput::new("no structure and no reference to start from").into())
            }
            (Start::Structure { path, frame }, _) => self.read(id, path, *frame)?,
        };
        self.check_against_reference(&frame, &place)?;
        if matches!(self.plan.potential, PotentialPlan::Et(_)) && !self.plan.skip_unit_check {
            inputs::check_structure(&frame, &place)?;
        }
        Ok(frame)
    }

    /// Bonds by the reference; without one by the first frame.
    pub fn topology(&self, frame: &Frame) -> Topology {
        match self.reference {
            Some(reference) => reference.topology.clone(),
            None => Topology::from_structure(&frame.elements, &frame.positions, &frame.cell),
        }
    }

    fn read(&self, id: u32, path: &Path, frame: u64) -> Result<(Frame, String)> {
        let recorded = self.directory.start(id);
        let (path, frame) = match self.beginning {
            Beginning::Planned => (path, frame),
            Beginning::Recorded => (recorded.as_path(), 0),
        };
        // Labels are chosen for the reference; a packed file has but one set.
        let options = ReadOptions {
            labels: None,
            ..self.options.clone()
        };
        let read = oreo_formats::read_structure(path, frame, &options).or_bad_input()?;
        Ok((read, format!("{}, frame {frame}", path.display())))
    }

    fn check_against_reference(&self, frame: &Frame, place: &str) -> Result<()> {
        let formula = |elements: &[Element]| System::new(elements.to_vec()).formula();
        match self
            .reference
            .map(|reference| &reference.frames[0].elements)
        {
            Some(other) if *other != frame.elements => {
                let (own, other) = (formula(&frame.elements), formula(other));
                let problem =
                    "is not the molecule of the reference, or its atoms are in another order";
                Err(BadInput::new(format!("{place} ({own}) {problem} ({other})")).into())
            }
            _ => self.check_bonds(frame, place),
        }
    }

    /// A start that the bond rule would stop at once is a mistake of the input, not an instability.
    fn check_bonds(&self, frame: &Frame, place: &str) -> Result<()> {
        let (StabilityRule::Bond { threshold }, Some(reference)) =
            (self.plan.stability, self.reference)
        else {
            return Ok(());
        };
        match reference
            .topology
            .largest_deviation(&frame.positions, &frame.cell)
        {
            Some(worst) if worst.deviation() > threshold.angstroms() => {
                let [i, j] = worst.bond.atoms;
                let (now, usual) = (worst.distance, worst.bond.reference);
                let hint = "are its atoms in the order of the reference?";
                let problem = format!(
                    "bond {i}-{j} is {now:.3} Å long, {usual:.3} Å in the reference; {hint}"
                );
                Err(BadInput::new(format!("{place}: {problem}")).into())
            }
            _ => Ok(()),
        }
    }
}

/// As the plan says; a restored checkpoint overwrites them.
pub(super) fn set_velocities(
    plan: &Plan,
    frame: &Frame,
    system: &System,
    state: &mut State,
    draw: &mut Generator,
) -> Result<()> {
    match plan.velocities {
        StartVelocities::Zero => state.scale_momenta(0.0),
        StartVelocities::File if frame.velocities.is_none() => {
            let problem = "the structure file has none; use --velocities maxwell";
            return Err(BadInput::new(format!("velocities: {problem}")).into());
        }
        StartVelocities::File => {}
        StartVelocities::Maxwell(temperature) => {
            let dof = DegreesOfFreedom::of(system, &state.cell).or_bad_input()?;
            let target = dynamics::target(plan, dof, temperature)?;
            let distribution = match dynamics::coupling(plan, dof) {
                Coupling::AllModes => MaxwellBoltzmann::all_modes(target.kt),
                Coupling::Internal => MaxwellBoltzmann::internal(target, &state.cell),
            };
            distribution.draw(system, state, draw).or_bad_input()?;
        }
    }
    Ok(())
}
