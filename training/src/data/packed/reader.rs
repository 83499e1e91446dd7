//! Reading a packed file.

use super::header::{Header, LENGTH};
use super::{record, PackedPart};
use crate::data::origin::hexadecimal;
use crate::data::{check_index, file_error, frame_error, Conformation, Kind, Origin, Source};
use crate::TrainingError;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes read at a time when a whole part is verified.
const CHUNK: u64 = 1 << 16;

/// Conformations of a packed file. Holds the file and its description, nothing per conformation.
#[derive(Debug)]
pub struct Packed {
    name: String,
    origin: Origin,
    file: File,
    header: Header,
    parts: Vec<PackedPart>,
}

thread_local! {
    /// Scratch only: the bytes of the record that is being read.
    static RECORD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Packed {
    /// Verifies header, index and description; records are verified when they are read.
    ///
    /// # Errors
    /// When the file is cut, damaged or no packed file: says at which byte.
    pub fn open(path: &Path) -> Result<Self, TrainingError> {
        let refuse = |problem: String| file_error(path, problem);
        let unreadable = |error: std::io::Error| {
            file_error(path, format!("cannot read: {error}; check the file"))
        };
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        if length < LENGTH {
            return Err(refuse(format!(
                "has {length} bytes, less than a header; copy it again"
            )));
        }
        let mut bytes = [0; LENGTH as usize];
        file.read_exact_at(&mut bytes, 0).map_err(unreadable)?;
        let header = Header::parse(&bytes, length).map_err(refuse)?;
        check_positions(&file, &header).map_err(refuse)?;
        // Not longer than the file, by the check of the header.
        let mut description = vec![0; (header.file_length - header.description_at) as usize];
        file.read_exact_at(&mut description, header.description_at)
            .map_err(unreadable)?;
        let whole = crc32fast::hash(&description) == header.description_crc;
        let parts: Option<Vec<PackedPart>> =
            serde_json::from_slice(&description).ok().filter(|_| whole);
        let parts = parts.ok_or_else(|| {
            refuse(format!(
                "byte {}: the description does not match its checksum; copy the file again",
                header.description_at
            ))
        })?;
        Ok(Self {
            name: path.display().to_string(),
            origin: Origin {
                path: path.into(),
                // The header contains the hash of the records and the checksums of the rest.
                sha256: hexadecimal(&Sha256::digest(bytes)),
                kind: kind(&header),
                level: one_level(&parts),
            },
            file,
            header,
            parts,
        })
    }

    /// Says what computed the labels, where the file does not know.
    pub fn with_level(mut self, level: Option<&str>) -> Self {
        let known = self.origin.level.take();
        self.origin.level = level.map(String::from).or(known);
        self
    }

    /// Where the conformations come from.
    pub fn parts(&self) -> &[PackedPart] {
        &self.parts
    }

    /// Atoms of all conformations together.
    pub fn total_atoms(&self) -> u64 {
        self.header.atoms
    }

    /// Reads the whole file and compares it with the SHA-256 of its records.
    ///
    /// # Errors
    /// When a byte has changed.
    pub fn verify(&self) -> Result<(), TrainingError> {
        let mut hash = Sha256::new();
        let records = LENGTH..self.header.index_at;
        let read = chunks(&self.file, records, |bytes| hash.update(bytes));
        let refuse = |problem: String| file_error(&self.origin.path, problem);
        read.map_err(|error| refuse(format!("cannot read: {error}; copy the file again")))?;
        match hash.finalize()[..] == self.header.records_sha256 {
            true => Ok(()),
            false => Err(refuse(
                "the records do not match their SHA-256; copy the file again".into(),
            )),
        }
    }

    /// The part of [`Packed::parts`] that a conformation belongs to.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub fn part(&self, index: usize) -> Result<usize, TrainingError> {
        let mut conformation = Conformation::default();
        Ok(self.read_record(index, &mut conformation)? as usize)
    }

    fn read_record(
        &self,
        index: usize,
        conformation: &mut Conformation,
    ) -> Result<u32, TrainingError> {
        check_index(self, index)?;
        let failed = |problem: &str| frame_error(&self.name, index, problem);
        let unreadable =
            |error: std::io::Error| failed(&format!("cannot read: {error}; the file has changed"));
        let mut places = [0; 16];
        let at = self.header.index_at + 8 * index as u64;
        self.file
            .read_exact_at(&mut places, at)
            .map_err(unreadable)?;
        let places = u128::from_le_bytes(places);
        let (start, end) = (places as u64, (places >> 64) as u64);
        if start < LENGTH || end < start || end > self.header.index_at {
            return Err(failed(&format!(
                "byte {at}: the index points outside the records; the file has changed"
            )));
        }
        RECORD.with_borrow_mut(|bytes| {
            bytes.resize((end - start) as usize, 0);
            self.file.read_exact_at(bytes, start).map_err(unreadable)?;
            record::decode(bytes, conformation)
                .map_err(|problem| failed(&format!("byte {start}: {problem}")))
        })
    }
}

/// The index matches its checksum and ascends from the header to its own start.
fn check_positions(file: &File, header: &Header) -> Result<(), String> {
    let (mut hasher, mut last, mut ascending) = (crc32fast::Hasher::new(), LENGTH, true);
    let read = chunks(file, header.index_at..header.description_at, |bytes| {
        hasher.update(bytes);
        for place in bytes.chunks_exact(8) {
            let place = place
                .iter()
                .rev()
                .fold(0, |value, &byte| value << 8 | u64::from(byte));
            ascending &= place == LENGTH || place >= last + record::FIXED;
            last = place;
        }
    });
    read.map_err(|error| format!("cannot read: {error}; copy the file again"))?;
    match ascending && last == header.index_at && hasher.finalize() == header.index_crc {
        true => Ok(()),
        false => Err(format!(
            "byte {}: the index does not match its checksum; copy the file again",
            header.index_at
        )),
    }
}

/// Multiples of eight bytes, but for the last.
fn chunks(
    file: &File,
    range: std::ops::Range<u64>,
    mut each: impl FnMut(&[u8]),
) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK as usize];
    let mut at = range.start;
    while at < range.end {
        let bytes = &mut buffer[..CHUNK.min(range.end - at) as usize];
        file.read_exact_at(bytes, at)?;
        each(bytes);
        at += bytes.len() as u64;
    }
    Ok(())
}

fn kind(header: &Header) -> Kind {
    match header.equilibrium {
        0 => Kind::OffEquilibrium,
        all if all == header.conformations => Kind::Equilibrium,
        _ => Kind::Mixed,
    }
}

/// The level of all parts, when they have one in common.
fn one_level(parts: &[PackedPart]) -> Option<String> {
    let level = |part: &PackedPart| part.origin.as_ref().and_then(|origin| origin.level.clone());
    let first = level(parts.first()?)?;
    parts
        .iter()
        .all(|part| level(part).as_deref() == Some(&first))
        .then_some(first)
}

impl Source for Packed {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.header.conformations as usize
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        self.read_record(index, conformation).map(drop)
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }
}
