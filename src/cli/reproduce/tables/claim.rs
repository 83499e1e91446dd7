//! Whether the paper's central claim is seen: structures at equilibrium in the training make dynamics stable, and small errors of
//! forces alone do not.

use super::md17::{replicas, whole_runs};
use super::{fixed, mean, table};
use crate::cli::reproduce::md17::{cell, MOLECULES, VARIANTS};
use crate::cli::reproduce::results::Results;
use oreo_training::objective::Variant;

/// A variant over some molecules.
struct Score {
    whole: usize,
    runs: usize,
    stable_ps: Option<f64>,
    force_mae: Option<f64>,
    h_r: Option<f64>,
    reweighted: Option<f64>,
}

/// A section: a row a variant, over the molecules that all variants have been run on, and what follows.
pub fn of(results: &Results, labels: &str) -> String {
    let is_done = |m: &&str| {
        let cells = VARIANTS.map(|v| format!("{}-dynamics", cell(m, v, labels)));
        cells.iter().all(|job| results.jobs.contains_key(job))
    };
    let molecules: Vec<&str> = MOLECULES.into_iter().filter(is_done).collect();
    if molecules.is_empty() {
        return String::new();
    }
    let scores = VARIANTS.map(|variant| (variant, score(results, labels, &molecules, variant)));
    let title = format!(
        "Molecules, {} scale, labels {labels}: the claim",
        results.scale
    );
    let text = format!(
        "The paper: structures at equilibrium in the training make dynamics stable, small errors of forces alone do not. Means \
         over {}. {}",
        molecules.join(", "),
        verdict(&scores)
    );
    let head = [
        "variant",
        "random test, meV/Å",
        "whole runs",
        "stable, ps",
        "h(r) MAE",
        "reweighted",
    ];
    table(&title, &text, &head, scores.iter().map(row).collect())
}

fn score(results: &Results, labels: &str, molecules: &[&str], variant: Variant) -> Score {
    let job = |suffix: &str| -> Vec<String> {
        let cells = molecules.iter().map(|m| cell(m, variant, labels));
        cells.map(|cell| format!("{cell}-{suffix}")).collect()
    };
    let runs = job("dynamics");
    let counts = runs.iter().map(|job| whole_runs(results, job));
    let (whole, total) = counts.fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1));
    let number =
        |suffix: &str, key: &str| mean(job(suffix).iter().map(|job| results.number(job, key)));
    let analyses = job("dynamics-analysis").into_iter();
    let reweighted = analyses.flat_map(|job| replicas(results, &job, "/h_r/h_r_mae_reweighted"));
    Score {
        whole,
        runs: total,
        stable_ps: number("dynamics", "/stable_ps/mean"),
        force_mae: number("test", "/force_mae_mev_per_a"),
        h_r: number("dynamics", "/h_r_mae/mean"),
        reweighted: mean(reweighted),
    }
}

fn row((variant, score): &(Variant, Score)) -> Vec<String> {
    vec![
        variant.name().into(),
        fixed(score.force_mae, 2),
        format!("{} of {}", score.whole, score.runs),
        fixed(score.stable_ps, 1),
        fixed(score.h_r, 3),
        fixed(score.reweighted, 3),
    ]
}

/// In words, from the numbers of runs that stayed whole.
fn verdict(scores: &[(Variant, Score)]) -> &'static str {
    let share = |wanted: Variant| {
        let found = scores.iter().find(|(variant, _)| *variant == wanted);
        found.map_or(0.0, |(_, score)| {
            score.whole as f64 / score.runs.max(1) as f64
        })
    };
    let with = share(Variant::EtOreo);
    let without = share(Variant::EtOre).max(share(Variant::TorchMdNet));
    match with.total_cmp(&without) {
        std::cmp::Ordering::Greater => "It is seen here: with these structures more runs stay whole than without.",
        std::cmp::Ordering::Less => "It is not seen here: without these structures more runs stay whole.",
        std::cmp::Ordering::Equal if without == 1.0 => {
            "It is not seen here, because nothing breaks: every run stays whole without these structures, too."
        }
        std::cmp::Ordering::Equal => "It is not seen here: as many runs stay whole without these structures.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(whole: usize) -> Score {
        Score {
            whole,
            runs: 3,
            stable_ps: None,
            force_mae: None,
            h_r: None,
            reweighted: None,
        }
    }

    fn said(et_oreo: usize, et_ore: usize, scratch: usize) -> &'static str {
        verdict(&[
            (Variant::EtOreo, score(et_oreo)),
            (Variant::EtOre, score(et_ore)),
            (Variant::TorchMdNet, score(scratch)),
        ])
    }

    /// The best of the two others counts: pre-training on forces alone is not what the claim is about.
    #[test]
    fn the_claim_is_held_against_both_other_variants() {
        assert!(said(3, 2, 0).starts_with("It is seen"));
        assert!(said(3, 3, 0).contains("nothing breaks"));
        assert!(said(2, 2, 1).contains("as many runs"));
        assert!(said(1, 0, 2).contains("more runs stay whole."));
    }
}
