//! Which atoms are bonded, and how long each bond is on average.
//!
//! Bonded: mean distance below r_i + r_j + 0.6 Å, covalent radii, the cutoff that the public code of "Forces are not
//! enough" arrives at. The mean over reference frames decides, not one frame: the hydrogen bond of salicylic acid
//! comes and goes, so that single frames have 16 to 18 bonds.
//!
//! 0.6 Å is generous: it bridges rings of four, whose atoms across (2.0 Å in a β-lactone) are closer than 0.76 + 0.76 +
//! 0.6 Å. The metric is defined so, and [`Topology::from_reference`] leaves it. Everything else takes
//! [`Topology::without_bridges`]: two atoms with a common neighbour are bonded below r_i + r_j + 0.3 Å only. That lies
//! between the longest bonds of rings of three and the 1.87 Å between the two CH of bicyclo[1.1.1]pentane, which are none;
//! a single margin for all pairs, such as Open Babel's 0.45 Å, would be too wide there and too narrow for stretched bonds.

use crate::error::{all_finite, same_length};
use crate::ValidationError;
use oreo_core::{Cell, Element, Frame, Vec3};
use serde::Serialize;

/// Å beyond the sum of the covalent radii.
pub const BOND_MARGIN: f64 = 0.6;

/// The same for two atoms that are both bonded to a third one.
pub const BRIDGED_MARGIN: f64 = 0.3;

/// Two bonded atoms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bond {
    /// Indices from 0, ascending.
    pub atoms: [usize; 2],
    /// Å, mean length in the reference.
    #[serde(rename = "reference_a")]
    pub reference: f64,
}

/// All bonds of a system.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Topology {
    /// Ascending by atoms.
    pub bonds: Vec<Bond>,
}

/// A bond as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BondDeviation {
    /// The bond.
    #[serde(flatten)]
    pub bond: Bond,
    /// Å, now.
    #[serde(rename = "distance_a")]
    pub distance: f64,
}

impl BondDeviation {
    /// |now − reference|, Å; NaN when a position is not a number.
    pub fn deviation(&self) -> f64 {
        (self.distance - self.bond.reference).abs()
    }
}

impl Topology {
    /// From the mean distances over reference frames of one molecule. Fails without frames, when frames differ in
    /// their atoms, or on a position that is not finite.
    pub fn from_reference(frames: &[Frame]) -> Result<Self, ValidationError> {
        let Some(first) = frames.first() else {
            let quantity = "the reference topology";
            return Err(ValidationError::TooFew {
                quantity,
                unit: "frames",
                needed: 1,
                found: 0,
            });
        };
        for (index, frame) in frames.iter().enumerate() {
            same_length("atoms of the reference frames", first.len(), frame.len())?;
            all_finite("reference position", &frame.positions, index as u64)?;
        }
        let mean = |i: usize, j: usize| {
            let distance = |f: &Frame| f.cell.displacement(&f.positions[i], &f.positions[j]).norm();
            frames.iter().map(distance).sum::<f64>() / frames.len() as f64
        };
        Ok(Self {
            bonds: bonds(&first.elements, mean),
        })
    }

    /// From one structure, where there are no reference frames: its lengths become the reference, so give a relaxed
    /// one. Without bridges.
    pub fn from_structure(elements: &[Element], positions: &[Vec3], cell: &Cell) -> Self {
        let distance = |i: usize, j: usize| cell.displacement(&positions[i], &positions[j]).norm();
        let bonds = bonds(elements, distance);
        Self { bonds }.without_bridges(elements)
    }

    /// Leaves out pairs beyond r_i + r_j + 0.3 Å that are both bonded to a third atom: the two ends of an angle, as
    /// across a ring of four. A stretched bond stays, as long as nothing else joins its atoms. `elements` of all atoms.
    pub fn without_bridges(&self, elements: &[Element]) -> Self {
        let is_short = |bond: &&Bond| {
            let [i, j] = bond.atoms.map(|atom| elements[atom].covalent_radius());
            bond.reference <= i + j + BRIDGED_MARGIN
        };
        let mut neighbors = vec![Vec::new(); elements.len()];
        for bond in self.bonds.iter().filter(is_short) {
            let [i, j] = bond.atoms;
            neighbors[i].push(j);
            neighbors[j].push(i);
        }
        let joined = |bond: &&Bond| {
            let [i, j] = bond.atoms;
            neighbors[i].iter().any(|atom| neighbors[j].contains(atom))
        };
        let kept = self.bonds.iter();
        let kept = kept.filter(|bond| is_short(bond) || !joined(bond));
        Self {
            bonds: kept.copied().collect(),
        }
    }

    /// Fails when a bond names an atom beyond `atoms`.
    pub(crate) fn check_atoms(&self, atoms: usize) -> Result<(), ValidationError> {
        let named = self.bonds.iter().map(|bond| bond.atoms[1] + 1).max();
        match named {
            Some(named) if named > atoms => same_length("atoms of the topology", named, atoms),
            _ => Ok(()),
        }
    }

    /// The bond that is furthest from its reference; `None` without bonds. A bond whose length is not a number is
    /// further than any other. Allocates nothing.
    pub fn largest_deviation(&self, positions: &[Vec3], cell: &Cell) -> Option<BondDeviation> {
        let now = |&bond: &Bond| {
            let [i, j] = bond.atoms;
            let distance = cell.displacement(&positions[i], &positions[j]).norm();
            BondDeviation { bond, distance }
        };
        let further = |a: BondDeviation, b: BondDeviation| {
            let nan_first = |d: f64| if d.is_nan() { f64::INFINITY } else { d };
            if nan_first(b.deviation()) > nan_first(a.deviation()) {
                b
            } else {
                a
            }
        };
        self.bonds.iter().map(now).reduce(further)
    }
}

fn bonds(elements: &[Element], distance: impl Fn(usize, usize) -> f64) -> Vec<Bond> {
    let mut bonds = Vec::new();
    for i in 0..elements.len() {
        for j in i + 1..elements.len() {
            let limit = elements[i].covalent_radius() + elements[j].covalent_radius() + BOND_MARGIN;
            let reference = distance(i, j);
            if reference < limit {
                bonds.push(Bond {
                    atoms: [i, j],
                    reference,
                });
            }
        }
    }
    bonds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hydrogens(distances: &[f64]) -> Vec<Frame> {
        let element: Element = "H".parse().unwrap();
        let frame = |&d: &f64| {
            Frame::new(
                vec![element; 2],
                vec![Vec3::zeros(), Vec3::new(d, 0.0, 0.0)],
            )
        };
        distances.iter().map(frame).collect()
    }

    /// H–H is bonded below 2·0.31 + 0.6 = 1.22 Å. Catches a decision by the first frame (1.0, bonded) or by any frame.
    #[test]
    fn the_mean_distance_decides_not_one_frame() {
        assert!(Topology::from_reference(&hydrogens(&[1.0, 1.3, 1.4]))
            .unwrap()
            .bonds
            .is_empty());
        let bonded = Topology::from_reference(&hydrogens(&[1.3, 1.0, 1.0])).unwrap();
        assert_eq!(bonded.bonds.len(), 1);
        assert!((bonded.bonds[0].reference - 1.1).abs() < 1e-12);
    }

    #[test]
    fn the_margin_is_added_to_the_covalent_radii() {
        let bonds = |d: f64| {
            Topology::from_reference(&hydrogens(&[d]))
                .unwrap()
                .bonds
                .len()
        };
        assert_eq!((bonds(1.219), bonds(1.221)), (1, 0));
    }

    fn ring(atoms: &[(&str, f64, f64)]) -> Frame {
        let elements = atoms.iter().map(|(symbol, _, _)| symbol.parse().unwrap());
        let positions = atoms.iter().map(|&(_, x, y)| Vec3::new(x, y, 0.0));
        Frame::new(elements.collect(), positions.collect())
    }

    /// The ring of β-propiolactone, O1 C2 C3 C4 with the carbonyl O on C2 (C2–C4 is 2.01 Å across), that of cyclobutene
    /// (2.09 Å), a square of 1.48 Å, as cyclobutane becomes in a hot frame, and a bridge of bicyclo[1.1.1]pentane. Seen to
    /// fail with the generous rule alone, which finds one, two, two and one bonds more.
    #[test]
    fn the_way_across_a_ring_of_four_is_no_bond() {
        let lactone = [
            ("O", 0.0, 0.0),
            ("C", 1.39, 0.0),
            ("C", 1.53, 1.52),
            ("C", 0.0, 1.45),
            ("O", 2.3, -0.76),
        ];
        let cyclobutene = [
            ("C", 0.0, 0.0),
            ("C", 1.34, 0.0),
            ("C", 1.45, 1.51),
            ("C", -0.11, 1.51),
        ];
        let square = [
            ("C", 0.0, 0.0),
            ("C", 1.48, 0.0),
            ("C", 1.48, 1.48),
            ("C", 0.0, 1.48),
        ];
        let bridge = [("C", 0.0, 0.0), ("C", 0.935, 1.236), ("C", 1.87, 0.0)];
        for (atoms, generous, real) in [
            (&lactone[..], 6, 5),
            (&cyclobutene, 6, 4),
            (&square, 6, 4),
            (&bridge, 3, 2),
        ] {
            let frame = ring(atoms);
            let metric = Topology::from_reference(std::slice::from_ref(&frame)).unwrap();
            assert_eq!(metric.bonds.len(), generous, "the metric is defined so");
            let found = Topology::from_structure(&frame.elements, &frame.positions, &frame.cell);
            assert_eq!(found.bonds.len(), real, "{found:?}");
            assert_eq!(found, metric.without_bridges(&frame.elements));
        }
    }

    /// A ring of three is bonded all around (1.51 Å), and a C–H stretched to 1.6 Å stays one: H has no other. Catches
    /// the narrow margin for all pairs.
    #[test]
    fn rings_of_three_and_stretched_bonds_stay() {
        let cyclopropane = ring(&[
            ("C", 0.0, 0.0),
            ("C", 1.51, 0.0),
            ("C", 0.755, 1.308),
            ("H", 0.755, 2.908),
        ]);
        let Frame {
            elements,
            positions,
            cell,
            ..
        } = &cyclopropane;
        assert_eq!(
            Topology::from_structure(elements, positions, cell)
                .bonds
                .len(),
            4
        );
    }

    #[test]
    fn unequal_frames_are_refused() {
        let mut frames = hydrogens(&[1.0, 1.0]);
        frames[1].positions.push(Vec3::zeros());
        frames[1].elements.push("H".parse().unwrap());
        assert!(Topology::from_reference(&frames).is_err());
        assert!(Topology::from_reference(&[]).is_err());
    }

    #[test]
    fn a_bond_across_the_face_of_a_box_is_one() {
        let element: Element = "H".parse().unwrap();
        let cell = Cell::orthorhombic(5.0, 5.0, 5.0).unwrap();
        let positions = [Vec3::new(0.2, 0.0, 0.0), Vec3::new(4.5, 0.0, 0.0)];
        let topology = Topology::from_structure(&[element; 2], &positions, &cell);
        assert!((topology.bonds[0].reference - 0.7).abs() < 1e-12);
    }
}
