//! A file that grows at its end, can be cut, and never keeps half a frame.

use crate::error::{FormatError, Place};
use crate::trajectory::Position;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The file and where its last complete frame ends.
pub(crate) struct Growing {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) position: Position,
}

impl Growing {
    /// An empty file; an older one of this name is overwritten.
    pub(crate) fn create(path: &Path) -> Result<Self, FormatError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .map_err(|source| FormatError::open(path, source))?;
        Ok(Self {
            path: path.into(),
            file,
            position: Position::START,
        })
    }

    /// The file, not yet cut to `position` (the caller first checks what is in it, then calls [`Growing::cut`]). Created
    /// when absent and the position is the start.
    pub(crate) fn open(path: &Path, position: Position) -> Result<Self, FormatError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(position == Position::START)
            .truncate(false)
            .open(path)
            .map_err(|source| FormatError::open(path, source))?;
        let growing = Self {
            path: path.into(),
            file,
            position,
        };
        growing.check_length(position)?;
        Ok(growing)
    }

    /// Adds the bytes of one frame. When that fails the half-written frame is removed again, as far as the system
    /// lets us, and the position stays.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        if let Err(source) = self.file.write_all(bytes) {
            let _ = self.rewind_to_position();
            return Err(self.write_error(source));
        }
        self.position.bytes += bytes.len() as u64;
        self.position.frames += 1;
        Ok(())
    }

    /// Replaces bytes inside the file, then goes back to its end.
    pub(crate) fn overwrite(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FormatError> {
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.write_all(bytes))
            .and_then(|()| self.file.seek(SeekFrom::Start(self.position.bytes)))
            .map_err(|source| self.write_error(source))?;
        Ok(())
    }

    /// Forgets everything behind `position`.
    pub(crate) fn cut(&mut self, position: Position) -> Result<(), FormatError> {
        self.check_length(position)?;
        self.position = position;
        self.rewind_to_position()
            .map_err(|source| self.write_error(source))
    }

    /// Waits until the disk has everything.
    pub(crate) fn sync(&mut self) -> Result<(), FormatError> {
        match self.file.sync_data() {
            // Pipes and devices cannot be synced; there is nothing to lose on them.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            result => result.map_err(|source| self.write_error(source)),
        }
    }

    /// Whether the file reaches that far.
    pub(crate) fn check_length(&self, position: Position) -> Result<(), FormatError> {
        let metadata = self.file.metadata();
        let metadata = metadata.map_err(|source| FormatError::open(&self.path, source))?;
        match metadata.len() {
            length if length < position.bytes => {
                Err(self.unreachable(position, format!("the file has only {length} bytes")))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn unreachable(&self, position: Position, problem: String) -> FormatError {
        FormatError::Position {
            path: self.path.clone(),
            frames: position.frames,
            bytes: position.bytes,
            problem,
        }
    }

    fn rewind_to_position(&mut self) -> io::Result<()> {
        self.file.set_len(self.position.bytes)?;
        self.file
            .seek(SeekFrom::Start(self.position.bytes))
            .map(drop)
    }

    fn write_error(&self, source: io::Error) -> FormatError {
        FormatError::Write {
            path: self.path.clone(),
            place: Place::Frame(self.position.frames),
            source,
        }
    }
}
