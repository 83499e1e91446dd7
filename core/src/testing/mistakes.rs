//! The contract catches what it is for: each promise is broken once, on purpose.

use super::*;
use crate::{
    Capabilities, Cell, ElementSet, NeighborRequest, Potential, PotentialError, Request, System,
    Vec3,
};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mistake {
    Nothing,
    ForceTooStrong,
    OnlyOneOfTwoAtoms,
    ForceNotAlongTheBond,
    Overwrites,
    SkinCounts,
    CountsItsCalls,
    KeepsScratch,
    OnlyFirstOfBatch,
    VirialTwice,
    VirialOfTheWrongSign,
    FeelsTheOrigin,
    FeelsTheAxis,
    FeelsTheLabel,
}
use Mistake::*;

/// E = Σ_{i<j} (1 − r²/c²)³ for r < c: smooth everywhere, no singularity.
struct SoftSpheres {
    mistake: Mistake,
    calls: f64,
    scratch: Vec<Vec3>,
}

const CUTOFF: f64 = 3.0;

fn with(mistake: Mistake) -> SoftSpheres {
    SoftSpheres {
        mistake,
        calls: 0.0,
        scratch: vec![],
    }
}

impl Potential for SoftSpheres {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "soft spheres".into(),
            precision: "f64",
            neighbors: Some(NeighborRequest { cutoff: CUTOFF }),
            elements: ElementSet::all(),
            virial: true,
            periodic: true,
            atoms_per_call: None,
        }
    }

    fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for (number, request) in batch.iter_mut().enumerate() {
            if number == 0 || self.mistake != OnlyFirstOfBatch {
                self.evaluate_one(request);
            }
        }
        Ok(())
    }
}

impl SoftSpheres {
    fn evaluate_one(&mut self, request: &mut Request<'_>) {
        let mistake = self.mistake;
        if mistake == Overwrites {
            *request.energy = 0.0;
        }
        if mistake == SkinCounts {
            *request.energy += 1e-9 * request.neighbors.len() as f64;
        }
        if mistake == CountsItsCalls {
            self.calls += 1.0;
            *request.energy += 1e-9 * self.calls;
        }
        if mistake != KeepsScratch {
            self.scratch.clear();
        }
        self.scratch.resize(request.positions.len(), Vec3::zeros());
        let (energy, forces) = (&mut *request.energy, &mut self.scratch);
        let virial = &mut request.virial;
        request.neighbors.for_each(
            request.positions,
            request.cell,
            CUTOFF,
            |i, j, r, squared| {
                let x = 1.0 - squared / (CUTOFF * CUTOFF);
                let weight = match mistake {
                    FeelsTheLabel => 1.0 + 0.1 * (i + j) as f64,
                    FeelsTheAxis => 1.0 + r.x * r.x,
                    FeelsTheOrigin => 1.0 + request.positions[i].x + request.positions[j].x,
                    _ => 1.0,
                };
                *energy += 0.5 * weight * x.powi(3);
                // Force on j due to i.
                let mut force = weight * 6.0 * x * x / (CUTOFF * CUTOFF) * r;
                match mistake {
                    ForceTooStrong => force *= 1.0 + 1e-5,
                    OnlyOneOfTwoAtoms if i > j => force *= 0.0,
                    ForceNotAlongTheBond => force += 1e-3 * r.cross(&Vec3::x()),
                    _ => {}
                }
                forces[i] -= force;
                if let Some(virial) = virial {
                    let factor = match mistake {
                        VirialTwice => 1.0,
                        VirialOfTheWrongSign => -0.5,
                        _ => 0.5,
                    };
                    **virial += factor * r * force.transpose();
                }
            },
        );
        for (force, own) in request.forces.iter_mut().zip(&self.scratch) {
            *force += own;
        }
    }
}

fn open() -> (System, Vec<Vec3>, Cell) {
    let (system, positions) = random_cloud(12, 1, 0.9);
    (system, positions, Cell::Open)
}

/// Smaller than the cutoff and tilted.
fn periodic() -> (System, Vec<Vec3>, Cell) {
    let (system, positions) = random_cloud(6, 2, 0.9);
    let cell = Cell::periodic([[2.9, 0.0, 0.0], [0.8, 3.1, 0.0], [-0.3, 0.6, 3.4]]);
    (system, positions, cell.unwrap())
}

fn fails(check: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(check)).is_err()
}

#[test]
fn a_right_potential_passes_open_and_periodic() {
    for (system, positions, cell) in [open(), periodic()] {
        let tolerance = Tolerance::DOUBLE;
        assert_potential_contract(&mut with(Nothing), &system, &positions, &cell, tolerance);
    }
}

#[test]
fn every_mistake_fails_the_whole_contract() {
    let (system, positions, cell) = open();
    for mistake in [
        ForceTooStrong,
        OnlyOneOfTwoAtoms,
        ForceNotAlongTheBond,
        Overwrites,
        SkinCounts,
        CountsItsCalls,
        KeepsScratch,
        OnlyFirstOfBatch,
        VirialTwice,
        VirialOfTheWrongSign,
        FeelsTheOrigin,
        FeelsTheAxis,
        FeelsTheLabel,
    ] {
        let potential = &mut with(mistake);
        assert!(
            fails(|| assert_potential_contract(
                potential,
                &system,
                &positions,
                &cell,
                Tolerance::DOUBLE
            )),
            "{mistake:?} was not seen"
        );
    }
}

/// Each part sees its own mistake, and no part sees one that is not there.
#[test]
fn every_part_of_the_contract_can_fail() {
    type Part = fn(&mut dyn Potential, &System, &[Vec3], &Cell);
    let parts: [(Mistake, Part); 12] = [
        (ForceTooStrong, |p, s, r, c| {
            assert_gradient(p, s, r, c, 1e-3, 1e-6)
        }),
        (OnlyOneOfTwoAtoms, |p, s, r, c| {
            assert_net_force_zero(p, s, r, c, 1e-10)
        }),
        (ForceNotAlongTheBond, |p, s, r, c| {
            assert_net_torque_zero(p, s, r, c, 1e-10)
        }),
        (Overwrites, |p, s, r, c| {
            assert_adds_into_outputs(p, s, r, c, 1e-10)
        }),
        (SkinCounts, assert_skin_changes_nothing),
        (CountsItsCalls, assert_repeatable),
        (KeepsScratch, assert_repeatable),
        (VirialTwice, |p, s, r, c| {
            assert_virial(p, s, r, c, 3e-4, 1e-6)
        }),
        (VirialOfTheWrongSign, |p, s, r, c| {
            assert_virial(p, s, r, c, 3e-4, 1e-6)
        }),
        (FeelsTheOrigin, |p, s, r, c| {
            assert_translation_invariant(p, s, r, c, 1e-10)
        }),
        (FeelsTheAxis, |p, s, r, c| {
            assert_rotation_equivariant(p, s, r, c, 1e-10)
        }),
        (FeelsTheLabel, |p, s, r, c| {
            assert_permutation_equivariant(p, s, r, c, 1e-10)
        }),
    ];
    let (system, positions, cell) = open();
    for (mistake, part) in parts {
        part(&mut with(Nothing), &system, &positions, &cell);
        let seen = fails(|| part(&mut with(mistake), &system, &positions, &cell));
        assert!(seen, "{mistake:?} was not seen");
    }
}

/// NaN must fail a check, not slip through a comparison.
#[test]
fn overlapping_nan_is_not_equal() {
    let (system, mut positions, cell) = open();
    positions[3].x = f64::NAN;
    let mut answer_is_finite = with(Nothing);
    // Atoms with NaN have no neighbours: finite answer, nothing to complain about here.
    assert_repeatable(&mut answer_is_finite, &system, &positions, &cell);
    struct Broken;
    impl Potential for Broken {
        fn capabilities(&self) -> Capabilities {
            with(Nothing).capabilities()
        }
        fn evaluate(&mut self, batch: &mut [Request<'_>]) -> Result<(), PotentialError> {
            batch
                .iter_mut()
                .for_each(|request| *request.energy = f64::NAN);
            Ok(())
        }
    }
    assert!(fails(|| assert_repeatable(
        &mut Broken,
        &system,
        &positions,
        &cell
    )));
}
