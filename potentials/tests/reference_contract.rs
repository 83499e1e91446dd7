//! What every potential promises, for the reference network: forces, virial, symmetries, batches, periodic cells.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod systems;

use candle_core::Device;
use common::test_file;
use oreo_core::testing::{
    assert_batch_equals_singles, assert_potential_contract, ethanol, random_cloud, water, Tolerance,
};
use oreo_core::{Cell, Frame, Potential, Vec3};
use oreo_potentials::oreo::reference::{OreoReference, Precision};
use oreo_potentials::oreo::Weights;
use systems::{evaluate, evaluate_one, reference, relative_error, try_evaluate, Molecule};

/// Small, untrained, with biases and norms that are not trivial.
fn weights(vector_cutoff: bool) -> Weights {
    let mut weights = Weights::load(test_file("small_et.safetensors")).unwrap();
    weights.config.vector_cutoff = vector_cutoff;
    weights
}

fn network(vector_cutoff: bool, precision: Precision) -> OreoReference {
    OreoReference::new(&weights(vector_cutoff), precision, &Device::Cpu).unwrap()
}

/// Matrix products of other shapes may round otherwise: not bits, but nearly. The step is short because ‖W1 vec‖ in the
/// head has large higher derivatives wherever a channel's vector is near zero (at 1e-3 Å the five-point formula is off
/// by 4e-6 eV/Å for symmetric ethanol, falling sixteenfold on halving; at 1e-4 Å by 4e-10).
const DOUBLE: Tolerance = Tolerance {
    step: 1e-4,
    batch: 1e-13,
    ..Tolerance::DOUBLE
};

/// Seen to fail with: the force on one atom of a pair of the wrong sign, −W, and û pointing the same way along both
/// directions of a pair (which parity sees too). A transposed W cannot be seen: invariance under rotation makes it
/// symmetric.
#[test]
fn the_contract_holds_in_f64_to_ten_digits() {
    for vector_cutoff in [false, true] {
        let mut network = network(vector_cutoff, Precision::F64);
        for (system, positions) in [water(), ethanol()] {
            let cell = Cell::Open;
            assert_potential_contract(&mut network, &system, &positions, &cell, DOUBLE);
        }
    }
}

#[test]
fn the_contract_holds_in_f32() {
    let mut network = network(true, Precision::F32);
    let (
        Molecule {
            system, positions, ..
        },
        _,
    ) = reference("small_ethanol.npz");
    assert_potential_contract(
        &mut network,
        &system,
        &positions,
        &Cell::Open,
        Tolerance::SINGLE,
    );
}

/// A tilted cell smaller than the cutoff: every atom sees several images of every other and of itself.
#[test]
fn the_contract_holds_in_a_small_tilted_cell() {
    let mut network = network(true, Precision::F64);
    let (system, positions) = water();
    let cell = Cell::periodic([[4.1, 0.0, 0.0], [0.7, 4.4, 0.0], [-0.5, 0.9, 3.9]]).unwrap();
    assert_potential_contract(&mut network, &system, &positions, &cell, DOUBLE);
}

#[test]
fn a_molecule_in_a_large_box_is_a_molecule_in_open_space() {
    let mut network = network(false, Precision::F64);
    let (open, _) = reference("small_aspirin.npz");
    let expected = evaluate_one(&mut network, &open);
    // Cut in two by the face of the box: half of the pairs need an image.
    let boxed = open
        .clone()
        .in_cell(Cell::orthorhombic(40.0, 41.0, 42.0).unwrap());
    let boxed = boxed.moved(|r| r + Vec3::new(if r.x > 0.3 { -40.0 } else { 0.0 }, 0.0, 84.0));
    let found = evaluate_one(&mut network, &boxed);
    assert!((found.energy - expected.energy).abs() < 1e-10);
    assert!(relative_error(&found.forces, &expected.forces) < 1e-10);
    assert!((found.virial - expected.virial).amax() < 1e-10 * expected.virial.amax());
}

/// Cell edges of 3 Å against a cutoff of 5 Å. Catches minimum-image code, an atom that forgets its own images, a cap of
/// 32 neighbours (each atom has more); seen to fail when an atom's own images are counted twice.
#[test]
fn a_small_cell_equals_its_supercell() {
    let mut network = network(true, Precision::F64);
    let rows = [[3.1, 0.0, 0.0], [0.5, 3.3, 0.0], [0.3, -0.4, 2.9]];
    let (system, positions) = water();
    let one = Molecule {
        system,
        positions,
        cell: Cell::periodic(rows).unwrap(),
    };
    assert!(one.neighbors(5.0).len() > 32 * one.system.len());
    let (mut symbols, mut sites) = (Vec::new(), Vec::<[f64; 3]>::new());
    for shift in [0, 1].iter().flat_map(|&i| [[i, 0, 0], [i, 0, 1]]) {
        symbols.extend(one.system.elements.iter().map(|element| element.symbol()));
        let translation = one.cell.translation(shift);
        sites.extend(
            one.positions
                .iter()
                .map(|r| <[f64; 3]>::from(r + translation)),
        );
    }
    let doubled = [rows[0].map(|x| 2.0 * x), rows[1], rows[2].map(|x| 2.0 * x)];
    let four = Molecule::of(&symbols, &sites).in_cell(Cell::periodic(doubled).unwrap());
    let (small, large) = (
        evaluate_one(&mut network, &one),
        evaluate_one(&mut network, &four),
    );
    let mean = weights(true).tensors["mean"].values[0];
    let (per_cell, of_four) = (small.energy - mean, large.energy - mean);
    assert!(
        (4.0 * per_cell - of_four).abs() < 1e-10,
        "{per_cell} {of_four}"
    );
    for copy in large.forces.chunks(3) {
        assert!(relative_error(copy, &small.forces) < 1e-10);
    }
    assert!((4.0 * small.virial - large.virial).amax() < 1e-10 * large.virial.amax());
}

/// To the bit. Would catch a list that is not cut at r_c.
#[test]
fn pairs_beyond_the_cutoff_change_nothing() {
    let mut network = network(false, Precision::F32);
    let (molecule, _) = reference("small_polymer2.npz");
    let all = std::slice::from_ref(&molecule);
    let exact = try_evaluate(&mut network, all, 5.0).unwrap();
    for reach in [5.5, 9.0, 50.0] {
        assert_eq!(try_evaluate(&mut network, all, reach).unwrap(), exact);
    }
}

/// The index tensors of the last call are kept: calls for other molecules in between must not be answered with them. Seen
/// to fail when only the pairs are compared.
#[test]
fn what_was_asked_before_does_not_change_an_answer() {
    let molecules = ["water", "ethanol", "single", "far_pair", "polymer2"]
        .map(|name| reference(&format!("small_{name}.npz")).0);
    let mut used = network(false, Precision::F32);
    for molecule in molecules.iter().chain(molecules.iter().rev()) {
        let fresh = evaluate_one(&mut network(false, Precision::F32), molecule);
        assert_eq!(evaluate_one(&mut used, molecule), fresh);
        assert_eq!(evaluate_one(&mut used, molecule), fresh);
    }
    // Same number of atoms and pairs, other elements.
    let positions = molecules[0].positions.clone();
    let sulfur = Molecule::new(&[16.0, 1.0, 1.0], positions);
    let fresh = evaluate_one(&mut network(false, Precision::F32), &sulfur);
    evaluate_one(&mut used, &molecules[0]);
    assert_eq!(evaluate_one(&mut used, &sulfur), fresh);
    assert_ne!(evaluate_one(&mut used, &molecules[0]).energy, fresh.energy);
}

#[test]
fn a_batch_of_unequal_molecules_equals_them_one_by_one() {
    let names = [
        "single", "aspirin", "water", "far_pair", "ethanol", "single", "polymer2",
    ];
    let batch: Vec<_> = names
        .iter()
        .map(|name| {
            let (molecule, _) = reference(&format!("small_{name}.npz"));
            Frame::new(molecule.system.elements, molecule.positions)
        })
        .collect();
    assert_batch_equals_singles(&mut network(false, Precision::F64), &batch, 1e-12);
    assert_batch_equals_singles(&mut network(false, Precision::F32), &batch, 1e-5);
}

/// E(A + B) − mean = (E(A) − mean) + (E(B) − mean), and no force between them.
#[test]
fn fragments_beyond_the_cutoff_do_not_see_each_other() {
    let mut network = network(false, Precision::F64);
    let (pair, _) = reference("small_far_pair.npz");
    let part = |range: std::ops::Range<usize>| Molecule {
        system: oreo_core::System::new(pair.system.elements[range.clone()].to_vec()),
        positions: pair.positions[range].to_vec(),
        cell: Cell::Open,
    };
    let together = evaluate_one(&mut network, &pair);
    let parts = evaluate(&mut network, &[part(0..6), part(6..10)]);
    let mean = weights(false).tensors["mean"].values[0];
    let sum = parts[0].energy + parts[1].energy - mean;
    assert!((together.energy - sum).abs() < 1e-12);
    let forces = [parts[0].forces.clone(), parts[1].forces.clone()].concat();
    assert!(relative_error(&together.forces, &forces) < 1e-12);
}

/// No pair at all: the norm in the head stands at 0 everywhere. (That its gradient there is 0 and not NaN is tested with
/// the block itself; here such a NaN would stay in rows that belong to no pair.)
#[test]
fn lone_atoms_feel_exactly_nothing() {
    for precision in [Precision::F32, Precision::F64] {
        let mut network = network(true, precision);
        let atoms = Molecule::of(
            &["O", "H", "C"],
            &[[0.0; 3], [7.0, 0.0, 0.0], [0.0, 9.0, 0.0]],
        );
        let answer = evaluate_one(&mut network, &atoms);
        assert!(answer.energy.is_finite());
        assert_eq!(answer.forces, vec![Vec3::zeros(); 3]);
        // One of them with a neighbour: the others stay at 0 while gradients flow.
        let mut near = atoms.clone();
        near.positions[1].x = 1.0;
        let answer = evaluate_one(&mut network, &near);
        assert!(answer.forces[0].x != 0.0 && answer.forces[0].x == -answer.forces[1].x);
        assert_eq!(answer.forces[2], Vec3::zeros());
    }
}

/// With c(r) on v_j every message dies at the cutoff; with c(r) on a_ij the vector message does not.
#[test]
fn the_energy_is_continuous_at_the_cutoff_only_with_the_vector_cutoff() {
    let jump = |vector_cutoff| {
        let mut network = network(vector_cutoff, Precision::F64);
        let mut energy = |x: f64| {
            let symbols = ["O", "H", "C"];
            let molecule = Molecule::of(&symbols, &[[0.0; 3], [0.96, 0.1, 0.0], [x, 0.0, 0.0]]);
            evaluate_one(&mut network, &molecule).energy
        };
        (energy(5.0 + 1e-9) - energy(5.0 - 1e-9)).abs()
    };
    assert!(jump(true) < 1e-10, "{:e}", jump(true));
    assert!(jump(false) > 1e-6, "{:e}", jump(false));
}

/// Coordinates far from the origin keep their digits: differences are taken in f64. Would catch f32 positions, spaced by
/// 1e-3 Å out there.
#[test]
fn a_molecule_far_from_the_origin_feels_the_same_forces() {
    let mut network = network(true, Precision::F32);
    let (here, _) = reference("small_ethanol.npz");
    let there = here.moved(|r| r + Vec3::new(4096.0, -8192.0, 2048.0));
    let (a, b) = (
        evaluate_one(&mut network, &here),
        evaluate_one(&mut network, &there),
    );
    assert!(relative_error(&b.forces, &a.forces) < 1e-5);
}

/// Numbers that a failed replica leaves behind stay with it.
#[test]
fn a_broken_molecule_does_not_touch_the_others_of_its_batch() {
    let mut network = network(true, Precision::F32);
    let (good, _) = reference("small_ethanol.npz");
    let mut lost = good.clone();
    lost.positions[4].y = f64::NAN;
    let mut collapsed = good.clone();
    collapsed.positions[4] = collapsed.positions[5];
    let expected = evaluate_one(&mut network, &good);
    let answers = evaluate(&mut network, &[lost, good.clone(), collapsed, good]);
    assert!(answers[0].energy.is_nan() && answers[2].energy.is_nan());
    for n in [1, 3] {
        assert!((answers[n].energy - expected.energy).abs() < 1e-5 * expected.energy.abs());
        assert!(relative_error(&answers[n].forces, &expected.forces) < 1e-5);
    }
}

#[test]
fn random_clouds_keep_the_contract() {
    let mut network = network(true, Precision::F64);
    for seed in 0..3 {
        let (system, positions) = random_cloud(8, seed, 1.1);
        assert_potential_contract(&mut network, &system, &positions, &Cell::Open, DOUBLE);
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let mut weights = weights(true);
    weights.record.insert("elements".into(), "H C O".into());
    let mut network = OreoReference::new(&weights, Precision::F32, &Device::Cpu).unwrap();
    assert_eq!(network.capabilities().elements.to_string(), "H C O");
    let (pair, _) = reference("small_far_pair.npz");
    let error = try_evaluate(&mut network, &[pair], 5.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "OREO reference was not made for N (atom 6); it knows H C O"
    );
    let message =
        |weights: &Weights| match OreoReference::new(weights, Precision::F32, &Device::Cpu) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        };
    let mut broken = weights.clone();
    let name = "representation_model.out_norm.weight";
    broken.tensors.get_mut(name).unwrap().shape = vec![2, 16];
    assert!(message(&broken).contains("[2, 16] where the hyper-parameters demand [32]"));
    broken.tensors.get_mut(name).unwrap().values.pop();
    assert!(message(&broken).contains("31"), "{}", message(&broken));
    broken.tensors.remove(name);
    assert!(message(&broken).contains(&format!("no tensor '{name}'")));
    for (change, said) in [
        (
            (|w: &mut Weights| w.config.heads = 5) as fn(&mut Weights),
            "num_heads = 5",
        ),
        (|w| w.config.layers = 0, "num_layers = 0"),
        (|w| w.config.cutoff_lower = 0.5, "0.5"),
        (|w| w.config.cutoff_upper = f64::NAN, "NaN"),
    ] {
        let mut broken = weights.clone();
        change(&mut broken);
        assert!(message(&broken).contains(said), "{}", message(&broken));
    }
}
