//! Any sources of conformations into one packed file, in memory that does not grow with them (npz and XYZ files themselves
//! are read as a whole).

use super::unfinished::Unfinished;
use crate::cli::args::ConvertArgs;
use crate::cli::choices::StorageChoice;
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::frame_progress::FrameProgress;
use anyhow::Result;
use oreo_training::data::{
    inspect, open, Conformation, Filter, Indices, Origin, Packed, PackedWriter, Source,
    SourceOptions,
};
use oreo_training::TrainingError;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The extension of packed files.
pub const EXTENSION: &str = "opack";
/// Conformations that units are judged by.
const LOOKED_AT: usize = 1000;

/// What was written.
#[derive(Debug, Serialize)]
pub struct PackedConformations {
    kind: &'static str,
    output: PathBuf,
    /// `f32` or `f64`
    stored_as: &'static str,
    conformations: usize,
    bytes: u64,
    sha256: String,
    sources: Vec<PackedSource>,
}

#[derive(Debug, Serialize)]
struct PackedSource {
    input: PathBuf,
    packed: u64,
    /// By `--max-force`.
    filtered: u64,
    /// Rows of the file without one of the labels.
    left_out: usize,
    level_of_theory: Option<String>,
}

/// Whether a file of this name is to be packed.
pub fn is_asked_for(output: &Path) -> bool {
    output
        .extension()
        .is_some_and(|extension| extension == EXTENSION)
}

/// Each `every`-th conformation of each input whose forces are not too long, one input after the other.
pub fn convert(args: &ConvertArgs) -> Result<PackedConformations> {
    let exact = match args.precision {
        None | Some(StorageChoice::F32) => false,
        Some(StorageChoice::F64) => true,
        Some(StorageChoice::F16) => {
            let problem = "--precision: packed conformations are f32 or f64; f16 cannot hold them";
            return Err(BadInput::new(problem).into());
        }
    };
    let target = Unfinished::new(&args.output, args.overwrite)?;
    let mut writer = PackedWriter::create(target.path())?;
    if exact {
        writer = writer.exact();
    }
    let mut sources = Vec::new();
    for input in &args.inputs {
        sources.push(add(&mut writer, input, args)?);
    }
    writer.finish().or_bad_input()?;
    target.finish()?;
    let packed = Packed::open(&args.output)?;
    Ok(PackedConformations {
        kind: "packed",
        output: args.output.clone(),
        stored_as: if exact { "f64" } else { "f32" },
        conformations: packed.len(),
        bytes: std::fs::metadata(&args.output)?.len(),
        sha256: packed
            .origin()
            .map_or(String::new(), |origin| origin.sha256.clone()),
        sources,
    })
}

fn add(writer: &mut PackedWriter, input: &Path, args: &ConvertArgs) -> Result<PackedSource> {
    let options = SourceOptions {
        read: args.data_set.read_options(),
        ..SourceOptions::default()
    };
    let source = open(input, &options).or_bad_input()?;
    let found = inspect(source.as_ref(), LOOKED_AT).or_bad_input()?;
    if let Some(problem) = found.problem().filter(|_| !args.data_set.skip_unit_check) {
        let message = format!(
            "{}: {problem} (--skip-unit-check accepts it)",
            input.display()
        );
        return Err(BadInput::new(message).into());
    }
    let filter = Filter {
        max_force: args.max_force.map(|force| force.ev_per_angstrom()),
        ..Filter::default()
    };
    let all = source.len() as u64;
    let chosen = Indices::every(all, args.every);
    let watched = Watched {
        source: source.as_ref(),
        progress: Mutex::new(Some(FrameProgress::new(Some(chosen.len() as u64)))),
    };
    let report = writer
        .add(&watched, Some(&chosen), &filter)
        .or_bad_input()?;
    watched.finish();
    Ok(PackedSource {
        input: input.to_path_buf(),
        packed: report.kept,
        filtered: report.force,
        left_out: source.left_out(),
        level_of_theory: source.origin().and_then(|origin| origin.level.clone()),
    })
}

/// A source that shows how much of it has been read.
struct Watched<'a> {
    source: &'a dyn Source,
    progress: Mutex<Option<FrameProgress>>,
}

impl Watched<'_> {
    fn finish(self) {
        let progress = self.progress.into_inner();
        if let Some(progress) = progress.unwrap_or_else(PoisonError::into_inner) {
            progress.finish();
        }
    }
}

impl Source for Watched<'_> {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn len(&self) -> usize {
        self.source.len()
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = progress.as_mut() {
            progress.advance(1);
        }
        self.source.read(index, conformation)
    }

    fn origin(&self) -> Option<&Origin> {
        self.source.origin()
    }
}

impl fmt::Display for PackedConformations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for source in &self.sources {
            write!(
                f,
                "{} conformations of {}",
                source.packed,
                source.input.display()
            )?;
            if source.filtered > 0 {
                write!(f, ", {} with longer forces are not in it", source.filtered)?;
            }
            if source.left_out > 0 {
                write!(f, ", {} without a label are not in it", source.left_out)?;
            }
            writeln!(f)?;
        }
        let output = self.output.display();
        writeln!(
            f,
            "{} conformations → {output}, {}, {:.1} MB",
            self.conformations,
            self.stored_as,
            self.bytes as f64 / 1e6
        )
    }
}
