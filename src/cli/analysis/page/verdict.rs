//! What the reader wants to know first: did it hold to the end, when did it not, why, which atoms; and what to look at
//! before believing the rest.

use crate::cli::analysis::results::{Analysis, BrokenFrame, ReplicaAnalysis};
use crate::cli::page::verdict::{Check, Verdict};
use oreo_core::units::KELVIN;

/// Share of kT that a degree of freedom may gain or lose over the run before it is worth a warning.
const DRIFT_SHARE: f64 = 0.1;
/// Standard errors between a mean and its target before it is worth a warning.
const ERRORS: f64 = 3.0;
/// And share of the target: a long run has errors so small that any difference is significant.
const TEMPERATURE_SHARE: f64 = 0.03;

/// Share of frames with distances that the weights were not trained on from which whole bonds say little: an angle that
/// collapsed keeps its bonds.
const UNSEEN_SHARE: f64 = 0.05;

/// Of a run or a trajectory.
pub fn of(analysis: &Analysis) -> Verdict {
    let replicas = &analysis.replicas;
    let lost: Vec<_> = replicas.iter().filter(|r| !held(r)).collect();
    let judged = replicas.iter().any(|r| r.stability.bonds > 0);
    let unseen_share = share_of_unseen(analysis).unwrap_or(0.0);
    let (state, headline) = match (lost.len(), analysis.unfinished) {
        (0, _) if unseen_share > UNSEEN_SHARE => (
            "unjudged",
            headline(
                analysis,
                "Bonds whole, in structures that the weights do not know",
            ),
        ),
        (0, true) => ("unfinished", headline(analysis, "Stable so far")),
        (0, false) if analysis.kind == "run" => ("stable", headline(analysis, "Stable to the end")),
        (0, false) if judged => ("stable", headline(analysis, "Whole in every saved frame")),
        (0, false) => ("unjudged", "Not judged: the topology has no bonds".into()),
        (count, _) => ("unstable", broken(count, replicas)),
    };
    let checks = [
        distances(analysis),
        temperature(analysis),
        drift(analysis),
        unseen(analysis),
    ];
    Verdict {
        state,
        headline,
        details: lost.into_iter().map(|r| why(analysis, r)).collect(),
        checks: checks.into_iter().flatten().collect(),
    }
}

/// The run looked at every step, the analysis at the saved frames; either may find a broken bond.
fn held(replica: &ReplicaAnalysis) -> bool {
    let stopped = replica.stability.by_every_step.as_ref();
    let by_itself = ["completed", "requested"];
    stopped.is_none_or(|verdict| by_itself.contains(&verdict.stop.cause.as_str()))
        && replica.stability.first_broken_frame.is_none()
}

fn headline(analysis: &Analysis, words: &str) -> String {
    let replicas = analysis.replicas.len();
    let whose = match (analysis.kind, replicas) {
        ("run", 1) => ", one replica".to_string(),
        ("run", several) => format!(", all {several} replicas"),
        _ => String::new(),
    };
    let times = analysis.replicas.iter().filter_map(|r| r.stable_ps);
    let shortest = times.fold(f64::INFINITY, f64::min);
    match shortest.is_finite() {
        true => format!("{words}{whose}: {} ps", time(shortest)),
        false => format!("{words}{whose}"),
    }
}

fn broken(count: usize, replicas: &[ReplicaAnalysis]) -> String {
    let lost = replicas.iter().filter(|replica| !held(replica));
    let first = lost
        .filter_map(|r| r.stable_ps)
        .fold(f64::INFINITY, f64::min);
    let when = match (first.is_finite(), count) {
        (false, _) => String::new(),
        (true, 1) => format!(" after {} ps", time(first)),
        (true, _) => format!(", the first after {} ps", time(first)),
    };
    match replicas.len() {
        1 => format!("Unstable{when}"),
        all => format!("Unstable: {count} of {all} replicas{when}"),
    }
}

/// Cause, step, time, atoms.
fn why(analysis: &Analysis, replica: &ReplicaAnalysis) -> String {
    let name = match analysis.kind {
        "run" => format!("Replica {}", replica.id),
        _ => "The trajectory".into(),
    };
    let stable = replica.stable_ps;
    let stable = stable.map_or(String::new(), |t| format!(" ({} ps)", time(t)));
    let stop = replica.stability.by_every_step.as_ref().map(|v| &v.stop);
    match (stop, &replica.stability.first_broken_frame) {
        (Some(stop), _) if stop.cause != "completed" && stop.cause != "requested" => {
            let cause = with_names(replica, &stop.detail, &stop.atoms);
            format!("{name} stopped at step {}{stable}: {cause}", stop.step)
        }
        (_, Some(frame)) => format!("{name}: {}", in_a_frame(replica, frame)),
        _ => name,
    }
}

fn in_a_frame(replica: &ReplicaAnalysis, broken: &BrokenFrame) -> String {
    let when = broken.time_ps;
    let when = when.map_or(String::new(), |t| format!(" ({} ps)", time(t)));
    let bond = &broken.bond;
    format!(
        "in saved frame {}{when} bond {} is {:.3} Å long, {:.3} Å from its reference {:.3} Å",
        broken.frame,
        names(replica, &bond.bond.atoms),
        bond.distance,
        broken.deviation_a,
        bond.bond.reference,
    )
}

/// `bond 2-8` becomes `bond O2–H8`: indices alone say little.
fn with_names(replica: &ReplicaAnalysis, detail: &str, atoms: &[usize]) -> String {
    let names = names(replica, atoms);
    match atoms {
        [i, j] => detail.replacen(&format!("bond {i}-{j} "), &format!("bond {names} "), 1),
        [i] => detail.replacen(&format!("atom {i} "), &format!("atom {names} "), 1),
        _ => detail.into(),
    }
}

/// Element and index; the index alone of an atom that the molecule does not have.
fn names(replica: &ReplicaAnalysis, atoms: &[usize]) -> String {
    let elements = &replica.curves.elements;
    let name = |&atom: &usize| {
        let symbol = elements.get(atom).map_or("", |element| element.symbol());
        format!("{symbol}{atom}")
    };
    atoms.iter().map(name).collect::<Vec<_>>().join("–")
}

fn distances(analysis: &Analysis) -> Option<Check> {
    let about = "h_r.h_r_mae";
    let mae = match analysis.h_r_mae.mean {
        Some(mae) => mae,
        None if analysis.reference.is_none() => {
            return Some(Check {
                state: "missing",
                text: "No reference: whether the distances are right is not known".into(),
                about,
            })
        }
        None => return None,
    };
    let floors = analysis.replicas.iter().map(|r| r.h_r.h_r_floor);
    let floor = crate::run::MeanStd::of(floors).mean;
    let half_split = analysis.replicas.first()?.h_r.h_r_half_split;
    let explained = [floor, half_split]
        .into_iter()
        .flatten()
        .fold(0.0, f64::max);
    let against: Vec<_> = [
        ("sampling floor", floor),
        ("half-split of the reference", half_split),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("{name} {:.3}", value?)))
    .collect();
    let against = against.join(", ");
    // Where the labels are of another level of theory than the frames, only this one can be small.
    let scores = analysis.replicas.iter().map(|r| r.h_r.h_r_mae_reweighted);
    let reweighted = crate::run::MeanStd::of(scores).mean;
    let mut text = format!("Distances: h(r) MAE {mae:.3}");
    if let Some(reweighted) = reweighted {
        text += &format!(", {reweighted:.3} against the reference reweighted to its labels");
    }
    let judged = reweighted.unwrap_or(mae);
    let (state, words) = match (against.is_empty(), judged <= explained) {
        (true, _) => ("missing", ", of which sampling has an unknown share".into()),
        (_, true) => (
            "good",
            format!(", no larger than sampling explains ({against})"),
        ),
        (_, false) => (
            "attention",
            format!(", more than sampling explains ({against})"),
        ),
    };
    let text = text + &words;
    Some(Check { state, text, about })
}

fn temperature(analysis: &Analysis) -> Option<Check> {
    let target = analysis
        .replicas
        .iter()
        .find_map(|replica| replica.curves.targets?.all)?;
    let means = analysis
        .replicas
        .iter()
        .map(|replica| Some(replica.temperature_k?.all?.mean));
    let mean = crate::run::MeanStd::of(means).mean?;
    let off = |replica: &&ReplicaAnalysis| difference(replica).is_some_and(|(off, _)| off);
    let significant = |replica: &&ReplicaAnalysis| difference(replica) == Some((true, true));
    let replicas = &analysis.replicas;
    let (state, remark) = match (replicas.iter().find(off), replicas.iter().find(significant)) {
        (_, Some(replica)) => {
            let id = replica.id;
            let remark = format!("; replica {id} is further off than its error explains");
            ("attention", remark)
        }
        (Some(_), None) => ("missing", "; too short a time to tell".into()),
        (None, None) => ("good", String::new()),
    };
    Some(Check {
        state,
        text: format!("Temperature: {mean:.0} K, target {target:.0} K{remark}"),
        about: "temperature_k",
    })
}

/// Whether the mean is off its target by a share that matters, and by more than its error explains.
fn difference(replica: &ReplicaAnalysis) -> Option<(bool, bool)> {
    let target = replica.curves.targets?.all?;
    let found = replica.temperature_k?.all?;
    let off = (found.mean - target).abs();
    Some((off > TEMPERATURE_SHARE * target, off > ERRORS * found.error))
}

/// Energy that the integrator made or lost, in units of the thermal energy of a degree of freedom.
fn drift(analysis: &Analysis) -> Option<Check> {
    let gained = |replica: &ReplicaAnalysis| -> Option<f64> {
        let drift = replica.conserved?.drift_ev_per_ps * replica.stable_ps?;
        let temperature = replica.temperature_k?;
        let thermal = KELVIN * temperature.all?.mean * temperature.dof? as f64;
        (thermal > 0.0).then(|| (drift / thermal).abs())
    };
    let worst = analysis
        .replicas
        .iter()
        .filter_map(gained)
        .fold(f64::NAN, f64::max);
    if worst.is_nan() {
        return None;
    }
    let state = if worst < DRIFT_SHARE {
        "good"
    } else {
        "attention"
    };
    let share = match 100.0 * worst {
        small if small < 0.01 => "less than 0.01".into(),
        percent => format!("at most {percent:.2}"),
    };
    let text =
        format!("Conserved energy: drift over the run {share} % of kT per degree of freedom");
    let about = "conserved.drift_kt_per_ns_per_dof";
    Some(Check { state, text, about })
}

/// Of weights that know what they were trained on.
fn unseen(analysis: &Analysis) -> Option<Check> {
    let (frames, of) = frames_unseen(analysis)?;
    let state = match (frames, of) {
        (_, 0) => return None,
        (0, _) => "good",
        _ => "attention",
    };
    let text = format!(
        "Training: {frames} of {of} frames have distances that the weights were not trained on"
    );
    Some(Check {
        state,
        text,
        about: "unseen",
    })
}

/// How many frames, and of how many; `None` for weights that do not know.
fn frames_unseen(analysis: &Analysis) -> Option<(u64, u64)> {
    let summary = analysis.card.as_ref()?.summary.as_ref()?;
    let counts = summary.replicas.iter().filter_map(|r| r.unseen.as_ref());
    Some(counts.fold((0, 0), |sum, u| (sum.0 + u.frames, sum.1 + u.of_frames)))
}

fn share_of_unseen(analysis: &Analysis) -> Option<f64> {
    let (frames, of) = frames_unseen(analysis).filter(|(_, of)| *of > 0)?;
    Some(frames as f64 / of as f64)
}

/// ps, with the digits that a short run needs.
fn time(ps: f64) -> String {
    match ps < 1.0 {
        true => format!("{ps:.4}"),
        false => format!("{ps:.1}"),
    }
}
