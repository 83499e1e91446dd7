//! Sections, tables and numbers as text.

use crate::cli::pace::three_digits;

/// Nothing without rows.
pub fn section(
    title: &str,
    text: &str,
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows: String = rows.into_iter().map(|cells| line(&cells)).collect();
    if rows.is_empty() {
        return String::new();
    }
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    let rule = "|---".repeat(head.len());
    format!("## {title}\n\n{text}{}{rule}|\n{rows}", line(&head))
}

/// Three digits, in powers of ten where that would be mostly zeros.
pub fn number(value: f64) -> String {
    match value.abs() < 0.0995 && value != 0.0 {
        true => format!("{value:.2e}"),
        false => three_digits(value),
    }
}

/// Of one.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_keep_their_digits() {
        assert_eq!(
            [0.0123, 0.1, 0.0, 12.34].map(number),
            ["1.23e-2", "0.100", "0.000", "12.3"]
        );
    }

    #[test]
    fn a_table_without_rows_is_no_section() {
        assert_eq!(section("Title", "", &["a"], []), "");
        let rows = [vec!["1".to_string(), "2".to_string()]];
        let expected = "## Title\n\ntext\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        assert_eq!(section("Title", "text\n", &["a", "b"], rows), expected);
    }
}
