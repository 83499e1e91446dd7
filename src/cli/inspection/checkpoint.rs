//! A look at `checkpoint.oreo`.

use super::rows::Rows;
use crate::checkpoint::{contents, Entry};
use crate::cli::exit::OrBadInput;
use anyhow::Result;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What is in the file.
#[derive(Debug, Serialize)]
pub struct CheckpointFacts {
    kind: &'static str,
    file: PathBuf,
    version: u32,
    /// The furthest replica.
    pub step: Option<u64>,
    replicas: Option<u64>,
    /// By replica.
    steps: Vec<Option<u64>>,
    weights_sha256: Option<String>,
    reference_sha256: Option<String>,
    entries: Vec<EntryFacts>,
}

#[derive(Debug, Serialize)]
struct EntryFacts {
    name: String,
    kind: &'static str,
    count: usize,
}

impl From<&Entry> for EntryFacts {
    fn from(entry: &Entry) -> Self {
        Self {
            name: entry.name.clone(),
            kind: entry.kind.name(),
            count: entry.count,
        }
    }
}

impl CheckpointFacts {
    /// Fails on a damaged file.
    pub fn of(path: &Path) -> Result<Self> {
        let contents = contents(path).or_bad_input()?;
        let digest = |name: &str| contents.text(name).filter(|digest| digest != "none");
        let is_step = |entry: &&Entry| {
            entry.name.starts_with("replica-")
                && entry.name.ends_with("/step")
                && entry.name.matches('/').count() == 1
        };
        let steps = contents.entries.iter().filter(is_step);
        let steps: Vec<_> = steps.map(|entry| contents.u64(&entry.name)).collect();
        Ok(Self {
            kind: "checkpoint",
            file: path.to_path_buf(),
            version: contents.version,
            step: steps.iter().copied().flatten().max(),
            replicas: contents.u64("replicas"),
            steps,
            weights_sha256: digest("weights"),
            reference_sha256: digest("reference"),
            entries: contents.entries.iter().map(Into::into).collect(),
        })
    }

    /// For people.
    pub fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        rows.add("checkpoint", self.file.display());
        rows.add("version", self.version);
        rows.add_some("replicas", self.replicas);
        let steps = self.steps.iter().flatten().map(ToString::to_string);
        rows.add("steps done", steps.collect::<Vec<_>>().join(", "));
        rows.add_some("weights", self.weights_sha256.as_ref());
        rows.add_some("reference", self.reference_sha256.as_ref());
        let entries = self.entries.iter();
        rows.add_all(
            "entries",
            entries.map(|e| format!("{} ({} {})", e.name, e.count, e.kind)),
        );
        rows
    }
}
