//! PDB, XTC, TRR, NetCDF, SDF and more, through the chemfiles library (feature `chemfiles`).
//!
//! chemfiles speaks Å and Å/ps. It opens a file a second time by itself; nothing here is kept between frames.

use crate::error::{FormatError, Place};
use crate::trajectory::{check_finite, check_lengths};
use chemfiles::{Atom, CellShape, Trajectory, UnitCell};
use oreo_core::units::PICOSECOND;
use oreo_core::{Cell, Element, Frame, FrameRef, UnknownElement, Vec3};
use std::path::{Path, PathBuf};

/// Frames of a file, in order; ends after the first error.
pub struct ChemfilesReader {
    path: PathBuf,
    trajectory: Trajectory,
    buffer: chemfiles::Frame,
    elements: Option<Vec<Element>>,
    frame: u64,
    frames: u64,
}

impl ChemfilesReader {
    /// Opens the file; `elements`, in the order of the atoms, for formats that have none (XTC, TRR, NetCDF).
    pub fn open(path: impl AsRef<Path>, elements: Option<&[Element]>) -> Result<Self, FormatError> {
        let path = path.as_ref();
        // The library's own message about a missing file is vague; the system's is not.
        std::fs::File::open(path).map_err(|source| FormatError::open(path, source))?;
        let mut trajectory = Trajectory::open(path, 'r')
            .map_err(|error| library_error(path, Place::Whole, &error))?;
        let frames = trajectory.nsteps() as u64;
        match frames {
            0 => Err(FormatError::Empty { path: path.into() }),
            _ => Ok(Self {
                path: path.into(),
                trajectory,
                buffer: chemfiles::Frame::new(),
                elements: elements.map(<[Element]>::to_vec),
                frame: 0,
                frames,
            }),
        }
    }

    fn read(&mut self) -> Result<Frame, FormatError> {
        let place = Place::Frame(self.frame);
        self.trajectory
            .read(&mut self.buffer)
            .map_err(|error| library_error(&self.path, place, &error))?;
        let positions: Vec<_> = self.buffer.positions().iter().map(vector).collect();
        let velocities = self.buffer.velocities();
        let frame = Frame {
            cell: self.cell()?,
            velocities: velocities
                .map(|list| list.iter().map(|v| vector(v) / PICOSECOND).collect()),
            step: Some(self.buffer.step() as u64),
            ..Frame::new(self.elements(positions.len())?, positions)
        };
        check_lengths(&self.path, self.frame, &frame.as_ref())?;
        check_finite(&self.path, self.frame, &frame.as_ref())?;
        Ok(frame)
    }

    /// Those that were given, else those of the file.
    fn elements(&self, atoms: usize) -> Result<Vec<Element>, FormatError> {
        match &self.elements {
            Some(elements) if elements.len() == atoms => Ok(elements.clone()),
            Some(elements) => Err(FormatError::malformed(
                &self.path,
                Place::Frame(self.frame),
                format!(
                    "has {atoms} atoms, the given structure has {}",
                    elements.len()
                ),
                "give the structure that the trajectory was made from",
            )),
            None => (0..atoms).map(|index| self.element(index)).collect(),
        }
    }

    fn element(&self, index: usize) -> Result<Element, FormatError> {
        let atom = self.buffer.atom(index);
        Element::from_atomic_number(atom.atomic_number() as usize).map_err(|_| {
            FormatError::UnknownElement {
                path: self.path.clone(),
                place: Place::Frame(self.frame),
                source: UnknownElement(format!("{} of atom {index}", atom.atomic_type())),
            }
        })
    }

    fn cell(&self) -> Result<Cell, FormatError> {
        let cell = self.buffer.cell();
        if cell.shape() == CellShape::Infinite {
            return Ok(Cell::Open);
        }
        // The library's matrix has the vectors as columns.
        let m = cell.matrix();
        let rows = [0, 1, 2].map(|k| [m[0][k], m[1][k], m[2][k]]);
        Cell::periodic(rows).map_err(|error| {
            FormatError::malformed(
                &self.path,
                Place::Frame(self.frame),
                error.to_string(),
                "only cells that are periodic in all three directions, or in none, can be read",
            )
        })
    }
}

fn vector(xyz: &[f64; 3]) -> Vec3 {
    Vec3::from(*xyz)
}

fn library_error(path: &Path, place: Place, error: &chemfiles::Error) -> FormatError {
    FormatError::malformed(
        path,
        place,
        error.message.clone(),
        "check that the file is complete and of the kind that its name says",
    )
}

impl Iterator for ChemfilesReader {
    type Item = Result<Frame, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.frame == self.frames {
            return None;
        }
        let item = self.read();
        self.frame = match item {
            Ok(_) => self.frame + 1,
            Err(_) => self.frames,
        };
        Some(item)
    }
}

/// Writes frames into any format that the library writes, by extension; for conversions. Cannot continue a file.
pub struct ChemfilesWriter {
    path: PathBuf,
    trajectory: Trajectory,
    frames: u64,
}

impl ChemfilesWriter {
    /// A new file; an older one of this name is overwritten.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, FormatError> {
        let path = path.as_ref();
        std::fs::File::create(path).map_err(|source| FormatError::open(path, source))?;
        let trajectory = Trajectory::open(path, 'w')
            .map_err(|error| library_error(path, Place::Whole, &error))?;
        Ok(Self {
            path: path.into(),
            trajectory,
            frames: 0,
        })
    }

    /// Appends a frame: elements, positions, cell and velocities.
    pub fn write(&mut self, frame: &FrameRef<'_>) -> Result<(), FormatError> {
        check_lengths(&self.path, self.frames, frame)?;
        check_finite(&self.path, self.frames, frame)?;
        let mut out = chemfiles::Frame::new();
        if frame.velocities.is_some() {
            out.add_velocities();
        }
        for (index, element) in frame.elements.iter().enumerate() {
            let velocity = frame.velocities.map(|v| (v[index] * PICOSECOND).into());
            out.add_atom(
                &Atom::new(element.symbol()),
                frame.positions[index].into(),
                velocity,
            );
        }
        if let Cell::Periodic(periodic) = frame.cell {
            let h = periodic.vectors();
            let rows = [0, 1, 2].map(|i| [h[(i, 0)], h[(i, 1)], h[(i, 2)]]);
            out.set_cell(&UnitCell::from_matrix(rows));
        }
        if let Some(step) = frame.step {
            out.set_step(step as usize);
        }
        self.trajectory.write(&out).map_err(|error| {
            let place = Place::Frame(self.frames);
            library_error(&self.path, place, &error)
        })?;
        self.frames += 1;
        Ok(())
    }
}
