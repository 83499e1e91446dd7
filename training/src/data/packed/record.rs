//! One conformation as bytes.

use crate::data::Conformation;
use oreo_core::{Element, Vec3};

/// Bytes before the elements: atoms u32, flags u32, part u32, CRC-32 u32, energy f64.
pub(super) const FIXED: u64 = 24;
const ENERGY: u32 = 1;
const FORCES: u32 = 2;
/// Where the checksum is; it covers everything else.
const CHECKSUM: std::ops::Range<usize> = 12..16;

/// The longest record of a file of `bytes`: keeps a damaged index from asking for more memory than there is file.
pub(super) fn length(atoms: u64, forces: bool) -> u64 {
    FIXED + atoms + 12 * atoms * (1 + u64::from(forces))
}

/// Replaces `bytes`. Positions are written relative to the centroid. `part` is the number of the source.
pub(super) fn encode(conformation: &Conformation, part: u32, bytes: &mut Vec<u8>) {
    let Conformation {
        elements,
        positions,
        forces,
        energy,
    } = conformation;
    let mut flags = 0;
    flags |= if energy.is_some() { ENERGY } else { 0 };
    flags |= if forces.is_some() { FORCES } else { 0 };
    bytes.clear();
    bytes.extend((elements.len() as u32).to_le_bytes());
    bytes.extend(flags.to_le_bytes());
    bytes.extend(part.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(energy.unwrap_or(0.0).to_le_bytes());
    bytes.extend(elements.iter().map(|element| element.atomic_number() as u8));
    let centroid = positions.iter().sum::<Vec3>() / positions.len() as f64;
    let relative = positions.iter().map(|position| position - centroid);
    let forces = forces.iter().flatten().copied();
    for number in relative.chain(forces).flat_map(|v| [v.x, v.y, v.z]) {
        bytes.extend((number as f32).to_le_bytes());
    }
    let crc = checksum(bytes);
    bytes[CHECKSUM].copy_from_slice(&crc.to_le_bytes());
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..CHECKSUM.start]);
    hasher.update(&bytes[CHECKSUM.end..]);
    hasher.finalize()
}

/// Replaces `conformation`, gives the part. The error says what is wrong.
pub(super) fn decode(bytes: &[u8], conformation: &mut Conformation) -> Result<u32, String> {
    let damaged = || "does not match its checksum; copy the file again".to_string();
    if (bytes.len() as u64) < FIXED {
        return Err(damaged());
    }
    let word =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let (atoms, flags) = (word(0) as usize, word(4));
    let has_forces = flags & FORCES != 0;
    if word(CHECKSUM.start) != checksum(bytes)
        || length(atoms as u64, has_forces) != bytes.len() as u64
    {
        return Err(damaged());
    }
    let energy = u64::from(word(16)) | u64::from(word(20)) << 32;
    let energy = (flags & ENERGY != 0).then_some(f64::from_bits(energy));
    let (elements, vectors) = bytes[FIXED as usize..].split_at(atoms);
    let (positions, forces) = vectors.split_at(12 * atoms);
    conformation.replace(
        [],
        vectors_of(positions),
        has_forces.then(|| vectors_of(forces)),
        energy,
    );
    for &number in elements {
        let element = Element::from_atomic_number(number.into());
        conformation
            .elements
            .push(element.map_err(|error| format!("{error}; pack the data again"))?);
    }
    Ok(word(8))
}

fn vectors_of(bytes: &[u8]) -> impl Iterator<Item = Vec3> + '_ {
    let number = |b: &[u8]| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    bytes
        .chunks_exact(12)
        .map(move |v| Vec3::new(number(&v[..4]), number(&v[4..8]), number(&v[8..])))
}
