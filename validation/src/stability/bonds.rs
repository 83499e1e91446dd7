//! The bond rule of "Forces are not enough", at every step instead of every saved frame.

use crate::error::{positive, same_length};
use crate::{BondDeviation, Topology, ValidationError};
use oreo_core::{Archive, ArchiveError, Cell, Observer, ObserverError, Persist, Stop, Vec3, View};
use serde::Serialize;
use std::ops::ControlFlow;

/// Å. At 0.25 Å almost none of the DFT frames of MD17 would be rejected, at 0.10 Å 15 to 22 %.
pub const DEFAULT_BOND_THRESHOLD: f64 = 0.5;

/// Stops a replica when a bond is more than a threshold from its reference length. Only bonds of the topology are
/// looked at: a contact that comes and goes stops nothing.
#[derive(Debug, Clone)]
pub struct BondRule {
    topology: Topology,
    threshold: f64,
    last: Option<BondDeviation>,
}

impl BondRule {
    /// `threshold` in Å; [`DEFAULT_BOND_THRESHOLD`] is the benchmark's.
    pub fn new(topology: Topology, threshold: f64) -> Result<Self, ValidationError> {
        positive("bond threshold in Å", threshold)?;
        Ok(Self {
            topology,
            threshold,
            last: None,
        })
    }

    /// Å, of the last step that was observed; 0 before and without bonds.
    pub fn max_bond_deviation(&self) -> f64 {
        self.last.map_or(0.0, |bond| bond.deviation())
    }

    fn judge(&mut self, positions: &[Vec3], cell: &Cell, step: u64) -> ControlFlow<Stop> {
        self.last = self.topology.largest_deviation(positions, cell);
        match self.last {
            Some(bond) if is_broken(&bond, self.threshold) => ControlFlow::Break(Stop::Bond {
                step,
                atoms: bond.bond.atoms,
                distance: bond.distance,
                reference: bond.bond.reference,
                threshold: self.threshold,
            }),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// A length that is not a number is broken.
fn is_broken(bond: &BondDeviation, threshold: f64) -> bool {
    bond.deviation().is_nan() || bond.deviation() > threshold
}

impl Observer for BondRule {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let state = view.state;
        Ok(self.judge(&state.positions, &state.cell, state.step))
    }
}

impl Persist for BondRule {
    /// Nothing: every step is judged by itself.
    fn persist(&mut self, _: &mut dyn Archive) -> Result<(), ArchiveError> {
        Ok(())
    }
}

/// Where a saved trajectory broke.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BrokenFrame {
    /// From 0. The run broke after the frame before this one and not later than this one.
    pub frame: usize,
    /// The bond furthest from its reference.
    #[serde(flatten)]
    pub bond: BondDeviation,
}

/// The bond rule on saved frames, for trajectories of other programs; `None` when all are whole. Fails when a frame
/// has too few atoms for the topology.
pub fn first_broken_frame<'a>(
    frames: impl IntoIterator<Item = (&'a [Vec3], &'a Cell)>,
    topology: &Topology,
    threshold: f64,
) -> Result<Option<BrokenFrame>, ValidationError> {
    positive("bond threshold in Å", threshold)?;
    let atoms = topology
        .bonds
        .iter()
        .map(|bond| bond.atoms[1] + 1)
        .max()
        .unwrap_or(0);
    for (frame, (positions, cell)) in frames.into_iter().enumerate() {
        if positions.len() < atoms {
            same_length("atoms in a frame", atoms, positions.len())?;
        }
        match topology.largest_deviation(positions, cell) {
            Some(bond) if is_broken(&bond, threshold) => {
                return Ok(Some(BrokenFrame { frame, bond }))
            }
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bond;

    fn rule() -> BondRule {
        let bond = |i, j| Bond {
            atoms: [i, j],
            reference: 1.0,
        };
        BondRule::new(
            Topology {
                bonds: vec![bond(0, 1), bond(1, 2)],
            },
            0.5,
        )
        .unwrap()
    }

    /// Atom 1 in the origin, 0 and 2 to its left and right, 3 free.
    fn molecule(left: f64, right: f64, free: f64) -> Vec<Vec3> {
        [-left, 0.0, right, free]
            .map(|x| Vec3::new(x, 0.0, 0.0))
            .to_vec()
    }

    /// V16. Catches `>=` with the wrong side, a threshold relative to the length, and a signed deviation (0.49 Å of
    /// compression would pass at any size).
    #[test]
    fn a_deviation_of_0_49_passes_and_0_51_stops_both_ways() {
        let mut rule = rule();
        for passing in [1.49, 0.51, 1.0, 1.5] {
            assert!(
                rule.judge(&molecule(1.0, passing, 9.0), &Cell::Open, 7)
                    .is_continue(),
                "{passing}"
            );
        }
        for stopping in [1.51, 0.49] {
            assert!(
                rule.judge(&molecule(1.0, stopping, 9.0), &Cell::Open, 7)
                    .is_break(),
                "{stopping}"
            );
        }
    }

    #[test]
    fn the_stop_names_step_atoms_and_lengths() {
        let stop = rule().judge(&molecule(1.6, 1.75, 9.0), &Cell::Open, 4321);
        assert_eq!(
            stop,
            ControlFlow::Break(Stop::Bond {
                step: 4321,
                atoms: [1, 2],
                distance: 1.75,
                reference: 1.0,
                threshold: 0.5
            })
        );
    }

    /// Catches a rule that takes its bonds from the current frame.
    #[test]
    fn a_contact_that_flickers_stops_nothing() {
        let mut rule = rule();
        for free in [1.1, 5.0, 1.2, 80.0] {
            assert!(rule
                .judge(&molecule(1.0, 1.0, free), &Cell::Open, 1)
                .is_continue());
        }
        assert_eq!(rule.max_bond_deviation(), 0.0);
    }

    /// Every comparison with NaN is false: `deviation > threshold` alone would let it pass.
    #[test]
    fn nan_stops() {
        let mut rule = rule();
        assert!(rule
            .judge(&molecule(1.0, f64::NAN, 9.0), &Cell::Open, 1)
            .is_break());
        assert!(rule
            .judge(&molecule(f64::NAN, 1.0, 9.0), &Cell::Open, 1)
            .is_break());
    }

    #[test]
    fn the_largest_deviation_of_the_last_step_can_be_read() {
        let mut rule = rule();
        assert_eq!(rule.max_bond_deviation(), 0.0);
        let _ = rule.judge(&molecule(1.2, 0.7, 9.0), &Cell::Open, 1);
        assert!((rule.max_bond_deviation() - 0.3).abs() < 1e-12);
    }

    #[test]
    fn the_first_broken_frame_of_a_trajectory_is_found() {
        let topology = rule().topology;
        let frames = [
            molecule(1.0, 1.0, 9.0),
            molecule(1.4, 1.0, 9.0),
            molecule(1.0, 1.6, 9.0),
        ];
        let search = |frames: &[Vec<Vec3>]| {
            first_broken_frame(
                frames.iter().map(|p| (p.as_slice(), &Cell::Open)),
                &topology,
                0.5,
            )
        };
        let broken = search(&frames).unwrap().unwrap();
        assert_eq!((broken.frame, broken.bond.bond.atoms), (2, [1, 2]));
        assert_eq!(search(&frames[..2]), Ok(None));
        assert!(search(&[vec![Vec3::zeros(); 2]]).is_err());
    }

    #[test]
    fn thresholds_without_meaning_are_refused() {
        assert!(BondRule::new(Topology::default(), 0.0).is_err());
        assert!(BondRule::new(Topology::default(), f64::NAN).is_err());
    }
}
