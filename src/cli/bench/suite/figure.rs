//! Time against atoms.

use super::record::{Case, Record};
use crate::cli::pace::three_digits;
use oreo_validation::plots::{Axis, Figure, Mark, Panel};

/// Measured, floor, and the other path, logarithmic in both directions.
pub fn of(record: &Record) -> Figure {
    let conditions = &record.conditions;
    let points = |value: fn(&Case) -> f64| {
        let point = |case: &Case| [case.atoms as f64, value(case)];
        record.sizes.iter().map(point).collect::<Vec<_>>()
    };
    let name = format!("{}, {}", conditions.path, conditions.mode);
    let mut panel = Panel::new(
        Axis::logarithmic("Atoms"),
        Axis::logarithmic("Energy and forces, shortest call (ms)"),
    )
    .with(name, Mark::LineAndPoints, points(|case| case.ms.min));
    if let Some(one) = record.comparisons.first() {
        let point = |pair: &super::record::Compared| [pair.case.atoms as f64, pair.compare.ms.min];
        panel = panel.with(
            format!("{}, {}", one.compare.path, one.compare.precision),
            Mark::LineAndPoints,
            record.comparisons.iter().map(point).collect(),
        );
    }
    panel = panel.with(
        "floor: counted work at the peak",
        Mark::Guide,
        points(|case| case.work.floor_ms),
    );
    let network = &conditions.network;
    let caption = format!(
        "{} channels, {} layers · one thread of {} · peak {} GFLOP/s ({})",
        network.channels,
        network.layers,
        conditions
            .processor
            .as_deref()
            .unwrap_or("an unnamed processor"),
        three_digits(conditions.peak.gflops),
        conditions.peak.instruction_set,
    );
    Figure::single("Time of a force call against the number of atoms", panel).captioned(caption)
}
