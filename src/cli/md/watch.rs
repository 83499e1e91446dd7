//! Who watches a replica: the rules that stop it, then what is written down.

use crate::cli::choices::TrajectoryFormat;
use crate::cli::exit::OrBadInput;
use crate::cli::inputs::Reference;
use crate::cli::plan::{Plan, StabilityRule};
use crate::observers::{Averages, Deviations, Distances, FrameContent, Thermo, Trajectory};
use crate::Replica;
use anyhow::Result;
use oreo_core::Cell;
use oreo_formats::Timing;
use oreo_validation::rdf::RadialHistogram;
use oreo_validation::stability::{
    BondRule, DeviationRule, ForceRule, RdfRule, TemperatureRule, Window,
    DEFAULT_DISTANCES_THRESHOLD, DEFAULT_RADIAL_THRESHOLD,
};
use oreo_validation::{Topology, ValidationError};
use std::path::Path;

/// Steps between samples of the mean temperatures and of the drift.
const AVERAGE_EVERY: u64 = 10;
/// Samples that the window rule takes of a window.
const WINDOW_SAMPLES: u64 = 100;
/// Bins of g(r).
const RADIAL_BINS: usize = 200;

/// The rule of the plan and the caps, at every step; that of an ensemble when it is asked. Values that are not finite stop a
/// replica in any case.
pub(super) fn rules(
    mut replica: Replica,
    plan: &Plan,
    reference: Option<&Reference>,
    topology: &Topology,
    degrees_of_freedom: usize,
) -> Result<Replica> {
    match (plan.stability, reference) {
        (StabilityRule::Bond { threshold }, _) => {
            let rule = BondRule::new(topology.clone(), threshold.angstroms()).or_bad_input()?;
            replica = replica.watch(1, rule);
        }
        (StabilityRule::Rdf { threshold, window }, Some(reference)) => {
            let steps = (window.femtoseconds() / plan.timestep.femtoseconds()).round();
            let steps = steps.max(1.0) as u64;
            let every = (steps / WINDOW_SAMPLES).max(1);
            let rule = window_rule(reference, Window { steps, every }, threshold);
            replica = replica.watch(1, rule.or_bad_input()?);
        }
        (StabilityRule::Rdf { .. } | StabilityRule::None, _) => {}
    }
    if let Some(cap) = plan.temperature_cap {
        let rule = TemperatureRule::new(cap.kelvins(), degrees_of_freedom as f64);
        replica = replica.watch(1, rule.or_bad_input()?);
    }
    if let Some(cap) = plan.force_cap {
        replica = replica.watch(1, ForceRule::new(cap.ev_per_angstrom()).or_bad_input()?);
    }
    if let Some(level) = plan.deviation_stop {
        let rule = DeviationRule::new(level.ev_per_angstrom()).or_bad_input()?;
        replica = replica.watch(plan.every, rule);
    }
    Ok(replica)
}

/// h(r) of a molecule, g(r) of a box up to half its smallest height.
fn window_rule(
    reference: &Reference,
    window: Window,
    threshold: Option<f64>,
) -> Result<RdfRule, ValidationError> {
    let first = &reference.frames[0];
    let Cell::Periodic(cell) = &first.cell else {
        let threshold = threshold.unwrap_or(DEFAULT_DISTANCES_THRESHOLD);
        return RdfRule::distances(reference.distribution.clone(), window, threshold);
    };
    let mut radial = RadialHistogram::all(first.len(), 0.5 * cell.heights().min(), RADIAL_BINS)?;
    for frame in &reference.frames {
        radial.add_frame(&frame.positions, &frame.cell)?;
    }
    let distribution = radial.distribution()?;
    let threshold = threshold.unwrap_or(DEFAULT_RADIAL_THRESHOLD);
    RdfRule::radial(radial, distribution, window, threshold)
}

/// Means and h(r) for the summary, `thermo.csv` and the trajectories.
pub(super) fn records(
    replica: Replica,
    plan: &Plan,
    folder: &Path,
    topology: Topology,
    degrees_of_freedom: usize,
) -> Replica {
    let timestep = plan.timestep.internal();
    let thermo = folder.join("thermo.csv");
    let mut thermo = Thermo::new(thermo, timestep, degrees_of_freedom, topology);
    if !plan.committee.is_empty() {
        thermo = thermo.with_force_deviation();
    }
    let mut replica = replica
        .watch(AVERAGE_EVERY, Averages::new(timestep, degrees_of_freedom))
        .watch(plan.every, Distances::default())
        .watch(plan.every, thermo);
    if !plan.committee.is_empty() {
        replica = replica.watch(plan.every, Deviations::default());
    }
    let timing = Timing {
        first_step: 0,
        interval: plan.every,
        timestep,
    };
    for format in &plan.formats {
        let (name, content) = match format {
            TrajectoryFormat::Xyz => {
                let content = FrameContent {
                    forces: plan.write_forces,
                    velocities: plan.write_velocities,
                };
                ("trajectory.xyz", content)
            }
            TrajectoryFormat::Dcd => ("trajectory.dcd", FrameContent::default()),
        };
        let trajectory = Trajectory::new(folder.join(name), timing, content, timestep);
        replica = replica.watch(plan.every, trajectory);
    }
    replica
}
