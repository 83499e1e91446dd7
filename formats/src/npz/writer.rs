//! Writing an npz file that `numpy.load` reads, all or nothing.

use crate::error::{FormatError, Place};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Values of one array, in C order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NpzArray<'a> {
    /// `<f8`
    F64(&'a [f64]),
    /// `<i8`
    I64(&'a [i64]),
}

/// Writes named arrays, `(name, shape, values)`, e.g. `("forces", &[frames, atoms, 3], NpzArray::F64(&forces))`.
/// Uncompressed, without dates: equal arrays give equal bytes. A temporary file beside it is renamed at the end, so that
/// an older file stays whole until the new one is.
pub fn write_npz(
    path: impl AsRef<Path>,
    arrays: &[(&str, &[usize], NpzArray<'_>)],
) -> Result<(), FormatError> {
    let path = path.as_ref();
    check_shapes(path, arrays)?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".partial");
    let temporary = PathBuf::from(temporary);
    let written = write_all(&temporary, arrays).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        let _ = fs::remove_file(&temporary);
        FormatError::Write {
            path: path.into(),
            place: Place::Whole,
            source,
        }
    })
}

fn check_shapes(path: &Path, arrays: &[(&str, &[usize], NpzArray<'_>)]) -> Result<(), FormatError> {
    for (name, shape, values) in arrays {
        let product = shape
            .iter()
            .try_fold(1_usize, |product, &axis| product.checked_mul(axis));
        if product != Some(values.len()) {
            return Err(FormatError::Shape {
                path: path.into(),
                key: name.to_string(),
                found: super::show_shape(shape),
                expected: format!("one for {} values", values.len()),
            });
        }
    }
    Ok(())
}

fn write_all(path: &Path, arrays: &[(&str, &[usize], NpzArray<'_>)]) -> io::Result<()> {
    let mut archive = ZipWriter::new(BufWriter::new(File::create(path)?));
    for (name, shape, values) in arrays {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .large_file(values.len() > 1 << 28);
        archive.start_file(format!("{name}.npy"), options)?;
        archive.write_all(&header(values, shape))?;
        values.write(&mut archive)?;
    }
    let file = archive.finish()?.into_inner()?;
    file.sync_all()
}

/// Version 1; padded so that the numbers start at a multiple of 64 bytes, as NumPy asks.
fn header(values: &NpzArray<'_>, shape: &[usize]) -> Vec<u8> {
    let descr = match values {
        NpzArray::F64(_) => "<f8",
        NpzArray::I64(_) => "<i8",
    };
    let shape = super::show_shape(shape);
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let padding = 63 - (10 + text.len()) % 64;
    text.extend(std::iter::repeat_n(' ', padding));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    // At most 32 axes of 20 digits: always below 2^16.
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes
}

impl NpzArray<'_> {
    fn len(&self) -> usize {
        match self {
            NpzArray::F64(values) => values.len(),
            NpzArray::I64(values) => values.len(),
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut buffer = Vec::with_capacity(8 * 8192);
        for start in (0..self.len()).step_by(8192) {
            let end = (start + 8192).min(self.len());
            buffer.clear();
            match self {
                NpzArray::F64(values) => {
                    buffer.extend(values[start..end].iter().flat_map(|v| v.to_le_bytes()));
                }
                NpzArray::I64(values) => {
                    buffer.extend(values[start..end].iter().flat_map(|v| v.to_le_bytes()));
                }
            }
            out.write_all(&buffer)?;
        }
        Ok(())
    }
}
