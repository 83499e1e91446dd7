//! The report in a terminal, and for readers whose browser runs no scripts.

use super::curves::MEASURES;
use super::predicted::Predicted;
use super::verdict::digits;
use super::Report;
use std::fmt::Write;

/// A screen of text.
pub fn of(report: &Report) -> String {
    let mut text = format!("{}\n", report.verdict.headline);
    // Writing to a string cannot fail.
    for line in &report.verdict.details {
        let _ = writeln!(text, "  {line}");
    }
    for check in &report.verdict.checks {
        let sign = if check.state == "attention" { "!" } else { " " };
        let _ = writeln!(text, "{sign} {}", check.text);
    }
    for row in &report.errors {
        for measure in MEASURES {
            if let Some(error) = row.of(measure) {
                let name = format!("{} {}", row.set, measure.name);
                let (error, unit) = (digits(error), measure.unit);
                let count = row.conformations;
                let _ = writeln!(text, "{name:<24}{error:>9} {unit}, {count} conformations");
            }
        }
    }
    if let Some(predicted) = &report.predicted {
        by_element(predicted, &mut text);
    }
    text
}

fn by_element(predicted: &Predicted, text: &mut String) {
    let Some(force) = &predicted.force else {
        return;
    };
    let (count, set) = (predicted.conformations, predicted.set);
    let _ = writeln!(
        text,
        "force MAE by element, of {count} {set} conformations:"
    );
    for element in &force.per_element {
        let (name, error) = (element.element, digits(element.force_mae_mev_per_a));
        let _ = writeln!(text, "  {name:<22}{error:>9} meV/Å");
    }
}
