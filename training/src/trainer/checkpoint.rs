//! A checkpoint of training: named numbers with a digest, replaced in one stroke, the one before kept.
//!
//! Layout, little endian: `OREOTRN1`; entries of name length u32, name, kind u8, byte count u64, bytes; then SHA-256 of
//! everything before it. A torn or altered file is refused as a whole.

use crate::TrainingError;
use oreo_core::Persist;
use oreo_formats::archive::{Length, Reader, Writer};
pub use oreo_formats::atomic::previous;
use oreo_formats::atomic::replace_keeping_previous;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

const MAGIC: &[u8; 8] = b"OREOTRN1";
const DIGEST: usize = 32;

/// Saves everything that `subject` names. At each moment a complete checkpoint lies under `path`; the one before it lies
/// under [`previous`].
///
/// # Errors
/// The system's, with the path; the old files are then untouched.
pub fn save(path: &Path, subject: &mut dyn Persist) -> Result<(), TrainingError> {
    let problem = |problem: String| TrainingError::File {
        path: path.to_path_buf(),
        problem,
    };
    let mut writer = Writer::new(MAGIC.to_vec(), Length::Bytes);
    let written = subject.persist(&mut writer);
    written.map_err(|error| problem(error.to_string()))?;
    let mut bytes = writer.into_bytes();
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    replace_keeping_previous(path, &bytes).map_err(|error| {
        problem(format!(
            "the checkpoint cannot be written: {error}; free some space or choose another folder"
        ))
    })
}

/// Overwrites everything that `subject` names with what the file holds. After an error, `subject` must not be used.
///
/// # Errors
/// A file that is damaged, of another program, or of another run.
pub fn load(path: &Path, subject: &mut dyn Persist) -> Result<(), TrainingError> {
    let problem = |problem: String| TrainingError::File {
        path: path.to_path_buf(),
        problem,
    };
    let bytes = fs::read(path).map_err(|error| problem(format!("cannot be read: {error}")))?;
    let mut reader = parse(bytes).map_err(|what| {
        let before = previous(path);
        problem(match before.exists() {
            true => format!(
                "{what}; to go on from the checkpoint before, rename {} to it",
                before.display()
            ),
            false => format!("{what}; start the run anew"),
        })
    })?;
    let read = subject.persist(&mut reader);
    read.map_err(|error| TrainingError::OtherRun {
        path: path.to_path_buf(),
        problem: error.to_string(),
    })
}

/// The entries of a whole file; the error says what is wrong with it.
fn parse(file: Vec<u8>) -> Result<Reader, String> {
    if !file.starts_with(MAGIC) {
        return Err("is not a checkpoint of training".into());
    }
    let end = file.len().saturating_sub(DIGEST);
    if end < MAGIC.len() || Sha256::digest(&file[..end])[..] != file[end..] {
        return Err("the checkpoint is damaged (its digest differs)".into());
    }
    Reader::parse(file, MAGIC.len()..end, Length::Bytes)
        .ok_or_else(|| "the checkpoint is damaged (an entry ends early)".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::{Archive, ArchiveError};
    use std::path::PathBuf;

    #[derive(Debug, Clone, PartialEq, Default)]
    struct Subject {
        numbers: [f64; 3],
        count: u64,
        text: Vec<u8>,
    }

    impl Persist for Subject {
        fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
            archive.f64s("numbers", &mut self.numbers)?;
            archive.u64("count", &mut self.count)?;
            archive.bytes("text", &mut self.text)
        }
    }

    fn saved(folder: &Path) -> (PathBuf, Subject) {
        let mut subject = Subject {
            numbers: [0.1, f64::INFINITY, -0.0],
            count: u64::MAX,
            text: b"abc".to_vec(),
        };
        let path = folder.join("checkpoint.oreo");
        save(&path, &mut subject).unwrap();
        (path, subject)
    }

    #[test]
    fn what_was_saved_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let (path, subject) = saved(folder.path());
        let mut loaded = Subject::default();
        load(&path, &mut loaded).unwrap();
        assert_eq!(loaded, subject);
    }

    /// Planted: with the digest not compared, a flipped bit of a number goes unseen.
    #[test]
    fn every_flipped_byte_and_every_cut_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = saved(folder.path());
        let whole = fs::read(&path).unwrap();
        for k in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[k] ^= 0x10;
            fs::write(&path, &bytes).unwrap();
            assert!(load(&path, &mut Subject::default()).is_err(), "byte {k}");
            fs::write(&path, &whole[..k]).unwrap();
            assert!(load(&path, &mut Subject::default()).is_err(), "cut at {k}");
        }
    }

    /// With a right digest, too: a claimed length beyond the file is refused before anything is allocated.
    #[test]
    fn a_length_beyond_the_file_is_refused() {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&1u32.to_le_bytes());
        bytes.extend_from_slice(b"a\x02");
        bytes.extend_from_slice(&u64::MAX.to_le_bytes());
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        assert!(parse(bytes).is_err_and(|error| error.contains("ends early")));
    }

    #[test]
    fn the_one_before_is_kept_and_named_when_the_last_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let (path, mut subject) = saved(folder.path());
        subject.count = 2;
        save(&path, &mut subject).unwrap();
        let mut loaded = Subject::default();
        load(&previous(&path), &mut loaded).unwrap();
        assert_eq!(loaded.count, u64::MAX);
        fs::write(&path, b"OREOTRN1 torn").unwrap();
        let error = load(&path, &mut loaded).unwrap_err().to_string();
        assert!(
            error.contains("damaged") && error.contains("checkpoint.previous.oreo"),
            "{error}"
        );
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 2, "no temporary files stay behind");
    }
}
