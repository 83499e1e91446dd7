//! Scalar properties.

use super::{fixed, table};
use crate::cli::reproduce::published;
use crate::cli::reproduce::qm9::{cell, BEGINNINGS, PROPERTIES};
use crate::cli::reproduce::results::Results;

/// The section.
pub fn of(results: &Results) -> String {
    let row = |property: &str| {
        let cells = BEGINNINGS.map(|beginning| cell(property, beginning));
        if !cells.iter().any(|cell| results.jobs.contains_key(cell)) {
            return None;
        }
        let [scratch, pretrained] = cells
            .each_ref()
            .map(|cell| fixed(results.number(cell, "/test_property_mae_mev"), 1));
        let deviation = fixed(results.number(&cells[0], "/label_deviation_mev"), 0);
        let paper = published::qm9(property).map_or("–".into(), |[scratch, pretrained]| {
            format!("{scratch:.1} · {pretrained:.1}")
        });
        Some(vec![property.into(), scratch, pretrained, deviation, paper])
    };
    let head = [
        "property",
        "from scratch, meV",
        "pre-trained, meV",
        "deviation of labels, meV",
        "paper: scratch · pre-trained",
    ];
    let title = format!("Properties of QM9, {} scale", results.scale);
    let text = "Mean absolute error on 1,500 molecules; 12,000 to train on (the paper: 110,000). Both columns have the same \
                budget; pre-training saw no molecule of this test.";
    let rows = PROPERTIES.into_iter().filter_map(row);
    table(&title, text, &head, rows.collect())
}
