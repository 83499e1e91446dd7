//! Which of our kinds a file is, by its content wherever that is unmistakable.

use crate::checkpoint;
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::weights_source::{built_in_hint, WeightsSource};
use anyhow::Result;
use oreo_formats::npz::NpzReader;
use oreo_training::data::SourceKind;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The kinds that a command must tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileContent {
    /// A network.
    Weights,
    /// One configuration or many: trajectories, data sets, structures.
    Frames,
    /// `checkpoint.oreo`
    Checkpoint,
    /// The folder of a run.
    Run,
    /// Conformations for training, in a file that other commands know nothing of.
    Conformations(SourceKind),
}

/// Bytes; longer headers of safetensors are refused by their reader, too.
const LARGEST_HEADER: u64 = 100_000_000;

impl FileContent {
    /// The same of something that may be the name of built-in weights.
    pub fn of_source(source: &WeightsSource) -> Result<Self> {
        match source {
            WeightsSource::BuiltIn(_) => Ok(Self::Weights),
            WeightsSource::File(path) => Self::of(path),
        }
    }

    /// Fails when the file cannot be read. A file of an unknown kind counts as frames: their reader knows most names,
    /// and says which.
    pub fn of(path: &Path) -> Result<Self> {
        let problem = |problem: String| BadInput::new(format!("{}: {problem}", path.display()));
        if path.is_dir() {
            return Ok(match holds_raw_qm9(path) {
                true => Self::Conformations(SourceKind::Qm9Xyz),
                false => Self::Run,
            });
        }
        let mut start = Vec::new();
        File::open(path)
            .and_then(|file| file.take(16).read_to_end(&mut start))
            .map_err(|error| problem(unreadable(path, &error)))?;
        if start.is_empty() {
            return Err(problem("is empty".into()).into());
        }
        Ok(match checkpoint::is_checkpoint(&start) {
            true => Self::Checkpoint,
            false if is_safetensors(&start) => Self::Weights,
            false if start.starts_with(b"PK\x03\x04") && !holds_arrays(path) => Self::Weights,
            false => match SourceKind::of(path).or_bad_input()? {
                SourceKind::Labelled => Self::Frames,
                kind => Self::Conformations(kind),
            },
        })
    }
}

/// Who named built-in weights and misspelt them is told.
fn unreadable(path: &Path, error: &std::io::Error) -> String {
    let hint = match error.kind() {
        std::io::ErrorKind::NotFound => built_in_hint(path),
        _ => None,
    };
    let hint = hint.map_or(String::new(), |hint| format!("; {hint}"));
    format!("cannot be read: {error}{hint}")
}

/// The length of a header in JSON, then the header.
fn is_safetensors(start: &[u8]) -> bool {
    let length = start
        .first_chunk()
        .map(|length| u64::from_le_bytes(*length));
    length.is_some_and(|length| length <= LARGEST_HEADER) && start.get(8) == Some(&b'{')
}

/// Files of one molecule each, and nothing of a run.
fn holds_raw_qm9(folder: &Path) -> bool {
    let is_molecule = |name: &str| name.starts_with("dsgdb9nsd_") && name.ends_with(".xyz");
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    !folder.join("config.toml").exists()
        && entries.any(|entry| entry.file_name().to_str().is_some_and(is_molecule))
}

/// NumPy and PyTorch both write zip archives. A damaged one goes by its name.
fn holds_arrays(path: &Path) -> bool {
    match NpzReader::open(path) {
        Ok(npz) => !npz.names().is_empty(),
        Err(_) => path.extension().is_some_and(|extension| extension == "npz"),
    }
}
