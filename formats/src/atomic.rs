//! Files that are there as a whole or not at all.
//!
//! Whoever looks at a name, now or after a power cut, sees the old file or the new one, never a part: the new one is
//! written beside it and made durable before it takes the name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// Replaces a file in one stroke.
///
/// # Errors
/// The system's; an older file of this name is then untouched.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    put_in_place(staged(path, contents)?, path)
}

/// Replaces a file in one stroke and keeps the one before it under the name that [`previous`] gives. The new one is safe
/// on the disk before the old one gives up any of its names.
///
/// # Errors
/// The system's; an older file of this name is then untouched.
pub fn replace_keeping_previous(path: &Path, contents: &[u8]) -> io::Result<()> {
    let file = staged(path, contents)?;
    if path.exists() {
        link(path, &previous(path))?;
    }
    put_in_place(file, path)
}

/// Where the file before the last one lies: `checkpoint.oreo` → `checkpoint.previous.oreo`.
pub fn previous(path: &Path) -> PathBuf {
    path.with_extension("previous.oreo")
}

/// Makes the names in a folder durable: after a power cut a file may else be there without its name. Only Unix lets a
/// folder be opened for that; elsewhere nothing happens.
///
/// # Errors
/// The system's.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

/// A complete, durable file beside its future place; removed when it never gets there.
fn staged(path: &Path, contents: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    let builder = readable_by_others(builder.prefix(".oreo-").suffix(".partial"));
    let mut file = builder.tempfile_in(folder_of(path))?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn put_in_place(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// As any other file of the user: temporary files are private by default, and the umask still counts.
#[cfg(unix)]
fn readable_by_others<'a, 'b>(builder: &'a mut Builder<'b, 'b>) -> &'a mut Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable_by_others<'a, 'b>(builder: &'a mut Builder<'b, 'b>) -> &'a mut Builder<'b, 'b> {
    builder
}

/// A second name for the same file, put in place in one stroke; a copy where the file system has no such thing.
fn link(path: &Path, second: &Path) -> io::Result<()> {
    let temporary = second.with_extension("partial");
    let _ = fs::remove_file(&temporary);
    fs::hard_link(path, &temporary).or_else(|_| fs::copy(path, &temporary).map(drop))?;
    fs::rename(&temporary, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Meant to catch `previous` linked after the new file is in place: both names would have the new contents.
    #[test]
    fn the_one_before_is_kept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.oreo");
        for contents in ["first", "second", "third"] {
            replace_keeping_previous(&path, contents.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "third");
        assert_eq!(fs::read_to_string(previous(&path)).unwrap(), "second");
        replace(&path, b"fourth").unwrap();
        assert_eq!(fs::read_to_string(previous(&path)).unwrap(), "second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(replace(&folder.path().join("none/a"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
