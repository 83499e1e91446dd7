//! Named lists of numbers one behind another: the inside of every checkpoint.
//!
//! An entry is, little endian: length of the name u32, name, kind u8 ([`F64`], [`U64`], [`BYTES`]), length u64, values.
//! What stands before and behind the entries (magic, version, checksum) is the business of whoever writes them; so is what
//! the length counts.

use oreo_core::{Archive, ArchiveError};
use std::collections::BTreeMap;
use std::ops::Range;

/// Kind of numbers.
pub const F64: u8 = 0;
/// Kind of counts.
pub const U64: u8 = 1;
/// Kind of anything else.
pub const BYTES: u8 = 2;

/// What the length of an entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Numbers; of an entry of bytes, bytes.
    Values,
    /// Bytes.
    Bytes,
}

/// Collects entries in memory, behind the bytes that it was made of.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    length: Length,
}

impl Writer {
    /// Entries come behind `head`.
    pub fn new(head: Vec<u8>, length: Length) -> Self {
        let bytes = head;
        Self { bytes, length }
    }

    /// Head and entries.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn entry(&mut self, name: &str, kind: u8, count: usize) {
        let name_length = u32::try_from(name.len()).expect("names are short");
        let length = match self.length {
            Length::Values => count,
            Length::Bytes => count * width(kind),
        };
        self.bytes.extend(name_length.to_le_bytes());
        self.bytes.extend(name.as_bytes());
        self.bytes.push(kind);
        self.bytes.extend((length as u64).to_le_bytes());
    }
}

impl Archive for Writer {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        self.entry(name, F64, values.len());
        let values = values.iter();
        self.bytes.extend(values.flat_map(|x| x.to_le_bytes()));
        Ok(())
    }

    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        self.entry(name, U64, values.len());
        let values = values.iter();
        self.bytes.extend(values.flat_map(|x| x.to_le_bytes()));
        Ok(())
    }

    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        self.entry(name, BYTES, value.len());
        self.bytes.extend_from_slice(value);
        Ok(())
    }
}

/// Entries by name, where they lie in the bytes of a file.
#[derive(Debug)]
pub struct Reader {
    file: Vec<u8>,
    entries: BTreeMap<String, (u8, Range<usize>)>,
}

/// Bytes of one value.
fn width(kind: u8) -> usize {
    match kind {
        F64 | U64 => 8,
        _ => 1,
    }
}

impl Reader {
    /// Finds the entries in a range of a file; `None` when one claims more bytes than there are. Nothing is allocated for
    /// what is only claimed.
    ///
    /// # Panics
    /// When the range is not in the file.
    pub fn parse(file: Vec<u8>, range: Range<usize>, length: Length) -> Option<Self> {
        let inside = &file[..range.end];
        let (mut entries, mut at) = (BTreeMap::new(), range.start);
        while at < range.end {
            let (name, kind, values) = entry(inside, &mut at, length)?;
            entries.insert(name, (kind, values));
        }
        Some(Self { file, entries })
    }

    /// By ascending name: kind, and values as stored.
    pub fn entries(&self) -> impl Iterator<Item = (&str, u8, &[u8])> {
        let entries = self.entries.iter();
        entries.map(|(name, (kind, range))| (name.as_str(), *kind, &self.file[range.clone()]))
    }

    fn find(&self, name: &str, kind: u8) -> Result<&[u8], ArchiveError> {
        match self.entries.get(name) {
            None => Err(ArchiveError::Missing { name: name.into() }),
            Some((found, range)) if *found == kind => Ok(&self.file[range.clone()]),
            Some(_) => Err(ArchiveError::Invalid {
                name: name.into(),
                problem: "is of another kind".into(),
            }),
        }
    }

    fn words(
        &self,
        name: &str,
        kind: u8,
        expected: usize,
    ) -> Result<impl Iterator<Item = [u8; 8]> + '_, ArchiveError> {
        let values = self.find(name, kind)?;
        if values.len() != 8 * expected {
            return Err(ArchiveError::Length {
                name: name.into(),
                expected,
                found: values.len() / 8,
            });
        }
        let words = values.chunks_exact(8);
        Ok(words.map(|word| word.try_into().expect("chunks of eight")))
    }
}

fn entry(file: &[u8], at: &mut usize, length: Length) -> Option<(String, u8, Range<usize>)> {
    let mut take = |count: usize| {
        let range = *at..at.checked_add(count)?;
        let bytes = file.get(range.clone())?;
        *at = range.end;
        Some((bytes, range))
    };
    let name_length = u32::from_le_bytes(take(4)?.0.try_into().ok()?);
    let name = String::from_utf8(take(name_length as usize)?.0.to_vec()).ok()?;
    let kind = take(1)?.0[0];
    let count = usize::try_from(u64::from_le_bytes(take(8)?.0.try_into().ok()?)).ok()?;
    let count = match length {
        Length::Values => count.checked_mul(width(kind))?,
        Length::Bytes => count,
    };
    Some((name, kind, take(count)?.1))
}

impl Archive for Reader {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        let words = self.words(name, F64, values.len())?;
        let pairs = values.iter_mut().zip(words);
        pairs.for_each(|(value, word)| *value = f64::from_le_bytes(word));
        Ok(())
    }

    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        let words = self.words(name, U64, values.len())?;
        let pairs = values.iter_mut().zip(words);
        pairs.for_each(|(value, word)| *value = u64::from_le_bytes(word));
        Ok(())
    }

    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        let bytes = self.find(name, BYTES)?;
        value.clear();
        value.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(length: Length) -> Vec<u8> {
        let mut writer = Writer::new(b"head".to_vec(), length);
        writer.f64s("x", &mut [0.5, -0.0]).unwrap();
        writer.u64s("n", &mut [7]).unwrap();
        writer.bytes("text", &mut b"abc".to_vec()).unwrap();
        writer.into_bytes()
    }

    /// The bytes are those that checkpoints had before this file was common to both: a change would make them unreadable.
    /// Planted: the length of either kind counted as in the other.
    #[test]
    fn the_layout_of_both_kinds_of_checkpoints_stays() {
        let layout = |two: u8, one: u8| {
            let mut bytes = b"head\x01\0\0\0x\0".to_vec();
            bytes.extend([two, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend(0.5f64.to_le_bytes());
            bytes.extend((-0.0f64).to_le_bytes());
            bytes.extend(b"\x01\0\0\0n\x01");
            bytes.extend([one, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend(7u64.to_le_bytes());
            bytes.extend(b"\x04\0\0\0text\x02\x03\0\0\0\0\0\0\0abc");
            bytes
        };
        assert_eq!(written(Length::Values), layout(2, 1));
        assert_eq!(written(Length::Bytes), layout(16, 8));
    }

    #[test]
    fn what_was_written_is_read_to_the_bit() {
        for length in [Length::Values, Length::Bytes] {
            let bytes = written(length);
            let end = bytes.len();
            let mut reader = Reader::parse(bytes, 4..end, length).unwrap();
            let (mut x, mut n, mut text) = ([1.0; 2], [0], b"longer than before".to_vec());
            reader.f64s("x", &mut x).unwrap();
            reader.u64s("n", &mut n).unwrap();
            reader.bytes("text", &mut text).unwrap();
            assert_eq!(x.map(f64::to_bits), [0.5f64, -0.0].map(f64::to_bits));
            assert_eq!((n, &text[..]), ([7], &b"abc"[..]));
            let missing = reader.f64s("y", &mut x).unwrap_err();
            assert_eq!(missing, ArchiveError::Missing { name: "y".into() });
            assert!(reader.f64s("n", &mut x[..1]).is_err(), "another kind");
            assert!(reader.f64s("x", &mut x[..1]).is_err(), "another length");
        }
    }

    /// Also a claim of 2^64 − 1 values: nothing is allocated for it.
    #[test]
    fn a_claim_beyond_the_end_is_refused() {
        for length in [Length::Values, Length::Bytes] {
            let bytes = written(length);
            for cut in 5..bytes.len() {
                let read = Reader::parse(bytes.clone(), 4..cut, length);
                let at_an_end = read.is_some_and(|read| read.entries.len() < 3);
                assert_eq!(at_an_end, ends(&bytes, length).contains(&cut), "{cut}");
            }
            let mut claims = b"\x01\0\0\0x\0".to_vec();
            claims.extend([0xff; 8]);
            let end = claims.len();
            assert!(Reader::parse(claims, 0..end, length).is_none());
        }
    }

    /// Where entries end, but for the last.
    fn ends(bytes: &[u8], length: Length) -> Vec<usize> {
        let (mut at, mut ends) = (4, Vec::new());
        while at < bytes.len() {
            entry(bytes, &mut at, length).unwrap();
            ends.push(at);
        }
        ends.pop();
        ends
    }
}
