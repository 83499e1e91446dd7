//! A checkpoint file: named arrays, a version, a checksum; replaced atomically, the previous one kept.
//!
//! Layout, little endian: `OREOCKPT`, version u32, then entries (name length u32, name, kind u8, count u64, values),
//! then CRC-32 of everything before it. A torn or altered file is refused as a whole.

mod contents;

pub use contents::{contents, Contents, Entry, Kind};

use crate::RunError;
use oreo_core::{Archive, ArchiveError, Persist};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"OREOCKPT";
const VERSION: u32 = 1;
const KIND_F64: u8 = 0;
const KIND_U64: u8 = 1;
const KIND_BYTES: u8 = 2;

/// Saves everything that `subject` names. At each moment a complete checkpoint lies under `path`; the one before it
/// lies under [`previous`].
pub fn save(path: &Path, subject: &mut dyn Persist) -> Result<(), RunError> {
    let mut writer = Writer::new();
    subject.persist(&mut writer)?;
    let bytes = writer.finish();
    // The new one is safe on the disk before the old one gives up any of its names.
    let write = || -> io::Result<()> {
        let staged = Staged::new(path, &bytes)?;
        if path.exists() {
            replace_by_link(path, &previous(path))?;
        }
        staged.put_in_place()
    };
    write().map_err(|error| RunError::Checkpoint {
        path: path.to_path_buf(),
        problem: format!(
            "cannot be written: {error}; free some space or choose another output folder"
        ),
    })
}

/// Overwrites everything that `subject` names with what the file holds.
pub fn load(path: &Path, subject: &mut dyn Persist) -> Result<(), RunError> {
    let problem = |problem: String| RunError::Checkpoint {
        path: path.to_path_buf(),
        problem,
    };
    let bytes = fs::read(path).map_err(|error| problem(format!("cannot be read: {error}")))?;
    let mut reader = Reader::parse(bytes).map_err(problem)?;
    subject
        .persist(&mut reader)
        .map_err(|error| problem(error.to_string()))
}

/// Puts the checkpoint before the last one in the place of the last one, if it is whole. Before anything else is cut
/// back to it, so that at each moment the files are as long as `path` says.
pub fn restore_previous(path: &Path) -> Result<(), RunError> {
    let from = previous(path);
    let problem = |problem: String| RunError::Checkpoint {
        path: from.clone(),
        problem,
    };
    let bytes = fs::read(&from).map_err(|error| problem(format!("cannot be read: {error}")))?;
    Reader::parse(bytes.clone()).map_err(problem)?;
    replace_atomically(path, &bytes)
        .map_err(|error| problem(format!("cannot be put in place: {error}")))
}

/// Whether a file that starts with these bytes claims to be a checkpoint.
pub fn is_checkpoint(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

/// Where the checkpoint before the last one lies: `checkpoint.oreo` → `checkpoint.previous.oreo`.
pub fn previous(path: &Path) -> PathBuf {
    path.with_extension("previous.oreo")
}

/// Writes beside the target, makes it durable, then renames: a reader sees the old file or the new one, never a part.
pub fn replace_atomically(path: &Path, contents: &[u8]) -> io::Result<()> {
    Staged::new(path, contents)?.put_in_place()
}

/// A complete, durable file beside its future place.
struct Staged<'a> {
    file: tempfile::NamedTempFile,
    path: &'a Path,
}

impl<'a> Staged<'a> {
    fn new(path: &'a Path, contents: &[u8]) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        let builder = readable_by_others(builder.prefix(".oreo-").suffix(".partial"));
        let mut file = builder.tempfile_in(folder_of(path))?;
        file.write_all(contents)?;
        file.as_file().sync_all()?;
        Ok(Self { file, path })
    }

    fn put_in_place(self) -> io::Result<()> {
        self.file.persist(self.path).map_err(|error| error.error)?;
        sync_folder(folder_of(self.path))
    }
}

fn folder_of(path: &Path) -> &Path {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Makes the names in a folder durable: after a power cut a file may else be there without its name.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// As any other file of the user: temporary files are private by default, and the umask still counts.
#[cfg(unix)]
fn readable_by_others<'a, 'b>(
    builder: &'a mut tempfile::Builder<'b, 'b>,
) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable_by_others<'a, 'b>(
    builder: &'a mut tempfile::Builder<'b, 'b>,
) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}

/// A second name for the same file, put in place atomically.
fn replace_by_link(path: &Path, link: &Path) -> io::Result<()> {
    let temporary = link.with_extension("partial");
    let _ = fs::remove_file(&temporary);
    fs::hard_link(path, &temporary).or_else(|_| fs::copy(path, &temporary).map(|_| ()))?;
    fs::rename(&temporary, link)
}

/// Collects entries into memory.
struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    fn new() -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        Self { bytes }
    }

    fn entry(&mut self, name: &str, kind: u8, count: usize) {
        self.bytes.extend((name.len() as u32).to_le_bytes());
        self.bytes.extend(name.as_bytes());
        self.bytes.push(kind);
        self.bytes.extend((count as u64).to_le_bytes());
    }

    fn finish(mut self) -> Vec<u8> {
        let checksum = crc32fast::hash(&self.bytes);
        self.bytes.extend(checksum.to_le_bytes());
        self.bytes
    }
}

impl Archive for Writer {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        self.entry(name, KIND_F64, values.len());
        self.bytes
            .extend(values.iter().flat_map(|value| value.to_le_bytes()));
        Ok(())
    }
    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        self.entry(name, KIND_U64, values.len());
        self.bytes
            .extend(values.iter().flat_map(|value| value.to_le_bytes()));
        Ok(())
    }
    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        self.entry(name, KIND_BYTES, value.len());
        self.bytes.extend(value.iter());
        Ok(())
    }
}

/// Entries by name.
struct Reader {
    entries: BTreeMap<String, (u8, Vec<u8>)>,
}

impl Reader {
    fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        const REMEDY: &str = "resume from the previous one with --from-previous";
        let damaged =
            |what: &str| format!("is damaged ({what}, {} bytes long); {REMEDY}", bytes.len());
        if bytes.len() < 16 || &bytes[..8] != MAGIC {
            return Err(damaged("not an Oreo checkpoint"));
        }
        let (body, checksum) = bytes.split_at(bytes.len() - 4);
        if crc32fast::hash(body).to_le_bytes() != checksum {
            return Err(damaged("checksum does not match"));
        }
        let version = u32::from_le_bytes(body[8..12].try_into().expect("four bytes"));
        if version != VERSION {
            return Err(format!(
                "has format version {version}, this program reads {VERSION}"
            ));
        }
        Self::entries(&body[12..]).ok_or_else(|| damaged("an entry is cut short"))
    }

    fn entries(mut rest: &[u8]) -> Option<Self> {
        let mut entries = BTreeMap::new();
        while !rest.is_empty() {
            let length = u32::from_le_bytes(take(&mut rest, 4)?.try_into().ok()?);
            let name = String::from_utf8(take(&mut rest, length as usize)?.to_vec()).ok()?;
            let kind = take(&mut rest, 1)?[0];
            let count =
                usize::try_from(u64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?)).ok()?;
            let width = if kind == KIND_BYTES { 1 } else { 8 };
            entries.insert(
                name,
                (kind, take(&mut rest, count.checked_mul(width)?)?.to_vec()),
            );
        }
        Some(Self { entries })
    }

    fn find(&self, name: &str, kind: u8) -> Result<&[u8], ArchiveError> {
        match self.entries.get(name) {
            None => Err(ArchiveError::Missing { name: name.into() }),
            Some((found, values)) if *found == kind => Ok(values),
            Some(_) => Err(ArchiveError::Invalid {
                name: name.into(),
                problem: "is of another type".into(),
            }),
        }
    }

    fn words(
        &self,
        name: &str,
        kind: u8,
        expected: usize,
    ) -> Result<impl Iterator<Item = [u8; 8]> + '_, ArchiveError> {
        let raw = self.find(name, kind)?;
        if raw.len() / 8 != expected {
            return Err(ArchiveError::Length {
                name: name.into(),
                expected,
                found: raw.len() / 8,
            });
        }
        Ok(raw
            .chunks_exact(8)
            .map(|word| word.try_into().expect("chunks of eight")))
    }
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}

impl Archive for Reader {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        let words = self.words(name, KIND_F64, values.len())?;
        values
            .iter_mut()
            .zip(words)
            .for_each(|(value, word)| *value = f64::from_le_bytes(word));
        Ok(())
    }
    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        let words = self.words(name, KIND_U64, values.len())?;
        values
            .iter_mut()
            .zip(words)
            .for_each(|(value, word)| *value = u64::from_le_bytes(word));
        Ok(())
    }
    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        *value = self.find(name, KIND_BYTES)?.to_vec();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, Clone, PartialEq, Debug)]
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

    fn subject() -> Subject {
        Subject {
            numbers: [0.1, -0.0, f64::MIN_POSITIVE],
            count: u64::MAX,
            text: b"Xoshiro".to_vec(),
        }
    }

    #[test]
    fn what_was_saved_is_loaded_to_the_bit_and_the_previous_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.oreo");
        save(&path, &mut subject()).unwrap();
        save(
            &path,
            &mut Subject {
                count: 7,
                ..subject()
            },
        )
        .unwrap();
        let mut found = Subject::default();
        load(&path, &mut found).unwrap();
        assert_eq!(found.count, 7);
        load(&previous(&path), &mut found).unwrap();
        assert_eq!(found, subject());
        assert_eq!(found.numbers[1].to_bits(), (-0.0f64).to_bits());
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            2,
            "no temporary file is left"
        );
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.oreo");
        save(&path, &mut subject()).unwrap();
        let good = fs::read(&path).unwrap();
        for length in 0..good.len() {
            assert!(Reader::parse(good[..length].to_vec()).is_err());
        }
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Reader::parse(bad).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_checkpoint_of_another_run_names_the_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.oreo");
        save(&path, &mut subject()).unwrap();
        struct Longer;
        impl Persist for Longer {
            fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
                archive.f64s("numbers", &mut [0.0; 4])
            }
        }
        let message = load(&path, &mut Longer).unwrap_err().to_string();
        assert!(
            message.contains("'numbers' has 3 values, this run needs 4"),
            "{message}"
        );
    }
}
