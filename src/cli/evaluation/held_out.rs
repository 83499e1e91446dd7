//! Which frames of a file `oreo evaluate` looks at.

use crate::cli::args::EvaluateArgs;
use crate::cli::choices::PartChoice;
use crate::cli::exit::{BadInput, OrBadInput};
use anyhow::Result;
use oreo_training::data::{self, Indices, Source, SourceOptions, Split};
use std::path::Path;

/// How the file is opened as a source of conformations.
pub fn source_options(args: &EvaluateArgs) -> SourceOptions {
    SourceOptions {
        read: args.data_set.read_options(),
        properties: args.properties.clone(),
        ..SourceOptions::default()
    }
}

/// All of `count` frames, or those of the part of the split.
///
/// # Errors
/// A damaged split, the split of another file, a part without frames.
pub fn part(args: &EvaluateArgs, count: usize) -> Result<Indices> {
    match &args.split {
        None => Ok(Indices::all(count as u64)),
        Some(_) => {
            let source = data::open(&args.data, &source_options(args)).or_bad_input()?;
            part_of(args, source.as_ref())
        }
    }
}

/// The same for a source that is open.
///
/// # Errors
/// As of [`part`].
pub fn part_of(args: &EvaluateArgs, source: &dyn Source) -> Result<Indices> {
    let Some(path) = &args.split else {
        return Ok(Indices::all(source.len() as u64));
    };
    indices(path, named(args), source)
}

/// Of one part of a split of a source.
///
/// # Errors
/// A damaged split, the split of another file, a part without frames.
pub fn indices(path: &Path, name: PartChoice, source: &dyn Source) -> Result<Indices> {
    let split = Split::load(path).or_bad_input()?;
    split.verify(source).or_bad_input()?;
    let chosen = match name {
        PartChoice::Train => split.train,
        PartChoice::Validation => split.validation,
        PartChoice::Test => split.test,
        PartChoice::Later => split.later,
    };
    match chosen.is_empty() {
        true => Err(BadInput::new(format!(
            "{}: its part {name} has no frames; choose another with --part",
            path.display()
        ))
        .into()),
        false => Ok(chosen),
    }
}

/// The part of a split that is looked at.
pub fn named(args: &EvaluateArgs) -> PartChoice {
    args.part.unwrap_or(PartChoice::Test)
}

/// Thinned out as `--every` and `--frames` say.
pub fn thinned(args: &EvaluateArgs, part: &Indices) -> Vec<u64> {
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let most = args.frames.map_or(usize::MAX, size);
    part.iter().step_by(size(args.every)).take(most).collect()
}
