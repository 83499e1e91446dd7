//! Where the atoms of a converted trajectory are: paths unwrapped out of a box or folded into it, centred, superposed, and
//! which of them are written. One frame in memory, and the first one.

use super::selection::Selection;
use crate::cli::analysis::frames::check_elements;
use crate::cli::args::ConvertArgs;
use crate::cli::exit::BadInput;
use anyhow::Result;
use oreo_core::{Cell, Element, Frame, System, Vec3};
use oreo_validation::geometry::superpose;
use oreo_validation::unwrap::Unwrapper;
use std::fmt::Display;

/// Heights of the box that an atom may move between two frames before it is said: at ½ a path is a guess.
const WORTH_A_NOTE: f64 = 0.35;

/// What to do with every frame.
#[derive(Debug, Default)]
pub struct Placement {
    /// The file, for messages.
    input: String,
    /// Along continuous paths; also where a centre of mass is to be followed.
    unwrap: bool,
    wrap: bool,
    center: bool,
    superpose: bool,
    selection: Option<Selection>,
    unwrapper: Unwrapper,
    /// Of the first frame followed; frames of another molecule have no path.
    elements: Option<Vec<Element>>,
    /// Å, of the first frame written.
    target: Option<Vec<Vec3>>,
    energies_left_out: bool,
}

impl Placement {
    /// As asked for.
    pub fn of(args: &ConvertArgs) -> Self {
        Self {
            input: args.input().display().to_string(),
            unwrap: args.unwrap,
            wrap: args.wrap,
            center: args.center,
            superpose: args.superpose,
            selection: args.select.clone(),
            ..Self::default()
        }
    }

    /// Every frame of the range, also those that `--every` leaves out: a path is followed from frame to frame.
    pub fn follow(&mut self, frame: &mut Frame, number: u64) -> Result<()> {
        self.check(frame, number)?;
        let boxed = frame.cell != Cell::Open;
        if self.unwrap || (self.center && boxed) {
            self.unwrapper
                .unwrap(&mut frame.positions, &frame.cell)
                .map_err(|error| self.bad(number, error))?;
        }
        Ok(())
    }

    /// Refuses what cannot be done with this frame.
    fn check(&mut self, frame: &Frame, number: u64) -> Result<()> {
        let boxed = frame.cell != Cell::Open;
        let flag = if self.wrap { "--wrap" } else { "--unwrap" };
        if (self.wrap || self.unwrap) && !boxed {
            let problem = format!("has no periodic cell, and {flag} no meaning; leave it away");
            return Err(self.bad(number, problem).into());
        }
        if self.superpose && boxed {
            let problem =
                "is periodic: --superpose would turn the atoms in a box that stays; use --center";
            return Err(self.bad(number, problem).into());
        }
        if self.unwrap || self.superpose || (self.center && boxed) {
            let first = self.elements.get_or_insert_with(|| frame.elements.clone());
            let place = format!("{}, frame {number}", self.input);
            check_elements(&frame.elements, first, &place, "of the first frame")?;
        }
        Ok(())
    }

    /// A frame that is to be written.
    pub fn place(&mut self, mut frame: Frame, number: u64) -> Result<Frame> {
        if let Some(selection) = &self.selection {
            let atoms = selection.atoms(&frame.elements);
            let atoms =
                atoms.map_err(|problem| self.bad(number, format!("--select: it {problem}")))?;
            self.energies_left_out |= frame.energy.is_some();
            frame = selected(frame, &atoms);
        }
        if self.center {
            center(&mut frame);
        }
        if self.superpose {
            self.superpose(&mut frame, number)?;
        }
        if let (true, Cell::Periodic(cell)) = (self.wrap, &frame.cell) {
            // By whole lattice vectors, which leaves atoms that are inside as they are, to the bit.
            let inside = |r: &mut Vec3| *r -= cell.vectors() * cell.fractional(r).map(f64::floor);
            frame.positions.iter_mut().for_each(inside);
        }
        Ok(frame)
    }

    /// On the first frame. Velocities and forces are vectors of the same axes, which turn with the positions.
    fn superpose(&mut self, frame: &mut Frame, number: u64) -> Result<()> {
        let target = self.target.get_or_insert_with(|| frame.positions.clone());
        let fit = superpose(&frame.positions, target).map_err(|error| self.bad(number, error))?;
        let moved = |r: &mut Vec3| *r = fit.rotation * *r + fit.translation;
        frame.positions.iter_mut().for_each(moved);
        let vectors = frame.velocities.iter_mut().chain(&mut frame.forces);
        vectors.flatten().for_each(|v| *v = fit.rotation * *v);
        Ok(())
    }

    /// Energies of all atoms are not those of some.
    pub fn leaves_energies_out(&self) -> bool {
        self.energies_left_out
    }

    fn bad(&self, number: u64, problem: impl Display) -> BadInput {
        BadInput::new(format!("{}, frame {number}: {problem}", self.input))
    }

    /// For the user, at the end.
    pub fn note(&self) -> Option<String> {
        let step = self.unwrapper.largest_step();
        (step > WORTH_A_NOTE).then(|| {
            format!("atoms move up to {step:.2} of the height of the box between two frames; near 0.5 it cannot be told which way: write frames more often")
        })
    }
}

/// Forces stay those that all atoms exert on the selected ones.
fn selected(frame: Frame, atoms: &[usize]) -> Frame {
    let some = |vectors: &Vec<Vec3>| atoms.iter().map(|&atom| vectors[atom]).collect();
    Frame {
        elements: atoms.iter().map(|&atom| frame.elements[atom]).collect(),
        positions: some(&frame.positions),
        forces: frame.forces.as_ref().map(some),
        velocities: frame.velocities.as_ref().map(some),
        energy: None,
        ..frame
    }
}

/// The centre of mass goes to the origin, in a box to its middle. Velocities stay as they are: those of the axes at rest.
fn center(frame: &mut Frame) {
    let system = System::new(frame.elements.clone());
    let weighted = frame.positions.iter().zip(&system.masses);
    let sum: Vec3 = weighted.map(|(r, &mass)| mass * r).sum();
    let middle = match &frame.cell {
        Cell::Open => Vec3::zeros(),
        Cell::Periodic(cell) => cell.vectors() * Vec3::repeat(0.5),
    };
    let shift = middle - sum / system.total_mass();
    frame.positions.iter_mut().for_each(|r| *r += shift);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(symbols: &[&str], positions: &[[f64; 3]]) -> Frame {
        let elements = symbols.iter().map(|s| s.parse().unwrap()).collect();
        Frame::new(elements, positions.iter().map(|&r| r.into()).collect())
    }

    fn placed(placement: &mut Placement, number: u64, mut frame: Frame) -> Result<Frame> {
        placement.follow(&mut frame, number)?;
        placement.place(frame, number)
    }

    /// Water turned by 90° about z and moved: velocities of 1 along x of the first frame's axes point there again. Planted,
    /// and seen to fail: velocities that stay as they were.
    #[test]
    fn velocities_and_forces_turn_with_the_molecule() {
        let shape = [[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]];
        let turned = shape.map(|[x, y, z]| [5.0 - y, x, z - 1.0]);
        let mut placement = Placement {
            superpose: true,
            ..Placement::default()
        };
        placed(&mut placement, 0, frame(&["O", "H", "H"], &shape)).unwrap();
        let mut second = frame(&["O", "H", "H"], &turned);
        second.velocities = Some(vec![Vec3::y(); 3]);
        second.forces = Some(vec![Vec3::z(), Vec3::x(), Vec3::zeros()]);
        let second = placed(&mut placement, 1, second).unwrap();
        for (found, expected) in second.positions.iter().zip(shape) {
            assert!((found - Vec3::from(expected)).norm() < 1e-12);
        }
        assert!((second.velocities.unwrap()[2] - Vec3::x()).norm() < 1e-12);
        let forces = second.forces.unwrap();
        assert!((forces[0] - Vec3::z()).norm() < 1e-12 && (forces[1] + Vec3::y()).norm() < 1e-12);
    }

    /// He at 0 and Ne at 24.1826 (4.002602 and 20.1797 amu): the centre of mass is at x = 20.18. Catches the mean of the
    /// positions.
    #[test]
    fn the_centre_of_mass_goes_to_the_origin_or_the_middle_of_the_box() {
        let mut placement = Placement {
            center: true,
            ..Placement::default()
        };
        let length = 4.002602 + 20.1797;
        let pair = frame(&["He", "Ne"], &[[0.0; 3], [length, 0.0, 0.0]]);
        let found = placed(&mut placement, 0, pair.clone()).unwrap();
        assert!((found.positions[0].x + 20.1797).abs() < 1e-12);
        let mut boxed = pair;
        boxed.cell = Cell::orthorhombic(60.0, 20.0, 10.0).unwrap();
        let found = placed(
            &mut Placement {
                center: true,
                wrap: true,
                ..Placement::default()
            },
            0,
            boxed,
        )
        .unwrap();
        assert!((found.positions[0] - Vec3::new(30.0 - 20.1797, 10.0, 5.0)).norm() < 1e-12);
    }

    #[test]
    fn some_atoms_have_their_vectors_and_no_energy() {
        let mut whole = frame(
            &["O", "H", "H"],
            &[[0.0; 3], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]],
        );
        whole.energy = Some(-1.0);
        whole.forces = Some([3.0, 4.0, 5.0].map(Vec3::repeat).to_vec());
        let mut placement = Placement {
            selection: Some("0,2".parse().unwrap()),
            ..Placement::default()
        };
        let found = placed(&mut placement, 0, whole).unwrap();
        assert_eq!(
            (found.len(), found.positions[1].x, found.energy),
            (2, 2.0, None)
        );
        assert_eq!(found.forces.unwrap()[1].x, 5.0);
        assert!(placement.leaves_energies_out());
    }

    #[test]
    fn what_has_no_meaning_is_refused_with_its_frame() {
        let open = || frame(&["H"], &[[0.0; 3]]);
        let mut boxed = open();
        boxed.cell = Cell::orthorhombic(5.0, 5.0, 5.0).unwrap();
        let refusal = |placement: Placement, frame: Frame| {
            let input = "a.xyz".to_string();
            let mut placement = Placement { input, ..placement };
            placed(&mut placement, 7, frame).unwrap_err().to_string()
        };
        let wrap = Placement {
            wrap: true,
            ..Placement::default()
        };
        assert!(
            refusal(wrap, open()).starts_with("a.xyz, frame 7: has no periodic cell, and --wrap")
        );
        let superpose = Placement {
            superpose: true,
            ..Placement::default()
        };
        assert!(refusal(superpose, boxed).contains("--superpose would turn"));
        let mut other = Placement {
            superpose: true,
            ..Placement::default()
        };
        placed(&mut other, 0, open()).unwrap();
        assert!(refusal(other, frame(&["O"], &[[0.0; 3]])).contains("frame 7"));
    }
}
