//! Reading DCD, either byte order, frame by frame. Needs to be told the elements: the format has none.

use super::cell::{from_record, CellRecordError};
use super::header::{corrupt, Header};
use crate::error::{FormatError, Place};
use oreo_core::{Cell, Element, Frame, Vec3};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Frames of a file, in order; ends after the first error.
pub struct DcdReader {
    path: PathBuf,
    source: BufReader<File>,
    header: Header,
    elements: Vec<Element>,
    /// Of the file; more than one is never held in memory.
    file_length: u64,
    frame: u64,
    buffer: Vec<u8>,
    finished: bool,
}

impl DcdReader {
    /// Opens the file and checks that its header fits its length and `elements`, in the order of the atoms.
    pub fn open(path: impl AsRef<Path>, elements: &[Element]) -> Result<Self, FormatError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|source| FormatError::open(path, source))?;
        let metadata = file.metadata();
        let file_length = metadata
            .map_err(|source| FormatError::open(path, source))?
            .len();
        if file_length == 0 {
            return Err(FormatError::Empty { path: path.into() });
        }
        let mut source = BufReader::with_capacity(1 << 16, file);
        let header = Header::read(path, &mut source)?;
        if header.atoms != elements.len() {
            return Err(FormatError::malformed(
                path,
                Place::Whole,
                format!(
                    "has {} atoms, the given structure has {}",
                    header.atoms,
                    elements.len()
                ),
                "give the structure that the trajectory was made from",
            ));
        }
        Ok(Self {
            path: path.into(),
            source,
            header,
            elements: elements.to_vec(),
            file_length,
            frame: 0,
            buffer: Vec::new(),
            finished: false,
        })
    }

    /// Number of atoms in each frame of a file, for those who have no elements yet.
    pub fn atoms_of(path: impl AsRef<Path>) -> Result<usize, FormatError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|source| FormatError::open(path, source))?;
        Ok(Header::read(path, &mut BufReader::new(file))?.atoms)
    }

    /// Number of atoms in a frame.
    pub fn atoms(&self) -> usize {
        self.header.atoms
    }

    /// Complete frames, from the length of the file: the header lags behind when a writer was killed.
    pub fn frames(&self) -> u64 {
        self.file_length.saturating_sub(self.header.length) / self.header.frame_length()
    }

    fn offset(&self) -> u64 {
        self.header.length + self.frame * self.header.frame_length()
    }

    fn read(&mut self) -> Result<Option<Frame>, FormatError> {
        if self.frame == self.frames() {
            return self.check_end().map(|()| None);
        }
        let length = usize::try_from(self.header.frame_length())
            .map_err(|_| self.corrupt(0, "frame does not fit into memory".into()))?;
        self.buffer.resize(length, 0);
        if let Err(source) = self.source.read_exact(&mut self.buffer) {
            return Err(match source.kind() {
                ErrorKind::UnexpectedEof => self.truncated("the file became shorter".into()),
                _ => FormatError::Read {
                    path: self.path.clone(),
                    place: Place::Frame(self.frame),
                    source,
                },
            });
        }
        let frame = self.parse()?;
        self.frame += 1;
        Ok(Some(frame))
    }

    /// No torn frame behind the last one, and none promised that is not there.
    fn check_end(&self) -> Result<(), FormatError> {
        let left = self.file_length.saturating_sub(self.offset());
        if left > 0 {
            let all = self.header.frame_length();
            return Err(self.truncated(format!("{left} of {all} bytes")));
        }
        if self.header.frames > self.frame {
            return Err(self.truncated(format!("header promises {} frames", self.header.frames)));
        }
        match self.frame {
            0 => Err(FormatError::Empty {
                path: self.path.clone(),
            }),
            _ => Ok(()),
        }
    }

    fn parse(&self) -> Result<Frame, FormatError> {
        let mut rest = 0;
        let cell = match self.header.cells {
            true => self.cell(self.record(&mut rest, 48)?)?,
            false => Cell::Open,
        };
        let mut positions = vec![Vec3::zeros(); self.header.atoms];
        for axis in 0..3 {
            let record = self.record(&mut rest, 4 * self.header.atoms)?;
            for (atom, bytes) in record.chunks_exact(4).enumerate() {
                let value = self.header.f32([bytes[0], bytes[1], bytes[2], bytes[3]]);
                if !value.is_finite() {
                    return Err(self.not_finite(atom, f64::from(value)));
                }
                positions[atom][axis] = f64::from(value);
            }
        }
        let timing = self.header.timing;
        let step = timing
            .interval
            .saturating_mul(self.frame)
            .saturating_add(timing.first_step);
        Ok(Frame {
            cell,
            step: Some(step),
            time: (timing.timestep != 0.0).then_some(step as f64 * timing.timestep),
            ..Frame::new(self.elements.clone(), positions)
        })
    }

    /// The content of the record at `offset`, which moves behind it; both marks must tell its length.
    fn record(&self, offset: &mut usize, length: usize) -> Result<&[u8], FormatError> {
        for at in [*offset, *offset + 4 + length] {
            let mark = self
                .header
                .i32([0, 1, 2, 3].map(|byte| self.buffer[at + byte]));
            if usize::try_from(mark) != Ok(length) {
                return Err(self.corrupt(
                    at as u64,
                    format!(
                        "record mark of frame {} is {mark}, expected {length}",
                        self.frame
                    ),
                ));
            }
        }
        let start = *offset + 4;
        *offset += 8 + length;
        Ok(&self.buffer[start..start + length])
    }

    fn cell(&self, record: &[u8]) -> Result<Cell, FormatError> {
        let mut values = [0.0; 6];
        for (value, bytes) in values.iter_mut().zip(record.chunks_exact(8)) {
            let bytes = bytes.try_into().expect("chunks of eight");
            *value = self.header.f64(bytes);
        }
        from_record(values, self.header.version).map_err(|error| match error {
            CellRecordError::Partial(lengths) => FormatError::PartiallyPeriodic {
                path: self.path.clone(),
                place: Place::Frame(self.frame),
                pbc: lengths
                    .map(|length| if length > 0.0 { "T" } else { "F" })
                    .join(" "),
            },
            CellRecordError::Nonsense(record) => {
                self.corrupt(4, format!("cell of frame {} is {record:?}", self.frame))
            }
        })
    }

    fn corrupt(&self, byte: u64, problem: String) -> FormatError {
        corrupt(&self.path, self.offset() + byte, problem)
    }

    fn truncated(&self, how: String) -> FormatError {
        FormatError::Truncated {
            path: self.path.clone(),
            place: Place::Byte(self.offset()),
            inside: format!("frame {} ({how})", self.frame),
        }
    }

    fn not_finite(&self, atom: usize, value: f64) -> FormatError {
        FormatError::NotFinite {
            path: self.path.clone(),
            place: Place::Frame(self.frame),
            quantity: format!("position of atom {atom}"),
            value,
        }
    }
}

impl Iterator for DcdReader {
    type Item = Result<Frame, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let item = self.read().transpose();
        self.finished = !matches!(item, Some(Ok(_)));
        item
    }
}
