//! From a plan to a simulation with everything that watches it. A resumed run is assembled in the same way, so that
//! the checkpoint finds each of its names again.

use super::start::{Beginning, StartFrames};
use super::{committee, dynamics, start, unseen, watch};
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::inputs::{self, LoadedPotential, Reference};
use crate::cli::plan::Plan;
use crate::cli::weights_source::WeightsSource;
use crate::observers::Unseen;
use crate::run::RunDirectory;
use crate::{Replica, RunError, Simulation};
use anyhow::Result;
use oreo_core::random::Generator;
use oreo_integrators::DegreesOfFreedom;
use std::sync::Arc;

/// A run, ready to start or to be restored.
pub struct Assembly {
    /// The loop.
    pub simulation: Simulation,
    /// To compare with.
    pub reference: Option<Reference>,
    /// Where the networks came from: the one that moves the atoms, then those of the ensemble.
    pub networks: Vec<WeightsSource>,
    /// Of the weights.
    pub weights_sha256: Option<String>,
    /// Of the weights of the ensemble; empty without one.
    pub ensemble_sha256: Vec<String>,
    /// That reported temperatures count.
    pub degrees_of_freedom: usize,
    /// What the user should know, one line each.
    pub notes: Vec<String>,
    /// What the user should think about before trusting the run, one line each.
    pub warnings: Vec<String>,
}

/// Reads everything and puts it together; writes nothing.
pub fn assemble(plan: &Plan, directory: &RunDirectory, beginning: Beginning) -> Result<Assembly> {
    let mut loaded = inputs::potential(&plan.potential, &plan.compute)?;
    let options = plan.read_options();
    let reference = plan
        .reference
        .as_deref()
        .map(|path| inputs::reference(path, &options))
        .transpose()?;
    let allowed = start::allowed(plan, beginning, reference.as_ref(), &options)?;
    let frames = StartFrames {
        plan,
        allowed,
        directory,
        beginning,
        options: &options,
        reference: reference.as_ref(),
    };
    let mut degrees_of_freedom = 0;
    let mut replicas = Vec::new();
    for id in 0..plan.replicas {
        let (mut replica, counted) = replica(plan, directory, &frames, id)?;
        degrees_of_freedom = counted;
        if let Some(seen) = &loaded.seen {
            replica = replica.watch(plan.every, Unseen::new(Arc::clone(seen)));
        }
        replicas.push(replica);
    }
    self_test(&mut loaded, &replicas)?;
    loaded
        .notes
        .extend(unseen::note(&plan.potential, plan.unseen, &loaded));
    let simulation = Simulation::new(loaded.potential, replicas, plan.skin.angstroms());
    let mut simulation = simulation.map_err(|error| refused(plan, error))?;
    let warning = match &loaded.seen {
        Some(seen) => unseen::start(plan, seen, simulation.replicas())?,
        None => None,
    };
    let mut ensemble_sha256 = Vec::new();
    if let Some(members) = committee::load(plan, simulation.replicas())? {
        simulation = simulation
            .with_committee(members.committee)
            .or_bad_input()?;
        ensemble_sha256 = members.sha256;
        loaded.notes.extend(members.notes);
    }
    Ok(Assembly {
        simulation,
        reference,
        networks: networks(plan),
        weights_sha256: loaded.weights_sha256,
        ensemble_sha256,
        degrees_of_freedom,
        notes: loaded.notes,
        warnings: warning.into_iter().collect(),
    })
}

/// A structure that the network was not made for: whoever named no weights learns which ones they are.
fn refused(plan: &Plan, error: RunError) -> anyhow::Error {
    match (plan.potential.weights(), error) {
        (Some(weights), error @ RunError::Unfit { .. }) => {
            BadInput::new(format!("weights: {weights}: {error}")).into()
        }
        (_, error) => BadInput::new(error).into(),
    }
}

fn networks(plan: &Plan) -> Vec<WeightsSource> {
    let moving = plan.potential.weights().into_iter();
    moving.chain(&plan.committee).cloned().collect()
}

/// Where the first replica starts, also when the run is resumed: the same test of the same files.
fn self_test(loaded: &mut LoadedPotential, replicas: &[Replica]) -> Result<()> {
    match replicas.first() {
        Some(first) => loaded.self_test(&first.system, &first.state.positions, &first.state.cell),
        None => Ok(()),
    }
}

/// Of replica `id`: its own, so that it can be repeated alone.
pub fn seed(plan: &Plan, id: u32) -> u64 {
    plan.seed.wrapping_add(u64::from(id))
}

/// With the degrees of freedom that its temperature counts.
fn replica(
    plan: &Plan,
    directory: &RunDirectory,
    frames: &StartFrames<'_>,
    id: u32,
) -> Result<(Replica, usize)> {
    // One stream for the start, another for the thermostat.
    let mut draw = Generator::new(seed(plan, id), 0);
    let thermostat = Generator::new(seed(plan, id), 1);
    let frame = frames.frame(id, &mut draw)?;
    let (system, mut state) = frame.to_system_and_state();
    let dof = DegreesOfFreedom::of(&system, &state.cell).or_bad_input()?;
    if frames.beginning == Beginning::Planned {
        start::set_velocities(plan, &frame, &system, &mut state, &mut draw)?;
    }
    let integrator = dynamics::integrator(plan, dof, thermostat)?;
    let counted = dof.reported(dynamics::mode(plan), dynamics::coupling(plan, dof));
    let replica = Replica::new(id, Arc::new(system), state, integrator);
    let topology = frames.topology(&frame);
    let replica = watch::rules(replica, plan, frames.reference, &topology, counted)?;
    let folder = directory.replica(id);
    Ok((
        watch::records(replica, plan, &folder, topology, counted),
        counted,
    ))
}
