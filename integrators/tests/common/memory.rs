//! A checkpoint that never touches a disk.

use oreo_core::{Archive, ArchiveError};
use std::collections::BTreeMap;

/// Writes first; [`Memory::reading`] turns it around.
#[derive(Default)]
pub struct Memory {
    entries: BTreeMap<String, Vec<u8>>,
    reading: bool,
}

impl Memory {
    pub fn reading(mut self) -> Self {
        self.reading = true;
        self
    }

    fn words(&mut self, name: &str, words: &mut [u64]) -> Result<(), ArchiveError> {
        let mut raw = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        self.bytes(name, &mut raw)?;
        if raw.len() != 8 * words.len() {
            return Err(ArchiveError::Length {
                name: name.into(),
                expected: words.len(),
                found: raw.len() / 8,
            });
        }
        for (word, bytes) in words.iter_mut().zip(raw.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().unwrap());
        }
        Ok(())
    }
}

impl Archive for Memory {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        let mut words: Vec<u64> = values.iter().map(|v| v.to_bits()).collect();
        self.words(name, &mut words)?;
        for (value, word) in values.iter_mut().zip(words) {
            *value = f64::from_bits(word);
        }
        Ok(())
    }

    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        self.words(name, values)
    }

    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        if !self.reading {
            let earlier = self.entries.insert(name.into(), value.clone());
            assert!(earlier.is_none(), "'{name}' written twice");
            return Ok(());
        }
        let missing = || ArchiveError::Missing { name: name.into() };
        *value = self.entries.get(name).ok_or_else(missing)?.clone();
        Ok(())
    }
}
