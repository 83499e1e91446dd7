//! One conformation as bytes.

use crate::data::Conformation;
use oreo_core::{Element, Vec3};

/// Bytes before the elements: atoms u32, flags u32, part u32, CRC-32 u32, energy f64.
pub(super) const FIXED: u64 = 24;
const ENERGY: u32 = 1;
const FORCES: u32 = 2;
/// Positions as they come and forces, in f64.
const EXACT: u32 = 4;
/// Where the checksum is; it covers everything else.
const CHECKSUM: std::ops::Range<usize> = 12..16;

/// Bytes of a record: keeps a damaged one from asking for more memory than there is file.
fn length(atoms: u64, flags: u32) -> u64 {
    let vectors = 1 + u64::from(flags & FORCES != 0);
    FIXED + atoms + 3 * width(flags) as u64 * atoms * vectors
}

/// Bytes of a number.
fn width(flags: u32) -> usize {
    if flags & EXACT != 0 {
        8
    } else {
        4
    }
}

/// Replaces `bytes`. Unless `exact`, numbers are written as f32 and positions relative to the centroid. `part` is the number
/// of the source.
pub(super) fn encode(conformation: &Conformation, part: u32, exact: bool, bytes: &mut Vec<u8>) {
    let Conformation {
        elements,
        positions,
        forces,
        energy,
    } = conformation;
    let mut flags = 0;
    flags |= if energy.is_some() { ENERGY } else { 0 };
    flags |= if forces.is_some() { FORCES } else { 0 };
    flags |= if exact { EXACT } else { 0 };
    bytes.clear();
    bytes.extend((elements.len() as u32).to_le_bytes());
    bytes.extend(flags.to_le_bytes());
    bytes.extend(part.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(energy.unwrap_or(0.0).to_le_bytes());
    bytes.extend(elements.iter().map(|element| element.atomic_number() as u8));
    let centroid = match exact {
        true => Vec3::zeros(),
        false => positions.iter().sum::<Vec3>() / positions.len() as f64,
    };
    let relative = positions.iter().map(|position| position - centroid);
    let forces = forces.iter().flatten().copied();
    for number in relative.chain(forces).flat_map(|v| [v.x, v.y, v.z]) {
        match exact {
            true => bytes.extend(number.to_le_bytes()),
            false => bytes.extend((number as f32).to_le_bytes()),
        }
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
    if word(CHECKSUM.start) != checksum(bytes) || length(atoms as u64, flags) != bytes.len() as u64
    {
        return Err(damaged());
    }
    let energy = u64::from(word(16)) | u64::from(word(20)) << 32;
    let energy = (flags & ENERGY != 0).then_some(f64::from_bits(energy));
    let (elements, vectors) = bytes[FIXED as usize..].split_at(atoms);
    let width = width(flags);
    let (positions, forces) = vectors.split_at(3 * width * atoms);
    conformation.replace(
        [],
        vectors_of(positions, width),
        has_forces.then(|| vectors_of(forces, width)),
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

fn vectors_of(bytes: &[u8], width: usize) -> impl Iterator<Item = Vec3> + '_ {
    let number = move |b: &[u8]| match *b {
        [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
        _ => f64::from_le_bytes(b.try_into().expect("four bytes or eight")),
    };
    let vector = move |v: &[u8]| {
        let (x, rest) = v.split_at(width);
        let (y, z) = rest.split_at(width);
        Vec3::new(number(x), number(y), number(z))
    };
    bytes.chunks_exact(3 * width).map(vector)
}
