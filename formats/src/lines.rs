//! Numbered lines of a text file, plain or gzip, in bounded memory.

use crate::error::{FormatError, Place};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A line longer than this is a corrupt or binary file, not a comment.
const LONGEST_LINE: u64 = 1 << 20;

/// Reads line by line into one buffer.
pub(crate) struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    buffer: Vec<u8>,
    number: u64,
}

impl Lines {
    /// Looks at the first two bytes, not at the name, to see whether the file is compressed.
    pub(crate) fn open(path: &Path) -> Result<Self, FormatError> {
        let file = File::open(path).map_err(|source| FormatError::open(path, source))?;
        let mut plain = BufReader::with_capacity(1 << 16, file);
        let start = plain
            .fill_buf()
            .map_err(|source| FormatError::open(path, source))?;
        let reader: Box<dyn BufRead + Send> = match start.starts_with(&[0x1f, 0x8b]) {
            true => Box::new(BufReader::with_capacity(
                1 << 16,
                MultiGzDecoder::new(plain),
            )),
            false => Box::new(plain),
        };
        Ok(Self {
            path: path.into(),
            reader,
            buffer: Vec::new(),
            number: 0,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Number of the line that was read last, from 1.
    pub(crate) fn place(&self) -> Place {
        Place::Line(self.number)
    }

    /// The next line without its end; `None` behind the last one.
    pub(crate) fn advance(&mut self) -> Result<Option<&str>, FormatError> {
        self.buffer.clear();
        let read = (&mut self.reader)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut self.buffer)
            .map_err(|source| self.read_error(source))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 == LONGEST_LINE && !self.buffer.ends_with(b"\n") {
            return Err(self.malformed("line is longer than 1 MiB"));
        }
        match std::str::from_utf8(&self.buffer) {
            Ok(line) => Ok(Some(line.trim_end_matches(['\n', '\r']))),
            Err(_) => Err(self.malformed("not text (invalid UTF-8)")),
        }
    }

    fn malformed(&self, problem: &str) -> FormatError {
        FormatError::malformed(
            &self.path,
            self.place(),
            problem,
            "check that this is a text file and not damaged",
        )
    }

    /// A cut gzip stream is a truncated file, everything else is the system's word.
    fn read_error(&self, source: io::Error) -> FormatError {
        let path = self.path.clone();
        let place = Place::Line(self.number + 1);
        match source.kind() {
            io::ErrorKind::UnexpectedEof => FormatError::Truncated {
                path,
                place,
                inside: "the compressed stream".into(),
            },
            _ => FormatError::Read {
                path,
                place,
                source,
            },
        }
    }
}
