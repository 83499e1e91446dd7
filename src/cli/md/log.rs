//! `log.txt`: what happened and when, appended line by line.

use anyhow::{Context, Result};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// An open log file.
pub struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Appends to what is there.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
        })
    }

    /// One line, stamped with the UTC time.
    pub fn write(&mut self, line: &str) -> Result<()> {
        let now = humantime::format_rfc3339_seconds(SystemTime::now());
        writeln!(self.file, "{now} {line}")
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}
