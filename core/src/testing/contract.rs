//! What a potential promises, as functions that fail when it does not keep it.
//!
//! Differences are measured against the largest component of what is compared, so that a tolerance reads as a number
//! of digits; below [`SMALL`] they are measured against that.

use super::derivatives::{assert_gradient, assert_virial};
use super::evaluation::{add_to, answer_with_skin, energy_and_forces, evaluate_batch, Answer};
use crate::random::Generator;
use crate::{Cell, Frame, Mat3, Periodic, Potential, System, Vec3};
use nalgebra::{Quaternion, UnitQuaternion};
use rand::Rng;

/// eV or eV/Å; rounding of sums whose terms are of order one eV reaches 1e-15.
pub(super) const SMALL: f64 = 1e-3;

/// How close is equal, as fractions of the largest component compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Å, step of the numerical derivatives (also their strain, in thirds)
    pub step: f64,
    /// Forces and virial against numerical derivatives
    pub gradient: f64,
    /// Rotation, translation, permutation, net force and torque, adding
    pub symmetry: f64,
    /// A batch against its members one by one; 0 demands equal bits
    pub batch: f64,
}

impl Tolerance {
    /// For a potential computed in f64.
    pub const DOUBLE: Self = Self {
        step: 1e-3,
        gradient: 1e-6,
        symmetry: 1e-10,
        batch: 0.0,
    };
    /// For a network computed in f32; a long step, since its energy has seven digits.
    pub const SINGLE: Self = Self {
        step: 2e-2,
        gradient: 2e-3,
        symmetry: 1e-5,
        batch: 1e-6,
    };
}

/// The whole contract. Take a geometry that is not a minimum: without forces there is nothing to compare.
///
/// # Panics
/// On the first broken promise, named in the message.
pub fn assert_potential_contract(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    tolerance: Tolerance,
) {
    assert_bonded_potential_contract(potential, system, positions, cell, tolerance);
    let symmetry = tolerance.symmetry;
    assert_permutation_equivariant(potential, system, positions, cell, symmetry);
    let batch = pieces_of(system, positions, cell);
    assert_batch_equals_singles(potential, &batch, tolerance.batch);
}

/// The contract of a term that names atoms by index, e.g. a list of bonds: like atoms differ, and parts of the molecule
/// cannot be evaluated.
///
/// # Panics
/// On the first broken promise, named in the message.
pub fn assert_bonded_potential_contract(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    tolerance: Tolerance,
) {
    let Tolerance {
        step,
        gradient,
        symmetry,
        batch,
    } = tolerance;
    assert_repeatable(potential, system, positions, cell);
    assert_adds_into_outputs(potential, system, positions, cell, symmetry);
    assert_gradient(potential, system, positions, cell, step, gradient);
    assert_net_force_zero(potential, system, positions, cell, symmetry);
    assert_net_torque_zero(potential, system, positions, cell, symmetry);
    assert_translation_invariant(potential, system, positions, cell, symmetry);
    assert_rotation_equivariant(potential, system, positions, cell, symmetry);
    assert_skin_changes_nothing(potential, system, positions, cell);
    assert_virial(potential, system, positions, cell, step / 3.0, gradient);
    let copies: Vec<_> = [1.0, 1.02, 0.97]
        .map(|factor| frame(system, positions.iter().map(|r| factor * r).collect(), cell))
        .to_vec();
    assert_batch_equals_singles(potential, &copies, batch);
}

/// Forces add up to nothing.
///
/// # Panics
/// When they do not.
pub fn assert_net_force_zero(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    tolerance: f64,
) {
    let (_, forces, _) = energy_and_forces(potential, system, positions, cell);
    let net = forces.iter().sum::<Vec3>().amax();
    let scale = scale(&forces);
    assert!(
        net <= tolerance * scale,
        "net force {net:e} eV/Å is not zero (largest force {scale:e}, tolerance {tolerance:e})"
    );
}

/// Torques `r × F` add up to nothing. A periodic cell has no such law: there it is not checked.
///
/// # Panics
/// When they do not.
pub fn assert_net_torque_zero(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    tolerance: f64,
) {
    if let Cell::Periodic(_) = cell {
        return;
    }
    let (_, forces, _) = energy_and_forces(potential, system, positions, cell);
    let torques: Vec<_> = (positions.iter().zip(&forces))
        .map(|(r, force)| r.cross(force))
        .collect();
    let net = torques.iter().sum::<Vec3>().amax();
    let scale = scale(&torques).max(scale(&forces));
    assert!(
        net <= tolerance * scale,
        "net torque {net:e} eV is not zero (largest torque {scale:e}, tolerance {tolerance:e})"
    );
}

/// Moving everything changes nothing; nor, in a periodic cell, does moving one atom by a lattice vector.
///
/// # Panics
/// When it does.
pub fn assert_translation_invariant(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    tolerance: f64,
) {
    let expected = energy_and_forces(potential, system, positions, cell);
    let shift = Vec3::new(3.7, -11.2, 5.1);
    let mut moved: Vec<_> = positions.iter().map(|r| r + shift).collect();
    let found = energy_and_forces(potential, system, &moved, cell);
    assert_close("after a translation", &found, &expected, tolerance);
    if let (Cell::Periodic(_), Some(first)) = (cell, moved.first_mut()) {
        *first += cell.translation([1, -2, 1]);
        let found = energy_and_forces(potential, system, &moved, cell);
        assert_close("with an atom's image", &found, &expected, tolerance);
    }
}

/// Three random rotations of atoms and cell: same energy, rotated forces and virial.
///
/// # Panics
/// When they differ.
pub fn assert_rotation_equivariant(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    tolerance: f64,
) {
    let (energy, forces, virial) = energy_and_forces(potential, system, positions, cell);
    for seed in 0..3 {
        let rotation = random_rotation(seed);
        let rotate = |vectors: &[Vec3]| vectors.iter().map(|v| rotation * v).collect::<Vec<_>>();
        let expected = (
            energy,
            rotate(&forces),
            virial.map(|w| rotation * w * rotation.transpose()),
        );
        let rotated = transform(&rotation, cell);
        let found = energy_and_forces(potential, system, &rotate(positions), &rotated);
        assert_close("after a rotation", &found, &expected, tolerance);
    }
}

/// A random order of the atoms within each element: same energy, forces follow their atoms. Only like atoms change
/// places, hence elements stay as they are.
///
/// # Panics
/// When they differ.
pub fn assert_permutation_equivariant(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    tolerance: f64,
) {
    let order = shuffle_like_atoms(system);
    let permute = |vectors: &[Vec3]| order.iter().map(|&i| vectors[i]).collect::<Vec<_>>();
    let (energy, forces, virial) = energy_and_forces(potential, system, positions, cell);
    let expected = (energy, permute(&forces), virial);
    let found = energy_and_forces(potential, system, &permute(positions), cell);
    assert_close("after a permutation", &found, &expected, tolerance);
}

/// Energy, forces and virial are added to what is there, not written over it; and they do not depend on whether a
/// virial is asked for.
///
/// # Panics
/// When they are not.
pub fn assert_adds_into_outputs(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
    tolerance: f64,
) {
    let (energy, forces, virial) = energy_and_forces(potential, system, positions, cell);
    let before = (-2.0, vec![Vec3::new(1.0, 2.0, -3.0); system.len()]);
    let there = virial.map(|_| Mat3::identity());
    let expected = (
        energy + before.0,
        forces.iter().map(|f| f + before.1[0]).collect(),
        virial.map(|w| w + Mat3::identity()),
    );
    let start = (before.0, before.1.clone(), there);
    let found = add_to(start, potential, system, positions, cell);
    assert_close("added to earlier values", &found, &expected, tolerance);
    let start = (before.0, before.1, None);
    let found = add_to(start, potential, system, positions, cell);
    let expected = (expected.0, expected.1, None);
    assert_close("without a virial", &found, &expected, tolerance);
}

/// Equal requests give equal bits, also after another request in between.
///
/// # Panics
/// When they do not.
pub fn assert_repeatable(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
) {
    let first = energy_and_forces(potential, system, positions, cell);
    let others: Vec<_> = positions.iter().map(|r| 1.03 * r).collect();
    energy_and_forces(potential, system, &others, cell);
    let second = energy_and_forces(potential, system, positions, cell);
    assert_close("asked again", &second, &first, 0.0);
}

/// Pairs beyond the cutoff change nothing, to the bit. Without a neighbour list there is nothing to check.
///
/// # Panics
/// When they do.
pub fn assert_skin_changes_nothing(
    potential: &mut dyn Potential,
    system: &System,
    positions: &[Vec3],
    cell: &Cell,
) {
    if potential.capabilities().neighbors.is_none() {
        return;
    }
    let expected = energy_and_forces(potential, system, positions, cell);
    for skin in [0.5, 4.0] {
        let found = answer_with_skin(potential, system, positions, cell, skin);
        assert_close("with pairs beyond the cutoff", &found, &expected, 0.0);
    }
}

/// All frames in one call equal one call each. Take unequal sizes, one of them a single atom: a batch dimension that
/// is squeezed away shows there.
///
/// # Panics
/// When they differ.
pub fn assert_batch_equals_singles(potential: &mut dyn Potential, batch: &[Frame], tolerance: f64) {
    let together = evaluate_batch(potential, batch);
    for (member, (frame, found)) in batch.iter().zip(&together).enumerate() {
        let (system, state) = frame.to_system_and_state();
        let alone = energy_and_forces(potential, &system, &state.positions, &frame.cell);
        let what = format!("as number {member} of a batch");
        assert_close(&what, found, &alone, tolerance);
    }
}

/// Largest component, at least [`SMALL`].
pub(super) fn scale(vectors: &[Vec3]) -> f64 {
    vectors.iter().map(Vec3::amax).fold(SMALL, f64::max)
}

/// The cell with each vector multiplied by `matrix`.
pub(super) fn transform(matrix: &Mat3, cell: &Cell) -> Cell {
    match cell {
        Cell::Open => Cell::Open,
        Cell::Periodic(periodic) => Cell::Periodic(
            Periodic::new(matrix * periodic.vectors()).expect("a cell that keeps its volume"),
        ),
    }
}

/// Uniform on the sphere of unit quaternions.
fn random_rotation(seed: u64) -> Mat3 {
    let mut generator = Generator::new(seed, 0);
    let [w, x, y, z] = std::array::from_fn(|_| generator.normal());
    UnitQuaternion::from_quaternion(Quaternion::new(w, x, y, z))
        .to_rotation_matrix()
        .into_inner()
}

/// Fisher–Yates, refusing exchanges of unlike atoms.
fn shuffle_like_atoms(system: &System) -> Vec<usize> {
    let mut generator = Generator::new(5, 0);
    let mut order: Vec<usize> = (0..system.len()).collect();
    for _ in 0..4 {
        for i in 1..system.len() {
            let j = generator.random_range(0..=i);
            if system.elements[order[i]] == system.elements[order[j]] {
                order.swap(i, j);
            }
        }
    }
    order
}

/// The whole, one atom, every other atom, and the whole in reverse order.
fn pieces_of(system: &System, positions: &[Vec3], cell: &Cell) -> Vec<Frame> {
    let n = system.len();
    let part = |atoms: Vec<usize>| {
        let elements = atoms.iter().map(|&i| system.elements[i]).collect();
        let positions = atoms.iter().map(|&i| positions[i]).collect();
        frame(&System::new(elements), positions, cell)
    };
    vec![
        part((0..n).collect()),
        part((0..n.min(1)).collect()),
        part((0..n).step_by(2).collect()),
        part((0..n).rev().collect()),
    ]
}

fn frame(system: &System, positions: Vec<Vec3>, cell: &Cell) -> Frame {
    let mut frame = Frame::new(system.elements.clone(), positions);
    frame.cell = cell.clone();
    frame
}

fn assert_close(what: &str, found: &Answer, expected: &Answer, tolerance: f64) {
    let (energy, size) = (found.0, expected.0.abs().max(SMALL));
    assert!(
        (energy - expected.0).abs() <= tolerance * size,
        "energy {what} is {energy:e} eV, not {:e} (tolerance {tolerance:e})",
        expected.0
    );
    let size = scale(&expected.1);
    for (atom, (force, wanted)) in found.1.iter().zip(&expected.1).enumerate() {
        assert!(
            (force - wanted).amax() <= tolerance * size,
            "force on atom {atom} {what} is {force:?} eV/Å, not {wanted:?} (tolerance {tolerance:e})"
        );
    }
    if let (Some(virial), Some(wanted)) = (found.2, expected.2) {
        assert!(
            (virial - wanted).amax() <= tolerance * wanted.amax().max(SMALL),
            "virial {what} is {virial} eV, not {wanted} (tolerance {tolerance:e})"
        );
    }
}
