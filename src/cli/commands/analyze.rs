//! `oreo analyze`: of a run's folder, of any trajectory, or of several of them side by side; of a training's folder.

use crate::cli::analysis::{self, Analysis, Request};
use crate::cli::args::AnalyzeArgs;
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::output;
use crate::cli::training::report::{self, Report};
use crate::run::RunDirectory;
use anyhow::Result;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Of several targets without `--output`.
const COMPARISON: &str = "oreo-comparison";

/// With `--json`, of several targets.
#[derive(Serialize)]
struct Comparison<'a> {
    runs: &'a [Analysis],
}

/// Analyzes, writes, and says what was found. A run that broke is a successful analysis.
pub fn main(args: &AnalyzeArgs, json: bool) -> Result<Outcome> {
    if let Some(folder) = args
        .targets
        .iter()
        .find(|target| report::is_training(target))
    {
        training(folder, args, json)?;
        return Ok(Outcome::Completed);
    }
    let request = request(args)?;
    match &args.targets[..] {
        [target] => one(target, args, &request, json)?,
        several => side_by_side(several, args, &request, json)?,
    }
    Ok(Outcome::Completed)
}

/// A training has one page of its own, and no trajectory.
fn training(folder: &Path, args: &AnalyzeArgs, json: bool) -> Result<()> {
    let of_trajectories = [
        args.reference.is_some(),
        args.structure.is_some(),
        args.frame_interval.is_some(),
        args.bond_threshold.is_some(),
    ];
    let problem = match () {
        () if args.targets.len() > 1 => "is the folder of a training; analyze it alone",
        () if of_trajectories.contains(&true) => {
            "is the folder of a training; leave the flags about trajectories out"
        }
        () => "",
    };
    if !problem.is_empty() {
        return Err(BadInput::new(format!("{}: {problem}", folder.display())).into());
    }
    let report = Report::of_folder(folder)?;
    let notes = report.notes.iter();
    notes.for_each(|note| output::say(format_args!("note: {note}")));
    let output = args.output.clone().unwrap_or_else(|| folder.to_path_buf());
    report.write(&output, args.figures.figure_width)?;
    match json {
        true => output::print_json(&report)?,
        false => output::print(&report::text::of(&report))?,
    }
    output::say(format_args!(
        "analysis.json, report.html and plots are in {}",
        output.display()
    ));
    Ok(())
}

fn one(target: &Path, args: &AnalyzeArgs, request: &Request, json: bool) -> Result<()> {
    let analysis = analyze(target, request)?;
    let folder = args.output.clone().unwrap_or_else(|| own_folder(target));
    analysis::write(&analysis, &folder, args.figures.figure_width)?;
    match json {
        true => output::print_json(&analysis)?,
        false => output::print(&analysis::table::of(&analysis))?,
    }
    output::say(format_args!(
        "analysis.json, report.html and plots are in {}",
        folder.display()
    ));
    Ok(())
}

/// Each writes what it writes alone; the page of all comes on top. Nothing is written before all are understood.
fn side_by_side(
    targets: &[PathBuf],
    args: &AnalyzeArgs,
    request: &Request,
    json: bool,
) -> Result<()> {
    let page = args.output.clone().unwrap_or_else(|| COMPARISON.into());
    check_folders(targets, &page)?;
    let each = targets.iter().map(|target| analyze(target, request));
    let analyses: Vec<Analysis> = each.collect::<Result<_>>()?;
    for (target, analysis) in targets.iter().zip(&analyses) {
        analysis::write(analysis, &own_folder(target), args.figures.figure_width)?;
    }
    analysis::write_comparison(&analyses, &page)?;
    match json {
        true => output::print_json(&Comparison { runs: &analyses })?,
        false => analyses.iter().try_for_each(|analysis| {
            let table = analysis::table::of(analysis);
            output::print(&format!("{}\n{table}\n", analysis.target))
        })?,
    }
    output::say(format_args!(
        "report.html of all is in {}; analysis.json, report.html and plots of each are in its own folder",
        page.display()
    ));
    Ok(())
}

/// Two reports in one folder would replace each other.
fn check_folders(targets: &[PathBuf], page: &Path) -> Result<()> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut taken: Vec<(PathBuf, &Path)> = vec![(real(page), page)];
    for target in targets {
        let folder = own_folder(target);
        let folder = (real(&folder), target.as_path());
        if let Some((_, other)) = taken.iter().find(|(path, _)| *path == folder.0) {
            return Err(BadInput::new(format!(
                "the reports of {} and {} would both go to {}; give each target once, and another --output",
                other.display(),
                target.display(),
                folder.0.display()
            ))
            .into());
        }
        taken.push(folder);
    }
    Ok(())
}

fn analyze(target: &Path, request: &Request) -> Result<Analysis> {
    let analysis = match target.is_dir() {
        true => {
            let directory = RunDirectory::open(target).or_bad_input()?;
            analysis::of_run(&directory, request)?
        }
        false => analysis::of_trajectory(target, request)?,
    };
    let notes = analysis.notes.iter();
    notes.for_each(|note| output::say(format_args!("note: {note}")));
    Ok(analysis)
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

/// The folder of the run, or `NAME-analysis` beside a trajectory.
fn own_folder(target: &Path) -> PathBuf {
    match target.is_dir() {
        true => target.to_path_buf(),
        false => beside(target),
    }
}

fn beside(trajectory: &Path) -> PathBuf {
    let name = trajectory.file_stem().unwrap_or(trajectory.as_os_str());
    let mut name = name.to_os_string();
    name.push("-analysis");
    trajectory.with_file_name(name)
}
