//! One call of the program in a reproduction: what it needs, how it begins, how it continues, and the note that it is done.

use crate::checkpoint::replace_atomically;
use crate::cli::exit::{BadInput, OrBadInput};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of a training or a run that has something to continue from.
const CHECKPOINT: &str = "checkpoint.oreo";

/// What a job does; its folder has its name.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// `oreo train` with this config file
    Train(String),
    /// `oreo run` with these flags
    Run(Vec<String>),
    /// `oreo` with these arguments; what it prints with `--json` is kept
    Ask(Vec<String>),
}

/// One call of the program.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Also its folder, below that of the reproduction
    pub name: String,
    /// Jobs whose files it reads
    pub needs: Vec<String>,
    /// What it does
    pub work: Work,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing of it is there
    ToDo,
    /// It has a checkpoint
    Begun,
    /// It is done
    Done,
}

/// Left by a job that is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What was typed, from the folder of the reproduction
    pub command: String,
    /// Of the program
    pub version: String,
    /// 0, or 3 for a run that a stability rule stopped
    pub exit_code: i32,
    /// Wall time of its last session, s
    pub wall_s: f64,
    /// What it printed with `--json`
    pub result: Value,
}

impl Job {
    /// What is typed now: from the beginning, or from the checkpoint. Clears away what was left by a session that did not
    /// come to its first checkpoint.
    ///
    /// # Errors
    /// The system's.
    pub fn arguments(&self, root: &Path) -> Result<Vec<String>> {
        let folder = root.join(&self.name);
        let begun = self.progress(root)? == Progress::Begun;
        let config = format!("{}.toml", self.name);
        let words: Vec<&str> = match &self.work {
            Work::Train(_) if begun => vec!["train", "--resume", &self.name],
            Work::Run(_) if begun => vec!["resume", &self.name],
            Work::Train(text) => {
                if folder.exists() {
                    fs::remove_dir_all(&folder)?;
                }
                replace_atomically(&root.join(&config), text.as_bytes())?;
                vec!["train", &config]
            }
            Work::Run(flags) => {
                let always = ["run", "--output", &self.name, "--overwrite"];
                always
                    .into_iter()
                    .chain(flags.iter().map(String::as_str))
                    .collect()
            }
            Work::Ask(words) => words.iter().map(String::as_str).collect(),
        };
        Ok(words.into_iter().map(String::from).collect())
    }

    /// How far it is.
    ///
    /// # Errors
    /// A damaged record.
    pub fn progress(&self, root: &Path) -> Result<Progress> {
        Ok(match self.record(root)? {
            Some(_) => Progress::Done,
            None if root.join(&self.name).join(CHECKPOINT).exists() => Progress::Begun,
            None => Progress::ToDo,
        })
    }

    /// What it left, if it is done.
    ///
    /// # Errors
    /// A damaged record.
    pub fn record(&self, root: &Path) -> Result<Option<Record>> {
        let path = self.record_path(root);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let record = serde_json::from_str(&text).map_err(|error| {
            BadInput::new(format!(
                "{}: is no record of a job ({error}); remove it, and the job is done again",
                path.display()
            ))
        });
        record.map(Some).or_bad_input()
    }

    /// Marks it as done.
    ///
    /// # Errors
    /// The system's.
    pub fn keep(&self, root: &Path, record: &Record) -> Result<()> {
        let path = self.record_path(root);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        let text = serde_json::to_string_pretty(record)? + "\n";
        replace_atomically(&path, text.as_bytes())?;
        Ok(())
    }

    fn record_path(&self, root: &Path) -> PathBuf {
        root.join("done").join(format!("{}.json", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training() -> Job {
        Job {
            name: "ethanol".into(),
            needs: Vec::new(),
            work: Work::Train("steps = 1".into()),
        }
    }

    /// A session that was killed before its first checkpoint leaves a folder that `oreo train` would refuse.
    #[test]
    fn a_job_begins_again_without_a_checkpoint_and_continues_with_one() {
        let root = tempfile::tempdir().unwrap();
        let (job, folder) = (training(), root.path().join("ethanol"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("log.txt"), "killed").unwrap();
        let typed = job.arguments(root.path()).unwrap();
        assert_eq!(typed, ["train", "ethanol.toml"]);
        assert!(!folder.exists());
        let config = fs::read_to_string(root.path().join("ethanol.toml")).unwrap();
        assert_eq!(config, "steps = 1");

        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(CHECKPOINT), "").unwrap();
        let typed = job.arguments(root.path()).unwrap();
        assert_eq!(typed, ["train", "--resume", "ethanol"]);
        assert!(folder.join(CHECKPOINT).exists());
    }

    #[test]
    fn a_record_marks_a_job_as_done() {
        let root = tempfile::tempdir().unwrap();
        let job = training();
        assert_eq!(job.progress(root.path()).unwrap(), Progress::ToDo);
        let record = Record {
            command: "oreo train ethanol.toml".into(),
            version: "0".into(),
            exit_code: 0,
            wall_s: 0.1,
            result: Value::Null,
        };
        job.keep(root.path(), &record).unwrap();
        assert_eq!(job.record(root.path()).unwrap(), Some(record));
        assert_eq!(job.progress(root.path()).unwrap(), Progress::Done);
        fs::write(root.path().join("done/ethanol.json"), "{").unwrap();
        let error = job.progress(root.path()).unwrap_err().to_string();
        assert!(error.contains("remove it"), "{error}");
    }
}
