//! From an analysis to files.

use super::page;
use super::results::Analysis;
use crate::checkpoint::replace_atomically;
use crate::cli::figure_size::FigureWidth;
use anyhow::{Context, Result};
use std::path::Path;

/// `analysis.json`, `plots/` and `report.html` in a folder, which is made if missing. What an earlier analysis left
/// under the same names is replaced.
pub fn write(analysis: &Analysis, folder: &Path, width: Option<FigureWidth>) -> Result<()> {
    make(folder)?;
    let text =
        serde_json::to_vec_pretty(analysis).context("the analysis cannot be written as JSON")?;
    put(&folder.join("analysis.json"), &text)?;
    put(
        &folder.join("report.html"),
        page::of(&[analysis])?.as_bytes(),
    )?;
    figures(analysis, folder, width)
}

/// `report.html` of several analyses in a folder, which is made if missing.
pub fn write_comparison(analyses: &[Analysis], folder: &Path) -> Result<()> {
    make(folder)?;
    let analyses: Vec<_> = analyses.iter().collect();
    put(&folder.join("report.html"), page::of(&analyses)?.as_bytes())
}

fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

fn put(path: &Path, contents: &[u8]) -> Result<()> {
    replace_atomically(path, contents)
        .with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(feature = "plots")]
fn figures(analysis: &Analysis, folder: &Path, width: Option<FigureWidth>) -> Result<()> {
    let figures = super::figures::of(analysis);
    crate::cli::plots::write(&figures, &folder.join("plots"), width)
}

#[cfg(not(feature = "plots"))]
fn figures(_: &Analysis, _: &Path, _: Option<FigureWidth>) -> Result<()> {
    crate::cli::output::say(format_args!(
        "note: no figures: this build was made without the feature plots"
    ));
    Ok(())
}
