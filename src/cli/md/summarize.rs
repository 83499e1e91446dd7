//! From a finished simulation to `summary.json`.

use super::assemble::{seed, Assembly};
use super::drive::Drive;
use super::unseen;
use crate::cli::pace::nanoseconds_per_day;
use crate::cli::plan::{Plan, PotentialPlan};
use crate::observers::{Averages, Deviations, Distances};
use crate::run::{
    ForceDeviations, MeanStd, MsPerStep, ReplicaSummary, StopSummary, Summary, Temperatures,
};
use crate::Replica;
use oreo_core::Stop;
use oreo_validation::floor;

/// Seed of the bootstrap behind the floors; fixed, so that a summary can be made again.
const FLOOR_SEED: u64 = 0;

/// The whole file.
pub fn summary(plan: &Plan, assembly: &Assembly, drive: &Drive) -> Summary {
    let capabilities = assembly.simulation.capabilities();
    let replicas: Vec<_> = assembly
        .simulation
        .replicas()
        .iter()
        .map(|r| replica(plan, assembly, drive, r))
        .collect();
    let wall = drive.wall.as_secs_f64();
    let rate = if wall > 0.0 {
        drive.times.steps() as f64 / wall
    } else {
        0.0
    };
    Summary {
        version: env!("CARGO_PKG_VERSION").into(),
        weights_sha256: assembly.weights_sha256.clone(),
        ensemble_sha256: assembly.ensemble_sha256.clone(),
        potential: capabilities.name.clone(),
        precision: capabilities.precision.into(),
        path: match plan.potential {
            PotentialPlan::Et(_) => plan.compute.path.to_string(),
            PotentialPlan::LennardJones => "analytic".into(),
        },
        device: plan.compute.device.to_string(),
        threads: plan.compute.threads as usize,
        steps: plan.steps,
        timestep_fs: plan.timestep.femtoseconds(),
        wall_s: wall,
        steps_per_s: rate,
        ns_per_day: nanoseconds_per_day(rate, plan.timestep.femtoseconds()),
        ms_per_step: MsPerStep {
            mean: drive.times.mean_ms(),
            p50: drive.times.percentile_ms(0.5),
            p99: drive.times.percentile_ms(0.99),
        },
        h_r_mae: MeanStd::of(replicas.iter().map(|replica| replica.h_r_mae)),
        stable_ps: MeanStd::of(replicas.iter().map(|replica| Some(replica.stable_ps))),
        replicas,
    }
}

fn replica(plan: &Plan, assembly: &Assembly, drive: &Drive, replica: &Replica) -> ReplicaSummary {
    let histogram = replica.observer::<Distances>().map(Distances::histogram);
    let reference = assembly.reference.as_ref();
    let run = histogram.and_then(|histogram| histogram.distribution().ok());
    let averages = replica.observer::<Averages>();
    let temperatures = averages.and_then(Averages::temperatures);
    let last = replica
        .stop()
        .filter(|stop| stop.is_unstable())
        .map_or(replica.state.step, |stop| stop.step());
    ReplicaSummary {
        id: replica.id,
        seed: seed(plan, replica.id),
        steps: replica.state.step,
        stop: stop(plan, drive, replica),
        stable_ps: last as f64 * plan.timestep.femtoseconds() * 1e-3,
        h_r_mae: run
            .zip(reference)
            .map(|(run, reference)| run.mae(&reference.distribution)),
        h_r_floor: histogram
            .and_then(|h| floor::sampling_floor(h, FLOOR_SEED).ok())
            .map(|floor| floor.h_r_floor),
        h_r_half_split: reference.and_then(|reference| reference.half_split),
        temperature_k: Temperatures {
            all: temperatures.map(|t| t.all),
            translation: temperatures.and_then(|t| t.translation),
            rotation: temperatures.and_then(|t| t.rotation),
            vibration: temperatures.and_then(|t| t.vibration),
        },
        dof: assembly.degrees_of_freedom,
        conserved_drift_ev_per_ps: averages
            .and_then(Averages::drift)
            .map(|drift| drift.drift_ev_per_ps),
        force_deviation: force_deviation(replica),
        unseen: unseen::summary(replica),
    }
}

fn force_deviation(replica: &Replica) -> Option<ForceDeviations> {
    let found = replica.observer::<Deviations>()?.statistics()?;
    Some(ForceDeviations {
        mean_ev_per_a: found.mean,
        rms_ev_per_a: found.rms,
        max_ev_per_a: found.max,
        max_step: found.max_step,
        max_atom: found.max_atom,
    })
}

fn stop(plan: &Plan, drive: &Drive, replica: &Replica) -> StopSummary {
    let step = replica.state.step;
    match replica.stop() {
        Some(stop) => StopSummary {
            cause: stop.cause().into(),
            step: stop.step(),
            detail: stop.to_string(),
            atoms: atoms(stop),
        },
        None if drive.interrupted => {
            let detail = format!(
                "interrupted at step {step} of {}; continue with `oreo resume`",
                plan.steps
            );
            StopSummary {
                cause: "requested".into(),
                step,
                detail,
                atoms: Vec::new(),
            }
        }
        None => StopSummary {
            cause: "completed".into(),
            step,
            detail: format!("all {} steps done", plan.steps),
            atoms: Vec::new(),
        },
    }
}

fn atoms(stop: &Stop) -> Vec<usize> {
    match *stop {
        Stop::Bond { atoms, .. } => atoms.to_vec(),
        Stop::Force { atom, .. } | Stop::ForceDeviation { atom, .. } => vec![atom],
        Stop::Rdf { .. }
        | Stop::Temperature { .. }
        | Stop::NonFinite { .. }
        | Stop::Requested { .. } => Vec::new(),
    }
}
