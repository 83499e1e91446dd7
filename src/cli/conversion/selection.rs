//! Atoms on the command line of `oreo convert`: `C,O`, `heavy`, `0-8,12`, or all of these together.

use oreo_core::Element;
use std::str::FromStr;

/// As typed; not yet held against a molecule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Element(Element),
    /// Everything but hydrogen.
    Heavy,
    /// From 0, both included.
    Range(usize, usize),
}

impl Selection {
    /// Indices of the atoms that any part names, ascending.
    ///
    /// # Errors
    /// A number that the molecule does not have, or no atom at all, in words.
    pub fn atoms(&self, elements: &[Element]) -> Result<Vec<usize>, String> {
        let count = elements.len();
        for part in &self.parts {
            if let Part::Range(_, last) = part {
                if *last >= count {
                    return Err(format!(
                        "has {count} atoms, 0 to {}, and no atom {last} to select",
                        count.saturating_sub(1)
                    ));
                }
            }
        }
        let named = |atom: &usize| self.parts.iter().any(|part| part.names(*atom, elements));
        let atoms: Vec<usize> = (0..count).filter(named).collect();
        match atoms.is_empty() {
            true => Err("has none of the selected atoms".into()),
            false => Ok(atoms),
        }
    }
}

impl Part {
    fn names(&self, atom: usize, elements: &[Element]) -> bool {
        match self {
            Part::Element(element) => elements[atom] == *element,
            Part::Heavy => elements[atom].atomic_number() > 1,
            Part::Range(first, last) => (*first..=*last).contains(&atom),
        }
    }
}

impl FromStr for Selection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Option<Vec<_>> = text.split(',').map(|part| read(part.trim())).collect();
        let wrong = || {
            format!("'{text}' does not select atoms; expected symbols, 'heavy', and numbers from 0, such as C,O or 0-8,12")
        };
        Ok(Self {
            parts: parts.ok_or_else(wrong)?,
        })
    }
}

/// `C`, `heavy`, `3` or `5-8`. A number is an index here, not an atomic number.
fn read(part: &str) -> Option<Part> {
    if part.eq_ignore_ascii_case("heavy") {
        return Some(Part::Heavy);
    }
    if part.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return part.parse().ok().map(Part::Element);
    }
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some(Part::Range(first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(text: &str) -> Result<Vec<usize>, String> {
        let elements = ["C", "H", "O", "H", "N", "Cl"].map(|symbol| symbol.parse().unwrap());
        text.parse::<Selection>()?.atoms(&elements)
    }

    /// Catches 7 read as nitrogen, C that takes chlorine along, and atoms in the order in which they were typed or twice.
    #[test]
    fn symbols_ranges_and_heavy_name_atoms_once_in_order() {
        for (text, expected) in [
            ("C,O", &[0, 2][..]),
            ("heavy", &[0, 2, 4, 5]),
            ("4,0-2", &[0, 1, 2, 4]),
            ("h, 3", &[1, 3]),
            ("cl,0", &[0, 5]),
        ] {
            assert_eq!(selected(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_names_no_atoms_is_refused() {
        for text in ["", "C,", "5-3", "Xx", "0-6", "7", "S", "-1", "1.5"] {
            assert!(selected(text).is_err(), "{text}");
        }
        assert_eq!(
            selected("0-6").unwrap_err(),
            "has 6 atoms, 0 to 5, and no atom 6 to select"
        );
    }
}
