//! The summary for people.

use super::unseen;
use crate::cli::pace;
use crate::run::{ReplicaSummary, Summary};
use std::fmt::Write;

/// A line a replica, then the speed.
pub fn of(summary: &Summary) -> String {
    let mut text = String::from(
        "replica    steps  stop             stable ps  h(r) MAE   floor  half-split    T all  T trans    T rot    T vib  drift eV/ps\n",
    );
    for replica in &summary.replicas {
        line(&mut text, replica);
    }
    for replica in summary
        .replicas
        .iter()
        .filter(|replica| replica.stop.cause != "completed")
    {
        let _ = writeln!(text, "replica {}: {}", replica.id, replica.stop.detail);
    }
    summary
        .replicas
        .iter()
        .for_each(|replica| deviation(&mut text, replica));
    for replica in &summary.replicas {
        if let Some(line) = (replica.unseen.as_ref()).and_then(|u| unseen::line(replica.id, u)) {
            let _ = writeln!(text, "{line}");
        }
    }
    let ms = &summary.ms_per_step;
    let _ = writeln!(
        text,
        "{:.3} ms/step (median {:.3}, p99 {:.3}), {} steps/s, {} ns/day; {} {}, {} thread(s), {}",
        ms.mean,
        ms.p50,
        ms.p99,
        pace::three_digits(summary.steps_per_s),
        pace::three_digits(summary.ns_per_day),
        summary.potential,
        summary.precision,
        summary.threads,
        pace::duration(summary.wall_s),
    );
    text
}

/// Only of runs with an ensemble.
fn deviation(text: &mut String, replica: &ReplicaSummary) {
    if let Some(found) = &replica.force_deviation {
        let _ = writeln!(
            text,
            "replica {}: forces of the ensemble deviate by {:.4} eV/Å in the mean, at most by {:.4} (atom {}, step {})",
            replica.id, found.mean_ev_per_a, found.max_ev_per_a, found.max_atom, found.max_step
        );
    }
}

fn line(text: &mut String, replica: &ReplicaSummary) {
    let number = |value: Option<f64>, width: usize, digits: usize| match value {
        Some(value) => format!("{value:width$.digits$}"),
        None => format!("{:>width$}", "-"),
    };
    let t = &replica.temperature_k;
    let _ = writeln!(
        text,
        "{:>7}  {:>7}  {:<15}  {:>9.3}  {}  {}  {}  {}  {}  {}  {}  {}",
        replica.id,
        replica.steps,
        replica.stop.cause,
        replica.stable_ps,
        number(replica.h_r_mae, 8, 4),
        number(replica.h_r_floor, 6, 4),
        number(replica.h_r_half_split, 10, 4),
        number(t.all, 7, 1),
        number(t.translation, 7, 1),
        number(t.rotation, 7, 1),
        number(t.vibration, 7, 1),
        replica
            .conserved_drift_ev_per_ps
            .map_or_else(|| format!("{:>11}", "-"), |drift| format!("{drift:>11.2e}")),
    );
}
