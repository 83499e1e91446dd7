//! Bytes from and to the disk: refuses what is no weights file before reading it, replaces files in one stroke.

use super::contents::{unknown_kind, FileKind};
use super::error::WeightsProblem;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// All bytes of a file of one of the two kinds.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, WeightsProblem> {
    let reading = WeightsProblem::io("read");
    let mut file = File::open(path).map_err(&reading)?;
    let mut bytes = Vec::new();
    Read::by_ref(&mut file)
        .take(16)
        .read_to_end(&mut bytes)
        .map_err(&reading)?;
    if FileKind::of(&bytes).is_none() {
        return Err(unknown_kind(&bytes));
    }
    file.read_to_end(&mut bytes).map_err(&reading)?;
    Ok(bytes)
}

/// Whoever looks at `path`, now or after a crash, sees the old file or the whole new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), WeightsProblem> {
    let temporary = temporary_beside(path);
    let written = write_through(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // Best effort: the error that matters is the one above.
        let _ = fs::remove_file(&temporary);
    }
    written
        .and_then(|()| sync_folder(path))
        .map_err(WeightsProblem::io("write"))
}

fn temporary_beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The new name itself must reach the disk; only Unix lets a folder be opened for that.
fn sync_folder(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Lower-case hex SHA-256.
pub(super) fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
