//! A file that is being written: under its own name only when it is complete, removed when it never is.

use crate::cli::exit::BadInput;
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The place to write to, and the name it will get.
pub struct Unfinished {
    temporary: PathBuf,
    target: PathBuf,
}

impl Unfinished {
    /// Refuses to replace a file without `overwrite`, and a folder that is not there.
    pub fn new(target: &Path, overwrite: bool) -> Result<Self> {
        let refused =
            |problem: &str| Err(BadInput::new(format!("{}: {problem}", target.display())).into());
        let folder = target.parent().unwrap_or(Path::new(""));
        let Some(name) = target.file_name() else {
            return refused("is no name of a file");
        };
        if target.is_dir() {
            return refused("is a folder; give the name of a file");
        }
        if target.exists() && !overwrite {
            return refused("exists already; replace it with --overwrite, or choose another name");
        }
        if folder != Path::new("") && !folder.is_dir() {
            return refused("its folder is not there; make it first");
        }
        // The extension stays last: it tells the writers the format.
        let hidden = format!(".{}-{}", std::process::id(), name.to_string_lossy());
        Ok(Self {
            temporary: folder.join(hidden),
            target: target.to_path_buf(),
        })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Complete and on the disk: from now on under its own name.
    pub fn finish(self) -> Result<()> {
        let target = self.target.display();
        File::open(&self.temporary)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.temporary, &self.target))
            .with_context(|| {
                format!("{target}: cannot be written; free some space or choose another place")
            })
    }
}

/// After `finish` there is nothing left to remove.
impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.temporary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.xyz");
        let unfinished = Unfinished::new(&target, false).unwrap();
        fs::write(unfinished.path(), "half").unwrap();
        drop(unfinished);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let unfinished = Unfinished::new(&target, false).unwrap();
        fs::write(unfinished.path(), "all").unwrap();
        assert!(!target.exists());
        unfinished.finish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "all");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(Unfinished::new(&target, false).is_err());
        assert!(Unfinished::new(&target, true).is_ok());
    }
}
