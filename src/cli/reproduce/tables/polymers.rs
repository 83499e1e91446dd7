//! Forces and dynamics of polymers.

use super::{fixed, mean, table};
use crate::cli::reproduce::polymers::{dynamics_job, own_job, test_job, ROUNDED_TEST};
use crate::cli::reproduce::results::Results;
use crate::cli::reproduce::sources::{FAMILIES, LARGE};

/// All sections.
pub fn of(results: &Results) -> String {
    [
        small(results),
        large(results),
        dynamics(results),
        own(results),
    ]
    .concat()
}

fn forces(results: &Results, family: &str, job: &str) -> Option<Vec<String>> {
    results.jobs.get(job)?;
    let of = |key: &str, digits: usize| fixed(results.number(job, key), digits);
    Some(vec![
        family.into(),
        of("/atoms_per_frame", 0),
        of("/frames", 0),
        of("/force_mae_mev_per_a", 1),
        of("/force_rmse_mev_per_a", 1),
        of("/force_cosine", 5),
    ])
}

const HEAD: [&str; 6] = [
    "family",
    "atoms",
    "frames",
    "force MAE, meV/Å",
    "RMSE, meV/Å",
    "cosine",
];

fn small(results: &Results) -> String {
    let rows: Vec<_> = FAMILIES
        .iter()
        .filter_map(|family| forces(results, family, &test_job(family, 3)))
        .collect();
    let of = |family: &&str| results.number(&test_job(family, 3), "/force_mae_mev_per_a");
    let all = fixed(mean(FAMILIES.iter().map(of)), 1);
    let title = format!("Polymers, {} scale: three loops", results.scale);
    let text = format!(
        "Fine-tuned on rings of one and three units of all 24 families, GFN2-xTB labels (semi-empirical: not to be compared \
         with the paper's DFT); the last frames in time of each trajectory. Mean of the families: {all} meV/Å."
    );
    table(&title, &text, &HEAD, rows)
}

fn large(results: &Results) -> String {
    let rows = LARGE
        .iter()
        .filter_map(|family| forces(results, family, &test_job(family, 15)));
    let title = format!(
        "Polymers, {} scale: fifteen loops, never seen in training",
        results.scale
    );
    let rounded = fixed(results.number(ROUNDED_TEST, "/force_mae_mev_per_a"), 1);
    let text = format!(
        "Six frames each. With matrices rounded to f16, as weights ship, {} is at {rounded} meV/Å.",
        LARGE[LARGE.len() - 1]
    );
    table(&title, &text, &HEAD, rows.collect())
}

fn own(results: &Results) -> String {
    let rows = LARGE
        .iter()
        .filter_map(|family| forces(results, family, &own_job(family)));
    let title = format!(
        "Polymers, {} scale: frames of our own dynamics",
        results.scale
    );
    let text = "Evenly over the run; labels by `validation/reproduce/gfn2_forces.py`.";
    table(&title, text, &HEAD, rows.collect())
}

fn dynamics(results: &Results) -> String {
    let row = |family: &&str| {
        let job = dynamics_job(family);
        results.jobs.get(&job)?;
        let of = |key: &str| results.number(&job, key);
        let found = format!("{job}-analysis");
        let of_replica = |key: &str| results.number(&found, &format!("/replicas/0{key}"));
        let both = |key: &str, digits: usize| {
            let value = |part: &str| fixed(of_replica(&format!("{key}/{part}")), digits);
            format!("{} to {}", value("min"), value("max"))
        };
        Some(vec![
            family.to_string(),
            fixed(of_replica("/atoms"), 0),
            fixed(of("/steps"), 0),
            fixed(of("/stable_ps/mean"), 1),
            fixed(of("/replicas/0/temperature_k/all"), 1),
            both("/rmsd_a", 1),
            both("/radius_of_gyration_a", 1),
            fixed(of_replica("/equilibrated_after_ps"), 1),
            fixed(of("/steps_per_s"), 1),
        ])
    };
    let head = [
        "family",
        "atoms",
        "steps",
        "stable, ps",
        "T, K",
        "RMSD, Å",
        "radius of gyration, Å",
        "energy equilibrated after, ps",
        "steps/s",
    ];
    let title = format!(
        "Polymers, {} scale: dynamics of fifteen loops",
        results.scale
    );
    let text = "Nosé–Hoover chain, 500 K, 0.5 fs. Curves are in the report of each run.";
    table(&title, text, &head, LARGE.iter().filter_map(row).collect())
}
