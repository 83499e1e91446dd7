//! `report.html` of runs and trajectories.
//!
//! - [`contents`]: what the page shows, as JSON; [`movie`]: frames in it
//! - [`verdict`]: the first lines
//! - `assets/`: the sections of the page, one idea a file; what all pages share is in [`crate::cli::page`]

mod contents;
mod movie;
mod verdict;

use super::results::Analysis;
use super::table;
use crate::cli::page::{plain, Kind};
use anyhow::Result;
use contents::Contents;

const RUNS: Kind = Kind {
    scripts: &[
        include_str!("assets/meanings.js"),
        include_str!("assets/runs.js"),
        include_str!("assets/camera.js"),
        include_str!("assets/molecule.js"),
        include_str!("assets/viewer.js"),
        include_str!("assets/verdict.js"),
        include_str!("assets/card.js"),
        include_str!("assets/distances.js"),
        include_str!("assets/time_series.js"),
        include_str!("assets/bonds.js"),
        include_str!("assets/vibrations.js"),
        include_str!("assets/diffusion.js"),
        include_str!("assets/replicas.js"),
        include_str!("assets/page.js"),
    ],
};

/// The page of one analysis, or of several side by side.
pub fn of(analyses: &[&Analysis]) -> Result<String> {
    let tables = analyses.iter().map(|a| plain(&a.target, &table::of(a)));
    RUNS.page(&Contents::of(analyses), &tables.collect::<String>())
}
