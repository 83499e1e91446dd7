//! Networks as they are before any fine-tuning: what a general model is chosen by.

use super::md17::whole_runs;
use super::{fixed, mean, table};
use crate::cli::reproduce::results::Results;
use crate::cli::reproduce::shipped::{dynamics_job, networks, test_job, HELD_OUT};
use crate::cli::reproduce::sources::RMD17;

/// A column a network; nothing before one is judged.
pub fn of(results: &Results) -> String {
    let networks = networks().map(|(name, _)| name);
    let error = |network: &String, molecule: &str| {
        results.number(&test_job(network, molecule), "/force_mae_mev_per_a")
    };
    let judged: Vec<&String> = networks
        .iter()
        .filter(|network| error(network, RMD17[0]).is_some())
        .collect();
    if judged.is_empty() {
        return String::new();
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for molecule in RMD17 {
        let errors = judged
            .iter()
            .map(|network| fixed(error(network, molecule), 2));
        rows.push(std::iter::once(molecule.into()).chain(errors).collect());
    }
    let means = judged
        .iter()
        .map(|network| fixed(mean(RMD17.map(|molecule| error(network, molecule))), 2));
    rows.push(std::iter::once("mean".into()).chain(means).collect());
    let whole = judged.iter().map(|network| whole(results, network));
    rows.push(
        std::iter::once("whole runs of unseen molecules".into())
            .chain(whole)
            .collect(),
    );
    let title = format!("Molecules, {} scale: without fine-tuning", results.scale);
    let text = "Force error on frames that no stage saw, meV/Å, labels rmd17. *without-denoising*: pre-training of et-oreo that \
                went on with zero force alone. Last row: molecules of QM9 that no stage saw, 1 ps at 300 K \
                from their minimum, whole to the end.";
    let names = judged.iter().map(|network| network.as_str());
    let head: Vec<&str> = std::iter::once("molecule").chain(names).collect();
    table(&title, text, &head, rows)
}

fn whole(results: &Results, network: &str) -> String {
    let runs = HELD_OUT.map(|molecule| whole_runs(results, &dynamics_job(network, molecule)));
    let (whole, all) = runs
        .iter()
        .fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1));
    format!("{whole} of {all}")
}
