//! Bond lengths and angles by kind (H-C, H-C-O …) over the frames of a trajectory, and how they differ from those of
//! another.
//!
//! The mean of a kind over the frames is what a run and its reference are compared by. Its error comes from the means of
//! blocks in time, since a bond that is long now is long in the next frame, too. Fixed memory. Frames that count unequally
//! are for [`Reweighting::kinds`](crate::Reweighting::kinds).

mod weighted;

pub use weighted::KindSummaries;

use crate::angles::angle_deg;
use crate::error::{all_finite, same_length};
use crate::moments::{MeanMeter, Moments};
use crate::{Topology, ValidationError};
use oreo_core::{Cell, Element, Vec3};
use std::collections::BTreeMap;

/// Accumulates the bonds and angles of frames.
#[derive(Debug, Clone)]
pub struct KindStatistics {
    bonds: Vec<Kind<2>>,
    angles: Vec<Kind<3>>,
    atoms: usize,
    frames: u64,
}

/// All bonds or all angles between the same elements.
#[derive(Debug, Clone)]
struct Kind<const N: usize> {
    name: String,
    members: Vec<[usize; N]>,
    all: Moments,
    /// One mean over the members a frame.
    in_time: MeanMeter,
}

/// One kind over the frames; lengths in Å, angles in degrees.
#[derive(Debug, Clone, PartialEq)]
pub struct KindSummary {
    /// `H-C`, or `H-C-O` with the vertex in the middle; ends ascending by atomic number.
    pub kind: String,
    /// Bonds or angles of this kind in the molecule.
    pub count: usize,
    /// Over members and frames.
    pub mean: f64,
    /// Of one member in one frame.
    pub std: f64,
    /// Standard error of the mean; `None` below 8 frames.
    pub error: Option<f64>,
    /// Over members and frames.
    pub min: f64,
    /// Over members and frames.
    pub max: f64,
}

/// Of two means of the same kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KindDifference {
    /// Å or degrees: this one less the reference.
    pub difference: f64,
    /// √(e² + e_ref²); `None` where either is not known.
    pub error: Option<f64>,
    /// In units of `error`.
    pub in_errors: Option<f64>,
    /// In units of the standard deviation of the reference; `None` where that is zero.
    pub in_spreads: Option<f64>,
}

impl<const N: usize> Kind<N> {
    /// `members` by kind, in order of atomic numbers.
    fn sorted(members: impl Iterator<Item = [usize; N]>, elements: &[Element]) -> Vec<Self> {
        let mut kinds = BTreeMap::<Vec<Element>, Vec<[usize; N]>>::new();
        for atoms in members {
            let mut kind = atoms.map(|atom| elements[atom]).to_vec();
            if kind[0] > kind[N - 1] {
                kind.reverse();
            }
            kinds.entry(kind).or_default().push(atoms);
        }
        let kind = |(kind, members): (Vec<Element>, Vec<[usize; N]>)| Self {
            name: kind
                .iter()
                .map(|element| element.symbol())
                .collect::<Vec<_>>()
                .join("-"),
            members,
            all: Moments::NONE,
            in_time: MeanMeter::new(),
        };
        kinds.into_iter().map(kind).collect()
    }

    fn add_frame(&mut self, value: impl Fn(&[usize; N]) -> f64) {
        let mut sum = 0.0;
        for member in &self.members {
            let value = value(member);
            self.all.add(value);
            sum += value;
        }
        self.in_time.add(sum / self.members.len() as f64);
    }

    /// Of one frame.
    fn moments(&self, value: impl Fn(&[usize; N]) -> f64) -> Moments {
        let mut moments = Moments::NONE;
        let values = self.members.iter().map(value);
        values.for_each(|value| moments.add(value));
        moments
    }

    fn summary(&self) -> Option<KindSummary> {
        (self.all.count > 0.0).then(|| KindSummary {
            kind: self.name.clone(),
            count: self.members.len(),
            mean: self.all.mean,
            std: self.all.standard_deviation(),
            error: self.in_time.error(),
            min: self.all.min,
            max: self.all.max,
        })
    }
}

impl KindStatistics {
    /// Bonds and angles of a topology. Fails when a bond names an atom that the molecule does not have.
    pub fn new(topology: &Topology, elements: &[Element]) -> Result<Self, ValidationError> {
        topology.check_atoms(elements.len())?;
        let bonds = topology.bonds.iter().map(|bond| bond.atoms);
        Ok(Self {
            bonds: Kind::sorted(bonds, elements),
            angles: Kind::sorted(topology.angles().into_iter(), elements),
            atoms: elements.len(),
            frames: 0,
        })
    }

    /// One frame; allocates nothing.
    pub fn add_frame(&mut self, positions: &[Vec3], cell: &Cell) -> Result<(), ValidationError> {
        same_length("atoms in a frame", self.atoms, positions.len())?;
        all_finite("position", positions, self.frames)?;
        for bonds in &mut self.bonds {
            bonds.add_frame(|&[i, j]| cell.displacement(&positions[i], &positions[j]).norm());
        }
        for angles in &mut self.angles {
            angles.add_frame(|&atoms| angle_deg(atoms, positions, cell));
        }
        self.frames += 1;
        Ok(())
    }

    /// Lengths in Å, in order of atomic numbers; empty without frames.
    pub fn bonds(&self) -> Vec<KindSummary> {
        self.bonds.iter().filter_map(Kind::summary).collect()
    }

    /// Degrees, in order of atomic numbers; empty without frames.
    pub fn angles(&self) -> Vec<KindSummary> {
        self.angles.iter().filter_map(Kind::summary).collect()
    }
}

impl KindSummary {
    /// Of the same kind of another trajectory.
    pub fn against(&self, reference: &Self) -> KindDifference {
        let difference = self.mean - reference.mean;
        let both = self.error.zip(reference.error);
        let error = both.map(|(own, other)| own.hypot(other));
        let share_of = |unit: f64| (unit > 0.0).then(|| difference / unit);
        KindDifference {
            difference,
            error,
            in_errors: error.and_then(share_of),
            in_spreads: share_of(reference.std),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bond;

    fn elements(symbols: &[&str]) -> Vec<Element> {
        symbols.iter().map(|s| s.parse().unwrap()).collect()
    }

    fn topology(bonds: &[[usize; 2]]) -> Topology {
        let reference = 1.0;
        let bond = |&atoms| Bond { atoms, reference };
        Topology {
            bonds: bonds.iter().map(bond).collect(),
        }
    }

    /// H–C–C–H bent by right angles: C–H of 1.0/1.2 and 1.1/1.3 over two frames has mean 1.15, std √0.0125; C–C is 1.5
    /// twice; both angles H–C–C are 90°.
    #[test]
    fn kinds_by_hand() {
        let bonds = topology(&[[0, 1], [1, 2], [2, 3]]);
        let mut found = KindStatistics::new(&bonds, &elements(&["H", "C", "C", "H"])).unwrap();
        let frame = |first: f64, last: f64| {
            [
                [0.0, first, 0.0],
                [0.0; 3],
                [1.5, 0.0, 0.0],
                [1.5, 0.0, last],
            ]
            .map(Vec3::from)
        };
        found.add_frame(&frame(1.0, 1.1), &Cell::Open).unwrap();
        found.add_frame(&frame(1.2, 1.3), &Cell::Open).unwrap();
        let lengths = found.bonds();
        assert_eq!((lengths[0].kind.as_str(), lengths[0].count), ("H-C", 2));
        assert_eq!((lengths[1].kind.as_str(), lengths[1].count), ("C-C", 1));
        assert!((lengths[0].mean - 1.15).abs() < 1e-12);
        assert!((lengths[0].std - 0.0125f64.sqrt()).abs() < 1e-12);
        assert!((lengths[0].min - 1.0).abs() < 1e-12 && (lengths[0].max - 1.3).abs() < 1e-12);
        assert!(lengths[1].std < 1e-9 && lengths[1].error.is_none());
        let angles = found.angles();
        assert_eq!((angles[0].kind.as_str(), angles[0].count), ("H-C-C", 2));
        assert!((angles[0].mean - 90.0).abs() < 1e-9);
        assert!(found.add_frame(&[Vec3::zeros()], &Cell::Open).is_err());
        assert!(KindStatistics::new(&bonds, &elements(&["H", "C"])).is_err());
    }

    /// 0.1 over errors of 0.03 and 0.04: two errors; over a spread of 0.2: half a spread.
    #[test]
    fn a_difference_by_hand() {
        let summary = |mean, error, std| KindSummary {
            kind: "H-C".into(),
            count: 1,
            mean,
            std,
            error,
            min: mean,
            max: mean,
        };
        let found = summary(1.2, Some(0.03), 0.3).against(&summary(1.1, Some(0.04), 0.2));
        let near = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-9;
        assert!(near(Some(found.difference), 0.1) && near(found.error, 0.05));
        assert!(near(found.in_errors, 2.0) && near(found.in_spreads, 0.5));
        let found = summary(1.2, None, 0.3).against(&summary(1.1, Some(0.04), 0.0));
        assert_eq!((found.in_errors, found.in_spreads), (None, None));
    }
}
