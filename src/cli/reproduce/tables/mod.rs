//! A section of RESULTS.md for each experiment.

mod claim;
pub mod curves;
mod general;
pub mod md17;
pub mod polymers;
pub mod qm9;

/// A number with `digits` behind the point; a dash where it is not known.
fn fixed(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".into(), |value| format!("{value:.digits$}"))
}

/// Mean of those that are there; `None` without any.
fn mean(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.into_iter().flatten().collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A table with a paragraph before it; a sentence where nothing is done yet.
fn table(title: &str, text: &str, head: &[&str], rows: Vec<Vec<String>>) -> String {
    let table = crate::cli::markdown::section(title, &format!("{text}\n\n"), head, rows);
    match table.is_empty() {
        true => format!("## {title}\n\nNothing of it is done yet.\n\n"),
        false => table + "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_a_dash() {
        assert_eq!(fixed(Some(1.26), 1), "1.3");
        assert_eq!(fixed(None, 1), "–");
        assert_eq!(mean([Some(1.0), None, Some(2.0)]), Some(1.5));
        assert_eq!(mean([None]), None);
    }
}
