//! What a checkpoint holds, without the run that it belongs to.

use super::{parse, VERSION};
use crate::RunError;
use oreo_formats::archive;
use std::fs;
use std::path::Path;

/// A whole checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// Of the format.
    pub version: u32,
    /// By name.
    pub entries: Vec<Entry>,
}

/// A named list of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Such as `replica-0/positions`.
    pub name: String,
    /// Type of the values.
    pub kind: Kind,
    /// How many.
    pub count: usize,
    /// As stored.
    values: Vec<u8>,
}

/// Type of the values of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers of the dynamics.
    F64,
    /// Counts.
    U64,
    /// Text or anything else.
    Bytes,
}

/// Reads a checkpoint for looking at it.
///
/// # Errors
/// A file that cannot be read, is no checkpoint, is damaged, or comes from a newer program.
pub fn contents(path: &Path) -> Result<Contents, RunError> {
    let problem = |problem: String| RunError::Checkpoint {
        path: path.to_path_buf(),
        problem,
    };
    let bytes = fs::read(path).map_err(|error| problem(format!("cannot be read: {error}")))?;
    let reader = parse(bytes).map_err(problem)?;
    let entry = |(name, kind, values): (&str, u8, &[u8])| {
        let (kind, width) = match kind {
            archive::F64 => (Kind::F64, 8),
            archive::U64 => (Kind::U64, 8),
            _ => (Kind::Bytes, 1),
        };
        Entry {
            name: name.into(),
            kind,
            count: values.len() / width,
            values: values.to_vec(),
        }
    };
    Ok(Contents {
        version: VERSION,
        entries: reader.entries().map(entry).collect(),
    })
}

impl Contents {
    fn find(&self, name: &str, kind: Kind) -> Option<&Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.name == name && entry.kind == kind)
    }

    /// A single count, `None` if there is none of this name.
    pub fn u64(&self, name: &str) -> Option<u64> {
        let entry = self.find(name, Kind::U64)?;
        Some(u64::from_le_bytes(entry.values.as_slice().try_into().ok()?))
    }

    /// A text, `None` if there is none of this name.
    pub fn text(&self, name: &str) -> Option<String> {
        let entry = self.find(name, Kind::Bytes)?;
        String::from_utf8(entry.values.clone()).ok()
    }
}

impl Kind {
    /// `f64`, `u64`, `bytes`
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::U64 => "u64",
            Self::Bytes => "bytes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_core::{Archive, ArchiveError, Persist};

    struct Subject;

    impl Persist for Subject {
        fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
            archive.f64s("positions", &mut [1.0; 6])?;
            archive.u64("step", &mut 1234)?;
            archive.bytes("weights", &mut b"abc".to_vec())
        }
    }

    /// Planted: bytes counted as words of eight give 0 for `weights`.
    #[test]
    fn entries_are_listed_with_type_and_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.oreo");
        super::super::save(&path, &mut Subject).unwrap();
        let contents = contents(&path).unwrap();
        let listed: Vec<_> = contents
            .entries
            .iter()
            .map(|entry| (entry.name.as_str(), entry.kind, entry.count))
            .collect();
        let expected = [
            ("positions", Kind::F64, 6),
            ("step", Kind::U64, 1),
            ("weights", Kind::Bytes, 3),
        ];
        assert_eq!(listed, expected);
        assert_eq!(contents.u64("step"), Some(1234));
        assert_eq!(contents.text("weights").as_deref(), Some("abc"));
        assert_eq!(contents.u64("positions"), None);
    }
}
