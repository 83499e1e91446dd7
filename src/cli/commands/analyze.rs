//! `oreo analyze`: of a run's folder or of any trajectory.

use crate::cli::analysis::{self, Request};
use crate::cli::args::AnalyzeArgs;
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::output;
use crate::run::RunDirectory;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Analyzes, writes, and says what was found. A run that broke is a successful analysis.
pub fn main(args: &AnalyzeArgs, json: bool) -> Result<Outcome> {
    let request = request(args)?;
    let analysis = match args.target.is_dir() {
        true => {
            let directory = RunDirectory::open(&args.target).or_bad_input()?;
            analysis::of_run(&directory, &request)?
        }
        false => analysis::of_trajectory(&args.target, &request)?,
    };
    analysis
        .notes
        .iter()
        .for_each(|note| output::say(format_args!("note: {note}")));
    let folder = folder(args);
    analysis::write(&analysis, &folder)?;
    match json {
        true => output::print_json(&analysis)?,
        false => output::print(&analysis::table::of(&analysis))?,
    }
    output::say(format_args!(
        "analysis.json, report.html and plots are in {}",
        folder.display()
    ));
    Ok(Outcome::Completed)
}

fn request(args: &AnalyzeArgs) -> Result<Request> {
    let positive = |flag: &str, value: Option<f64>| match value {
        Some(value) if value <= 0.0 => Err(BadInput::new(format!(
            "{flag}: {value} is not allowed; it must be positive"
        ))),
        other => Ok(other),
    };
    let interval = args.frame_interval.map(|time| time.femtoseconds());
    let threshold = args.bond_threshold.map(|length| length.angstroms());
    Ok(Request {
        reference: args.reference.clone(),
        data_set: args.data_set.read_options(),
        structure: args.structure.clone(),
        frame_interval_fs: positive("--frame-interval", interval)?,
        bond_threshold_a: positive("--bond-threshold", threshold)?,
    })
}

/// `--output`, the folder of the run, or `NAME-analysis` beside a trajectory.
fn folder(args: &AnalyzeArgs) -> PathBuf {
    match &args.output {
        Some(folder) => folder.clone(),
        None if args.target.is_dir() => args.target.clone(),
        None => beside(&args.target),
    }
}

fn beside(trajectory: &Path) -> PathBuf {
    let name = trajectory.file_stem().unwrap_or(trajectory.as_os_str());
    let mut name = name.to_os_string();
    name.push("-analysis");
    trajectory.with_file_name(name)
}
