//! `oreo resume`: the same plan, read from the folder of the run, with as little changed as asked for.

use crate::cli::args::ResumeArgs;
use crate::cli::exit::{OrBadInput, Outcome};
use crate::cli::layers::Layers;
use crate::cli::plan::Plan;
use crate::cli::settings::RunSettings;
use crate::cli::{config_file, limit_threads, md};
use crate::run::RunDirectory;
use anyhow::Result;

/// Continues to the planned number of steps, or to a new one.
pub fn main(args: &ResumeArgs, json: bool) -> Result<Outcome> {
    let directory = RunDirectory::open(&args.directory).or_bad_input()?;
    let config = directory.config();
    let recorded = config_file::read(&config).or_bad_input()?;
    // The folder may have been moved since.
    let changes = RunSettings {
        output: Some(args.directory.clone()),
        steps: args.steps,
        threads: args.threads,
        ..RunSettings::default()
    };
    let (plan, notes) = Plan::new(&Layers::new(&changes, Some((&config, &recorded)))?)?;
    limit_threads(plan.compute.threads);
    md::resume(&plan, &notes, args.from_previous, json)
}
