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
    /// Units and labels; the units of npz, XYZ and HDF5 files only, for the others have units of their own.
    pub read: ReadOptions,
    /// What computed the labels; `None` takes what the kind of file is known for, if anything.
    pub level: Option<String>,
    /// Table of orbital energies beside a packed QM9.
    pub properties: Option<PathBuf>,
    /// Arrays of an HDF5 file; `None` goes by their names and the declared units.
    pub hdf5: Option<Hdf5Layout>,
}

/// The kinds of files of conformations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// [`Packed`]
    Packed,
    /// [`Hdf5`]
    Hdf5,
    /// [`Sdf`], also a compressed one, which is refused with a remedy
    Sdf,
    /// [`Qm9`]
    Qm9,
    /// [`Qm9Xyz`], a folder
    Qm9Xyz,
    /// [`Labelled`]: whatever `oreo_formats::load` reads
    Labelled,
}

impl SourceKind {
    /// By first bytes where those are unmistakable, else by extension. Every folder counts as raw QM9, and every other
    /// file as one of labelled frames: their readers say what they miss.
    ///
    /// # Errors
    /// A file that cannot be opened, or is empty, or a damaged npz.
    pub fn of(path: &Path) -> Result<Self, TrainingError> {
        if path.is_dir() {
            return Ok(Self::Qm9Xyz);
        }
        let mut start = Vec::new();
        let read = File::open(path).and_then(|file| file.take(8).read_to_end(&mut start));
        read.map_err(|error| {
            file_error(
                path,
                format!("cannot open: {error}; check the name and its permissions"),
            )
        })?;
        let name = path.to_string_lossy().to_ascii_lowercase();
        Ok(match &start[..] {
            [] => {
                return Err(file_error(
                    path,
                    "is empty; check that it was written or downloaded completely",
                ))
            }
            start if start == super::packed::MAGIC => Self::Packed,
            b"\x89HDF\r\n\x1a\n" => Self::Hdf5,
            _ if name.ends_with(".sdf") || name.ends_with(".sdf.gz") => Self::Sdf,
            [b'P', b'K', ..] if NpzReader::open(path)?.has("gdb_index") => Self::Qm9,
            _ => Self::Labelled,
        })
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Packed => "packed",
            Self::Hdf5 => "HDF5",
            Self::Sdf => "SDF",
            Self::Qm9 => "packed QM9",
            Self::Qm9Xyz => "raw QM9",
            Self::Labelled => "labelled frames",
        }
    }
}

/// Any file of conformations, see [`SourceKind`].
///
/// # Errors
/// When the file cannot be read as what it seems to be, or an option has no meaning for it.
pub fn open(path: &Path, options: &SourceOptions) -> Result<Box<dyn Source>, TrainingError> {
    let kind = SourceKind::of(path)?;
    refuse_options_without_meaning(path, kind, options)?;
    let level = options.level.as_deref();
    Ok(match kind {
        SourceKind::Packed => Box::new(Packed::open(path)?.with_level(level)),
        SourceKind::Hdf5 => {
            let layout = match &options.hdf5 {
                Some(layout) => layout.clone(),
                None => Hdf5Layout::of(path, options.read.units)?,
            };
            let level = options.level.clone().or(layout.level);
            Box::new(Hdf5::open(path, Hdf5Layout { level, ..layout })?)
        }
        SourceKind::Sdf => Box::new(Sdf::open(path, level)?),
        SourceKind::Qm9 => Box::new(Qm9::open(path, options.properties.as_deref())?),
        SourceKind::Qm9Xyz => Box::new(Qm9Xyz::open(path)?),
        SourceKind::Labelled => Box::new(Labelled::open(path, &options.read, level)?),
    })
}

/// A declaration that nobody reads would mislead whoever made it.
fn refuse_options_without_meaning(
    path: &Path,
    kind: SourceKind,
    options: &SourceOptions,
) -> Result<(), TrainingError> {
    let has_units = matches!(kind, SourceKind::Hdf5 | SourceKind::Labelled);
    let problem = match options.read {
        ReadOptions { units: Some(_), .. } if !has_units => "units",
        ReadOptions {
            labels: Some(_), ..
        } if kind != SourceKind::Labelled => "labels",
        _ => return Ok(()),
    };
    Err(file_error(
        path,
        format!(
            "{problem} were declared, but {} files have their own; leave the declaration away",
            kind.name()
        ),
    ))
}
