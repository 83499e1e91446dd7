//! What the arrays of an HDF5 file are called, and what their numbers are in.

use super::file_error;
use super::hdf5::{damaged, DEEPEST};
use crate::TrainingError;
use hdf5_pure::{File, Group};
use oreo_core::units::{BOHR, HARTREE};
use oreo_formats::DeclaredUnits;
use std::path::Path;

/// Names of the arrays, and the units of their numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Hdf5Layout {
    /// (n,), atomic numbers or symbols
    pub elements: String,
    /// (m, n, 3)
    pub positions: String,
    /// (m,); `None` does without
    pub energies: Option<String>,
    /// (m, n, 3); `None` for equilibrium structures
    pub forces: Option<String>,
    /// Å
    pub length_unit: f64,
    /// eV
    pub energy_unit: f64,
    /// eV/Å; apart from the others because sets with positions in Å and forces in hartree/bohr exist
    pub force_unit: f64,
    /// What computed the labels.
    pub level: Option<String>,
}

/// What others call them.
const ELEMENTS: [&str; 5] = [
    "species",
    "atomic_numbers",
    "numbers",
    "z",
    "nuclear_charges",
];
const POSITIONS: [&str; 4] = ["coordinates", "positions", "coords", "R"];
const ENERGIES: [&str; 3] = ["energies", "energy", "E"];
const FORCES: [&str; 3] = ["forces", "force", "F"];

impl Hdf5Layout {
    /// ANI-1x at ωB97x/6-31G(d): hartree and hartree/Å (Smith et al., Sci. Data 7, 134 (2020), Table 2).
    pub fn ani1x() -> Self {
        Self {
            elements: "atomic_numbers".into(),
            positions: "coordinates".into(),
            energies: Some("wb97x_dz.energy".into()),
            forces: Some("wb97x_dz.forces".into()),
            length_unit: 1.0,
            energy_unit: HARTREE,
            force_unit: HARTREE,
            level: Some("ωB97x/6-31G(d)".into()),
        }
    }

    /// `species coordinates energies forces` in Å, hartree and hartree/bohr, as the Alkane data set of Goodpaster's group.
    pub fn hartree_per_bohr() -> Self {
        Self {
            elements: "species".into(),
            energies: Some("energies".into()),
            forces: Some("forces".into()),
            force_unit: HARTREE / BOHR,
            level: None,
            ..Self::ani1x()
        }
    }

    /// That of a file, by the names in its first group with elements and positions. ANI-1x has units of its own; those of
    /// other files must be declared, for their names say nothing about them.
    ///
    /// # Errors
    /// A damaged file, names that are not known, units that are missing or contradict ANI-1x.
    pub fn of(path: &Path, units: Option<DeclaredUnits>) -> Result<Self, TrainingError> {
        let file = File::open_streaming(path).map_err(|error| damaged(path, &error))?;
        let named = first_named(&file.root(), 0).map_err(|error| damaged(path, &error))?;
        let layout = named.ok_or_else(|| {
            file_error(
                path,
                format!(
                    "no group has elements ({}) and positions ({}); rename the arrays",
                    ELEMENTS.join(", "),
                    POSITIONS.join(", ")
                ),
            )
        })?;
        match units {
            None if layout.level.is_some() => Ok(layout),
            None => Err(file_error(path,
                "its units are not known; declare them: --units ENERGY,LENGTH (units = \"...\" under [[data]]), such as \"hartree,A,hartree/bohr\"",
            )),
            Some(_) if layout.level.is_some() => Err(file_error(path,
                "is in the units of ANI-1x (hartree, Å); leave the declaration of units away",
            )),
            Some(units) => Ok(Self {
                length_unit: units.length.factor(),
                energy_unit: units.energy.factor(),
                force_unit: units.force_factor(),
                ..layout
            }),
        }
    }

    fn of_names(names: &[String]) -> Option<Self> {
        let known = |aliases: &[&str]| {
            let alias = aliases
                .iter()
                .find(|alias| names.iter().any(|n| n == *alias));
            alias.map(|alias| alias.to_string())
        };
        let (elements, positions) = (known(&ELEMENTS)?, known(&POSITIONS)?);
        let ani = Self::ani1x();
        let is_ani = ani
            .energies
            .iter()
            .chain(&ani.forces)
            .any(|label| names.contains(label));
        Some(match is_ani {
            true => ani,
            false => Self {
                elements,
                positions,
                energies: known(&ENERGIES),
                forces: known(&FORCES),
                level: None,
                ..ani
            },
        })
    }
}

/// Of the first group that has positions and elements with labels, else of the first without.
fn first_named(group: &Group, depth: usize) -> Result<Option<Hdf5Layout>, hdf5_pure::Error> {
    let mut found = Hdf5Layout::of_names(&group.datasets()?);
    let labelled = |layout: &Hdf5Layout| layout.energies.is_some() || layout.forces.is_some();
    if depth < DEEPEST && !found.as_ref().is_some_and(labelled) {
        for (_, inner) in group.iter_groups()? {
            let inner = first_named(&inner, depth + 1)?;
            let better = inner.as_ref().is_some_and(labelled);
            found = if better || found.is_none() {
                inner
            } else {
                found
            };
            if better {
                break;
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &str) -> Option<Hdf5Layout> {
        let names: Vec<_> = names.split(' ').map(str::to_string).collect();
        Hdf5Layout::of_names(&names)
    }

    #[test]
    fn names_tell_the_layout() {
        assert_eq!(
            of("coordinates atomic_numbers wb97x_dz.energy x"),
            Some(Hdf5Layout::ani1x())
        );
        let other = of("numbers positions energy forces").unwrap();
        assert_eq!(
            (&other.elements[..], &other.positions[..]),
            ("numbers", "positions")
        );
        assert_eq!(
            (other.energies.as_deref(), other.level),
            (Some("energy"), None)
        );
        assert_eq!(of("species energies"), None);
    }
}
