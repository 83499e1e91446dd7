//! A checkpoint of training: named numbers with a digest, replaced in one stroke, the one before kept.
//!
//! Layout, little endian: `OREOTRN1`; entries of name length u32, name, kind u8, byte count u64, bytes; then SHA-256 of
//! everything before it. A torn or altered file is refused as a whole.

use crate::TrainingError;
use oreo_core::{Archive, ArchiveError, Persist};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"OREOTRN1";
const DIGEST: usize = 32;

/// What the bytes of an entry are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    F64 = 0,
    U64 = 1,
    Bytes = 2,
}

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
    let mut writer = Writer(MAGIC.to_vec());
    let written = subject.persist(&mut writer);
    written.map_err(|error| problem(error.to_string()))?;
    let mut bytes = writer.0;
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    replace(path, &bytes).map_err(|error| {
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
    let mut reader = Reader::parse(bytes).map_err(|what| {
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

/// Where the checkpoint before the last one lies: `checkpoint.oreo` → `checkpoint.previous.oreo`.
pub fn previous(path: &Path) -> PathBuf {
    path.with_extension("previous.oreo")
}

/// The new one is safe on the disk before the old one gives up any of its names.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staged = beside(path, "partial");
    let mut file = File::create(&staged)?;
    file.write_all(bytes).and_then(|()| file.sync_all())?;
    if path.exists() {
        let link = beside(path, "link");
        let _ = fs::remove_file(&link);
        // A second name; a copy where the file system has no such thing.
        fs::hard_link(path, &link).or_else(|_| fs::copy(path, &link).map(drop))?;
        fs::rename(&link, previous(path))?;
    }
    fs::rename(&staged, path)?;
    sync_folder(path)
}

/// Replaces a small file in one stroke, durably.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staged = beside(path, "partial");
    let mut file = File::create(&staged)?;
    file.write_all(bytes).and_then(|()| file.sync_all())?;
    fs::rename(&staged, path)?;
    sync_folder(path)
}

fn beside(path: &Path, kind: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{kind}"));
    path.with_file_name(name)
}

/// The new name itself must reach the disk; only Unix lets a folder be opened for that.
fn sync_folder(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

struct Writer(Vec<u8>);

impl Writer {
    fn entry(&mut self, name: &str, kind: Kind, bytes: &[u8]) {
        let length = u32::try_from(name.len()).expect("names are short");
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(kind as u8);
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }
}

impl Archive for Writer {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.entry(name, Kind::F64, &bytes);
        Ok(())
    }
    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.entry(name, Kind::U64, &bytes);
        Ok(())
    }
    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        self.entry(name, Kind::Bytes, value);
        Ok(())
    }
}

struct Reader {
    file: Vec<u8>,
    entries: BTreeMap<String, (u8, Range<usize>)>,
}

impl Reader {
    fn parse(file: Vec<u8>) -> Result<Self, String> {
        if !file.starts_with(MAGIC) {
            return Err("is not a checkpoint of training".into());
        }
        let end = file.len().saturating_sub(DIGEST);
        if end < MAGIC.len() || Sha256::digest(&file[..end])[..] != file[end..] {
            return Err("the checkpoint is damaged (its digest differs)".into());
        }
        let mut entries = BTreeMap::new();
        let mut at = MAGIC.len();
        while at < end {
            let entry = Self::entry(&file[..end], &mut at);
            let (name, kind, range) =
                entry.ok_or("the checkpoint is damaged (an entry ends early)")?;
            entries.insert(name, (kind, range));
        }
        Ok(Self { file, entries })
    }

    /// `None` when the entry claims more bytes than there are.
    fn entry(file: &[u8], at: &mut usize) -> Option<(String, u8, Range<usize>)> {
        let mut take = |count: usize| {
            let range = *at..at.checked_add(count)?;
            let bytes = file.get(range.clone())?;
            *at = range.end;
            Some((bytes, range))
        };
        let length = u32::from_le_bytes(take(4)?.0.try_into().ok()?);
        let name = String::from_utf8(take(length as usize)?.0.to_vec()).ok()?;
        let kind = take(1)?.0[0];
        let count = u64::from_le_bytes(take(8)?.0.try_into().ok()?);
        let (_, range) = take(usize::try_from(count).ok()?)?;
        Some((name, kind, range))
    }

    fn find(&self, name: &str, kind: Kind) -> Result<&[u8], ArchiveError> {
        match self.entries.get(name) {
            None => Err(ArchiveError::Missing { name: name.into() }),
            Some((found, _)) if *found != kind as u8 => Err(ArchiveError::Invalid {
                name: name.into(),
                problem: "another kind of value".into(),
            }),
            Some((_, range)) => Ok(&self.file[range.clone()]),
        }
    }

    fn words(&self, name: &str, kind: Kind, count: usize) -> Result<Vec<[u8; 8]>, ArchiveError> {
        let bytes = self.find(name, kind)?;
        if bytes.len() != 8 * count {
            return Err(ArchiveError::Length {
                name: name.into(),
                expected: count,
                found: bytes.len() / 8,
            });
        }
        let words = bytes.chunks_exact(8);
        Ok(words.map(|word| word.try_into().expect("eight")).collect())
    }
}

impl Archive for Reader {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        let words = self.words(name, Kind::F64, values.len())?;
        let pairs = values.iter_mut().zip(words);
        pairs.for_each(|(value, word)| *value = f64::from_le_bytes(word));
        Ok(())
    }
    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        let words = self.words(name, Kind::U64, values.len())?;
        let pairs = values.iter_mut().zip(words);
        pairs.for_each(|(value, word)| *value = u64::from_le_bytes(word));
        Ok(())
    }
    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        let bytes = self.find(name, Kind::Bytes)?;
        value.clear();
        value.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(Reader::parse(bytes).is_err_and(|error| error.contains("ends early")));
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
