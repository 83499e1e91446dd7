//! What an experiment found: one JSON file that names no folder of the machine, and from which documents are written.

use super::job::{Job, Record, Work};
use super::sources::Sources;
use crate::checkpoint::replace_atomically;
use crate::cli::bench::machine;
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::training::report::curves::LearningCurves;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Stand for the folder of the data sets, and for that of the reproduction.
const DATA: &str = "DATA";
const OUTPUT: &str = "OUTPUT";

/// Everything that is done of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// `md17`, `polymers` or `qm9`
    pub experiment: String,
    /// `small`, `medium` or `paper`
    pub scale: String,
    /// Of the program that wrote this
    pub version: String,
    /// Where it was computed, as far as the system says
    pub processor: Option<String>,
    /// Threads at once
    pub cores: usize,
    /// By name; what is not done is not there
    pub jobs: BTreeMap<String, Record>,
    /// Of the trainings that are done: `[conformations seen, error of validation]` in meV/Å, of properties in meV
    #[serde(default)]
    pub curves: BTreeMap<String, Vec<[f64; 2]>>,
}

impl Results {
    /// Of the jobs that are done.
    ///
    /// # Errors
    /// A damaged record.
    pub fn gather(
        (experiment, scale): (&str, &str),
        root: &Path,
        sources: &Sources,
        jobs: &[Job],
    ) -> Result<Self> {
        let root = std::path::absolute(root)?;
        let names = [
            (sources.folder().display().to_string(), DATA),
            (root.display().to_string(), OUTPUT),
        ];
        let (mut done, mut curves) = (BTreeMap::new(), BTreeMap::new());
        for job in jobs {
            let Some(record) = job.record(&root)? else {
                continue;
            };
            done.insert(job.name.clone(), anonymous(record, &names));
            // The folder of a training may have been cleared away once its weights were tested.
            let folder = root.join(&job.name);
            if matches!(job.work, Work::Train(_)) && folder.exists() {
                curves.insert(job.name.clone(), curve(&folder)?);
            }
        }
        Ok(Self {
            experiment: experiment.into(),
            scale: scale.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            processor: machine::processor(),
            cores: machine::cores(),
            jobs: done,
            curves,
        })
    }

    /// # Errors
    /// The system's.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        replace_atomically(path, text.as_bytes())
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// # Errors
    /// A file that is no such JSON.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{}: cannot read", path.display()))
            .or_bad_input()?;
        serde_json::from_str(&text).map_err(|error| {
            let problem = "is not written by oreo reproduce";
            BadInput::new(format!("{}: {problem} ({error})", path.display())).into()
        })
    }

    /// A number in what a job printed; `None` where the job is not done or the number is `null`.
    pub fn number(&self, job: &str, pointer: &str) -> Option<f64> {
        self.jobs.get(job)?.result.pointer(pointer)?.as_f64()
    }
}

/// What a training is judged by, at each validation.
fn curve(folder: &Path) -> Result<Vec<[f64; 2]>> {
    let curves = LearningCurves::read(folder)?;
    let judged = curves.measure();
    Ok(judged.map_or(Vec::new(), |measure| curves.points(measure.column)))
}

fn anonymous(record: Record, names: &[(String, &str)]) -> Record {
    Record {
        command: without(record.command, names),
        result: walk(record.result, names),
        ..record
    }
}

fn without(text: String, names: &[(String, &str)]) -> String {
    names
        .iter()
        .fold(text, |text, (folder, name)| text.replace(folder, name))
}

fn walk(value: Value, names: &[(String, &str)]) -> Value {
    match value {
        Value::String(text) => Value::String(without(text, names)),
        Value::Array(list) => list.into_iter().map(|item| walk(item, names)).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, item)| (key, walk(item, names)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn folders_of_the_machine_are_not_named() {
        let names = [
            ("/a/data".to_string(), DATA),
            ("/a/out".to_string(), OUTPUT),
        ];
        let found = json!({"weights": "/a/out/x.safetensors", "list": ["/a/data/y.npz", 3]});
        let expected = json!({"weights": "OUTPUT/x.safetensors", "list": ["DATA/y.npz", 3]});
        assert_eq!(walk(found, &names), expected);
    }
}
