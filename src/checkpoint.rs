//! A checkpoint file: named arrays, a version, a checksum; replaced atomically, the previous one kept.
//!
//! Layout, little endian: `OREOCKPT`, version u32, then entries (name length u32, name, kind u8, count u64, values),
//! then CRC-32 of everything before it. A torn or altered file is refused as a whole.

mod contents;

pub use contents::{contents, Contents, Entry, Kind};
pub use oreo_formats::atomic::{previous, replace as replace_atomically, sync_folder};

use crate::RunError;
use oreo_core::Persist;
use oreo_formats::archive::{Length, Reader, Writer};
use oreo_formats::atomic::replace_keeping_previous;
use std::fs;
use std::path::Path;

const MAGIC: &[u8; 8] = b"OREOCKPT";
const VERSION: u32 = 1;
/// Bytes of magic and version.
const HEAD: usize = 12;
/// Bytes of the CRC-32.
const CHECKSUM: usize = 4;

/// Saves everything that `subject` names. At each moment a complete checkpoint lies under `path`; the one before it
/// lies under [`previous`].
pub fn save(path: &Path, subject: &mut dyn Persist) -> Result<(), RunError> {
    let mut writer = Writer::new(
        [&MAGIC[..], &VERSION.to_le_bytes()].concat(),
        Length::Values,
    );
    subject.persist(&mut writer)?;
    let mut bytes = writer.into_bytes();
    let checksum = crc32fast::hash(&bytes);
    bytes.extend(checksum.to_le_bytes());
    replace_keeping_previous(path, &bytes).map_err(|error| RunError::Checkpoint {
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
    let mut reader = parse(bytes).map_err(problem)?;
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
    parse(bytes.clone()).map_err(problem)?;
    replace_atomically(path, &bytes)
        .map_err(|error| problem(format!("cannot be put in place: {error}")))
}

/// Whether a file that starts with these bytes claims to be a checkpoint.
pub fn is_checkpoint(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

/// The entries of a whole file; the error says what is wrong with it.
fn parse(bytes: Vec<u8>) -> Result<Reader, String> {
    const REMEDY: &str = "resume from the previous one with --from-previous";
    let size = bytes.len();
    let damaged = |what: &str| format!("is damaged ({what}, {size} bytes long); {REMEDY}");
    if size < HEAD + CHECKSUM || &bytes[..8] != MAGIC {
        return Err(damaged("not an Oreo checkpoint"));
    }
    let (body, checksum) = bytes.split_at(size - CHECKSUM);
    if crc32fast::hash(body).to_le_bytes() != checksum {
        return Err(damaged("checksum does not match"));
    }
    let version = u32::from_le_bytes(body[8..HEAD].try_into().expect("four bytes"));
    if version != VERSION {
        return Err(format!(
            "has format version {version}, this program reads {VERSION}"
        ));
    }
    Reader::parse(bytes, HEAD..size - CHECKSUM, Length::Values)
        .ok_or_else(|| damaged("an entry is cut short"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::{Archive, ArchiveError};

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
            assert!(parse(good[..length].to_vec()).is_err());
        }
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(parse(bad).is_err(), "bit {bit}");
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
