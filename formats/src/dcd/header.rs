//! The three records in front of the frames: control block, title, number of atoms.

use super::{akma, Timing};
use crate::error::{FormatError, Place};
use std::io::Read;
use std::path::Path;

/// Length of the header that Oreo writes.
pub(super) const WRITTEN_LENGTH: u64 = 4 + 84 + 4 + (4 + 84 + 4) + (4 + 4 + 4);
/// Where the number of frames stands; the number of steps follows 12 bytes behind it.
pub(super) const FRAMES_OFFSET: u64 = 8;

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header {
    pub(super) big_endian: bool,
    /// As promised; the file may have more when its writer was killed.
    pub(super) frames: u64,
    pub(super) timing: Timing,
    /// Every frame starts with a cell.
    pub(super) cells: bool,
    pub(super) atoms: usize,
    /// 24 for "as CHARMM 24", 0 for X-PLOR.
    pub(super) version: i32,
    /// Bytes in front of the first frame.
    pub(super) length: u64,
}

impl Header {
    /// Bytes of a frame, with the record marks.
    pub(super) fn frame_length(&self) -> u64 {
        let cell = if self.cells { 8 + 48 } else { 0 };
        cell + 3 * (8 + 4 * self.atoms as u64)
    }

    /// Numbers of the file are 32 bits wide.
    pub(super) fn i32(&self, bytes: [u8; 4]) -> i32 {
        match self.big_endian {
            true => i32::from_be_bytes(bytes),
            false => i32::from_le_bytes(bytes),
        }
    }

    pub(super) fn f32(&self, bytes: [u8; 4]) -> f32 {
        f32::from_bits(self.i32(bytes) as u32)
    }

    pub(super) fn f64(&self, bytes: [u8; 8]) -> f64 {
        match self.big_endian {
            true => f64::from_be_bytes(bytes),
            false => f64::from_le_bytes(bytes),
        }
    }

    /// As written by Oreo: little endian, one title line, no date, so that equal runs give equal bytes.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut control = [0_i32; 20];
        control[0] = saturate(self.frames);
        control[1] = saturate(self.timing.first_step);
        control[2] = saturate(self.timing.interval);
        control[3] = steps(self.timing, self.frames);
        control[9] = ((self.timing.timestep / akma()) as f32).to_bits() as i32;
        control[10] = i32::from(self.cells);
        control[19] = self.version;
        let mut bytes = Vec::with_capacity(WRITTEN_LENGTH as usize);
        let mut block = b"CORD".to_vec();
        block.extend(control.iter().flat_map(|value| value.to_le_bytes()));
        record(&mut bytes, &block);
        let mut title = 1_i32.to_le_bytes().to_vec();
        title.extend(format!("{:80}", "Positions in Angstrom, written by Oreo").bytes());
        record(&mut bytes, &title);
        record(&mut bytes, &saturate(self.atoms as u64).to_le_bytes());
        bytes
    }

    /// Reads up to the first frame. Sizes are not yet compared with the length of the file.
    pub(super) fn read(path: &Path, source: &mut dyn Read) -> Result<Self, FormatError> {
        let mut records = Records {
            path,
            source,
            offset: 0,
        };
        let start: [u8; 8] = records.take()?;
        let big_endian = endianness(path, start)?;
        let control: [u8; 80] = records.take()?;
        let mut header = Self::from_control(path, big_endian, &control)?;
        records.expect(&header, 84)?;
        records.skip_title(&header)?;
        records.expect(&header, 4)?;
        let atoms = header.i32(records.take()?);
        records.expect(&header, 4)?;
        header.atoms = match usize::try_from(atoms) {
            Ok(atoms) if atoms > 0 => atoms,
            _ => return Err(corrupt(path, records.offset - 8, format!("{atoms} atoms"))),
        };
        header.length = records.offset;
        Ok(header)
    }

    fn from_control(path: &Path, big_endian: bool, bytes: &[u8; 80]) -> Result<Self, FormatError> {
        let mut header = Self {
            big_endian,
            frames: 0,
            timing: Timing::default(),
            cells: false,
            atoms: 0,
            version: 0,
            length: 0,
        };
        let control = |k: usize| [0, 1, 2, 3].map(|byte| bytes[4 * k + byte]);
        let integer = |k: usize| header.i32(control(k));
        let count = |k: usize| u64::try_from(integer(k)).unwrap_or(0);
        let charmm = integer(19) != 0;
        let fixed = integer(8);
        let four_dimensional = charmm && integer(11) != 0;
        if fixed != 0 {
            return Err(unsupported(path, format!("DCD with {fixed} fixed atoms")));
        }
        if four_dimensional {
            return Err(unsupported(path, "DCD with a fourth dimension".into()));
        }
        // X-PLOR keeps the time step in double precision, in the place of two numbers.
        let delta = match charmm {
            true => f64::from(header.f32(control(9))),
            false => header.f64([0, 1, 2, 3, 4, 5, 6, 7].map(|byte| bytes[36 + byte])),
        };
        header = Self {
            frames: count(0),
            timing: Timing {
                first_step: count(1),
                interval: count(2),
                timestep: if delta.is_finite() {
                    delta * akma()
                } else {
                    0.0
                },
            },
            cells: charmm && integer(10) != 0,
            version: integer(19),
            ..header
        };
        Ok(header)
    }
}

/// Steps that the frames span, for programs that show it; larger numbers than 32 bits hold are cut.
pub(super) fn steps(timing: Timing, frames: u64) -> i32 {
    saturate(timing.interval.saturating_mul(frames))
}

pub(super) fn saturate(value: u64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn record(bytes: &mut Vec<u8>, content: &[u8]) {
    let length = saturate(content.len() as u64).to_le_bytes();
    bytes.extend(length);
    bytes.extend(content);
    bytes.extend(length);
}

/// From the first record mark, 84, and the word behind it.
fn endianness(path: &Path, start: [u8; 8]) -> Result<bool, FormatError> {
    match (&start[..4], &start[4..]) {
        ([84, 0, 0, 0], b"CORD") => Ok(false),
        ([0, 0, 0, 84], b"CORD") => Ok(true),
        ([84, 0, 0, 0] | [0, 0, 0, 84], b"VELD") => Err(unsupported(
            path,
            "DCD of velocities, without positions".into(),
        )),
        ([84, 0, 0, 0] | [0, 0, 0, 0], [0, 0, 0, 0] | [0, 0, 0, 84]) => {
            Err(unsupported(path, "DCD with 64-bit record marks".into()))
        }
        _ => Err(corrupt(path, 0, format!("no DCD: starts with {start:?}"))),
    }
}

fn unsupported(path: &Path, what: String) -> FormatError {
    FormatError::unsupported(
        path,
        format!("{what} is not supported"),
        "convert it with VMD or MDAnalysis to a plain DCD or to extended XYZ",
    )
}

pub(super) fn corrupt(path: &Path, byte: u64, problem: String) -> FormatError {
    FormatError::malformed(
        path,
        Place::Byte(byte),
        problem,
        "the file is damaged or no DCD: copy it again",
    )
}

struct Records<'a> {
    path: &'a Path,
    source: &'a mut dyn Read,
    offset: u64,
}

impl Records<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let mut bytes = [0; N];
        match self.source.read_exact(&mut bytes) {
            Ok(()) => {
                self.offset += N as u64;
                Ok(bytes)
            }
            Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(FormatError::Truncated {
                    path: self.path.into(),
                    place: Place::Byte(self.offset),
                    inside: "the DCD header".into(),
                })
            }
            Err(source) => Err(FormatError::Read {
                path: self.path.into(),
                place: Place::Byte(self.offset),
                source,
            }),
        }
    }

    fn expect(&mut self, header: &Header, length: i32) -> Result<(), FormatError> {
        match header.i32(self.take()?) {
            found if found == length => Ok(()),
            found => Err(corrupt(
                self.path,
                self.offset - 4,
                format!("record mark is {found}, expected {length}"),
            )),
        }
    }

    /// In steps of four bytes: the title is foreign text of a claimed length, never held in memory.
    fn skip_title(&mut self, header: &Header) -> Result<(), FormatError> {
        let length = header.i32(self.take()?);
        if !(0..=1 << 20).contains(&length) || length % 4 != 0 {
            let problem = format!("title of {length} bytes");
            return Err(corrupt(self.path, self.offset - 4, problem));
        }
        for _ in 0..length / 4 {
            self.take::<4>()?;
        }
        self.expect(header, length)
    }
}
