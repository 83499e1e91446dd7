//! What survives a restart. One function serves save and load, so that they cannot disagree.

use crate::Vec3;
use thiserror::Error;

/// Names every number that must survive a restart.
pub trait Persist {
    /// Walks over the numbers in a fixed order: a writing archive copies them out, a reading one overwrites them.
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError>;
}

/// Either end of a checkpoint. Names are a promise: renaming one needs a new format version.
pub trait Archive {
    /// A fixed number of values; a reader refuses another length.
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError>;
    /// A fixed number of values; a reader refuses another length.
    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError>;
    /// Any number of bytes; a reader replaces the contents.
    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError>;

    /// One number.
    fn f64(&mut self, name: &str, value: &mut f64) -> Result<(), ArchiveError> {
        self.f64s(name, std::slice::from_mut(value))
    }

    /// One count.
    fn u64(&mut self, name: &str, value: &mut u64) -> Result<(), ArchiveError> {
        self.u64s(name, std::slice::from_mut(value))
    }

    /// (n, 3)
    fn vectors(&mut self, name: &str, vectors: &mut [Vec3]) -> Result<(), ArchiveError> {
        let mut flat: Vec<f64> = vectors.iter().flat_map(|v| [v.x, v.y, v.z]).collect();
        self.f64s(name, &mut flat)?;
        for (vector, xyz) in vectors.iter_mut().zip(flat.chunks_exact(3)) {
            *vector = Vec3::new(xyz[0], xyz[1], xyz[2]);
        }
        Ok(())
    }

    /// A list whose length may differ between objects, e.g. a growing history.
    fn f64_list(&mut self, name: &str, values: &mut Vec<f64>) -> Result<(), ArchiveError> {
        let mut raw: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.bytes(name, &mut raw)?;
        if !raw.len().is_multiple_of(8) {
            return Err(ArchiveError::Length {
                name: name.into(),
                expected: raw.len() / 8 * 8,
                found: raw.len(),
            });
        }
        values.clear();
        values.extend(
            raw.chunks_exact(8)
                .map(|b| f64::from_le_bytes(b.try_into().expect("chunks of eight"))),
        );
        Ok(())
    }
}

/// Puts a prefix before every name, e.g. `replica-0/positions`.
pub struct Scope<'a> {
    archive: &'a mut dyn Archive,
    prefix: String,
}

impl<'a> Scope<'a> {
    /// Names become `prefix/name`.
    pub fn new(archive: &'a mut dyn Archive, prefix: impl Into<String>) -> Self {
        Self {
            archive,
            prefix: prefix.into(),
        }
    }

    fn full(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }
}

impl Archive for Scope<'_> {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        self.archive.f64s(&self.full(name), values)
    }
    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        self.archive.u64s(&self.full(name), values)
    }
    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        self.archive.bytes(&self.full(name), value)
    }
}

/// Why a checkpoint does not fit the run that reads it.
#[derive(Debug, Error, PartialEq)]
pub enum ArchiveError {
    /// The entry is not there.
    #[error("checkpoint has no entry '{name}'")]
    Missing {
        /// Full name.
        name: String,
    },
    /// Another number of values than this run has.
    #[error("checkpoint entry '{name}' has {found} values, this run needs {expected}")]
    Length {
        /// Full name.
        name: String,
        /// By this run.
        expected: usize,
        /// In the file.
        found: usize,
    },
    /// Another kind of value, or one that makes no sense.
    #[error("checkpoint entry '{name}': {problem}")]
    Invalid {
        /// Full name.
        name: String,
        /// What is wrong.
        problem: String,
    },
}
