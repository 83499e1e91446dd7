//! How large a PNG is on paper: its chunk `pHYs` (PNG specification, 3rd edition, sections 5.3 and 11.3.4.3), which LaTeX and
//! word processors read.

use std::io;
use std::path::Path;

/// Signature, and the first chunk, IHDR: length, name, 13 bytes, checksum.
const HEAD: usize = 8 + 4 + 4 + 13 + 4;

/// Adds the chunk to a PNG without one; pixels per metre.
pub(super) fn with_resolution(path: &Path, per_metre: u32) -> io::Result<()> {
    let mut bytes = std::fs::read(path)?;
    if bytes.len() > HEAD {
        bytes.splice(HEAD..HEAD, chunk(per_metre));
    }
    std::fs::write(path, bytes)
}

fn chunk(per_metre: u32) -> Vec<u8> {
    let mut body = b"pHYs".to_vec();
    // The same in both directions; 1 says that the unit is the metre.
    body.extend(per_metre.to_be_bytes());
    body.extend(per_metre.to_be_bytes());
    body.push(1);
    let length = body.len() as u32 - 4;
    let checksum = crc32(&body);
    [&length.to_be_bytes()[..], &body, &checksum.to_be_bytes()].concat()
}

/// Of ISO 3309, as in the specification: reflected polynomial 0xEDB88320.
fn crc32(bytes: &[u8]) -> u32 {
    let each_bit = |crc: u32, _| match crc & 1 {
        1 => crc >> 1 ^ 0xEDB8_8320,
        _ => crc >> 1,
    };
    let each_byte = |crc: u32, &byte: &u8| (0..8).fold(crc ^ u32::from(byte), each_bit);
    !bytes.iter().fold(!0, each_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-32, and the checksum of an empty IEND chunk, which ends every PNG.
    #[test]
    fn the_checksum_is_that_of_png() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b"IEND"), 0xAE42_6082);
    }

    #[test]
    fn the_chunk_is_21_bytes() {
        let bytes = chunk(19_685);
        assert_eq!((bytes.len(), &bytes[..8]), (21, &b"\0\0\0\x09pHYs"[..]));
    }
}
