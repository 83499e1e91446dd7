//! `oreo inspect`: what a file is.

use crate::cli::args::InspectArgs;
use crate::cli::exit::{BadInput, Outcome};
use crate::cli::inspection::checkpoint::CheckpointFacts;
use crate::cli::inspection::kind::FileContent;
use crate::cli::inspection::rows::Rows;
use crate::cli::inspection::run::RunFacts;
use crate::cli::inspection::source::SourceFacts;
use crate::cli::inspection::trajectory::{look, FramesFacts};
use crate::cli::inspection::weights::WeightsFacts;
use crate::cli::output;
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use serde::Serialize;

/// Looks at one file or folder.
pub fn main(args: &InspectArgs, json: bool) -> Result<Outcome> {
    let source = WeightsSource::among_others(&args.file);
    let content = FileContent::of_source(&source)?;
    let options = args.data_set.read_options();
    if options.labels.is_some() && content != FileContent::Frames {
        let problem = "--labels is for rMD17 files, which this is not";
        return Err(BadInput::new(format!("{}: {problem}", args.file.display())).into());
    }
    match content {
        FileContent::Weights => show(&WeightsFacts::of(&source)?, WeightsFacts::rows, json)?,
        FileContent::Checkpoint => show(
            &CheckpointFacts::of(&args.file)?,
            CheckpointFacts::rows,
            json,
        )?,
        FileContent::Conformations(kind) => show(
            &SourceFacts::of(&args.file, kind, &args.data_set)?,
            SourceFacts::rows,
            json,
        )?,
        FileContent::Run => show(&RunFacts::of(&args.file)?, RunFacts::rows, json)?,
        FileContent::Frames => match look(&args.file, options)? {
            FramesFacts::DataSet(facts) => show(&*facts, |facts| facts.rows(), json)?,
            FramesFacts::Trajectory(facts) => show(&*facts, |facts| facts.rows(), json)?,
        },
    }
    Ok(Outcome::Completed)
}

fn show<T: Serialize>(facts: &T, rows: impl Fn(&T) -> Rows, json: bool) -> Result<()> {
    match json {
        true => output::print_json(facts),
        false => output::print(&rows(facts).to_string()),
    }
}
