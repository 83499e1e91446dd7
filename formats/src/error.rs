//! Why a file cannot be read or written: one line that says what, where, and what to do.

use oreo_core::UnknownElement;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// Line of a text file, counted from 1.
    Line(u64),
    /// Frame, counted from 0.
    Frame(u64),
    /// Offset in a binary file, counted from 0.
    Byte(u64),
    /// Named array of an npz file.
    Key(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Whole => Ok(()),
            Place::Line(line) => write!(f, ", line {line}"),
            Place::Frame(frame) => write!(f, ", frame {frame}"),
            Place::Byte(byte) => write!(f, ", byte {byte}"),
            Place::Key(key) => write!(f, ", array '{key}'"),
        }
    }
}

/// Everything that can go wrong with a file. Each message is one line: file, place, problem, remedy.
#[derive(Debug, Error)]
pub enum FormatError {
    /// Not there, or not allowed.
    #[error("{}: cannot open: {source}; check the name and its permissions", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused to read on.
    #[error("{}{place}: cannot read: {source}; check the disk, or copy the file again", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// How far it got.
        place: Place,
        /// What the system said.
        source: io::Error,
    },
    /// Disk full, permission, network drive gone.
    #[error("{}{place}: cannot write: {source}; free some space or choose another place, everything before is intact", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The frame that was to be written.
        place: Place,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing in it.
    #[error("{}: has no frames; check that it was written or downloaded completely", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Ends in the middle of something.
    #[error("{}{place}: file ends inside {inside}; copy it again, or cut it before this frame", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Where the incomplete part starts.
        place: Place,
        /// What is incomplete, e.g. `frame 7 (4 of 9 atoms)`.
        inside: String,
    },
    /// Text or bytes that do not follow the format.
    #[error("{}{place}: {problem}; {remedy}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// What is wrong, with what was found.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// No such element.
    #[error("{}{place}: {source}; correct the symbol", path.display())]
    UnknownElement {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// What was found.
        source: UnknownElement,
    },
    /// NaN or infinity.
    #[error("{}{place}: {quantity} is {value}, not a finite number; remove this frame or compute it again", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// e.g. `position of atom 3`.
        quantity: String,
        /// The offending number.
        value: f64,
    },
    /// A slab or a wire.
    #[error("{}{place}: pbc is '{pbc}': only all three directions or none can be periodic; pad the open directions with vacuum and set pbc=\"T T T\"", path.display())]
    PartiallyPeriodic {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// As written, e.g. `T T F`.
        pbc: String,
    },
    /// A correct file of a kind that is not supported here.
    #[error("{}: {what}; {remedy}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is not supported.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// An npz file without a needed array.
    #[error("{}: has no array '{key}' (it has: {present}); {remedy}", path.display())]
    MissingArray {
        /// The file.
        path: PathBuf,
        /// Looked for.
        key: String,
        /// Found, separated by spaces.
        present: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Arrays that do not fit each other.
    #[error("{}, array '{key}': has shape {found}, expected {expected}; check how the file was made", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Which array.
        key: String,
        /// e.g. `(1000, 9, 3)`.
        found: String,
        /// e.g. `(frames, 9, 3)`.
        expected: String,
    },
    /// Numbers that make no sense in the declared units.
    #[error("{}: {evidence} if {declared}; {advice}", path.display())]
    Units {
        /// The file.
        path: PathBuf,
        /// e.g. `energies are in eV`.
        declared: String,
        /// e.g. `root mean square force is 26.1 eV/Å`.
        evidence: String,
        /// Which unit would fit, or how to accept the numbers.
        advice: String,
    },
    /// A frame that the format cannot hold.
    #[error("{}, frame {frame}: cannot write it: {problem}; {remedy}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Index in the file.
        frame: u64,
        /// Why not.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Asked for a frame behind the last one.
    #[error("{}: has no frame {frame}, only 0 to {last}; choose one of those", path.display())]
    NoSuchFrame {
        /// The file.
        path: PathBuf,
        /// Asked for.
        frame: u64,
        /// Last one there is.
        last: u64,
    },
    /// A trajectory that does not reach the position of a checkpoint.
    #[error("{}: cannot continue after {frames} frames, {bytes} bytes: {problem}; restore the file that belongs to the checkpoint, or start anew", path.display())]
    Position {
        /// The file.
        path: PathBuf,
        /// Where the checkpoint stands.
        frames: u64,
        /// Where the checkpoint stands.
        bytes: u64,
        /// What is wrong.
        problem: String,
    },
}

impl FormatError {
    pub(crate) fn malformed(
        path: &Path,
        place: Place,
        problem: impl Into<String>,
        remedy: &'static str,
    ) -> Self {
        Self::Malformed {
            path: path.into(),
            place,
            problem: one_line(problem.into()),
            remedy,
        }
    }

    pub(crate) fn unsupported(path: &Path, what: impl Into<String>, remedy: &'static str) -> Self {
        Self::Unsupported {
            path: path.into(),
            what: one_line(what.into()),
            remedy,
        }
    }

    pub(crate) fn open(path: &Path, source: io::Error) -> Self {
        Self::Open {
            path: path.into(),
            source,
        }
    }
}

/// Foreign text in a message: control characters shown as escapes, never longer than a line.
fn one_line(text: String) -> String {
    if text.len() < 400 && !text.chars().any(char::is_control) {
        return text;
    }
    let escaped: String = text
        .chars()
        .flat_map(|c| match c.is_control() {
            true => c.escape_default().collect::<Vec<_>>(),
            false => vec![c],
        })
        .take(400)
        .collect();
    escaped
}

/// A word of the file for a message, shortened.
pub(crate) fn quote(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(40) {
        None => format!("'{text}'"),
        Some((end, _)) => format!("'{}…'", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_on_one_line() {
        let error = FormatError::malformed(
            Path::new("a.xyz"),
            Place::Line(3),
            format!("expected a number, found {}", quote("x\ny")),
            "correct it",
        );
        assert_eq!(
            error.to_string(),
            r"a.xyz, line 3: expected a number, found 'x\ny'; correct it"
        );
    }
}
