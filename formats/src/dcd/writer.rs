//! Writing DCD as CHARMM 24 would, little endian, cells with cosines; see the module for what that means.

use super::cell::to_record;
use super::header::{saturate, steps, Header, FRAMES_OFFSET, WRITTEN_LENGTH};
use super::Timing;
use crate::append::Growing;
use crate::error::FormatError;
use crate::trajectory::{check_finite, check_lengths, Position, TrajectoryWriter};
use oreo_core::{Cell, FrameRef, Vec3};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Appends frames to a `.dcd` file; one system call a frame, no memory after the first.
///
/// Positions become f32 (about 1e-6 Å at 10 Å); energy, forces and velocities have no place in the format and are left
/// out. All frames have the same atoms, and all or none are periodic.
pub struct DcdWriter {
    out: Growing,
    timing: Timing,
    /// Known from the first frame on.
    header: Option<Header>,
    buffer: Vec<u8>,
}

impl DcdWriter {
    /// A new file; an older one of this name is overwritten. The header is written with the first frame.
    pub fn create(path: impl AsRef<Path>, timing: Timing) -> Result<Self, FormatError> {
        check_timing(path.as_ref(), timing)?;
        Ok(Self {
            out: Growing::create(path.as_ref())?,
            timing,
            header: None,
            buffer: Vec::new(),
        })
    }

    /// Continues a file that Oreo wrote behind `position`; what lies behind it is cut off.
    pub fn open_for_append(
        path: impl AsRef<Path>,
        position: Position,
        timing: Timing,
    ) -> Result<Self, FormatError> {
        check_timing(path.as_ref(), timing)?;
        let mut writer = Self {
            out: Growing::open(path.as_ref(), position)?,
            timing,
            header: None,
            buffer: Vec::new(),
        };
        if position != Position::START {
            writer.header = Some(writer.read_header()?);
        }
        writer.truncate_to(position)?;
        Ok(writer)
    }

    /// The header must be byte by byte what this writer would have written.
    fn read_header(&mut self) -> Result<Header, FormatError> {
        let position = self.out.position;
        let mut bytes = Vec::new();
        self.out
            .file
            .seek(SeekFrom::Start(0))
            .and_then(|_| {
                let mut start = (&self.out.file).take(WRITTEN_LENGTH);
                start.read_to_end(&mut bytes)
            })
            .and_then(|_| self.out.file.seek(SeekFrom::Start(position.bytes)))
            .map_err(|source| FormatError::open(&self.out.path, source))?;
        let header = Header::read(&self.out.path, &mut bytes.as_slice())?;
        let ours = Header {
            timing: self.timing,
            ..header
        };
        match ours.to_bytes() == bytes {
            true => Ok(ours),
            false => Err(self.out.unreachable(
                position,
                "its header belongs to another run (time step, interval, or program)".into(),
            )),
        }
    }

    fn check_position(&self, position: Position) -> Result<(), FormatError> {
        let expected = match (self.header, position.frames) {
            (_, 0) => Some(0),
            (None, _) => None,
            (Some(header), frames) => header
                .frame_length()
                .checked_mul(frames)
                .and_then(|bytes| bytes.checked_add(WRITTEN_LENGTH)),
        };
        match expected == Some(position.bytes) {
            true => Ok(()),
            false => Err(self.out.unreachable(position, "no frame ends there".into())),
        }
    }

    /// Writes the number of frames and steps into the header, if there is one yet.
    fn update_counts(&mut self) -> Result<(), FormatError> {
        let frames = self.out.position.frames;
        if frames == 0 {
            return Ok(());
        }
        let timing = self.timing;
        let mut counts = [0; 16];
        let values = [
            saturate(frames),
            saturate(timing.first_step),
            saturate(timing.interval),
            steps(timing, frames),
        ];
        for (bytes, value) in counts.chunks_exact_mut(4).zip(values) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        // One write: a kill between two would leave a header that contradicts itself.
        self.out.overwrite(FRAMES_OFFSET, &counts)
    }

    /// The header of the file, made from the first frame.
    fn header_for(&self, frame: &FrameRef<'_>) -> Result<Header, FormatError> {
        let cells = matches!(frame.cell, Cell::Periodic(_));
        let atoms = frame.elements.len();
        let header = self.header.unwrap_or(Header {
            big_endian: false,
            frames: 0,
            timing: self.timing,
            cells,
            atoms,
            version: 24,
            length: WRITTEN_LENGTH,
        });
        if header.atoms != atoms {
            let problem = format!("it has {atoms} atoms, the file has {}", header.atoms);
            return Err(self.unwritable(problem, "write extended XYZ instead"));
        }
        if header.cells != cells {
            let problem = "open and periodic frames cannot be mixed".into();
            return Err(self.unwritable(problem, "write extended XYZ instead"));
        }
        if i32::try_from(4 * atoms as u64).is_err() {
            return Err(self.unwritable(
                format!("{atoms} atoms are too many for 32-bit records"),
                "write extended XYZ instead",
            ));
        }
        Ok(header)
    }

    fn encode(&mut self, header: &Header, frame: &FrameRef<'_>) -> Result<(), FormatError> {
        self.buffer.clear();
        if self.out.position == Position::START {
            self.buffer.extend(header.to_bytes());
        }
        if let Cell::Periodic(periodic) = frame.cell {
            let record = to_record(periodic).map_err(|problem| {
                self.unwritable(
                    problem.into(),
                    "write extended XYZ, or rotate the structure",
                )
            })?;
            self.buffer.extend(48_i32.to_le_bytes());
            let values = record.iter().flat_map(|value| value.to_le_bytes());
            self.buffer.extend(values);
            self.buffer.extend(48_i32.to_le_bytes());
        }
        for axis in 0..3 {
            push_axis(&mut self.buffer, frame.positions, axis);
        }
        Ok(())
    }

    fn check_range(&self, frame: &FrameRef<'_>) -> Result<(), FormatError> {
        let too_far = |p: &Vec3| p.iter().any(|&x| !(x as f32).is_finite());
        match frame.positions.iter().position(too_far) {
            None => Ok(()),
            Some(atom) => Err(self.unwritable(
                format!("position of atom {atom} is too large for single precision"),
                "look at the run: the structure has exploded",
            )),
        }
    }

    fn unwritable(&self, problem: String, remedy: &'static str) -> FormatError {
        FormatError::Unwritable {
            path: self.out.path.clone(),
            frame: self.out.position.frames,
            problem,
            remedy,
        }
    }
}

fn push_axis(bytes: &mut Vec<u8>, positions: &[Vec3], axis: usize) {
    let mark = saturate(4 * positions.len() as u64).to_le_bytes();
    bytes.extend(mark);
    bytes.extend(
        positions
            .iter()
            .flat_map(|p| (p[axis] as f32).to_le_bytes()),
    );
    bytes.extend(mark);
}

/// The header has 32 bits for the steps.
fn check_timing(path: &Path, timing: Timing) -> Result<(), FormatError> {
    let fits = |value: u64| i32::try_from(value).is_ok();
    let sound = fits(timing.first_step) && fits(timing.interval) && timing.timestep.is_finite();
    match sound {
        true => Ok(()),
        false => Err(FormatError::unsupported(
            path,
            format!("DCD cannot hold the timing {timing:?}"),
            "write extended XYZ instead",
        )),
    }
}

impl TrajectoryWriter for DcdWriter {
    fn write(&mut self, frame: &FrameRef<'_>) -> Result<(), FormatError> {
        check_lengths(&self.out.path, self.out.position.frames, frame)?;
        check_finite(&self.out.path, self.out.position.frames, frame)?;
        self.check_range(frame)?;
        let header = self.header_for(frame)?;
        self.encode(&header, frame)?;
        self.out.append(&self.buffer)?;
        self.header = Some(header);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), FormatError> {
        self.update_counts()?;
        self.out.sync()
    }

    fn position(&self) -> Position {
        self.out.position
    }

    fn truncate_to(&mut self, position: Position) -> Result<(), FormatError> {
        self.check_position(position)?;
        self.out.cut(position)?;
        if position == Position::START {
            self.header = None;
        }
        self.update_counts()
    }

    fn path(&self) -> &Path {
        &self.out.path
    }
}
