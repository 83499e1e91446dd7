//! Any file of conformations.

use super::{file_error, Hdf5, Hdf5Layout, Labelled, Packed, Qm9, Qm9Xyz, Sdf, Source};
use crate::TrainingError;
use oreo_formats::npz::NpzReader;
use oreo_formats::ReadOptions;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a file does not say about itself.
#[derive(Debug, Clone, Default)]
pub struct SourceOptions {
    /// Units and labels of npz and XYZ files.
    pub read: ReadOptions,
    /// What computed the labels; `None` takes what the kind of file is known for, if anything.
    pub level: Option<String>,
    /// Table of orbital energies beside a packed QM9.
    pub properties: Option<PathBuf>,
    /// Arrays of an HDF5 file; `None` takes it for ANI-1x.
    pub hdf5: Option<Hdf5Layout>,
}

/// A packed file, HDF5, SDF, a folder of raw QM9 files, packed QM9, or whatever `oreo_formats::load` reads: by first bytes
/// where those are unmistakable, else by extension.
///
/// # Errors
/// When the file cannot be read as what it seems to be.
pub fn open(path: &Path, options: &SourceOptions) -> Result<Box<dyn Source>, TrainingError> {
    if path.is_dir() {
        return Ok(Box::new(Qm9Xyz::open(path)?));
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(8).read_to_end(&mut start));
    read.map_err(|error| {
        file_error(
            path,
            format!("cannot open: {error}; check the name and its permissions"),
        )
    })?;
    let level = options.level.as_deref();
    let extension = path
        .extension()
        .map(|extension| extension.to_ascii_lowercase());
    Ok(match &start[..] {
        [] => {
            return Err(file_error(
                path,
                "is empty; check that it was written or downloaded completely",
            ))
        }
        start if start == super::packed::MAGIC => Box::new(Packed::open(path)?),
        b"\x89HDF\r\n\x1a\n" => {
            let mut layout = options.hdf5.clone().unwrap_or_else(Hdf5Layout::ani1x);
            layout.level = options.level.clone().or(layout.level);
            Box::new(Hdf5::open(path, layout)?)
        }
        // Compressed ones cannot be read from the middle; `Sdf` says what to do.
        _ if extension.is_some_and(|extension| extension == "sdf") || is_compressed_sdf(path) => {
            Box::new(Sdf::open(path, level)?)
        }
        [b'P', b'K', ..] if NpzReader::open(path)?.has("gdb_index") => {
            Box::new(Qm9::open(path, options.properties.as_deref())?)
        }
        _ => Box::new(Labelled::open(path, &options.read, level)?),
    })
}

fn is_compressed_sdf(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    name.ends_with(".sdf.gz")
}
