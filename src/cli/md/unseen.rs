//! Says when a run is outside of what its weights were trained on: at the start, once on the way, and in the summary.

use super::log::Log;
use crate::cli::choices::UnseenChoice;
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::inputs::LoadedPotential;
use crate::cli::plan::{Plan, PotentialPlan};
use crate::cli::progress::Progress;
use crate::observers::Unseen;
use crate::run::{UnseenSummary, UnseenWorst};
use crate::{Replica, Simulation};
use anyhow::Result;
use oreo_core::{Element, State};
use oreo_potentials::oreo::seen::{PairSearch, SeenDistances, UnseenPair};
use std::sync::Arc;

const OUTSIDE: &str = "is outside of what the weights were trained on";
/// Pairs of elements that a warning names.
const NAMED: usize = 3;

/// Weights that do not say what they were trained on; `None` when they do, and where nothing was trained.
pub(in crate::cli) fn note(
    potential: &PotentialPlan,
    choice: UnseenChoice,
    loaded: &LoadedPotential,
) -> Option<String> {
    match potential {
        PotentialPlan::Et(weights) if loaded.seen.is_none() && choice != UnseenChoice::Ignore => {
            Some(format!(
                "{weights} does not say which distances it was trained on: whether it knows such structures is not checked"
            ))
        }
        _ => None,
    }
}

/// Looks up where the replicas start; a warning for the first of them that is outside.
///
/// # Errors
/// The same as bad input, if that is asked for.
pub(super) fn start(
    plan: &Plan,
    seen: &Arc<SeenDistances>,
    replicas: &[Replica],
) -> Result<Option<String>> {
    if plan.unseen == UnseenChoice::Ignore {
        return Ok(None);
    }
    let mut search = PairSearch::new(Arc::clone(seen));
    for replica in replicas {
        let subject = format!("the start of replica {}", replica.id);
        let (elements, state) = (&replica.system.elements, &replica.state);
        let found = judge(&mut search, plan.unseen, &subject, elements, state)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// `SUBJECT is outside of what the weights were trained on: H3–O7 at 0.61 Å, …`; `None` where it is not, or nobody asked.
///
/// # Errors
/// The same as bad input, if that is asked for.
pub(in crate::cli) fn judge(
    search: &mut PairSearch,
    choice: UnseenChoice,
    subject: &str,
    elements: &[Element],
    state: &State,
) -> Result<Option<String>> {
    if choice == UnseenChoice::Ignore {
        return Ok(None);
    }
    let Some(found) = outside(search, elements, state)? else {
        return Ok(None);
    };
    let problem = format!("{subject} {OUTSIDE}: {found}");
    match choice {
        UnseenChoice::Refuse => {
            let remedy = "--unseen warn runs all the same";
            Err(BadInput::new(format!("{problem}; {remedy}")).into())
        }
        _ => Ok(Some(problem)),
    }
}

/// `H3–O7 at 0.61 Å, closest seen 0.84 Å; … (12 of 36 pairs within 5 Å)`
fn outside(search: &mut PairSearch, elements: &[Element], state: &State) -> Result<Option<String>> {
    let mut found: Vec<UnseenPair> = Vec::new();
    let pairs = search
        .for_each_unseen(elements, &state.positions, &state.cell, |pair| {
            found.push(pair);
        })
        .or_bad_input()?;
    if found.is_empty() {
        return Ok(None);
    }
    let seen = search.seen();
    let words = worst(&found, elements);
    let words = words.iter().map(|pair| pair.describe(elements, seen));
    let words = words.collect::<Vec<_>>().join("; ");
    let (unseen, cutoff) = (found.len(), seen.cutoff());
    Ok(Some(format!(
        "{words} ({unseen} of {pairs} pairs within {cutoff} Å)"
    )))
}

/// The worst ones, one for each pair of elements: a whole molecule that is too short says nothing more than its worst bond.
fn worst(found: &[UnseenPair], elements: &[Element]) -> Vec<UnseenPair> {
    let mut sorted = found.to_vec();
    sorted.sort_by(|a, b| b.beyond.total_cmp(&a.beyond));
    let mut named: Vec<[Element; 2]> = Vec::new();
    sorted.retain(|pair| {
        let [a, b] = pair.atoms.map(|atom| elements[atom]);
        let both = [a.min(b), a.max(b)];
        let is_new = named.len() < NAMED && !named.contains(&both);
        if is_new {
            named.push(both);
        }
        is_new
    });
    sorted
}

/// Tells once, for each replica, when it goes where the weights have never been.
pub(super) struct FirstSightings {
    told: Vec<bool>,
}

impl FirstSightings {
    /// What was there before is told already: by the warning of the start, or before the run was resumed.
    pub fn new(plan: &Plan, simulation: &Simulation) -> Self {
        let silent = plan.unseen == UnseenChoice::Ignore;
        let told = |replica: &Replica| silent || is_outside(replica);
        Self {
            told: simulation.replicas().iter().map(told).collect(),
        }
    }

    /// After a step. Allocates only when there is something to say.
    pub fn tell(
        &mut self,
        simulation: &Simulation,
        log: &mut Log,
        progress: &mut Progress,
    ) -> Result<()> {
        for (replica, told) in simulation.replicas().iter().zip(&mut self.told) {
            if *told || !is_outside(replica) {
                continue;
            }
            *told = true;
            if let Some(line) = first_sighting(replica) {
                progress.say(&line);
                log.write(&line)?;
            }
        }
        Ok(())
    }
}

fn is_outside(replica: &Replica) -> bool {
    let unseen = replica.observer::<Unseen>();
    unseen.is_some_and(|unseen| unseen.frames() > 0)
}

fn first_sighting(replica: &Replica) -> Option<String> {
    let unseen = replica.observer::<Unseen>()?;
    let first = unseen.first()?;
    let pair = first.pair.describe(&replica.system.elements, unseen.seen());
    Some(format!(
        "warning: replica {} {OUTSIDE} at step {}: {pair}; summary.json counts such frames",
        replica.id, first.step
    ))
}

/// For `summary.json`.
pub(super) fn summary(replica: &Replica) -> Option<UnseenSummary> {
    let unseen = replica.observer::<Unseen>()?;
    let elements = &replica.system.elements;
    Some(UnseenSummary {
        frames: unseen.frames(),
        of_frames: unseen.of_frames(),
        first_step: unseen.first().map(|first| first.step),
        worst: unseen.worst().map(|worst| UnseenWorst {
            elements: worst.pair.atoms.map(|atom| elements[atom].to_string()),
            distance_a: worst.pair.distance,
        }),
    })
}

/// One line for people about a replica that was outside.
pub(super) fn line(replica: u32, unseen: &UnseenSummary) -> Option<String> {
    let (step, worst) = (unseen.first_step?, unseen.worst.as_ref()?);
    let [a, b] = &worst.elements;
    Some(format!(
        "replica {replica}: {} of {} frames are outside of what the weights were trained on, the first at step {step}; \
         worst {a}–{b} at {:.2} Å",
        unseen.frames, unseen.of_frames, worst.distance_a
    ))
}
