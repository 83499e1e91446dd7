//! Atoms on the command line: `0,3,5-8`.

use oreo_integrators::{FixedAtoms, IntegratorError};
use std::fmt;
use std::str::FromStr;

/// Numbers and ranges of atoms as typed, counted from 0, both ends of a range included. Not yet held against a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtomSelection {
    ranges: Vec<(usize, usize)>,
}

impl AtomSelection {
    /// In a structure of `count` atoms.
    ///
    /// # Errors
    /// An atom that is not there, or all of them.
    pub fn fixed(&self, count: usize) -> Result<FixedAtoms, IntegratorError> {
        // Before a range is written out: its end may be any number.
        if let Some(&(_, atom)) = self.ranges.iter().find(|(_, last)| *last >= count) {
            return Err(IntegratorError::NoSuchAtom { atom, atoms: count });
        }
        let atoms = self.ranges.iter().flat_map(|&(first, last)| first..=last);
        FixedAtoms::new(atoms, count)
    }
}

impl FromStr for AtomSelection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ranges = text.split(',').map(|part| range(part.trim()));
        let ranges: Option<Vec<_>> = ranges.collect();
        let wrong = || {
            format!(
                "'{text}' does not name atoms; expected numbers from 0 and ranges, such as 0,3,5-8"
            )
        };
        Ok(Self {
            ranges: ranges.ok_or_else(wrong)?,
        })
    }
}

/// `3` or `5-8`.
fn range(part: &str) -> Option<(usize, usize)> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}

impl fmt::Display for AtomSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, (first, last)) in self.ranges.iter().enumerate() {
            let comma = if k > 0 { "," } else { "" };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_name_atoms_from_zero() {
        let selection: AtomSelection = "0, 3,5-8,3".parse().unwrap();
        assert_eq!(selection.fixed(10).unwrap().atoms(), [0, 3, 5, 6, 7, 8]);
        assert_eq!(selection.to_string(), "0,3,5-8,3");
    }

    #[test]
    fn what_names_no_atoms_is_refused() {
        for text in ["", "1,", "8-5", "-3", "1-2-3", "a", "1.5", "1 2"] {
            assert!(text.parse::<AtomSelection>().is_err(), "{text}");
        }
    }

    #[test]
    fn atoms_that_are_not_there_are_refused_before_they_are_counted_out() {
        let selection: AtomSelection = "0-18446744073709551615".parse().unwrap();
        assert!(selection.fixed(9).is_err());
        assert!("0-8".parse::<AtomSelection>().unwrap().fixed(9).is_err());
    }
}
