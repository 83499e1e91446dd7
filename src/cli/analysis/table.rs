//! The analysis for people: a row a quantity, a column a replica, the definition behind it.

use super::definitions;
use super::kinds::{Against, Coordinate, KindNumbers};
use super::results::{Analysis, ReplicaAnalysis, Spread};
use oreo_validation::kinds::{KindDifference, KindSummary};
use oreo_validation::statistics::BlockAverage;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const LABEL: usize = 26;
const COLUMN: usize = 20;

type Value = fn(&ReplicaAnalysis) -> Option<String>;

/// Label, key of the definition (empty: the row above defines it), value.
const ROWS: [(&str, &str, Value); 26] = [
    ("frames analyzed", "frames_analyzed", |r| {
        Some(format!("{} of {}", r.frames_analyzed, r.frames))
    }),
    ("stable, ps", "stable_ps", |r| {
        Some(format!("{:.3}", r.stable_ps?))
    }),
    ("  stopped by", "stability.by_every_step", |r| {
        Some(r.stability.by_every_step.as_ref()?.stop.cause.clone())
    }),
    (
        "  first broken frame",
        "stability.first_broken_frame",
        |r| Some(r.stability.first_broken_frame?.frame.to_string()),
    ),
    ("h(r) MAE", "h_r.h_r_mae", |r| four(r.h_r.h_r_mae)),
    ("  sampling floor", "h_r.h_r_floor", |r| {
        four(r.h_r.h_r_floor)
    }),
    ("  independent floor", "h_r.h_r_independent_floor", |r| {
        four(r.h_r.h_r_independent_floor)
    }),
    ("  half-split", "h_r.h_r_half_split", |r| {
        four(r.h_r.h_r_half_split)
    }),
    ("h(r) MAE, reweighted", "h_r.h_r_mae_reweighted", |r| {
        four(r.h_r.h_r_mae_reweighted)
    }),
    ("g(r) MAE, Å", "g_r.g_r_mae_a", |r| four(r.g_r?.g_r_mae_a)),
    ("g(r) highest peak, Å", "", |r| {
        four(Some(r.g_r?.highest_peak_a))
    }),
    ("T, K", "temperature_k", |r| {
        averaged(r.temperature_k?.all, 1)
    }),
    ("  translation", "", |r| {
        averaged(r.temperature_k?.translation, 1)
    }),
    ("  rotation", "", |r| averaged(r.temperature_k?.rotation, 1)),
    ("  vibration", "", |r| {
        averaged(r.temperature_k?.vibration, 1)
    }),
    ("  degrees of freedom", "", |r| {
        Some(r.temperature_k?.dof?.to_string())
    }),
    ("drift, eV/ps", "conserved.drift_ev_per_ps", |r| {
        let drift = r.conserved?;
        with_error(drift.drift_ev_per_ps, drift.drift_error_ev_per_ps)
    }),
    (
        "drift, kT/ns/dof",
        "conserved.drift_kt_per_ns_per_dof",
        |r| {
            let drift = r.conserved?;
            with_error(
                drift.drift_kt_per_ns_per_dof?,
                drift.drift_error_kt_per_ns_per_dof,
            )
        },
    ),
    ("potential energy, eV", "", |r| averaged(r.potential_ev, 4)),
    ("  equilibrated after, ps", "equilibrated_after_ps", |r| {
        Some(format!("{:.3}", r.equilibrated_after_ps?))
    }),
    ("RMSD, Å", "rmsd_a", |r| spread(r.rmsd_a)),
    ("radius of gyration, Å", "radius_of_gyration_a", |r| {
        spread(r.radius_of_gyration_a)
    }),
    ("worst bond, Å off", "worst_bond", |r| {
        let worst = r.worst_bond?;
        let [i, j] = worst.bond.bond.atoms;
        Some(format!("{:.3} ({i}-{j})", worst.deviation_a))
    }),
    ("spectrum, 1/cm apart", "spectrum", |r| {
        Some(format!("{:.1}", r.spectrum.as_ref()?.resolution_per_cm))
    }),
    ("D, Å²/ps", "diffusion", |r| {
        let all = r.diffusion.as_ref()?.found.species.first()?;
        let (value, error) = (all.diffusion_a2_per_ps, all.error_a2_per_ps);
        Some(format!("{value:.4} ± {error:.4}"))
    }),
    ("  exponent", "", |r| {
        let all = r.diffusion.as_ref()?.found.species.first()?;
        Some(format!("{:.2}", all.exponent?))
    }),
];

/// Rows that no replica has a value for are left out; what is missing and why follows below.
pub fn of(analysis: &Analysis) -> String {
    let mut text = format!("{:LABEL$}", "");
    for replica in &analysis.replicas {
        let _ = write!(text, "{:>COLUMN$}", format!("replica {}", replica.id));
    }
    text.push('\n');
    for (label, key, value) in ROWS {
        let values: Vec<_> = analysis.replicas.iter().map(value).collect();
        if values.iter().all(Option::is_none) {
            continue;
        }
        let _ = write!(text, "{label:LABEL$}");
        for value in values {
            let _ = write!(text, "{:>COLUMN$}", value.as_deref().unwrap_or("-"));
        }
        let _ = writeln!(text, "  {}", definitions::of(key));
    }
    text = text
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    kinds(&mut text, analysis);
    diffusion(&mut text, analysis);
    reasons(&mut text, analysis);
    text
}

fn kinds(text: &mut String, analysis: &Analysis) {
    for replica in &analysis.replicas {
        let both = replica.bond_lengths.iter().chain(&replica.bond_angles);
        both.for_each(|kind| {
            let _ = writeln!(text, "replica {}: {}", replica.id, kind_line(kind));
        });
    }
}

fn kind_line(kind: &KindNumbers) -> String {
    let (what, digits) = match kind.coordinate() {
        Coordinate::Bond => ("bonds", 3),
        Coordinate::Angle => ("angles", 1),
    };
    let (own, unit) = (&kind.own, kind.coordinate().unit());
    let spread = |of: &KindSummary| format!("{:.digits$} ± {:.digits$}", of.mean, of.std);
    let mut line = format!(
        "{} {} {what} {}{unit}, {:.digits$} to {:.digits$}",
        own.count,
        own.kind,
        spread(own),
        own.min,
        own.max
    );
    let references = [
        ("reference", "reference", &kind.reference),
        ("reweighted", "reweighted reference", &kind.reweighted),
    ];
    for (name, whose, against) in references {
        if let Some(Against { there, found }) = against {
            let _ = write!(line, "; {name} {}", spread(there));
            line += &difference(found, whose);
        }
    }
    line
}

/// Behind the reference.
fn difference(found: &KindDifference, whose: &str) -> String {
    let mut text = String::new();
    if let Some(errors) = found.in_errors {
        let _ = write!(text, "; off by {errors:.1} errors");
    }
    if let Some(spreads) = found.in_spreads {
        let _ = write!(text, ", {spreads:.2} of the {whose}'s spread");
    }
    text
}

fn diffusion(text: &mut String, analysis: &Analysis) {
    for replica in &analysis.replicas {
        let Some(diffusion) = &replica.diffusion else {
            continue;
        };
        for species in &diffusion.found.species {
            let _ = writeln!(
                text,
                "replica {}: D of {} ({} atoms) {:.3e} ± {:.0e} cm²/s, fitted from {:.3} to {:.3} ps; {}",
                replica.id,
                species.species,
                species.atoms,
                species.diffusion_cm2_per_s,
                species.error_cm2_per_s,
                diffusion.found.fit_from_ps,
                diffusion.found.fit_to_ps,
                diffusion.finite_size
            );
        }
    }
}

/// Each reason once, with the keys that share it.
fn reasons(text: &mut String, analysis: &Analysis) {
    let mut keys = BTreeMap::<&str, BTreeSet<&str>>::new();
    for (key, reason) in analysis.replicas.iter().flat_map(|r| &r.not_computed) {
        keys.entry(reason).or_default().insert(key);
    }
    for (reason, keys) in keys {
        let keys: Vec<_> = keys.into_iter().collect();
        let _ = writeln!(text, "no {}: {reason}", keys.join(", "));
    }
}

fn four(value: Option<f64>) -> Option<String> {
    value.map(|value| format!("{value:.4}"))
}

fn averaged(average: Option<BlockAverage>, digits: usize) -> Option<String> {
    average.map(|average| format!("{:.digits$} ± {:.digits$}", average.mean, average.error))
}

fn with_error(value: f64, error: Option<f64>) -> Option<String> {
    Some(match error {
        Some(error) => format!("{value:.1e} ± {error:.0e}"),
        None => format!("{value:.1e}"),
    })
}

fn spread(spread: Option<Spread>) -> Option<String> {
    let spread = spread?;
    Some(match spread.std {
        Some(std) => format!("{:.3} ± {std:.3}", spread.mean),
        None => format!("{:.3}", spread.mean),
    })
}
