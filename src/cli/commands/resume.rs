//! `oreo resume`: the same plan, read from the folder of the run, with as little changed as asked for.

use crate::cli::args::ResumeArgs;
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::layers::Layers;
use crate::cli::plan::Plan;
use crate::cli::settings::RunSettings;
use crate::cli::training::report::is_training;
use crate::cli::{config_file, limit_threads, md};
use crate::run::RunDirectory;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// What may differ from the run that began: nothing that the dynamics or the files depend on.
const MAY_CHANGE: [&str; 8] = [
    "steps",
    "unseen",
    "threads",
    "output",
    "figure-width",
    "checkpoint-every",
    "skin",
    "device",
];

/// Continues to the planned number of steps, or to a new one.
pub fn main(args: &ResumeArgs, json: bool) -> Result<Outcome> {
    // The folder may have been moved since.
    let changes = RunSettings {
        output: Some(args.directory.clone()),
        steps: args.steps,
        threads: args.threads,
        device: args.device,
        figure_width: args.figures.figure_width,
        ..RunSettings::default()
    };
    let (plan, notes) = plan(&changes, None)?;
    limit_threads(plan.compute.threads);
    md::resume(&plan, &notes, args.from_previous, json)
}

/// The recorded plan with a few changes, from flags or from another config file. A change of the physics is refused: the
/// checkpoint would go on with what it was not made for.
pub fn plan(changes: &RunSettings, config: Option<&Path>) -> Result<(Plan, Vec<String>)> {
    let output = changes.output.clone();
    let directory = output.unwrap_or_else(|| PathBuf::from("oreo-run"));
    if is_training(&directory) {
        let folder = directory.display();
        let problem = format!(
            "{folder} is the folder of a training; continue it with `oreo train --resume {folder}`"
        );
        return Err(BadInput::new(problem).into());
    }
    let recorded_at = RunDirectory::open(&directory).or_bad_input()?.config();
    let recorded = config_file::read(&recorded_at).or_bad_input()?;
    let settings = match config {
        Some(path) => config_file::read(path).or_bad_input()?,
        None => recorded.clone(),
    };
    let file = (config.unwrap_or(&recorded_at), &settings);
    let changes = RunSettings {
        output: Some(directory),
        ..changes.clone()
    };
    let (plan, notes) = Plan::new(&Layers::new(&changes, Some(file))?)?;
    refuse_changes(&recorded, &plan)?;
    Ok((plan, notes))
}

fn refuse_changes(recorded: &RunSettings, plan: &Plan) -> Result<()> {
    let before = toml::Table::try_from(recorded)?;
    let now = toml::Table::try_from(plan.to_settings())?;
    let keys = before.keys().chain(now.keys());
    let changed =
        |key: &&String| !MAY_CHANGE.contains(&key.as_str()) && before.get(*key) != now.get(*key);
    match keys.into_iter().find(changed) {
        None => Ok(()),
        Some(key) => {
            let was = before
                .get(key)
                .map_or("not set".into(), ToString::to_string);
            let remedy = "leave it out to continue, or begin a new run with another --output";
            Err(BadInput::new(format!(
                "{key} was {was} when this run began and cannot change: {remedy}"
            ))
            .into())
        }
    }
}
