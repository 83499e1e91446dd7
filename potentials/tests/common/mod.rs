//! Reads numpy's `.npz` (a zip of `.npy` arrays) for comparisons with reference values, and finds test files.
#![allow(dead_code, missing_docs)]

pub mod edit;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// An array of any of numpy's plain types, as f64, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

/// A file of this crate's `tests/data`.
pub fn test_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// A file of the optional folder of large reference files; None (and one line of output) where there is none.
pub fn shared_file(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let folder = std::env::var_os("OREO_SHARED").unwrap_or_else(|| default.into());
    let path = Path::new(&folder).join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// Every array of the file by name, `F_f64` for `F_f64.npy`.
pub fn read_npz(path: &Path) -> BTreeMap<String, Array> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let mut arrays = BTreeMap::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().trim_end_matches(".npy").to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        arrays.insert(name, read_npy(&bytes));
    }
    arrays
}

/// Header: magic, version, length, then a Python dictionary of `descr`, `fortran_order` and `shape`.
fn read_npy(bytes: &[u8]) -> Array {
    assert!(bytes.starts_with(b"\x93NUMPY"), "not an npy array");
    let (start, length) = match bytes[6] {
        1 => (
            10,
            u16::from_le_bytes(bytes[8..10].try_into().unwrap()) as usize,
        ),
        _ => (
            12,
            u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize,
        ),
    };
    let (header, numbers) = bytes[start..].split_at(length);
    let header = std::str::from_utf8(header).unwrap();
    assert!(header.contains("'fortran_order': False"), "{header}");
    let kind = after(header, "'descr': '").split('\'').next().unwrap();
    let shape = after(header, "'shape': (").split(')').next().unwrap();
    Array {
        shape: shape
            .split(',')
            .filter_map(|length| length.trim().parse().ok())
            .collect(),
        values: decode(kind, numbers),
    }
}

fn after<'a>(text: &'a str, key: &str) -> &'a str {
    let at = text
        .find(key)
        .unwrap_or_else(|| panic!("no {key} in {text}"));
    &text[at + key.len()..]
}

fn decode(kind: &str, bytes: &[u8]) -> Vec<f64> {
    macro_rules! decode {
        ($number:ty) => {
            bytes
                .chunks_exact(std::mem::size_of::<$number>())
                .map(|number| <$number>::from_le_bytes(number.try_into().unwrap()) as f64)
                .collect()
        };
    }
    match kind {
        "<f8" => decode!(f64),
        "<f4" => decode!(f32),
        "<i4" => decode!(i32),
        "<i8" => decode!(i64),
        "|u1" => decode!(u8),
        other => panic!("numpy type {other} is not read"),
    }
}
