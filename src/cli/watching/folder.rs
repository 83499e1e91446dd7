//! What a folder holds: a run, a training, a relaxation, or nothing that can be watched.

use crate::cli::exit::{BadInput, OrBadInput};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// What can be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of `oreo run`
    Run,
    /// Of `oreo train`
    Training,
    /// Of `oreo relax`
    Relaxation,
}

/// Names in a message.
const NAMED: usize = 4;

impl Kind {
    /// By its `config.toml`; a relaxation has none, and a table of its steps.
    ///
    /// # Errors
    /// Bad input: a folder of something else, and what to name in its place.
    pub fn of(folder: &Path) -> Result<Self> {
        if let Some(kind) = Self::found(folder) {
            return Ok(kind);
        }
        let problem = match folder.metadata() {
            Err(error) => error.to_string(),
            Ok(metadata) if metadata.is_file() => "is a file; name the folder of a run".into(),
            Ok(_) => other(folder),
        };
        Err(BadInput::new(format!("{}: {problem}", folder.display()))).or_bad_input()
    }

    /// `None` without a config or a table. A config that is no TOML is a run's: whoever reads it says where it is wrong.
    fn found(folder: &Path) -> Option<Self> {
        let Ok(text) = std::fs::read_to_string(folder.join("config.toml")) else {
            let relaxation = folder.join("convergence.csv").is_file();
            return relaxation.then_some(Self::Relaxation);
        };
        let is_training = |table: toml::Table| table.contains_key("data");
        match text.parse().is_ok_and(is_training) {
            true => Some(Self::Training),
            false => Some(Self::Run),
        }
    }
}

/// What it is, and what to do.
fn other(folder: &Path) -> String {
    let inside = inside(folder);
    if inside.is_empty() {
        return "has neither config.toml nor convergence.csv: not the folder of a run, a training or a relaxation".into();
    }
    let names = inside
        .iter()
        .take(NAMED)
        .map(|path| path.display().to_string());
    let more = match inside.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", or {more} more"),
    };
    let names = names.collect::<Vec<_>>().join(", ");
    format!("is no run itself; watch one of those in it: {names}{more}")
}

/// Folders in it that can be watched, those first that were written to last.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path());
    let mut found: Vec<_> = folders
        .filter(|path| {
            let signs = ["config.toml", "convergence.csv"];
            signs.iter().any(|name| path.join(name).is_file())
        })
        .map(|path| {
            (
                path.join("log.txt")
                    .metadata()
                    .and_then(|log| log.modified())
                    .ok(),
                path,
            )
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_config_with_data_is_a_training_and_a_folder_of_folders_names_them() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str, config: &str| {
            let path = root.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("config.toml"), config).unwrap();
            path
        };
        let run = folder("run", "steps = 10");
        let training = folder("training", "[[data]]\nfile = 'a.npz'");
        assert_eq!(Kind::of(&run).unwrap(), Kind::Run);
        assert_eq!(Kind::of(&training).unwrap(), Kind::Training);
        fs::create_dir(root.path().join("relaxed")).unwrap();
        fs::write(root.path().join("relaxed/convergence.csv"), "step").unwrap();
        let relaxed = Kind::of(&root.path().join("relaxed"));
        assert_eq!(relaxed.unwrap(), Kind::Relaxation);
        let error = Kind::of(root.path()).unwrap_err().to_string();
        assert!(
            error.contains("watch one of")
                && error.contains("training")
                && error.contains("relaxed"),
            "{error}"
        );
    }

    #[test]
    fn what_is_nothing_of_ours_is_said_to_be() {
        let root = tempfile::tempdir().unwrap();
        let message = |path: &Path| Kind::of(path).unwrap_err().to_string();
        assert!(message(root.path()).contains("has neither config.toml nor convergence.csv"));
        assert!(message(&root.path().join("none")).contains("No such file"));
        let file = root.path().join("relaxed.xyz");
        fs::write(&file, "").unwrap();
        assert!(message(&file).contains("is a file"));
    }
}
