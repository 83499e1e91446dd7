//! Force errors and molecular dynamics of four molecules.

use super::{claim, fixed, general, mean, table};
use crate::cli::reproduce::md17::{cell, MOLECULES, VARIANTS};
use crate::cli::reproduce::published;
use crate::cli::reproduce::results::Results;
use oreo_training::objective::Variant;

/// Both sections, for each set of labels that was trained on.
pub fn of(results: &Results) -> String {
    let sets = ["rmd17", "md17"].into_iter().filter(|labels| {
        let mut cells = MOLECULES
            .iter()
            .flat_map(|m| VARIANTS.map(|v| cell(m, v, labels)));
        *labels == "rmd17" || cells.any(|cell| results.jobs.contains_key(&cell))
    });
    let tables = sets.map(|labels| {
        forces(results, labels) + &dynamics(results, labels) + &claim::of(results, labels)
    });
    general::of(results) + &tables.collect::<String>()
}

/// Rows of cells that have begun to be done.
fn rows<'a>(
    results: &'a Results,
    labels: &'a str,
    row: impl Fn(&str, Variant, &str) -> Vec<String> + 'a,
) -> Vec<Vec<String>> {
    let cells = MOLECULES
        .iter()
        .flat_map(|molecule| VARIANTS.map(|variant| (molecule, variant)));
    cells
        .map(|(molecule, variant)| (molecule, variant, cell(molecule, variant, labels)))
        .filter(|(.., cell)| results.jobs.contains_key(cell))
        .map(|(molecule, variant, cell)| row(molecule, variant, &cell))
        .collect()
}

fn forces(results: &Results, labels: &str) -> String {
    let row = |molecule: &str, variant: Variant, cell: &str| {
        let of = |suffix: &str, key: &str| results.number(&format!("{cell}-{suffix}"), key);
        let paper = published::md17(molecule, variant).map(|row| row[0]);
        vec![
            molecule.into(),
            variant.name().into(),
            fixed(of("test", "/force_mae_mev_per_a"), 2),
            fixed(of("later", "/force_mae_mev_per_a"), 2),
            fixed(of("f16-test", "/force_mae_mev_per_a"), 2),
            fixed(of("test", "/force_cosine"), 5),
            fixed(results.number(cell, "/samples"), 0),
            fixed(paper, 1),
        ]
    };
    let head = [
        "molecule",
        "variant",
        "random test, meV/Å",
        "later test, meV/Å",
        "f16, meV/Å",
        "cosine",
        "samples",
        "paper, meV/Å",
    ];
    let title = format!(
        "Molecules, {} scale, labels {labels}: forces",
        results.scale
    );
    let text = "Mean absolute error of a Cartesian component of a force. *samples*: conformations seen in fine-tuning, or in \
                training from scratch (torchmdnet); *f16*: random test with matrices rounded, as weights ship.";
    table(&title, text, &head, rows(results, labels, row))
}

fn dynamics(results: &Results, labels: &str) -> String {
    let row = |molecule: &str, variant: Variant, cell: &str| {
        let job = format!("{cell}-dynamics");
        let analysis = format!("{job}-analysis");
        let reweighted = replicas(results, &analysis, "/h_r/h_r_mae_reweighted");
        let of = |key: &str| results.number(&job, key);
        let each = |key: &str| replicas(results, &job, key);
        let (count, runs) = whole_runs(results, &job);
        let paper = published::md17(molecule, variant);
        vec![
            molecule.into(),
            variant.name().into(),
            format!("{count} of {runs}"),
            fixed(of("/stable_ps/mean"), 1),
            format!(
                "{} ± {}",
                fixed(of("/h_r_mae/mean"), 3),
                fixed(of("/h_r_mae/std"), 3)
            ),
            fixed(mean(reweighted), 3),
            fixed(mean(each("/h_r_floor")), 3),
            fixed(mean(each("/h_r_half_split")), 3),
            fixed(mean(each("/temperature_k/vibration")), 1),
            fixed(of("/steps_per_s"), 0),
            paper.map_or("–".into(), |row| format!("{:.0} · {:.2}", row[1], row[2])),
        ]
    };
    let head = [
        "molecule",
        "variant",
        "whole runs",
        "stable, ps",
        "h(r) MAE",
        "reweighted",
        "floor",
        "halves",
        "T of vibration, K",
        "steps/s",
        "paper: ps · h(r)",
    ];
    let title = format!(
        "Molecules, {} scale, labels {labels}: dynamics",
        results.scale
    );
    let text = "Nosé–Hoover chain, 500 K, 0.5 fs, `--preset md17`, each seed from a random frame of the reference, of its \
                test part where the command has `--split`; mean ± standard deviation over the seeds. *steps/s*: of all \
                seeds together in one process, output included; the machine did other jobs beside it.";
    let done = |row: &Vec<String>| !row[2].ends_with("of 0");
    let rows = rows(results, labels, row).into_iter().filter(done);
    table(&title, text, &head, rows.collect())
}

/// How many replicas of a run came to its end, and how many it had.
pub(super) fn whole_runs(results: &Results, job: &str) -> (usize, usize) {
    let of = |key: &str| results.number(job, key);
    let length = of("/timestep_fs")
        .zip(of("/steps"))
        .map(|(fs, n)| 1e-3 * fs * n);
    let ends = replicas(results, job, "/stable_ps");
    let whole = |ps: &Option<f64>| ps.zip(length).is_some_and(|(ps, all)| ps > all - 1e-6);
    (ends.iter().filter(|ps| whole(ps)).count(), ends.len())
}

/// A number of every replica of a run; empty where the run is not done.
pub(super) fn replicas(results: &Results, job: &str, key: &str) -> Vec<Option<f64>> {
    let list = results
        .jobs
        .get(job)
        .and_then(|record| record.result.pointer("/replicas")?.as_array());
    let number = |replica: &serde_json::Value| replica.pointer(key)?.as_f64();
    list.map_or(Vec::new(), |list| list.iter().map(number).collect())
}
