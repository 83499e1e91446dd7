//! Any file: frames of it, one structure of it, or all of it as a data set.

use crate::data_set::{Atoms, DataSet};
use crate::dcd::DcdReader;
use crate::declared_units::DeclaredUnits;
use crate::error::{FormatError, Place};
use crate::md17;
use crate::npz::NpzReader;
use crate::plausibility;
use crate::xyz::XyzReader;
use oreo_core::{Cell, Element, Frame};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Which labels of an rMD17 file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    /// `energies forces`: PBE/def2-SVP with tight settings.
    Rmd17,
    /// `old_energies old_forces`: the original MD17 labels, PBE+vdW-TS.
    Md17,
}

/// What a file does not say about itself. The default suits files that need no help.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Elements in the order of the atoms, for formats that have none (DCD, XTC, TRR, NetCDF).
    pub elements: Option<Vec<Element>>,
    /// Which labels of an rMD17 file; `None` takes the revised ones there, and the only ones elsewhere.
    pub labels: Option<Labels>,
    /// Units of a data set; `None` takes what the file says or is known for (npz: kcal/mol, XYZ: eV; both Å).
    pub units: Option<DeclaredUnits>,
    /// Accept a data set even when its numbers look wrong in these units.
    pub skip_unit_check: bool,
}

/// Frames of a file, in order; ends after the first error.
pub type Frames = Box<dyn Iterator<Item = Result<Frame, FormatError>>>;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// XYZ or extended XYZ, plain or gzip.
    Xyz,
    /// DCD.
    Dcd,
    /// Arrays of NumPy.
    Npz,
    /// One that only the chemfiles library reads: PDB, XTC, TRR, NetCDF, SDF, …
    Chemfiles,
}

impl FileFormat {
    /// By the first bytes where those are unmistakable, else by the extension.
    pub fn of(path: impl AsRef<Path>) -> Result<Self, FormatError> {
        let path = path.as_ref();
        let mut start = Vec::new();
        File::open(path)
            .and_then(|file| file.take(12).read_to_end(&mut start))
            .map_err(|source| FormatError::open(path, source))?;
        let name = path.to_string_lossy().to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match &start[..] {
            [] => Err(FormatError::Empty { path: path.into() }),
            [_, _, _, _, b'C', b'O', b'R', b'D', ..] => Ok(Self::Dcd),
            [b'P', b'K', 3, 4, ..] => Ok(Self::Npz),
            _ => match extension {
                "xyz" | "extxyz" => Ok(Self::Xyz),
                "dcd" => Ok(Self::Dcd),
                "npz" => Ok(Self::Npz),
                "pdb" | "xtc" | "trr" | "nc" | "ncdf" | "sdf" | "mol2" | "gro" | "cif" | "mmtf" => {
                    Ok(Self::Chemfiles)
                }
                _ => Err(FormatError::unsupported(
                    path,
                    "neither its name nor its first bytes belong to a known format",
                    "name it .xyz, .extxyz, .dcd, .npz, .pdb, .xtc, .trr, .nc or .sdf after what it is",
                )),
            },
        }
    }
}

/// Frames of any readable file. XYZ, DCD and chemfiles stream; npz is loaded and checked first.
pub fn read_frames(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Frames, FormatError> {
    let path = path.as_ref();
    match FileFormat::of(path)? {
        FileFormat::Xyz => Ok(Box::new(XyzReader::open(path)?)),
        FileFormat::Dcd => {
            let elements = options.elements.as_deref().ok_or_else(|| {
                FormatError::unsupported(
                    path,
                    "DCD has no elements",
                    "give a structure with the same atoms beside it (--structure)",
                )
            })?;
            Ok(Box::new(DcdReader::open(path, elements)?))
        }
        FileFormat::Npz => {
            let set = load(path, options)?;
            Ok(Box::new((0..set.len()).map(move |i| Ok(set.frame(i)))))
        }
        FileFormat::Chemfiles => chemfiles_frames(path, options),
    }
}

#[cfg(feature = "chemfiles")]
fn chemfiles_frames(path: &Path, options: &ReadOptions) -> Result<Frames, FormatError> {
    let reader = crate::ChemfilesReader::open(path, options.elements.as_deref())?;
    Ok(Box::new(reader))
}

#[cfg(not(feature = "chemfiles"))]
fn chemfiles_frames(path: &Path, _: &ReadOptions) -> Result<Frames, FormatError> {
    Err(FormatError::unsupported(
        path,
        "this format needs the chemfiles library, and Oreo was built without it",
        "rebuild with --features chemfiles, or convert the file to extended XYZ",
    ))
}

/// Frame number `index`, from 0, of any readable file.
pub fn read_structure(
    path: impl AsRef<Path>,
    index: u64,
    options: &ReadOptions,
) -> Result<Frame, FormatError> {
    let path = path.as_ref();
    let mut last = 0;
    for (number, frame) in (0..).zip(read_frames(path, options)?) {
        last = number;
        match frame {
            Ok(frame) if number == index => return Ok(frame),
            Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    Err(FormatError::NoSuchFrame {
        path: path.into(),
        frame: index,
        last,
    })
}

/// A whole file as a data set: npz of any kind, or frames with or without labels. Units are converted, then checked for
/// plausibility unless the options say otherwise.
pub fn load(path: impl AsRef<Path>, options: &ReadOptions) -> Result<DataSet, FormatError> {
    let path = path.as_ref();
    let set = match FileFormat::of(path)? {
        FileFormat::Npz => md17::load(NpzReader::open(path)?, options)?,
        _ => collect(path, options)?,
    };
    if !options.skip_unit_check {
        plausibility::check(&set)?;
    }
    Ok(set)
}

/// Frames one by one into flat lists. A list that only some frames could fill would be misread by everybody.
fn collect(path: &Path, options: &ReadOptions) -> Result<DataSet, FormatError> {
    let units = options.units.unwrap_or(DeclaredUnits::EV_ANGSTROM);
    let mut elements = Vec::new();
    let mut first = vec![0];
    let mut positions = Vec::new();
    let (mut energies, mut forces, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    for frame in read_frames(path, options)? {
        let frame = frame?;
        elements.extend(&frame.elements);
        first.push(elements.len());
        positions.extend(frame.positions.iter().map(|r| units.length.factor() * r));
        energies.extend(frame.energy.map(|energy| units.energy.factor() * energy));
        let scaled = frame.forces.iter().flatten();
        forces.extend(scaled.map(|force| units.force_factor() * force));
        cells.push(scale(&frame.cell, units.length.factor()));
        let number = first.len() - 2;
        all_or_none(path, number, "energy", energies.len(), first.len() - 1)?;
        all_or_none(path, number, "forces", forces.len(), elements.len())?;
    }
    let open = cells.iter().all(|cell| *cell == Cell::Open);
    Ok(DataSet {
        path: path.into(),
        units,
        energies: (!energies.is_empty()).then_some(energies),
        sampling_energies: None,
        forces: (!forces.is_empty()).then_some(forces),
        cells: (!open).then_some(cells),
        old_indices: None,
        positions,
        atoms: shared(elements, first),
    })
}

fn all_or_none(
    path: &Path,
    frame: usize,
    what: &str,
    found: usize,
    all: usize,
) -> Result<(), FormatError> {
    match found == 0 || found == all {
        true => Ok(()),
        false => Err(FormatError::malformed(
            path,
            Place::Frame(frame as u64),
            format!("{what} given for only some of the frames up to here"),
            "keep frames with labels and frames without in separate files",
        )),
    }
}

fn scale(cell: &Cell, factor: f64) -> Cell {
    match cell {
        Cell::Periodic(periodic) if factor != 1.0 => {
            match oreo_core::Periodic::new(periodic.vectors() * factor) {
                Ok(scaled) => Cell::Periodic(scaled),
                // A volume stays a volume under any of the unit factors.
                Err(_) => cell.clone(),
            }
        }
        _ => cell.clone(),
    }
}

/// One list of elements when every frame has the same.
fn shared(elements: Vec<Element>, first: Vec<usize>) -> Atoms {
    let frames = first.len() - 1;
    let one = first.get(1).copied().unwrap_or(0);
    let uniform = one > 0
        && first.windows(2).all(|pair| pair[1] - pair[0] == one)
        && elements.chunks(one).all(|frame| *frame == elements[..one]);
    match uniform {
        true => Atoms::Same {
            elements: elements[..one].to_vec(),
            frames,
        },
        false => Atoms::Varying { elements, first },
    }
}
