//! The header of an npy entry: `{'descr': '<f8', 'fortran_order': False, 'shape': (8633, 9, 3), }`.
//! Format: NumPy's documentation, "numpy.lib.format", versions 1 to 3.

use std::io::{self, Read};

/// How one number is stored, little endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Float,
    Signed,
    Unsigned,
    /// UTF-32
    Text,
    /// One byte a character.
    Bytes,
}

/// What is in the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Bytes per number.
    pub(super) size: usize,
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
    /// Product of the shape.
    pub(super) count: usize,
}

/// A header of more is no header.
const LONGEST: usize = 1 << 16;
/// Characters; texts are units and names.
const LONGEST_TEXT: usize = 1024;
/// NumPy itself allows no more axes.
const MOST_AXES: usize = 32;

/// Why the header cannot be read.
#[derive(Debug)]
pub(super) enum HeaderError {
    Io(io::Error),
    Malformed(String),
}

impl Header {
    pub(super) fn read(source: &mut dyn Read) -> Result<Self, HeaderError> {
        let mut start = [0; 8];
        source.read_exact(&mut start).map_err(HeaderError::Io)?;
        if &start[..6] != b"\x93NUMPY" {
            return Err(HeaderError::Malformed("is no npy array".into()));
        }
        let length = match start[6] {
            1 => usize::from(u16::from_le_bytes(bytes(source)?)),
            2 | 3 => u32::from_le_bytes(bytes(source)?) as usize,
            version => {
                let problem = format!("has npy version {version}, known are 1 to 3");
                return Err(HeaderError::Malformed(problem));
            }
        };
        if length > LONGEST {
            let problem = format!("has a header of {length} bytes");
            return Err(HeaderError::Malformed(problem));
        }
        let mut text = vec![0; length];
        source.read_exact(&mut text).map_err(HeaderError::Io)?;
        let text = String::from_utf8_lossy(&text);
        Self::parse(&text).map_err(HeaderError::Malformed)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let descr = after(text, "'descr'")?;
        let descr = descr
            .strip_prefix('\'')
            .and_then(|rest| rest.split('\'').next())
            .ok_or("has a structured type, not plain numbers")?;
        let (kind, size) = kind(descr)?;
        let fortran = match after(text, "'fortran_order'")? {
            rest if rest.starts_with("True") => true,
            rest if rest.starts_with("False") => false,
            _ => return Err("has a header without True or False for fortran_order".into()),
        };
        let shape = shape(after(text, "'shape'")?)?;
        let count = shape
            .iter()
            .try_fold(1_usize, |product, &axis| product.checked_mul(axis))
            .ok_or("has a shape of more numbers than a computer can hold")?;
        Ok(Self {
            kind,
            size,
            fortran,
            shape,
            count,
        })
    }
}

fn bytes<const N: usize>(source: &mut dyn Read) -> Result<[u8; N], HeaderError> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes).map_err(HeaderError::Io)?;
    Ok(bytes)
}

fn after<'a>(text: &'a str, key: &str) -> Result<&'a str, String> {
    let missing = || format!("has a header without {key}");
    let (_, rest) = text.split_once(key).ok_or_else(missing)?;
    let rest = rest.trim_start().strip_prefix(':').ok_or_else(missing)?;
    Ok(rest.trim_start())
}

fn kind(descr: &str) -> Result<(Kind, usize), String> {
    let unknown = || {
        format!(
            "has type '{}' (known: little-endian floats, integers and text)",
            descr.escape_default()
        )
    };
    let mut characters = descr.chars();
    let order = characters.next().ok_or_else(unknown)?;
    let letter = characters.next().ok_or_else(unknown)?;
    let size: usize = characters.as_str().parse().map_err(|_| unknown())?;
    match (order, letter, size) {
        ('<', 'f', 4 | 8) => Ok((Kind::Float, size)),
        ('<', 'i', 2 | 4 | 8) | ('|', 'i', 1) => Ok((Kind::Signed, size)),
        ('<', 'u', 2 | 4 | 8) | ('|', 'u', 1) => Ok((Kind::Unsigned, size)),
        ('<', 'U', 1..=LONGEST_TEXT) => Ok((Kind::Text, 4 * size)),
        ('|', 'S', 1..=LONGEST_TEXT) => Ok((Kind::Bytes, size)),
        _ => Err(unknown()),
    }
}

fn shape(text: &str) -> Result<Vec<usize>, String> {
    let no_tuple = || "has a header whose shape is no tuple of numbers".to_string();
    let inside = text
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
        .ok_or_else(no_tuple)?
        .0;
    let axes = inside.split(',').map(str::trim).filter(|a| !a.is_empty());
    let shape: Vec<usize> = axes
        .map(|axis| axis.parse().map_err(|_| no_tuple()))
        .collect::<Result<_, _>>()?;
    match shape.len() <= MOST_AXES {
        true => Ok(shape),
        false => Err(no_tuple()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_by_hand() {
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (8633, 9, 3), }";
        let header = Header::parse(text).unwrap();
        assert_eq!((header.kind, header.size), (Kind::Float, 8));
        assert_eq!((header.shape, header.count), (vec![8633, 9, 3], 8633 * 27));
        let text = "{'shape': (), 'descr':'|u1','fortran_order':True}";
        assert_eq!(Header::parse(text).unwrap().count, 1);
    }

    #[test]
    fn foreign_types_and_absurd_shapes_are_refused() {
        let header = |descr: &str, shape: &str| {
            Header::parse(&format!(
                "{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
            ))
        };
        assert!(header("'>f8'", "(2,)").unwrap_err().contains(">f8"));
        assert!(header("'<c16'", "(2,)").is_err());
        assert!(header("[('a', '<f8')]", "(2,)")
            .unwrap_err()
            .contains("structured"));
        assert!(header("'<f8'", "(-1,)").is_err());
        assert!(header("'<f8'", "(4294967296, 4294967296)").is_err());
        assert!(header("'<f8'", "2").is_err());
    }
}
