//! Writing extended XYZ that ASE, OVITO and chemfiles read.
//!
//! Every number is written as the shortest decimal that reads back to the same f64, so positions, energy and forces
//! survive to the last bit. Time and velocities are converted to fs and Å/fs: those survive to rounding.

use crate::append::Growing;
use crate::error::FormatError;
use crate::trajectory::{check_finite, check_lengths, Position, TrajectoryWriter};
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Cell, FrameRef, Vec3};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Appends frames to an `.xyz` file; one system call a frame, no memory after the first.
pub struct XyzWriter {
    out: Growing,
    buffer: Vec<u8>,
}

impl XyzWriter {
    /// A new file; an older one of this name is overwritten.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, FormatError> {
        Ok(Self {
            out: Growing::create(path.as_ref())?,
            buffer: Vec::new(),
        })
    }

    /// Continues a file behind `position`; what lies behind it is cut off.
    pub fn open_for_append(
        path: impl AsRef<Path>,
        position: Position,
    ) -> Result<Self, FormatError> {
        let mut writer = Self {
            out: Growing::open(path.as_ref(), position)?,
            buffer: Vec::new(),
        };
        writer.truncate_to(position)?;
        Ok(writer)
    }

    /// A frame ends with a line: the last byte that stays must be a line end.
    fn check_frame_boundary(&mut self, position: Position) -> Result<(), FormatError> {
        if position.bytes == 0 && position.frames == 0 {
            return Ok(());
        }
        self.out.check_length(position)?;
        let end = self.out.position.bytes;
        let mut last = [0];
        let read = match position.bytes.checked_sub(1) {
            None => Ok(()),
            Some(offset) => self
                .out
                .file
                .seek(SeekFrom::Start(offset))
                .and_then(|_| self.out.file.read_exact(&mut last))
                .and_then(|()| self.out.file.seek(SeekFrom::Start(end)).map(drop)),
        };
        match read {
            Ok(()) if last == *b"\n" && position.frames > 0 => Ok(()),
            Ok(()) => Err(self.out.unreachable(position, "no frame ends there".into())),
            Err(source) => Err(FormatError::open(&self.out.path, source)),
        }
    }
}

impl TrajectoryWriter for XyzWriter {
    fn write(&mut self, frame: &FrameRef<'_>) -> Result<(), FormatError> {
        check_lengths(&self.out.path, self.out.position.frames, frame)?;
        check_finite(&self.out.path, self.out.position.frames, frame)?;
        self.buffer.clear();
        // Writing into memory cannot fail.
        let _ = write_header(&mut self.buffer, frame);
        let _ = write_atoms(&mut self.buffer, frame);
        self.out.append(&self.buffer)
    }

    fn flush(&mut self) -> Result<(), FormatError> {
        self.out.sync()
    }

    fn position(&self) -> Position {
        self.out.position
    }

    fn truncate_to(&mut self, position: Position) -> Result<(), FormatError> {
        self.check_frame_boundary(position)?;
        self.out.cut(position)
    }

    fn path(&self) -> &Path {
        &self.out.path
    }
}

fn write_header(out: &mut Vec<u8>, frame: &FrameRef<'_>) -> std::io::Result<()> {
    writeln!(out, "{}", frame.elements.len())?;
    if let Cell::Periodic(periodic) = frame.cell {
        out.write_all(b"Lattice=\"")?;
        for (index, value) in periodic.vectors().iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(out, "{space}{value:?}")?;
        }
        out.write_all(b"\" ")?;
    }
    out.write_all(b"Properties=species:S:1:pos:R:3")?;
    if frame.velocities.is_some() {
        out.write_all(b":velocities:R:3")?;
    }
    if frame.forces.is_some() {
        out.write_all(b":forces:R:3")?;
    }
    if let Some(energy) = frame.energy {
        write!(out, " energy={energy:?}")?;
    }
    if let Some(step) = frame.step {
        write!(out, " step={step}")?;
    }
    if let Some(time) = frame.time {
        write!(out, " time_fs={:?}", time / FEMTOSECOND)?;
    }
    out.write_all(match frame.cell {
        Cell::Open => b" pbc=\"F F F\"\n",
        Cell::Periodic(_) => b" pbc=\"T T T\"\n",
    })
}

fn write_atoms(out: &mut Vec<u8>, frame: &FrameRef<'_>) -> std::io::Result<()> {
    for (index, element) in frame.elements.iter().enumerate() {
        out.write_all(element.symbol().as_bytes())?;
        write_vector(out, &frame.positions[index])?;
        if let Some(velocities) = frame.velocities {
            write_vector(out, &(velocities[index] * FEMTOSECOND))?;
        }
        if let Some(forces) = frame.forces {
            write_vector(out, &forces[index])?;
        }
        out.push(b'\n');
    }
    Ok(())
}

/// `{:?}` of an f64 is its shortest exact decimal, with an exponent where that is shorter.
fn write_vector(out: &mut Vec<u8>, vector: &Vec3) -> std::io::Result<()> {
    write!(out, " {:?} {:?} {:?}", vector.x, vector.y, vector.z)
}
