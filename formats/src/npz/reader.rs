//! Reading named arrays out of an npz file.

use super::header::{Header, HeaderError, Kind};
use super::{show_shape, Array};
use crate::error::{FormatError, Place};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use zip::result::ZipError;
use zip::ZipArchive;

/// An open npz file; arrays are read when asked for.
pub struct NpzReader {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
    names: Vec<String>,
}

/// Numbers decoded at a time.
const CHUNK: usize = 8192;
/// Deflate turns one byte into at most 1032.
const BEST_COMPRESSION: u64 = 1032;

impl NpzReader {
    /// Opens the file and reads its table of contents.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FormatError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|source| FormatError::open(path, source))?;
        if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
            return Err(FormatError::Empty { path: path.into() });
        }
        let archive = ZipArchive::new(BufReader::new(file))
            .map_err(|error| archive_error(path, Place::Whole, error))?;
        let names = archive
            .file_names()
            .filter_map(|name| Some(name.ok()?.strip_suffix(".npy")?.to_string()))
            .collect();
        Ok(Self {
            path: path.into(),
            archive,
            names,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of the arrays, without `.npy`.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is an array of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Floats or integers, as f64.
    pub fn floats(&mut self, name: &str) -> Result<Array<f64>, FormatError> {
        self.array(name, |kind, bytes| match (kind, bytes) {
            (Kind::Float, &[a, b, c, d]) => Some(f64::from(f32::from_le_bytes([a, b, c, d]))),
            (Kind::Float, _) => Some(f64::from_bits(unsigned(bytes))),
            (Kind::Signed, _) => Some(signed(bytes) as f64),
            (Kind::Unsigned, _) => Some(unsigned(bytes) as f64),
            (Kind::Text | Kind::Bytes, _) => None,
        })
    }

    /// Integers only.
    pub fn integers(&mut self, name: &str) -> Result<Array<i64>, FormatError> {
        self.array(name, |kind, bytes| match kind {
            Kind::Signed => Some(signed(bytes)),
            Kind::Unsigned => i64::try_from(unsigned(bytes)).ok(),
            _ => None,
        })
    }

    /// A single text, e.g. a unit.
    pub fn text(&mut self, name: &str) -> Result<String, FormatError> {
        let mut texts = self.array(name, |kind, bytes| match kind {
            Kind::Text => bytes
                .chunks_exact(4)
                .map(|code| char::from_u32(unsigned(code) as u32))
                .collect(),
            Kind::Bytes => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        })?;
        match (texts.values.pop(), texts.values.is_empty()) {
            (Some(text), true) => Ok(text.trim_end_matches('\0').to_string()),
            _ => Err(FormatError::Shape {
                path: self.path.clone(),
                key: name.into(),
                found: show_shape(&texts.shape),
                expected: "() (one text)".into(),
            }),
        }
    }

    /// `decode` gets the bytes of one value; `None` says that this type does not fit.
    fn array<T: Clone>(
        &mut self,
        name: &str,
        decode: impl Fn(Kind, &[u8]) -> Option<T>,
    ) -> Result<Array<T>, FormatError> {
        let place = || Place::Key(name.to_string());
        if !self.has(name) {
            return Err(self.missing(name, "give a file that has it"));
        }
        let path = &self.path;
        let mut entry = self
            .archive
            .by_name(&format!("{name}.npy"))
            .map_err(|error| archive_error(path, place(), error))?;
        let header = Header::read(&mut entry).map_err(|error| match error {
            HeaderError::Io(source) => read_error(path, place(), source),
            HeaderError::Malformed(problem) => corrupt(path, place(), problem),
        })?;
        let most = entry.compressed_size().saturating_mul(BEST_COMPRESSION);
        if (header.count as u64).saturating_mul(header.size as u64) > most {
            let shape = show_shape(&header.shape);
            let problem = format!("is too short for its shape {shape}");
            return Err(corrupt(path, place(), problem));
        }
        let values = read_values(&mut entry, &header, decode).map_err(|error| match error {
            ValuesError::Io(source) => read_error(path, place(), source),
            ValuesError::WrongType => wrong_type(path, name),
            ValuesError::More => {
                let shape = show_shape(&header.shape);
                corrupt(path, place(), format!("has more than its shape {shape}"))
            }
        })?;
        Ok(in_c_order(header, values))
    }

    pub(crate) fn missing(&self, key: &str, remedy: &'static str) -> FormatError {
        let mut names = self.names.clone();
        names.truncate(20);
        FormatError::MissingArray {
            path: self.path.clone(),
            key: key.into(),
            present: names.join(" ").escape_debug().take(400).collect(),
            remedy,
        }
    }
}

enum ValuesError {
    Io(std::io::Error),
    WrongType,
    More,
}

/// Grows with what arrives, whatever the header claims.
fn read_values<T>(
    source: &mut dyn Read,
    header: &Header,
    decode: impl Fn(Kind, &[u8]) -> Option<T>,
) -> Result<Vec<T>, ValuesError> {
    let size = header.size;
    let mut buffer = vec![0; size * CHUNK.min(header.count)];
    let mut values = Vec::with_capacity(CHUNK.min(header.count));
    while values.len() < header.count {
        let now = CHUNK.min(header.count - values.len());
        let bytes = &mut buffer[..now * size];
        source.read_exact(bytes).map_err(ValuesError::Io)?;
        for value in bytes.chunks_exact(size) {
            values.push(decode(header.kind, value).ok_or(ValuesError::WrongType)?);
        }
    }
    match source.read(&mut [0]).map_err(ValuesError::Io)? {
        0 => Ok(values),
        _ => Err(ValuesError::More),
    }
}

/// Zero-extended, little endian; at most eight bytes.
fn unsigned(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// Sign-extended, little endian; at most eight bytes.
fn signed(bytes: &[u8]) -> i64 {
    let unused = 64 - 8 * bytes.len().clamp(1, 8) as u32;
    ((unsigned(bytes) << unused) as i64) >> unused
}

/// Fortran order has the first axis running fastest.
fn in_c_order<T: Clone>(header: Header, values: Vec<T>) -> Array<T> {
    let shape = header.shape;
    if !header.fortran || shape.len() < 2 || values.is_empty() {
        return Array { shape, values };
    }
    let mut ordered = Vec::with_capacity(values.len());
    let mut index = vec![0; shape.len()];
    for _ in 0..values.len() {
        let place = index
            .iter()
            .zip(&shape)
            .rev()
            .fold(0, |place, (&i, &length)| place * length + i);
        ordered.push(values[place].clone());
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    Array {
        shape,
        values: ordered,
    }
}

fn wrong_type(path: &Path, name: &str) -> FormatError {
    FormatError::malformed(
        path,
        Place::Key(name.into()),
        "has another type of values than is needed here",
        "check that the file is of the kind that you named",
    )
}

fn corrupt(path: &Path, place: Place, problem: String) -> FormatError {
    FormatError::malformed(
        path,
        place,
        problem,
        "save it again with numpy.savez of plain little-endian arrays",
    )
}

fn read_error(path: &Path, place: Place, source: std::io::Error) -> FormatError {
    match source.kind() {
        ErrorKind::UnexpectedEof => FormatError::Truncated {
            path: path.into(),
            place,
            inside: "the array (fewer numbers than its shape says)".into(),
        },
        ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other => {
            damaged(path, place, source.to_string())
        }
        _ => FormatError::Read {
            path: path.into(),
            place,
            source,
        },
    }
}

fn archive_error(path: &Path, place: Place, error: ZipError) -> FormatError {
    match error {
        ZipError::Io(source) => read_error(path, place, source),
        other => damaged(path, place, other.to_string()),
    }
}

fn damaged(path: &Path, place: Place, what: String) -> FormatError {
    FormatError::malformed(
        path,
        place,
        format!("damaged or no npz archive ({what})"),
        "copy or download it again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_width() {
        assert_eq!(signed(&[0xff]), -1);
        assert_eq!(signed(&[0xfe, 0xff]), -2);
        assert_eq!(signed(&(-5_i64).to_le_bytes()), -5);
        assert_eq!(unsigned(&[1, 2]), 513);
    }

    #[test]
    fn fortran_order_is_transposed() {
        let header = |shape: &[usize]| Header {
            kind: Kind::Float,
            size: 8,
            fortran: true,
            shape: shape.to_vec(),
            count: shape.iter().product(),
        };
        // [[1, 2, 3], [4, 5, 6]] by columns; catches the two orders exchanged.
        let array = in_c_order(header(&[2, 3]), vec![1, 4, 2, 5, 3, 6]);
        assert_eq!(array.values, [1, 2, 3, 4, 5, 6]);
        // Element (i, j, k) carries 100 i + 10 j + k.
        let mut values = vec![0; 24];
        for (i, j, k) in (0..24).map(|n| (n / 12, n / 4 % 3, n % 4)) {
            values[i + 2 * (j + 3 * k)] = 100 * i + 10 * j + k;
        }
        let array = in_c_order(header(&[2, 3, 4]), values);
        assert!(array.values.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
