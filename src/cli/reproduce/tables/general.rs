//! The pre-trained network as it is, before any fine-tuning: what ships as the general model.

use super::{fixed, mean, table};
use crate::cli::reproduce::md17::pretrained;
use crate::cli::reproduce::results::Results;
use crate::cli::reproduce::shipped::general_tests;
use crate::cli::reproduce::sources::RMD17;
use oreo_training::objective::Variant;

/// A row a molecule; nothing before the network is judged.
pub fn of(results: &Results) -> String {
    let training = pretrained(Variant::EtOreo);
    let error = |job: &str| results.number(job, "/force_mae_mev_per_a");
    let errors = RMD17.map(|molecule| general_tests(&training, molecule).map(|job| error(&job)));
    if errors.iter().flatten().all(Option::is_none) {
        return String::new();
    }
    let row = |name: &str, [exact, half]: [Option<f64>; 2]| {
        let cost = exact
            .zip(half)
            .map(|(exact, half)| 100.0 * (half / exact - 1.0));
        vec![name.into(), fixed(exact, 2), fixed(half, 2), fixed(cost, 2)]
    };
    let mut rows: Vec<_> = RMD17
        .iter()
        .zip(errors)
        .map(|(molecule, errors)| row(molecule, errors))
        .collect();
    let means = [0, 1].map(|which| mean(errors.map(|errors| errors[which])));
    rows.push(row("mean", means));
    let title = format!("Molecules, {} scale: the general model", results.scale);
    let text = "The network of the ET-OREO pre-training on frames that it never saw, without fine-tuning; *f16*: its matrices rounded, \
                as it ships.";
    let head = ["molecule", "meV/Å", "f16, meV/Å", "cost of f16, %"];
    table(&title, text, &head, rows)
}
