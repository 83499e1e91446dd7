//! The summary for people: on a screen of 80 columns and 24 lines, and complete for the log.

use super::unseen;
use crate::cli::pace::{duration, three_digits};
use crate::run::{ReplicaSummary, StopSummary, Summary};
use std::fmt::Write;

/// Characters in a line.
const WIDTH: usize = 79;
/// Replicas with a line of their own on a screen.
const SHOWN: usize = 6;
/// Lines of remarks on a screen.
const REMARK_LINES: usize = 4;

/// For a screen: of many replicas the first ones, of many remarks as well.
pub fn of(summary: &Summary) -> String {
    let count = summary.replicas.len();
    let shown = if count > SHOWN { SHOWN - 1 } else { count };
    let mut lines = vec![head()];
    lines.extend(summary.replicas[..shown].iter().map(line));
    if shown < count {
        lines.push(others(&summary.replicas[shown..]));
    }
    lines.extend(ending(summary));
    let remarks = remarks(summary);
    let wrapped: Vec<String> = remarks.iter().flat_map(|remark| wrapped(remark)).collect();
    let hidden = wrapped.len() > REMARK_LINES;
    let kept = if hidden {
        REMARK_LINES - 1
    } else {
        wrapped.len()
    };
    lines.extend(wrapped.into_iter().take(kept));
    if hidden {
        lines.push("… the rest of these remarks is in log.txt".into());
    }
    lines.join("\n") + "\n"
}

/// For the log: every replica, every remark.
pub(super) fn whole(summary: &Summary) -> Vec<String> {
    let mut lines = vec![head()];
    lines.extend(summary.replicas.iter().map(line));
    lines.extend(ending(summary));
    lines.extend(remarks(summary));
    lines
}

fn head() -> String {
    format!(
        "{:>7}  {:<15}  {:>10}  {:>8}  {:>6}  {:>6}  {:>11}",
        "replica", "ended", "stable ps", "h(r) MAE", "floor", "T (K)", "drift eV/ps"
    )
}

fn line(replica: &ReplicaSummary) -> String {
    let number = |value: Option<f64>, digits: usize| {
        value.map_or("-".into(), |value| format!("{value:.digits$}"))
    };
    let drift = replica.conserved_drift_ev_per_ps;
    format!(
        "{:>7}  {:<15}  {:>10.3}  {:>8}  {:>6}  {:>6}  {:>11}",
        replica.id,
        replica.stop.cause,
        replica.stable_ps,
        number(replica.h_r_mae, 4),
        number(replica.h_r_floor, 4),
        number(replica.temperature_k.all, 1),
        drift.map_or("-".into(), |drift| format!("{drift:.2e}")),
    )
}

/// `and 95 more: 90 completed, 5 ended early; all are in summary.json`
fn others(replicas: &[ReplicaSummary]) -> String {
    let completed = |replica: &&ReplicaSummary| replica.stop.cause == "completed";
    let (count, done) = (replicas.len(), replicas.iter().filter(completed).count());
    format!(
        "and {count} more: {done} completed, {} ended early; all are in summary.json",
        count - done
    )
}

/// What is said of all replicas together.
fn ending(summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    if let (true, Some(mean)) = (summary.replicas.len() > 1, summary.h_r_mae.mean) {
        let std = summary.h_r_mae.std;
        let std = std.map_or(String::new(), |std| format!(" ± {std:.4}"));
        lines.push(format!("h(r) MAE {mean:.4}{std} over the replicas"));
    }
    lines.extend(temperatures(&summary.replicas));
    let ms = &summary.ms_per_step;
    lines.push(format!(
        "{} steps/s, {} ns/day, {:.3} ms/step (median {:.3}, p99 {:.3}), {}",
        three_digits(summary.steps_per_s),
        three_digits(summary.ns_per_day),
        ms.mean,
        ms.p50,
        ms.p99,
        duration(summary.wall_s),
    ));
    let threads = match summary.threads {
        1 => "1 thread".into(),
        several => format!("{several} threads"),
    };
    let (potential, precision) = (&summary.potential, &summary.precision);
    lines.push(format!(
        "{potential}, {precision}, {}, {threads}",
        summary.device
    ));
    lines
}

/// Means over the replicas, with the half-split of their reference.
fn temperatures(replicas: &[ReplicaSummary]) -> Option<String> {
    let mean = |of: fn(&ReplicaSummary) -> Option<f64>| {
        let values: Vec<f64> = replicas.iter().filter_map(of).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let parts = [
        ("translation", mean(|one| one.temperature_k.translation)),
        ("rotation", mean(|one| one.temperature_k.rotation)),
        ("vibration", mean(|one| one.temperature_k.vibration)),
    ];
    let mut text = String::new();
    for (name, kelvins) in parts {
        if let Some(kelvins) = kelvins {
            let comma = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{comma}{name} {kelvins:.1} K");
        }
    }
    let split = replicas.first().and_then(|one| one.h_r_half_split);
    if let Some(split) = split {
        let semicolon = if text.is_empty() { "" } else { "; " };
        let _ = write!(text, "{semicolon}half-split of h(r) {split:.4}");
    }
    (!text.is_empty()).then_some(text)
}

/// Why replicas ended early, how far networks disagree, and what the weights do not know.
fn remarks(summary: &Summary) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut said: Vec<&StopSummary> = Vec::new();
    for replica in &summary.replicas {
        let stop = &replica.stop;
        // What interrupts a run interrupts all of it.
        let again = stop.cause == "requested" && said.contains(&stop);
        if stop.cause != "completed" && !again {
            said.push(stop);
            remarks.push(format!(
                "replica {}, step {}: {}",
                replica.id, stop.step, stop.detail
            ));
        }
    }
    remarks.extend(summary.replicas.iter().filter_map(deviation));
    for replica in &summary.replicas {
        let unseen = replica.unseen.as_ref();
        remarks.extend(unseen.and_then(|unseen| unseen::line(replica.id, unseen)));
    }
    remarks
}

/// Only of runs with an ensemble.
fn deviation(replica: &ReplicaSummary) -> Option<String> {
    let found = replica.force_deviation.as_ref()?;
    Some(format!(
        "replica {}: forces of the ensemble deviate by {:.4} eV/Å in the mean, at most by {:.4} (atom {}, step {})",
        replica.id, found.mean_ev_per_a, found.max_ev_per_a, found.max_atom, found.max_step
    ))
}

/// At words, further lines indented.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let longer = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && longer > WIDTH {
            lines.push(std::mem::replace(&mut line, "   ".into()));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{MeanStd, MsPerStep, Temperatures};

    fn replica(id: u32, cause: &str) -> ReplicaSummary {
        let detail = "bond 3-5 is 2.103 Å long, 0.583 Å from its reference 1.520 Å (allowed 0.5 Å)";
        ReplicaSummary {
            id,
            seed: 0,
            steps: 600_000,
            stop: StopSummary {
                cause: cause.into(),
                step: 1234,
                detail: detail.into(),
                atoms: Vec::new(),
            },
            stable_ps: 300.0,
            h_r_mae: Some(0.07123),
            h_r_floor: Some(0.0211),
            h_r_half_split: Some(0.0123),
            temperature_k: Temperatures {
                all: Some(500.34),
                translation: Some(0.0),
                rotation: Some(0.0),
                vibration: Some(643.2),
            },
            dof: 27,
            conserved_drift_ev_per_ps: Some(-1.234e-5),
            force_deviation: None,
            unseen: None,
        }
    }

    fn summary(replicas: Vec<ReplicaSummary>) -> Summary {
        Summary {
            version: "0".into(),
            weights_sha256: None,
            ensemble_sha256: Vec::new(),
            potential: "Equivariant Transformer".into(),
            precision: "f32".into(),
            path: "fused".into(),
            device: "cpu".into(),
            threads: 1,
            steps: 600_000,
            timestep_fs: 0.5,
            wall_s: 492.0,
            steps_per_s: 1219.5,
            ns_per_day: 52.68,
            ms_per_step: MsPerStep {
                mean: 0.82,
                p50: 0.81,
                p99: 1.1,
            },
            h_r_mae: MeanStd::of(replicas.iter().map(|one| one.h_r_mae)),
            stable_ps: MeanStd::of(replicas.iter().map(|one| Some(one.stable_ps))),
            replicas,
        }
    }

    #[test]
    fn one_replica_by_hand() {
        assert_eq!(
            of(&summary(vec![replica(0, "completed")])),
            "\
replica  ended             stable ps  h(r) MAE   floor   T (K)  drift eV/ps
      0  completed           300.000    0.0712  0.0211   500.3     -1.23e-5
translation 0.0 K, rotation 0.0 K, vibration 643.2 K; half-split of h(r) 0.0123
1220 steps/s, 52.7 ns/day, 0.820 ms/step (median 0.810, p99 1.100), 8 min 12 s
Equivariant Transformer, f32, cpu, 1 thread
"
        );
    }

    /// 24 lines are for this, seven of files and viewers, and the prompt. Planted: a line for each of 100 replicas.
    #[test]
    fn any_number_of_replicas_fits_on_a_screen_and_the_log_has_them_all() {
        for count in [1, 6, 7, 100] {
            let replicas = (0..count).map(|id| replica(id, "force_deviation"));
            let summary = summary(replicas.collect());
            let text = of(&summary);
            let lines: Vec<_> = text.lines().collect();
            assert!(lines.len() <= 15, "{text}");
            assert!(
                lines.iter().all(|line| line.chars().count() <= WIDTH),
                "{text}"
            );
            assert!(text.contains("replica 0, step 1234: bond 3-5"));
            assert_eq!(text.contains("in log.txt"), count > 2, "{text}");
            let all = whole(&summary).join("\n");
            assert!(all.contains(&format!("replica {}, step 1234", count - 1)));
        }
        let interrupted = summary((0..3).map(|id| replica(id, "requested")).collect());
        assert_eq!(of(&interrupted).matches("step 1234").count(), 1);
        let many = summary((0..100).map(|id| replica(id, "completed")).collect());
        let line = "and 95 more: 95 completed, 0 ended early; all are in summary.json";
        assert_eq!(of(&many).lines().nth(6), Some(line));
    }
}
