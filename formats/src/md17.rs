//! Data sets in npz files. Which kind a file is shows in its names:
//!
//! | kind | arrays | units unless declared |
//! |---|---|---|
//! | rMD17 | `nuclear_charges coords energies forces old_energies old_forces old_indices` | Å, kcal/mol |
//! | MD17, sGDML | `z R`, optional `E F`, and `r_unit e_unit` as texts | Å, kcal/mol |
//! | packed | `n_atoms numbers positions`, optional `energies forces`: frames one behind another | Å, eV |

use crate::data_set::{Atoms, DataSet};
use crate::declared_units::DeclaredUnits;
use crate::error::{FormatError, Place};
use crate::npz::{show_shape, Array, NpzReader};
use crate::open::{Labels, ReadOptions};
use oreo_core::{Element, Vec3};

/// Names of the arrays of one kind of file.
struct Names {
    elements: &'static str,
    positions: &'static str,
    energies: &'static str,
    forces: &'static str,
}

const RMD17: Names = Names {
    elements: "nuclear_charges",
    positions: "coords",
    energies: "energies",
    forces: "forces",
};
const RMD17_OLD: Names = Names {
    energies: "old_energies",
    forces: "old_forces",
    ..RMD17
};
const MD17: Names = Names {
    elements: "z",
    positions: "R",
    energies: "E",
    forces: "F",
};
const PACKED: Names = Names {
    elements: "numbers",
    positions: "positions",
    energies: "energies",
    forces: "forces",
};

/// Reads a file of any of the kinds; units are converted, not yet checked.
pub(crate) fn load(mut npz: NpzReader, options: &ReadOptions) -> Result<DataSet, FormatError> {
    let names = names(&npz, options.labels)?;
    let units = units(&mut npz, names, options.units)?;
    let atoms = match names.elements {
        "numbers" => packed_atoms(&mut npz)?,
        _ => same_atoms(&mut npz, names)?,
    };
    let mut set = DataSet {
        path: npz.path().into(),
        units,
        atoms,
        positions: Vec::new(),
        energies: None,
        sampling_energies: None,
        forces: None,
        cells: None,
        old_indices: None,
    };
    set.positions = vectors(&mut npz, names.positions, &set, units.length.factor())?;
    if let Atoms::Same { elements, frames } = &mut set.atoms {
        *frames = set.positions.len() / elements.len();
    }
    if npz.has(names.forces) {
        set.forces = Some(vectors(&mut npz, names.forces, &set, units.force_factor())?);
    }
    if npz.has(names.energies) {
        set.energies = Some(energies(&mut npz, names.energies, &set)?);
    }
    let sampled_elsewhere = names.energies == RMD17.energies && names.elements == RMD17.elements;
    if sampled_elsewhere && npz.has(RMD17_OLD.energies) {
        set.sampling_energies = Some(energies(&mut npz, RMD17_OLD.energies, &set)?);
    }
    if npz.has("old_indices") {
        set.old_indices = Some(indices(&mut npz, "old_indices", &set)?);
    }
    Ok(set)
}

/// The kind of the file, and the labels that were asked for: refused when the file has only others.
fn names(npz: &NpzReader, labels: Option<Labels>) -> Result<&'static Names, FormatError> {
    let remedy =
        "give an MD17, rMD17, sGDML or packed npz file with the labels that were asked for";
    let revised = npz.has(RMD17.elements) && npz.has(RMD17.positions);
    let names = match labels {
        Some(Labels::Md17) if revised => &RMD17_OLD,
        _ if revised => &RMD17,
        Some(Labels::Rmd17) => return Err(npz.missing(RMD17.elements, remedy)),
        _ if npz.has(PACKED.elements) && npz.has("n_atoms") => &PACKED,
        _ => &MD17,
    };
    let always = [names.elements, names.positions];
    let asked_for = [names.energies, names.forces];
    let asked_for = asked_for.iter().filter(|_| revised && labels.is_some());
    match always.iter().chain(asked_for).find(|key| !npz.has(key)) {
        Some(key) => Err(npz.missing(key, remedy)),
        None => Ok(names),
    }
}

/// Declared by the caller, else by the file, else those of the kind. Two declarations must agree.
fn units(
    npz: &mut NpzReader,
    names: &Names,
    declared: Option<DeclaredUnits>,
) -> Result<DeclaredUnits, FormatError> {
    let usual = match names.elements {
        "numbers" => DeclaredUnits::EV_ANGSTROM,
        _ => DeclaredUnits::KCAL_ANGSTROM,
    };
    let mut units = declared.unwrap_or(usual);
    if npz.has("e_unit") {
        let energy = own_unit(npz, "e_unit", declared.map(|units| units.energy))?;
        units.energy = energy;
    }
    if npz.has("r_unit") {
        let length = own_unit(npz, "r_unit", declared.map(|units| units.length))?;
        units.length = length;
    }
    Ok(units)
}

fn own_unit<U>(npz: &mut NpzReader, key: &str, declared: Option<U>) -> Result<U, FormatError>
where
    U: std::str::FromStr<Err = crate::UnknownUnit> + PartialEq + std::fmt::Display,
{
    let text = npz.text(key)?;
    let (problem, remedy) = match (text.parse::<U>(), declared) {
        (Err(unknown), _) => (
            unknown.to_string(),
            "convert the file to one of these units",
        ),
        (Ok(own), Some(other)) if own != other => (
            format!("the file says {own}, but {other} was declared"),
            "leave the declaration away",
        ),
        (Ok(own), _) => return Ok(own),
    };
    Err(FormatError::malformed(
        npz.path(),
        Place::Key(key.into()),
        problem,
        remedy,
    ))
}

fn same_atoms(npz: &mut NpzReader, names: &Names) -> Result<Atoms, FormatError> {
    let numbers = npz.integers(names.elements)?;
    let elements = elements(npz, names.elements, &numbers)?;
    // The number of frames shows with the positions.
    Ok(Atoms::Same {
        elements,
        frames: 0,
    })
}

fn packed_atoms(npz: &mut NpzReader) -> Result<Atoms, FormatError> {
    let numbers = npz.integers("numbers")?;
    let elements = elements(npz, "numbers", &numbers)?;
    let counts = npz.integers("n_atoms")?;
    let mut first = vec![0];
    let mut end = 0_usize;
    for &count in &counts.values {
        let next = usize::try_from(count).ok().filter(|&count| count > 0);
        end = next
            .and_then(|count| end.checked_add(count))
            .unwrap_or(usize::MAX);
        first.push(end);
    }
    match end == elements.len() && end > 0 {
        true => Ok(Atoms::Varying { elements, first }),
        false => Err(FormatError::Shape {
            path: npz.path().into(),
            key: "n_atoms".into(),
            found: show_shape(&counts.shape),
            expected: format!(
                "positive counts that sum to the {} atoms of 'numbers'",
                elements.len()
            ),
        }),
    }
}

fn elements(npz: &NpzReader, key: &str, numbers: &Array<i64>) -> Result<Vec<Element>, FormatError> {
    if numbers.shape.len() != 1 || numbers.values.is_empty() {
        return Err(shape(npz, key, &numbers.shape, "(atoms,)"));
    }
    let element = |number: &i64| {
        let z = usize::try_from(*number).unwrap_or(0);
        Element::from_atomic_number(z).map_err(|_| FormatError::UnknownElement {
            path: npz.path().into(),
            place: Place::Key(key.into()),
            source: oreo_core::UnknownElement(number.to_string()),
        })
    };
    numbers.values.iter().map(element).collect()
}

/// (frames, atoms, 3), or (all atoms, 3) when packed; finite, converted by `factor`. The positions, read first, say how many
/// frames there are.
fn vectors(
    npz: &mut NpzReader,
    key: &str,
    set: &DataSet,
    factor: f64,
) -> Result<Vec<Vec3>, FormatError> {
    let array = npz.floats(key)?;
    let fits = match (&set.atoms, &array.shape[..]) {
        (Atoms::Varying { elements, .. }, &[atoms, 3]) => atoms == elements.len(),
        (Atoms::Same { elements, frames }, &[found, atoms, 3]) => {
            atoms == elements.len() && found > 0 && (*frames == found || *frames == 0)
        }
        _ => false,
    };
    if !fits {
        let expected = match &set.atoms {
            Atoms::Varying { elements, .. } => format!("({}, 3)", elements.len()),
            Atoms::Same {
                elements,
                frames: 0,
            } => format!("(frames, {}, 3)", elements.len()),
            Atoms::Same { elements, frames } => format!("({frames}, {}, 3)", elements.len()),
        };
        return Err(shape(npz, key, &array.shape, &expected));
    }
    check_finite(npz, key, &array)?;
    let vector = |xyz: &[f64]| factor * Vec3::new(xyz[0], xyz[1], xyz[2]);
    Ok(array.values.chunks_exact(3).map(vector).collect())
}

fn check_finite(npz: &NpzReader, key: &str, array: &Array<f64>) -> Result<(), FormatError> {
    match array.values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let row: usize = array.shape.iter().skip(1).product();
            Err(FormatError::NotFinite {
                path: npz.path().into(),
                place: Place::Key(key.into()),
                quantity: match array.shape[..] {
                    [_, _, 3] => format!("frame {}, atom {}", at / row.max(1), at % row.max(1) / 3),
                    _ => format!("value {} of row {}", at % row.max(1), at / row.max(1)),
                },
                value: array.values[at],
            })
        }
    }
}

/// (frames,) or (frames, 1)
fn energies(npz: &mut NpzReader, key: &str, set: &DataSet) -> Result<Vec<f64>, FormatError> {
    let array = npz.floats(key)?;
    check_count(npz, key, &array.shape, set)?;
    check_finite(npz, key, &array)?;
    let factor = set.units.energy.factor();
    Ok(array.values.iter().map(|energy| factor * energy).collect())
}

fn indices(npz: &mut NpzReader, key: &str, set: &DataSet) -> Result<Vec<i64>, FormatError> {
    let array = npz.integers(key)?;
    check_count(npz, key, &array.shape, set)?;
    Ok(array.values)
}

fn check_count(
    npz: &NpzReader,
    key: &str,
    found: &[usize],
    set: &DataSet,
) -> Result<(), FormatError> {
    match found {
        [frames] | [frames, 1] if *frames == set.len() => Ok(()),
        _ => Err(shape(npz, key, found, &format!("({},)", set.len()))),
    }
}

fn shape(npz: &NpzReader, key: &str, found: &[usize], expected: &str) -> FormatError {
    FormatError::Shape {
        path: npz.path().into(),
        key: key.into(),
        found: show_shape(found),
        expected: expected.into(),
    }
}
