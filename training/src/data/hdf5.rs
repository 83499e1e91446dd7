//! HDF5 files with a group per molecule: ANI-1x, and others of that kind.
//!
//! Any group that holds the named arrays is one molecule with `m` conformations: elements (n,) as atomic numbers or symbols,
//! positions (m, n, 3), energies (m,), forces (m, n, 3). A row with a NaN label (ANI-1x: computed at another level only) is
//! skipped and counted. Groups come by ascending path, so that the order is not that of the library.
//!
//! Compressed chunks make single conformations slow to read: a block of rows is kept, which helps reading in order. Pack the
//! file ([`super::PackedWriter`]) before training on it in shuffled order.

use super::{
    check_index, file_error, frame_error, sha256_of_file, Conformation, Hdf5Layout, Indices, Kind,
    Origin, Source,
};
use crate::TrainingError;
use hdf5_pure::{DType, Dataset, File, Group};
use oreo_core::{Element, Vec3};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Numbers of an array held at a time: 4 MiB.
const BLOCK: usize = 1 << 19;
/// Rows of a block at most.
const MOST_ROWS: usize = 1024;
/// Atoms of one molecule at most: a larger claim is a corrupt file.
const MOST_ATOMS: u64 = 100_000;
/// Groups in groups in groups.
pub(super) const DEEPEST: usize = 8;

/// Conformations of an HDF5 file, read from the file when asked for.
pub struct Hdf5 {
    name: String,
    origin: Origin,
    layout: Hdf5Layout,
    molecules: Vec<Molecule>,
    /// Index of the first conformation of each molecule, and the end of the last, (molecules + 1,).
    first: Vec<usize>,
    skipped: usize,
    block: Mutex<Block>,
}

struct Molecule {
    path: String,
    elements: Vec<Element>,
    rows: Indices,
    arrays: Arrays,
}

struct Arrays {
    positions: Dataset,
    energies: Option<Dataset>,
    forces: Option<Dataset>,
}

/// The rows read last, as stored in the file.
#[derive(Default)]
struct Block {
    /// Molecule, first row, rows.
    which: Option<(usize, u64, u64)>,
    positions: Vec<f64>,
    energies: Vec<f64>,
    forces: Vec<f64>,
}

impl Hdf5 {
    /// Finds the molecules and looks at every label once.
    ///
    /// # Errors
    /// When the file is damaged, or no group has the arrays of the layout, or their shapes do not fit.
    pub fn open(path: &Path, layout: Hdf5Layout) -> Result<Self, TrainingError> {
        let file = File::open_streaming(path).map_err(|error| damaged(path, &error))?;
        let mut groups = Vec::new();
        collect(&file.root(), PathBuf::new(), 0, &layout, &mut groups)
            .map_err(|error| damaged(path, &error))?;
        groups.sort_by(|a, b| a.0.cmp(&b.0));
        let mut this = Self {
            name: path.display().to_string(),
            origin: Origin {
                path: path.into(),
                sha256: sha256_of_file(path)?,
                kind: match layout.forces {
                    Some(_) => Kind::OffEquilibrium,
                    None => Kind::Equilibrium,
                },
                level: layout.level.clone(),
            },
            layout,
            molecules: Vec::new(),
            first: vec![0],
            skipped: 0,
            block: Mutex::default(),
        };
        for (group, handle) in groups {
            this.add(&group, &handle)
                .map_err(|problem| file_error(path, format!("group '{group}': {problem}")))?;
        }
        match this.is_empty() {
            false => Ok(this),
            true => Err(file_error(path, format!(
                "no group has '{}', '{}' and all labels ({} rows lack some); name the arrays that it has",
                this.layout.elements, this.layout.positions, this.skipped
            ))),
        }
    }

    fn add(&mut self, path: &str, group: &Group) -> Result<(), String> {
        let layout = &self.layout;
        let open = |name: &str| {
            group
                .dataset(name)
                .map_err(|error| format!("'{name}': {error}; copy the file again"))
        };
        let elements = elements(&open(&layout.elements)?)?;
        let positions = open(&layout.positions)?;
        let shape = shape(&positions)?;
        let &[rows, atoms, 3] = &shape[..] else {
            return Err(format!("positions have shape {shape:?}, not (conformations, atoms, 3); check how it was made"));
        };
        if atoms != elements.len() as u64 {
            return Err(format!(
                "{} elements but positions of {atoms} atoms; check how it was made",
                elements.len()
            ));
        }
        let label = |name: &Option<String>| name.as_deref().map(|name| group.dataset(name).ok());
        let (energies, forces) = (label(&layout.energies), label(&layout.forces));
        if matches!(energies, Some(None)) || matches!(forces, Some(None)) {
            self.skipped += rows as usize;
            return Ok(());
        }
        let arrays = Arrays {
            positions,
            energies: energies.flatten(),
            forces: forces.flatten(),
        };
        for (what, array, expected) in [
            ("energies", &arrays.energies, vec![rows]),
            ("forces", &arrays.forces, shape.clone()),
        ] {
            let Some(array) = array else { continue };
            let found = self::shape(array)?;
            if found != expected && !(what == "energies" && found == [rows, 1]) {
                return Err(format!(
                    "{what} have shape {found:?}, expected {expected:?}; check how it was made"
                ));
            }
        }
        let kept = complete_rows(&arrays, rows, elements.len())?;
        self.skipped += rows as usize - kept.len();
        if !kept.is_empty() {
            self.first.push(self.len() + kept.len());
            self.molecules.push(Molecule {
                path: path.into(),
                elements,
                rows: kept,
                arrays,
            });
        }
        Ok(())
    }
}

/// Groups with elements and positions, at any depth.
fn collect(
    group: &Group,
    path: PathBuf,
    depth: usize,
    layout: &Hdf5Layout,
    found: &mut Vec<(String, Group)>,
) -> Result<(), hdf5_pure::Error> {
    let arrays = group.datasets()?;
    if arrays.contains(&layout.elements) && arrays.contains(&layout.positions) {
        found.push((path.display().to_string(), group.clone()));
    }
    if depth < DEEPEST {
        for (name, inner) in group.iter_groups()? {
            collect(&inner, path.join(name), depth + 1, layout, found)?;
        }
    }
    Ok(())
}

fn elements(array: &Dataset) -> Result<Vec<Element>, String> {
    let shape = shape(array)?;
    let &[atoms] = &shape[..] else {
        return Err(format!(
            "elements have shape {shape:?}, not (atoms,); check how it was made"
        ));
    };
    if atoms == 0 || atoms > MOST_ATOMS {
        return Err(format!("{atoms} atoms in a molecule; copy the file again"));
    }
    let unreadable = |error: hdf5_pure::Error| format!("elements: {error}; copy the file again");
    let texts = match array.dtype().map_err(unreadable)? {
        DType::String | DType::VariableLengthString => array.read_string().map_err(unreadable)?,
        _ => array
            .read_i64()
            .map_err(unreadable)?
            .iter()
            .map(i64::to_string)
            .collect(),
    };
    let element = |text: &String| {
        text.trim()
            .parse()
            .map_err(|error| format!("{error}; correct the file"))
    };
    texts.iter().map(element).collect()
}

fn shape(array: &Dataset) -> Result<Vec<u64>, String> {
    array
        .shape()
        .map_err(|error| format!("{error}; copy the file again"))
}

/// Rows whose labels are finite; positions must be.
fn complete_rows(arrays: &Arrays, rows: u64, atoms: usize) -> Result<Indices, String> {
    let mut kept = Indices::default();
    let mut block = Block::default();
    let stride = block_rows(atoms);
    let mut start = 0;
    while start < rows {
        let count = stride.min(rows - start);
        block.read(arrays, start, count, atoms)?;
        for row in 0..count as usize {
            let vectors = row * 3 * atoms..(row + 1) * 3 * atoms;
            let finite = |list: &[f64]| list.iter().all(|number| number.is_finite());
            let labels = finite(block.forces.get(vectors.clone()).unwrap_or(&[]))
                && block
                    .energies
                    .get(row)
                    .is_none_or(|energy| energy.is_finite());
            if !finite(&block.positions[vectors]) {
                return Err(format!(
                    "row {}: positions are not finite numbers; remove the row or compute it again",
                    start + row as u64
                ));
            }
            if labels {
                kept.push(start + row as u64);
            }
        }
        start += count;
    }
    Ok(kept)
}

fn block_rows(atoms: usize) -> u64 {
    (BLOCK / (3 * atoms)).clamp(1, MOST_ROWS) as u64
}

impl Block {
    /// Lists that are as long as their shape says, or an error.
    fn read(&mut self, arrays: &Arrays, start: u64, rows: u64, atoms: usize) -> Result<(), String> {
        let read = |array: &Dataset| {
            let numbers = array.read_f64_rows(start, rows);
            numbers.map_err(|error| format!("rows from {start}: {error}; copy the file again"))
        };
        self.which = None;
        self.positions = read(&arrays.positions)?;
        self.energies = arrays.energies.as_ref().map_or(Ok(Vec::new()), read)?;
        self.forces = arrays.forces.as_ref().map_or(Ok(Vec::new()), read)?;
        let fits = |list: &Vec<f64>, there: bool, length: usize| {
            list.len() == if there { length } else { 0 }
        };
        match fits(&self.energies, arrays.energies.is_some(), rows as usize)
            && fits(&self.forces, arrays.forces.is_some(), self.positions.len())
            && self.positions.len() == 3 * atoms * rows as usize
        {
            true => Ok(()),
            false => Err(format!(
                "rows from {start}: fewer numbers than the shape says; copy the file again"
            )),
        }
    }
}

pub(super) fn damaged(path: &Path, error: &hdf5_pure::Error) -> TrainingError {
    file_error(path, format!("damaged, or HDF5 of a kind that is not read here ({error}); copy it again, or write it anew with h5py's default libver"))
}

/// `unit` times what is stored.
fn vectors(list: &[f64], unit: f64) -> impl Iterator<Item = Vec3> + '_ {
    let vector = move |v: &[f64]| unit * Vec3::new(v[0], v[1], v[2]);
    list.chunks_exact(3).map(vector)
}

impl Source for Hdf5 {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.first.last().copied().unwrap_or(0)
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        check_index(self, index)?;
        let number = self.first.partition_point(|&first| first <= index) - 1;
        let molecule = &self.molecules[number];
        let failed = |problem: String| {
            frame_error(
                &self.name,
                index,
                &format!("group '{}': {problem}", molecule.path),
            )
        };
        let row = molecule.rows.at(index - self.first[number]);
        let row = row.ok_or_else(|| failed("no such row; open the file again".into()))?;
        let atoms = molecule.elements.len();
        // A panic elsewhere leaves at worst a block marked as not there.
        let mut block = self.block.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = |(which, start, rows): (usize, u64, u64)| {
            which == number && (start..start + rows).contains(&row)
        };
        if !block.which.is_some_and(inside) {
            let start = row - row % block_rows(atoms);
            let rows = block_rows(atoms).min(molecule.rows.end() - start);
            block
                .read(&molecule.arrays, start, rows, atoms)
                .map_err(failed)?;
            block.which = Some((number, start, rows));
        }
        let row = (row - block.which.map_or(0, |(_, start, _)| start)) as usize;
        let layout = &self.layout;
        let place = row * 3 * atoms..(row + 1) * 3 * atoms;
        let forces = layout.forces.as_ref();
        let forces = forces.map(|_| vectors(&block.forces[place.clone()], layout.force_unit));
        conformation.replace(
            molecule.elements.iter().copied(),
            vectors(&block.positions[place], layout.length_unit),
            forces,
            block
                .energies
                .get(row)
                .map(|energy| layout.energy_unit * energy),
        );
        Ok(())
    }

    /// Rows that lack a label.
    fn left_out(&self) -> usize {
        self.skipped
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }
}
