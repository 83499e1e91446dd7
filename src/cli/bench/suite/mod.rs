//! Everything for PERFORMANCE.md, in one run: sizes, replicas, threads, precisions, and the other path.
//!
//! - [`run`], [`stopwatch`]: what is measured, and how
//! - [`record`]: what was found, `bench.json`
//! - [`document`], `figure`: PERFORMANCE.md and its plot, from the record alone

pub mod document;
#[cfg(feature = "plots")]
mod figure;
pub mod record;
pub mod run;
pub mod stopwatch;

use crate::checkpoint::replace_atomically;
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::figure_size::FigureWidth;
use anyhow::{Context, Result};
use record::Record;
use std::path::{Path, PathBuf};

/// Name of the plot, without extension.
pub const PLOT: &str = "time-against-atoms";

/// Refuses a folder with contents unless they may be replaced, and makes it.
pub fn prepare(folder: &Path, overwrite: bool) -> Result<()> {
    let full = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if full && !overwrite {
        let problem = "is not empty; replace what is in it with --overwrite, or choose another";
        return Err(BadInput::new(format!("--suite: {} {problem}", folder.display())).into());
    }
    std::fs::create_dir_all(folder)
        .with_context(|| format!("--suite: {} cannot be made", folder.display()))
        .or_bad_input()
}

/// `bench.json`, `PERFORMANCE.md` and the plot.
pub fn write(record: &Record, folder: &Path, width: Option<FigureWidth>) -> Result<Vec<PathBuf>> {
    let json = folder.join("bench.json");
    let text = serde_json::to_vec_pretty(record).context("the record cannot be written as JSON")?;
    put(&json, &text)?;
    let mut written = vec![json];
    written.extend(render(record, &folder.join("PERFORMANCE.md"), width)?);
    Ok(written)
}

/// The document, and the plot beside it.
pub fn render(
    record: &Record,
    document: &Path,
    width: Option<FigureWidth>,
) -> Result<Vec<PathBuf>> {
    put(document, document::of(record).as_bytes())?;
    let mut written = vec![document.to_path_buf()];
    let folder = document.parent().unwrap_or(Path::new(""));
    written.extend(plot(record, folder, width)?);
    Ok(written)
}

fn put(path: &Path, contents: &[u8]) -> Result<()> {
    replace_atomically(path, contents)
        .with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(feature = "plots")]
fn plot(record: &Record, folder: &Path, width: Option<FigureWidth>) -> Result<Vec<PathBuf>> {
    let size = crate::cli::figure_size::of(width);
    Ok(figure::of(record).save(&folder.join(PLOT), size)?.into())
}

#[cfg(not(feature = "plots"))]
fn plot(_: &Record, _: &Path, _: Option<FigureWidth>) -> Result<Vec<PathBuf>> {
    crate::cli::output::say("note: no plot: this build was made without the feature plots");
    Ok(Vec::new())
}
