//! Learning curves: whether more steps would have helped.

use super::{fixed, table};
use crate::cli::reproduce::results::Results;

/// Shares of the way at which a row has a number.
const SHARES: [f64; 5] = [0.125, 0.25, 0.5, 0.75, 1.0];

/// A row a training that is done.
pub fn of(results: &Results) -> String {
    let rows: Vec<_> = results
        .curves
        .iter()
        .filter_map(|(training, curve)| row(training, curve))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let head = ["training", "samples", "1/8", "1/4", "1/2", "3/4", "end"];
    let title = title(results);
    let text = "Error of the validation set after a share of the training (force MAE, meV/Å; properties: meV), each by the mean of \
                the weights over the last steps. The learning rate falls to nothing at the end of each, so that a longer training \
                is not the continuation of its row.";
    table(&title, text, &head, rows)
}

fn title(results: &Results) -> String {
    let of = match results.experiment.as_str() {
        "md17" => "Molecules",
        "polymers" => "Polymers",
        _ => "Properties of QM9",
    };
    format!("{of}, {} scale: learning curves", results.scale)
}

/// Nothing without a validation.
fn row(training: &str, curve: &[[f64; 2]]) -> Option<Vec<String>> {
    let all = curve.last()?[0];
    let errors = SHARES.map(|share| fixed(at(curve, share * all), 1));
    let first = [training.to_string(), fixed(Some(all), 0)];
    Some(first.into_iter().chain(errors).collect())
}

/// Of the validation nearest to that many conformations; `None` where none is within a twentieth of the curve.
fn at(curve: &[[f64; 2]], samples: f64) -> Option<f64> {
    let all = curve.last()?[0];
    let distance = |point: &[f64; 2]| (point[0] - samples).abs();
    let nearest = curve
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(nearest) <= 0.05 * all).then_some(nearest[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches: the number of another share, a number where nothing was validated.
    #[test]
    fn a_row_has_the_validation_next_to_each_share() {
        let curve = [[40.0, 9.0], [80.0, 7.0], [120.0, 5.0], [160.0, 3.0]];
        let row = row("ethanol", &curve).unwrap();
        assert_eq!(row, ["ethanol", "160", "–", "9.0", "7.0", "5.0", "3.0"]);
    }
}
