//! The first 160 bytes of a packed file.

/// First bytes.
pub(crate) const MAGIC: &[u8] = b"OREOPACK";
/// Bytes of the header.
pub(super) const LENGTH: u64 = 160;
const VERSION: u32 = 1;
/// eV, Å
const UNITS: u32 = 1;
/// Where the header's own checksum is.
const CHECKSUM: usize = LENGTH as usize - 4;

/// Everything that is needed to find and verify the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) conformations: u64,
    pub(super) atoms: u64,
    pub(super) equilibrium: u64,
    /// Records go from the end of the header to here.
    pub(super) index_at: u64,
    pub(super) description_at: u64,
    pub(super) file_length: u64,
    pub(super) index_crc: u32,
    pub(super) description_crc: u32,
    pub(super) records_sha256: [u8; 32],
}

impl Header {
    pub(super) fn bytes(&self) -> [u8; LENGTH as usize] {
        let mut bytes = Vec::with_capacity(LENGTH as usize);
        bytes.extend(MAGIC);
        bytes.extend([VERSION, UNITS].iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend(self.counts().iter().flat_map(|count| count.to_le_bytes()));
        bytes.extend(
            [self.index_crc, self.description_crc]
                .iter()
                .flat_map(|crc| crc.to_le_bytes()),
        );
        bytes.extend(self.records_sha256);
        bytes.resize(LENGTH as usize, 0);
        let mut header = [0; LENGTH as usize];
        header.copy_from_slice(&bytes);
        let crc = crc32fast::hash(&header[..CHECKSUM]);
        header[CHECKSUM..].copy_from_slice(&crc.to_le_bytes());
        header
    }

    fn counts(&self) -> [u64; 6] {
        [
            self.conformations,
            self.atoms,
            self.equilibrium,
            self.index_at,
            self.description_at,
            self.file_length,
        ]
    }

    /// The error says what is wrong and what to do; `found` is the length of the file.
    pub(super) fn parse(bytes: &[u8; LENGTH as usize], found: u64) -> Result<Self, String> {
        if &bytes[..8] != MAGIC {
            return Err("byte 0: is no packed file of Oreo; give one, or the original data".into());
        }
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        if word(8) != VERSION {
            return Err(format!(
                "byte 8: has version {}, this program reads {VERSION}; pack the data again",
                word(8)
            ));
        }
        if word(CHECKSUM) != crc32fast::hash(&bytes[..CHECKSUM]) {
            return Err(
                "bytes 0 to 159: the header does not match its checksum; copy the file again"
                    .into(),
            );
        }
        if word(12) != UNITS {
            return Err(format!(
                "byte 12: has units number {}, known is 1 (eV, Å); pack the data again",
                word(12)
            ));
        }
        let mut records_sha256 = [0; 32];
        records_sha256.copy_from_slice(&bytes[72..104]);
        let header = Self {
            conformations: long(16),
            atoms: long(24),
            equilibrium: long(32),
            index_at: long(40),
            description_at: long(48),
            file_length: long(56),
            index_crc: word(64),
            description_crc: word(68),
            records_sha256,
        };
        header.check(found)?;
        Ok(header)
    }

    /// A header with a right checksum may still belong to a file that was cut, or be made up.
    fn check(&self, found: u64) -> Result<(), String> {
        if found != self.file_length {
            return Err(format!(
                "has {found} bytes, its header says {}; copy it again",
                self.file_length
            ));
        }
        let index = self
            .conformations
            .checked_add(1)
            .and_then(|entries| entries.checked_mul(8));
        let in_order = LENGTH <= self.index_at
            && index.and_then(|index| self.index_at.checked_add(index))
                == Some(self.description_at)
            && self.description_at <= self.file_length;
        match in_order {
            true => Ok(()),
            false => Err(
                "bytes 40 to 63: parts of the file overlap or leave gaps; pack the data again"
                    .into(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let header = Header {
            conformations: 2,
            atoms: 7,
            equilibrium: 1,
            index_at: 300,
            description_at: 324,
            file_length: 400,
            index_crc: 5,
            description_crc: 6,
            records_sha256: [9; 32],
        };
        assert_eq!(Header::parse(&header.bytes(), 400), Ok(header));
        assert!(Header::parse(&header.bytes(), 399).is_err());
        let overlapping = Header {
            description_at: 323,
            ..header
        };
        assert!(Header::parse(&overlapping.bytes(), 400).is_err());
        for byte in 0..160 {
            let mut bytes = header.bytes();
            bytes[byte] ^= 0x10;
            assert!(Header::parse(&bytes, 400).is_err(), "byte {byte}");
        }
    }
}
