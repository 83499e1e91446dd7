//! Atoms that must stay where they are.

use crate::error::IntegratorError;
use oreo_core::Vec3;

/// A set of atoms whose forces a minimiser does not get to see.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FixedAtoms {
    /// Ascending, none twice.
    atoms: Vec<usize>,
}

impl FixedAtoms {
    /// Every atom may move.
    pub fn none() -> Self {
        Self::default()
    }

    /// Indices from 0, in any order, of a structure of `count` atoms.
    ///
    /// # Errors
    /// An atom that is not there, or nothing left that could move.
    pub fn new(
        atoms: impl IntoIterator<Item = usize>,
        count: usize,
    ) -> Result<Self, IntegratorError> {
        let mut atoms: Vec<usize> = atoms.into_iter().collect();
        atoms.sort_unstable();
        atoms.dedup();
        match atoms.last() {
            Some(&atom) if atom >= count => Err(IntegratorError::NoSuchAtom { atom, atoms: count }),
            Some(_) if atoms.len() == count => Err(IntegratorError::NothingFree { atoms: count }),
            _ => Ok(Self { atoms }),
        }
    }

    /// Ascending, from 0.
    pub fn atoms(&self) -> &[usize] {
        &self.atoms
    }

    /// Forces become zero on the atoms that are held. (n,)
    pub fn hold(&self, forces: &mut [Vec3]) {
        for &atom in &self.atoms {
            forces[atom] = Vec3::zeros();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forces_vanish_on_fixed_atoms_only() {
        let fixed = FixedAtoms::new([2, 0, 2], 4).unwrap();
        let mut forces = [Vec3::x(); 4];
        fixed.hold(&mut forces);
        assert_eq!(fixed.atoms(), [0, 2]);
        assert_eq!(forces, [Vec3::zeros(), Vec3::x(), Vec3::zeros(), Vec3::x()]);
    }

    #[test]
    fn atoms_that_are_not_there_and_nothing_to_move_are_refused() {
        let error = FixedAtoms::new([1, 9], 9).unwrap_err().to_string();
        assert!(
            error.contains("atom 9") && error.contains("0 to 8"),
            "{error}"
        );
        assert!(FixedAtoms::new(0..3, 3).is_err());
        assert_eq!(FixedAtoms::new([], 3), Ok(FixedAtoms::none()));
    }
}
