//! Reading XYZ and extended XYZ, plain or gzip, frame by frame.
//!
//! Units: Å, eV, eV/Å; columns `velocities` in Å/fs or `momenta` in ASE's amu·Å/t (divided by the column `masses` where
//! there is one, else by standard masses; `velocities` win when both are there).

use crate::columns::{Column, Columns};
use crate::error::{quote, FormatError, Place};
use crate::extxyz::{Header, HeaderError};
use crate::lines::Lines;
use oreo_core::units::FEMTOSECOND;
use oreo_core::{Element, Frame, Vec3};
use std::path::Path;

/// Frames of a file, in order; ends after the first error.
pub struct XyzReader {
    lines: Lines,
    frames: u64,
    finished: bool,
}

/// Reserved before an atom was seen; a corrupt count costs no more than this.
const TRUSTED_ATOMS: usize = 4096;

/// Columns of the atoms read so far.
#[derive(Default)]
struct Atoms {
    elements: Vec<Element>,
    positions: Vec<Vec3>,
    forces: Vec<Vec3>,
    velocities: Vec<Vec3>,
    momenta: Vec<Vec3>,
    masses: Vec<f64>,
}

/// One line of an atom.
struct Row {
    element: Option<Element>,
    position: Vec3,
    force: Vec3,
    velocity: Vec3,
    momentum: Vec3,
    mass: f64,
}

impl XyzReader {
    /// Opens the file; nothing is parsed yet.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FormatError> {
        Ok(Self {
            lines: Lines::open(path.as_ref())?,
            frames: 0,
            finished: false,
        })
    }

    /// `None` at the end, which may have blank lines in front of it.
    fn read(&mut self) -> Result<Option<Frame>, FormatError> {
        let Some(count) = self.read_count()? else {
            return match self.frames {
                0 => Err(FormatError::Empty {
                    path: self.lines.path().into(),
                }),
                _ => Ok(None),
            };
        };
        let header = self.read_header()?;
        let mut atoms = Atoms::with_capacity(count.min(TRUSTED_ATOMS));
        for index in 0..count {
            self.read_atom(index, count, &header.columns, &mut atoms)?;
        }
        self.frames += 1;
        Ok(Some(atoms.into_frame(header)))
    }

    fn read_count(&mut self) -> Result<Option<usize>, FormatError> {
        loop {
            let problem = match self.lines.advance()?.map(str::trim) {
                None => return Ok(None),
                Some("") => continue,
                Some(line) => match line.parse::<usize>() {
                    Ok(0) => "a frame of 0 atoms".to_string(),
                    Ok(count) => return Ok(Some(count)),
                    Err(_) => format!("expected the number of atoms, found {}", quote(line)),
                },
            };
            return Err(FormatError::malformed(
                self.lines.path(),
                self.lines.place(),
                problem,
                "a frame starts with its number of atoms: check the count of this frame and of the one before",
            ));
        }
    }

    fn read_header(&mut self) -> Result<Header, FormatError> {
        let parsed = match self.lines.advance()? {
            Some(comment) => Header::parse(comment),
            None => return Err(self.truncated("(no comment line)".into())),
        };
        let (path, place) = (self.lines.path(), self.lines.place());
        parsed.map_err(|error| match error {
            HeaderError::Malformed(problem) => FormatError::malformed(
                path,
                place,
                problem,
                "correct the comment line (extended XYZ, key=value)",
            ),
            HeaderError::PartiallyPeriodic(pbc) => FormatError::PartiallyPeriodic {
                path: path.into(),
                place,
                pbc,
            },
            HeaderError::NotFinite(key, value) => FormatError::NotFinite {
                path: path.into(),
                place,
                quantity: key.into(),
                value,
            },
        })
    }

    fn read_atom(
        &mut self,
        index: usize,
        count: usize,
        columns: &Columns,
        atoms: &mut Atoms,
    ) -> Result<(), FormatError> {
        let parsed = match self.lines.advance()? {
            Some(line) => Row::parse(line, columns, index),
            None => return Err(self.truncated(format!("({index} of {count} atoms)"))),
        };
        let (path, place) = (self.lines.path(), self.lines.place());
        let row = parsed.map_err(|problem| problem.at(path, place, index, count))?;
        atoms.push(row, columns);
        Ok(())
    }

    fn truncated(&self, what: String) -> FormatError {
        FormatError::Truncated {
            path: self.lines.path().into(),
            place: self.lines.place(),
            inside: format!("frame {} {what}", self.frames),
        }
    }
}

impl Iterator for XyzReader {
    type Item = Result<Frame, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let item = self.read().transpose();
        self.finished = !matches!(item, Some(Ok(_)));
        item
    }
}

/// What is wrong with an atom line.
enum RowError {
    Element(oreo_core::UnknownElement),
    NotFinite(String, f64),
    Malformed(String),
}

impl RowError {
    fn at(self, path: &Path, place: Place, index: usize, count: usize) -> FormatError {
        match self {
            RowError::Element(source) => FormatError::UnknownElement {
                path: path.into(),
                place,
                source,
            },
            RowError::NotFinite(quantity, value) => FormatError::NotFinite {
                path: path.into(),
                place,
                quantity,
                value,
            },
            RowError::Malformed(problem) => FormatError::malformed(
                path,
                place,
                format!("atom {index} of {count}: {problem}"),
                "correct the line, or the number of atoms of this frame",
            ),
        }
    }
}

impl Row {
    fn parse(line: &str, columns: &Columns, index: usize) -> Result<Self, RowError> {
        let mut row = Self {
            element: None,
            position: Vec3::zeros(),
            force: Vec3::zeros(),
            velocity: Vec3::zeros(),
            momentum: Vec3::zeros(),
            mass: 0.0,
        };
        let mut words = line.split_whitespace();
        for (found, column) in columns.each.iter().enumerate() {
            let Some(word) = words.next() else {
                return Err(RowError::Malformed(format!(
                    "{found} columns, expected {}",
                    columns.each.len()
                )));
            };
            row.set(*column, word, index)?;
        }
        match words.count() {
            more if columns.exact && more > 0 => Err(RowError::Malformed(format!(
                "{} columns, Properties declares {}",
                columns.each.len() + more,
                columns.each.len()
            ))),
            _ => Ok(row),
        }
    }

    fn set(&mut self, column: Column, word: &str, index: usize) -> Result<(), RowError> {
        let number = |quantity| finite(word, quantity, index);
        match column {
            Column::Element => self.element = Some(word.parse().map_err(RowError::Element)?),
            Column::Position(k) => self.position[k] = number("position")?,
            Column::Force(k) => self.force[k] = number("force")?,
            Column::Velocity(k) => self.velocity[k] = number("velocity")?,
            Column::Momentum(k) => self.momentum[k] = number("momentum")?,
            Column::Mass => self.mass = positive(number("mass")?)?,
            Column::Other => {}
        }
        Ok(())
    }
}

fn finite(word: &str, quantity: &str, index: usize) -> Result<f64, RowError> {
    match word.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(value) => Err(RowError::NotFinite(
            format!("{quantity} of atom {index}"),
            value,
        )),
        Err(_) => Err(RowError::Malformed(format!(
            "{quantity} is {}, not a number",
            quote(word)
        ))),
    }
}

fn positive(mass: f64) -> Result<f64, RowError> {
    match mass > 0.0 {
        true => Ok(mass),
        false => Err(RowError::Malformed(format!("mass is {mass}"))),
    }
}

impl Atoms {
    fn with_capacity(atoms: usize) -> Self {
        Self {
            elements: Vec::with_capacity(atoms),
            positions: Vec::with_capacity(atoms),
            ..Self::default()
        }
    }

    fn push(&mut self, row: Row, columns: &Columns) {
        self.elements.extend(row.element);
        self.positions.push(row.position);
        for (column, list, value) in [
            (Column::Force(0), &mut self.forces, row.force),
            (Column::Velocity(0), &mut self.velocities, row.velocity),
            (Column::Momentum(0), &mut self.momenta, row.momentum),
        ] {
            if columns.has(column) {
                list.push(value);
            }
        }
        if columns.has(Column::Mass) {
            self.masses.push(row.mass);
        }
    }

    fn into_frame(self, header: Header) -> Frame {
        let velocities = self.velocities();
        let forces = header.columns.has(Column::Force(0)).then_some(self.forces);
        Frame {
            cell: header.cell,
            energy: header.energy,
            forces,
            velocities,
            step: header.step,
            time: header.time,
            ..Frame::new(self.elements, self.positions)
        }
    }

    /// Å/t. One Å/fs is `1/FEMTOSECOND` Å/t, since a femtosecond is FEMTOSECOND t.
    fn velocities(&self) -> Option<Vec<Vec3>> {
        if !self.velocities.is_empty() {
            return Some(self.velocities.iter().map(|v| v / FEMTOSECOND).collect());
        }
        let mass = |index: usize| match self.masses.get(index) {
            Some(&mass) => mass,
            None => self.elements[index].mass(),
        };
        let divided = self.momenta.iter().enumerate();
        let velocities: Vec<_> = divided.map(|(index, p)| p / mass(index)).collect();
        (!velocities.is_empty()).then_some(velocities)
    }
}
