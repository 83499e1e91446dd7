//! The networks of `--ensemble`: read and tested like the one that moves the atoms, and each of them another one.

use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::inputs;
use crate::cli::plan::{Plan, PotentialPlan};
use crate::cli::weights_source::WeightsSource;
use crate::{Committee, Replica};
use anyhow::{Context, Result};
use oreo_potentials::oreo::Weights;

/// A committee, and where it came from.
pub(super) struct LoadedCommittee {
    /// Ready to be asked.
    pub committee: Committee,
    /// Of each weights file, lower-case hex.
    pub sha256: Vec<String>,
    /// What the user should know, one line each.
    pub notes: Vec<String>,
}

/// `None` without `--ensemble`. Each member computes as the plan says, and is compared with its reference where the first
/// replica starts, one after the other: what that takes is given back before the next.
pub(super) fn load(plan: &Plan, replicas: &[Replica]) -> Result<Option<LoadedCommittee>> {
    if plan.committee.is_empty() {
        return Ok(None);
    }
    refuse_twins(plan)?;
    let (mut members, mut sha256, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for source in &plan.committee {
        let place = || format!("ensemble: {source}");
        let network = PotentialPlan::Et(source.clone());
        let mut loaded = inputs::potential(&network, &plan.compute)?;
        if let Some(first) = replicas.first() {
            let (system, state) = (&first.system, &first.state);
            let capabilities = loaded.potential.capabilities();
            let fits = capabilities.check(system, &state.cell);
            fits.or_bad_input().with_context(place)?;
            loaded
                .self_test(system, &state.positions, &state.cell)
                .with_context(place)?;
        }
        let named = |note: String| match note.contains(&source.to_string()) {
            true => note,
            false => format!("{}: {note}", place()),
        };
        notes.extend(loaded.notes.into_iter().map(named));
        sha256.extend(loaded.weights_sha256);
        members.push(loaded.potential);
    }
    Ok(Some(LoadedCommittee {
        committee: Committee::new(members, plan.every),
        sha256,
        notes,
    }))
}

/// A network has no deviation from itself: with two files of the same one the number would be too small by construction.
/// The file may be another one (converted, with other facts): the numbers decide.
fn refuse_twins(plan: &Plan) -> Result<()> {
    let mut known: Vec<(&WeightsSource, Weights)> = Vec::new();
    let main = plan.potential.weights();
    for source in main.into_iter().chain(&plan.committee) {
        let weights = source.weights()?;
        let twin = known.iter().find(|(_, other)| are_equal(other, &weights));
        if let Some((other, _)) = twin {
            let problem = "holds the same network as";
            let remedy = "a network does not deviate from itself; give another one";
            return Err(
                BadInput::new(format!("ensemble: {source} {problem} {other}: {remedy}")).into(),
            );
        }
        known.push((source, weights));
    }
    Ok(())
}

fn are_equal(one: &Weights, other: &Weights) -> bool {
    one.sha256 == other.sha256 || (one.config == other.config && one.tensors == other.tensors)
}
