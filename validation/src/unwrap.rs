//! Continuous paths of atoms whose trajectory was folded back into its box.
//!
//! u(t) = u(t−1) + [r(t) − r(t−1)], the bracket by its nearest image in the box at t: the scheme that stays right when
//! the box changes its size, von Bülow, Bullerjahn & Hummer, J. Chem. Phys. 153, 021101 (2020). In a constant box it is
//! the usual one. An atom that really moves half a height of the box between two frames cannot be told from one that
//! moves back, so every frame of the file must be seen, not a selection of them.

use crate::error::{all_finite, same_length};
use crate::ValidationError;
use oreo_core::{Cell, Vec3};

/// Follows the atoms from frame to frame.
#[derive(Debug, Clone, Default)]
pub struct Unwrapper {
    /// As in the file.
    previous: Vec<Vec3>,
    /// What has been added so far; exactly zero for atoms that never crossed a face.
    shifts: Vec<Vec3>,
    frames: u64,
    largest_step: f64,
}

impl Unwrapper {
    /// Before the first frame, which stays as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next frame, in place; in open space nothing changes. Fails on another number of atoms and on positions that
    /// are not finite. Allocates nothing after the first frame.
    pub fn unwrap(&mut self, positions: &mut [Vec3], cell: &Cell) -> Result<(), ValidationError> {
        all_finite("position", positions, self.frames)?;
        if self.frames == 0 {
            self.previous = positions.to_vec();
            self.shifts = vec![Vec3::zeros(); positions.len()];
        }
        same_length("atoms in a frame", self.previous.len(), positions.len())?;
        for ((now, before), shift) in positions
            .iter_mut()
            .zip(&mut self.previous)
            .zip(&mut self.shifts)
        {
            if let Cell::Periodic(cell) = cell {
                let step = *now - *before;
                let nearest = cell.shortest(step);
                // Whole lattice vectors: rounding must not move atoms that cross nothing.
                *shift += cell.vectors() * cell.fractional(&(nearest - step)).map(f64::round);
                let share = nearest.norm() / cell.heights().min();
                self.largest_step = self.largest_step.max(share);
            }
            *before = *now;
            *now += *shift;
        }
        self.frames += 1;
        Ok(())
    }

    /// Longest way between two frames so far, in units of the smallest height of the box. Near ½ the paths are guesses.
    pub fn largest_step(&self) -> f64 {
        self.largest_step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periodic(rows: [[f64; 3]; 3]) -> Cell {
        Cell::periodic(rows).unwrap()
    }

    fn wrapped(position: &Vec3, cell: &Cell) -> Vec3 {
        match cell {
            Cell::Periodic(periodic) => periodic.wrap(position),
            Cell::Open => *position,
        }
    }

    /// A straight way through several images of a tilted box. Catches a jump that is undone only once, and a shift with
    /// the wrong sign.
    #[test]
    fn a_folded_path_becomes_straight_again() {
        let cell = periodic([[5.0, 0.0, 0.0], [2.0, 6.0, 0.0], [-1.0, 1.0, 7.0]]);
        let path = |k: i32| Vec3::new(0.3, -0.9, 0.7) * f64::from(k) + Vec3::new(1.0, 1.0, 1.0);
        let mut unwrapper = Unwrapper::new();
        for k in 0..100 {
            let mut positions = [wrapped(&path(k), &cell)];
            unwrapper.unwrap(&mut positions, &cell).unwrap();
            assert!((positions[0] - path(k)).norm() < 1e-9, "frame {k}");
        }
        let step = path(1) - path(0);
        let Cell::Periodic(periodic) = &cell else {
            unreachable!()
        };
        let share = step.norm() / periodic.heights().min();
        assert!((unwrapper.largest_step() - share).abs() < 1e-9);
    }

    #[test]
    fn atoms_that_cross_nothing_stay_to_the_bit() {
        let cell = periodic([[5.0, 0.0, 0.0], [2.0, 6.0, 0.0], [-1.0, 1.0, 7.0]]);
        let mut unwrapper = Unwrapper::new();
        for k in 0..50 {
            let original = [Vec3::new(
                1.0 + 0.1 * (0.7 * f64::from(k)).sin(),
                2.0 / 3.0,
                0.1,
            )];
            let mut positions = original;
            unwrapper.unwrap(&mut positions, &cell).unwrap();
            assert_eq!(positions, original);
        }
    }

    /// One atom crosses the face of a box that grows by 1 % a frame. Catches shifts kept as numbers of boxes, whose
    /// length grows after the crossing.
    #[test]
    fn a_growing_box_does_not_carry_atoms_that_have_crossed() {
        let mut unwrapper = Unwrapper::new();
        let mut last = 0.0;
        for k in 0..40 {
            let edge = 10.0 * 1.01f64.powi(k);
            let cell = Cell::orthorhombic(edge, edge, edge).unwrap();
            let x = if k == 0 { 9.9 } else { 0.1 };
            let mut positions = [Vec3::new(x, 0.0, 0.0)];
            unwrapper.unwrap(&mut positions, &cell).unwrap();
            last = positions[0].x;
        }
        assert!(
            (last - 10.2).abs() < 1e-9,
            "{last}: crossed where the edge was 10.1"
        );
    }

    #[test]
    fn open_space_changes_nothing_and_other_molecules_are_refused() {
        let mut unwrapper = Unwrapper::new();
        let mut positions = [Vec3::zeros()];
        unwrapper.unwrap(&mut positions, &Cell::Open).unwrap();
        positions[0].x = 100.0;
        unwrapper.unwrap(&mut positions, &Cell::Open).unwrap();
        assert_eq!(positions[0].x, 100.0);
        assert!(unwrapper
            .unwrap(&mut [Vec3::zeros(); 2], &Cell::Open)
            .is_err());
        positions[0].x = f64::NAN;
        assert!(unwrapper.unwrap(&mut positions, &Cell::Open).is_err());
    }
}
