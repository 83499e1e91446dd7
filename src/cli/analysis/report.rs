//! `report.html`: the table and the figures on one page that needs no other file and no network.

use super::results::Analysis;
use super::table;
use anyhow::{anyhow, Result};
use oreo_validation::plots::Figure;
use std::fmt::Write;

const STYLE: &str = "body{font-family:sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#222}\
pre{overflow-x:auto;background:#f6f6f6;padding:1rem;font-size:0.85rem}svg{width:100%;height:auto;margin:1rem 0}\
dt{font-family:monospace;margin-top:.4rem}";

/// The page.
pub fn of(analysis: &Analysis, figures: &[(String, Figure)]) -> Result<String> {
    let mut page =
        String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let title = format!("Analysis of {}", escaped(&analysis.target));
    write!(
        page,
        "<title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
    )?;
    writeln!(
        page,
        "<p>oreo {}. {}</p>",
        analysis.version,
        reference(analysis)
    )?;
    for note in &analysis.notes {
        writeln!(page, "<p>Note: {}</p>", escaped(note))?;
    }
    writeln!(page, "<pre>{}</pre>", escaped(&table::of(analysis)))?;
    for (name, figure) in figures {
        let drawn = figure
            .to_svg()
            .map_err(|problem| anyhow!("figure {name}: {problem}"))?;
        writeln!(page, "<figure id=\"{name}\">{drawn}</figure>")?;
    }
    page.push_str("<h2>What the keys of analysis.json mean</h2>\n<dl>");
    for (key, meaning) in &analysis.definitions {
        write!(page, "<dt>{key}</dt><dd>{}</dd>", escaped(meaning))?;
    }
    page.push_str("</dl>\n</body></html>\n");
    Ok(page)
}

fn reference(analysis: &Analysis) -> String {
    match &analysis.reference {
        Some(reference) => format!(
            "Reference: {}, {} frames.",
            escaped(&reference.path),
            reference.frames
        ),
        None => "No reference.".into(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
