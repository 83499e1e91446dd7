//! The folder of a run: names, who may write there, and one process at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Where everything of a run lies.
#[derive(Debug, Clone)]
pub struct RunDirectory {
    root: PathBuf,
}

/// Why a folder cannot hold the run.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// Would mix two runs.
    #[error("{} is not empty; continue it with `oreo resume {}`, replace it with --overwrite, or choose another --output", .0.display(), .0.display())]
    NotEmpty(PathBuf),
    /// Not a folder that `oreo run` made.
    #[error("{} has no config.toml: not the folder of a run", .0.display())]
    NotARun(PathBuf),
    /// Another process writes there.
    #[error("{} is in use by another oreo process; wait for it or stop it first", .0.display())]
    InUse(PathBuf),
    /// The system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Files and folders that a run makes; `--overwrite` removes these and nothing else.
const OWN_FILES: [&str; 8] = [
    "config.toml",
    "summary.json",
    "checkpoint.oreo",
    "checkpoint.previous.oreo",
    "log.txt",
    "analysis.json",
    "report.html",
    "plots",
];

/// Whoever only looks ([`RunDirectory::in_use`]) has the lock for microseconds: one that is taken is asked for again.
const LOCK_ATTEMPTS: u32 = 5;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

impl RunDirectory {
    /// Names only; touches nothing.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// A new folder, or an empty one, or with `overwrite` one whose earlier run is removed.
    /// Comes with its lock: nothing is removed from under a run that is still going on.
    pub fn create(root: &Path, overwrite: bool) -> Result<(Self, File), DirectoryError> {
        Self::check(root, overwrite)?;
        let directory = Self::new(root);
        fs::create_dir_all(root).map_err(|source| directory.io(root, source))?;
        let lock = directory.lock()?;
        if overwrite {
            directory
                .remove_own_files()
                .map_err(|source| directory.io(root, source))?;
        }
        Ok((directory, lock))
    }

    /// What [`Self::create`] would refuse, without touching anything: a folder with contents, a path through a file.
    pub fn check(root: &Path, overwrite: bool) -> Result<(), DirectoryError> {
        let directory = Self::new(root);
        if !overwrite && !directory.is_empty() {
            return Err(DirectoryError::NotEmpty(root.to_path_buf()));
        }
        match root.ancestors().find(|path| path.exists()) {
            Some(path) if !path.is_dir() => Err(directory.io(
                path,
                io::Error::new(io::ErrorKind::NotADirectory, "is a file, not a folder"),
            )),
            _ => Ok(()),
        }
    }

    /// The folder of an earlier run.
    pub fn open(root: &Path) -> Result<Self, DirectoryError> {
        let directory = Self::new(root);
        match directory.config().is_file() {
            true => Ok(directory),
            false => Err(DirectoryError::NotARun(root.to_path_buf())),
        }
    }

    /// Held as long as the value lives; released by the system even after kill -9.
    pub fn lock(&self) -> Result<File, DirectoryError> {
        let path = self.lock_file();
        let file = File::create(&path).map_err(|source| self.io(&path, source))?;
        let mut attempts = LOCK_ATTEMPTS;
        loop {
            attempts -= 1;
            match file.try_lock() {
                Ok(()) => {
                    self.remove_partial_files();
                    return Ok(file);
                }
                Err(TryLockError::WouldBlock) if attempts > 0 => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(DirectoryError::InUse(self.root.clone()))
                }
                Err(TryLockError::Error(source)) => return Err(self.io(&path, source)),
            }
        }
    }

    /// Whether a process writes there now; writes nothing itself. `None` where the lock may not be looked at.
    pub fn in_use(&self) -> Option<bool> {
        let file = match File::open(self.lock_file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(false),
            file => file.ok()?,
        };
        match file.try_lock_shared() {
            Ok(()) => Some(false),
            Err(TryLockError::WouldBlock) => Some(true),
            Err(TryLockError::Error(_)) => None,
        }
    }

    fn lock_file(&self) -> PathBuf {
        self.root.join(".lock")
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `config.toml`: complete and resolved.
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// `summary.json`
    pub fn summary(&self) -> PathBuf {
        self.root.join("summary.json")
    }

    /// `checkpoint.oreo`
    pub fn checkpoint(&self) -> PathBuf {
        self.root.join("checkpoint.oreo")
    }

    /// `log.txt`
    pub fn log(&self) -> PathBuf {
        self.root.join("log.txt")
    }

    /// `plots/`
    pub fn plots(&self) -> PathBuf {
        self.root.join("plots")
    }

    /// `replica-N/`
    pub fn replica(&self, id: u32) -> PathBuf {
        self.root.join(format!("replica-{id}"))
    }

    /// `replica-N/start.xyz`: the first configuration; the topology that viewers want beside a DCD.
    pub fn start(&self, id: u32) -> PathBuf {
        self.replica(id).join("start.xyz")
    }

    /// `replica-N/`, made if missing.
    pub fn create_replica(&self, id: u32) -> Result<PathBuf, DirectoryError> {
        let path = self.replica(id);
        fs::create_dir_all(&path).map_err(|source| self.io(&path, source))?;
        Ok(path)
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(&self.root).map_or(true, |mut entries| {
            entries.all(|e| e.is_ok_and(|e| e.file_name() == ".lock"))
        })
    }

    /// What a killed process left half written; nobody reads it, so a failure does not matter.
    fn remove_partial_files(&self) {
        for entry in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let own = name.starts_with(".oreo-") || name.starts_with("checkpoint.previous.");
            if own && name.ends_with(".partial") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn remove_own_files(&self) -> io::Result<()> {
        let Ok(entries) = fs::read_dir(&self.root) else {
            return Ok(());
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let replica = name
                .strip_prefix("replica-")
                .is_some_and(|id| id.parse::<u32>().is_ok());
            if replica || OWN_FILES.contains(&name.as_str()) {
                match entry.file_type()?.is_dir() {
                    true => fs::remove_dir_all(entry.path())?,
                    false => fs::remove_file(entry.path())?,
                }
            }
        }
        Ok(())
    }

    fn io(&self, path: &Path, source: io::Error) -> DirectoryError {
        DirectoryError::Io {
            path: path.to_path_buf(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_contents_is_refused_and_overwrite_spares_what_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("replica-0")).unwrap();
        fs::write(root.join("config.toml"), "").unwrap();
        fs::write(root.join("thesis.tex"), "").unwrap();
        assert!(matches!(
            RunDirectory::create(root, false),
            Err(DirectoryError::NotEmpty(_))
        ));
        RunDirectory::create(root, true).unwrap();
        assert!(root.join("thesis.tex").exists());
        assert!(!root.join("config.toml").exists() && !root.join("replica-0").exists());
    }

    #[test]
    fn only_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (directory, lock) = RunDirectory::create(folder.path(), false).unwrap();
        fs::write(folder.path().join("config.toml"), "precious").unwrap();
        let second = RunDirectory::create(folder.path(), true);
        assert!(matches!(second, Err(DirectoryError::InUse(_))));
        assert!(directory.config().exists(), "nothing was removed");
        assert!(matches!(directory.lock(), Err(DirectoryError::InUse(_))));
        drop(lock);
        directory.lock().unwrap();
    }

    /// Catches a look that creates the file, and a lock that is refused because of a look.
    #[test]
    fn whoever_only_looks_writes_nothing_and_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::new(folder.path());
        assert_eq!(directory.in_use(), Some(false));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let lock = directory.lock().unwrap();
        assert_eq!(directory.in_use(), Some(true));
        drop(lock);
        assert_eq!(directory.in_use(), Some(false));
        let looking = File::open(directory.lock_file()).unwrap();
        looking.try_lock_shared().unwrap();
        let gone = std::thread::spawn(move || {
            std::thread::sleep(LOCK_PAUSE);
            drop(looking);
        });
        directory.lock().unwrap();
        gone.join().unwrap();
    }
}
