//! What the fast path promises beyond being right: exact gradients of whatever energy it reports, and answers that depend
//! on the molecule alone, to the bit.
//!
//! Which mistakes these tests have seen is written in `fused_properties.rs`.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod networks;
mod systems;

use networks::{definition, fused, fused_with, rough, small};
use oreo_core::testing::{
    assert_batch_equals_singles, assert_potential_contract, energy_and_forces, ethanol,
    random_cloud, water, Tolerance,
};
use oreo_core::{Cell, Frame, Potential, System, Vec3};
use oreo_potentials::oreo::fused::{Filters, InstructionSet, Options, OreoFused, Precision};
use oreo_potentials::oreo::Config;
use systems::{evaluate, evaluate_one, reference, relative_error, try_evaluate, Answer, Molecule};

const FILTERS: [Filters; 3] = [
    Filters::Exact,
    Filters::DEFAULT,
    // So coarse that its forces are wrong in the third digit; they are the gradient of its energy all the same.
    Filters::Table { bound: 0.1 },
];
const PRECISIONS: [Precision; 3] = [Precision::F64, Precision::F32, Precision::F16Weights];
const ALL: [&str; 7] = [
    "single", "aspirin", "water", "far_pair", "ethanol", "single", "polymer2",
];

/// A batch must give the bits of its members. The step is short because ‖W1 vec‖ in the head has large higher derivatives
/// wherever a channel's vector is near zero, see `reference_contract.rs`.
const DOUBLE: Tolerance = Tolerance {
    step: 1e-4,
    batch: 0.0,
    ..Tolerance::DOUBLE
};
const SINGLE: Tolerance = Tolerance {
    batch: 0.0,
    ..Tolerance::SINGLE
};

fn molecules(names: &[&str]) -> Vec<Molecule> {
    let molecule = |name| reference(&format!("small_{name}.npz")).0;
    names.iter().map(molecule).collect()
}

/// Every precision with exact filters and the default table.
fn forms(vector_cutoff: bool) -> Vec<OreoFused> {
    PRECISIONS
        .iter()
        .flat_map(|&precision| [Filters::Exact, Filters::DEFAULT].map(|f| (precision, f)))
        .map(|(precision, filters)| fused(&small(vector_cutoff), precision, filters))
        .collect()
}

/// With a coarse table the forces are 2e-3 off those of exact filters: only the gradient of the interpolated energy
/// passes.
#[test]
fn the_contract_holds_in_f64_whatever_the_filters() {
    for vector_cutoff in [false, true] {
        for filters in FILTERS {
            let mut network = fused(&small(vector_cutoff), Precision::F64, filters);
            for (system, positions) in [water(), ethanol()] {
                let cell = Cell::Open;
                assert_potential_contract(&mut network, &system, &positions, &cell, DOUBLE);
            }
        }
    }
}

#[test]
fn the_contract_holds_in_f32_and_with_f16_weights() {
    let ethanol = molecules(&["ethanol"]).remove(0);
    for precision in [Precision::F32, Precision::F16Weights] {
        for filters in FILTERS {
            let mut network = fused(&small(true), precision, filters);
            let Molecule {
                system, positions, ..
            } = &ethanol;
            assert_potential_contract(&mut network, system, positions, &Cell::Open, SINGLE);
        }
    }
}

/// A tilted cell smaller than the cutoff: every atom sees several images of every other and of itself.
#[test]
fn the_contract_holds_in_a_small_tilted_cell() {
    let (system, positions) = water();
    let cell = Cell::periodic([[4.1, 0.0, 0.0], [0.7, 4.4, 0.0], [-0.5, 0.9, 3.9]]).unwrap();
    for filters in FILTERS {
        let mut network = fused(&small(true), Precision::F64, filters);
        assert_potential_contract(&mut network, &system, &positions, &cell, DOUBLE);
    }
}

/// Heads over two rows, heads that share one, channels that fill no row, one layer.
#[test]
fn the_contract_holds_for_networks_of_odd_shape() {
    for (width, heads, layers, radial_functions) in [(48, 2, 2, 33), (5, 2, 3, 7), (20, 2, 1, 1)] {
        let config = Config {
            channels: width * heads,
            layers,
            heads,
            radial_functions,
            max_z: 9,
            ..Config::et_oreo()
        };
        let (system, positions) = random_cloud(7, 11, 1.1);
        for filters in FILTERS {
            let mut network = fused(&rough(config.clone(), 5), Precision::F64, filters);
            assert_potential_contract(&mut network, &system, &positions, &Cell::Open, DOUBLE);
        }
    }
}

fn assert_bits(found: &[Answer], expected: &[Answer], what: &str) {
    for (n, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(found == expected, "{what}: molecule {n} differs");
    }
}

/// Catches a kernel that treats the rows of a tile and those left over differently, and memory of the last batch that is
/// read again.
#[test]
fn the_answer_of_a_molecule_does_not_depend_on_its_batch() {
    let molecules = molecules(&ALL);
    for network in &mut forms(false)
        .into_iter()
        .chain(forms(true))
        .collect::<Vec<_>>()
    {
        let alone: Vec<_> = molecules.iter().map(|m| evaluate_one(network, m)).collect();
        assert_bits(&evaluate(network, &molecules), &alone, "all at once");
        let turned: Vec<_> = molecules.iter().rev().cloned().collect();
        let mut answers = evaluate(network, &turned);
        answers.reverse();
        assert_bits(&answers, &alone, "in reverse");
        for start in 1..molecules.len() {
            let answers = evaluate(network, &molecules[start..]);
            assert_bits(&answers, &alone[start..], "some");
        }
    }
}

/// One to forty copies: each size of batch leaves other rows over in every tile.
#[test]
fn copies_of_a_molecule_all_get_its_bits() {
    let water = molecules(&["water"]).remove(0);
    for set in InstructionSet::available() {
        for precision in PRECISIONS {
            let mut network = fused_with(&small(true), precision, Filters::DEFAULT, set);
            let alone = evaluate_one(&mut network, &water);
            for copies in 1..=40 {
                let answers = evaluate(&mut network, &vec![water.clone(); copies]);
                let expected = vec![alone.clone(); copies];
                assert_bits(
                    &answers,
                    &expected,
                    &format!("{set:?} {precision:?} {copies}"),
                );
            }
        }
    }
}

#[test]
fn frames_in_a_batch_equal_frames_alone() {
    let frame = |molecule: Molecule| Frame::new(molecule.system.elements, molecule.positions);
    let batch: Vec<_> = molecules(&ALL).into_iter().map(frame).collect();
    for mut network in forms(false) {
        assert_batch_equals_singles(&mut network, &batch, 0.0);
    }
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    let molecules = molecules(&ALL);
    let (system, positions) = random_cloud(120, 2, 1.2);
    let large = Molecule {
        system,
        positions,
        cell: Cell::Open,
    };
    for precision in PRECISIONS {
        for filters in [Filters::Exact, Filters::DEFAULT] {
            let answers = [1, 2, 3].map(|threads| {
                let options = Options {
                    precision,
                    filters,
                    threads,
                    ..Options::default()
                };
                let mut network = OreoFused::new(&small(true), &options).unwrap();
                let mut answers = evaluate(&mut network, &molecules);
                answers.extend(molecules.iter().map(|m| evaluate_one(&mut network, m)));
                answers.push(evaluate_one(&mut network, &large));
                answers
            });
            for (threads, found) in answers.iter().enumerate() {
                let what = format!("{precision:?} {filters:?} {} threads", threads + 1);
                assert_bits(found, &answers[0], &what);
            }
        }
    }
}

/// To the bit. Would catch a list that is not cut at r_c.
#[test]
fn pairs_beyond_the_cutoff_change_nothing() {
    let polymer = molecules(&["polymer2"]);
    for mut network in forms(false) {
        let exact = try_evaluate(&mut network, &polymer, 5.0).unwrap();
        for reach in [5.5, 9.0, 50.0] {
            assert_eq!(try_evaluate(&mut network, &polymer, reach).unwrap(), exact);
        }
    }
}

#[test]
fn a_molecule_in_a_large_box_is_a_molecule_in_open_space() {
    let open = molecules(&["aspirin"]).remove(0);
    // Cut in two by the face of the box: half of the pairs need an image.
    let boxed = open
        .clone()
        .in_cell(Cell::orthorhombic(40.0, 41.0, 42.0).unwrap())
        .moved(|r| r + Vec3::new(if r.x > 0.3 { -40.0 } else { 0.0 }, 0.0, 84.0));
    for filters in [Filters::Exact, Filters::DEFAULT] {
        let mut network = fused(&small(false), Precision::F64, filters);
        let expected = evaluate_one(&mut network, &open);
        let found = evaluate_one(&mut network, &boxed);
        assert!((found.energy - expected.energy).abs() < 1e-10);
        assert!(relative_error(&found.forces, &expected.forces) < 1e-10);
        assert!((found.virial - expected.virial).amax() < 1e-10 * expected.virial.amax());
    }
}

/// Cell edges of 3 Å against a cutoff of 5 Å. Catches an atom that forgets its own images, or meets them twice.
#[test]
fn a_small_cell_equals_its_supercell() {
    let rows = [[3.1, 0.0, 0.0], [0.5, 3.3, 0.0], [0.3, -0.4, 2.9]];
    let (system, positions) = water();
    let cell = Cell::periodic(rows).unwrap();
    let (mut elements, mut sites) = (Vec::new(), Vec::new());
    for shift in [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]] {
        elements.extend(system.elements.iter().copied());
        sites.extend(positions.iter().map(|r| r + cell.translation(shift)));
    }
    let doubled = [rows[0].map(|x| 2.0 * x), rows[1], rows[2].map(|x| 2.0 * x)];
    let four = Molecule {
        system: System::new(elements),
        positions: sites,
        cell: Cell::periodic(doubled).unwrap(),
    };
    let one = Molecule {
        system,
        positions,
        cell,
    };
    let mean = small(true).tensors["mean"].values[0];
    for filters in [Filters::Exact, Filters::DEFAULT] {
        let mut network = fused(&small(true), Precision::F64, filters);
        let [small, large] = [&one, &four].map(|m| evaluate_one(&mut network, m));
        let difference = 4.0 * (small.energy - mean) - (large.energy - mean);
        assert!(difference.abs() < 1e-10, "{difference:e}");
        for copy in large.forces.chunks(3) {
            assert!(relative_error(copy, &small.forces) < 1e-10);
        }
        assert!((4.0 * small.virial - large.virial).amax() < 1e-10 * large.virial.amax());
    }
}

/// Two thousand atoms in a periodic box: no index that is too narrow, no memory that is too small.
#[test]
fn two_thousand_atoms_equal_the_definition() {
    let (system, positions) = random_cloud(2000, 8, 1.5);
    let edge = 1.5 * (1.0 + 2.0 * 2000_f64.cbrt());
    let cell = Cell::orthorhombic(edge, edge, edge).unwrap();
    let weights = small(true);
    let exact = energy_and_forces(&mut definition(&weights), &system, &positions, &cell);
    for (precision, filters, bar) in [
        (Precision::F64, Filters::Exact, 1e-10),
        (Precision::F32, Filters::Exact, 5e-6),
        (Precision::F32, Filters::DEFAULT, 5e-5),
    ] {
        let mut network = fused(&weights, precision, filters);
        let found = energy_and_forces(&mut network, &system, &positions, &cell);
        let error = relative_error(&found.1, &exact.1);
        println!("{precision:?} {filters:?}: {error:.1e}");
        assert!(error < bar, "{error:e}");
        assert!((found.0 - exact.0).abs() < bar * exact.0.abs());
        let (found, exact) = (found.2.unwrap(), exact.2.unwrap());
        assert!((found - exact).amax() < bar * exact.amax());
    }
}

/// E(A + B) − mean = (E(A) − mean) + (E(B) − mean), and no force between them.
#[test]
fn fragments_beyond_the_cutoff_do_not_see_each_other() {
    let pair = molecules(&["far_pair"]).remove(0);
    let part = |range: std::ops::Range<usize>| Molecule {
        system: System::new(pair.system.elements[range.clone()].to_vec()),
        positions: pair.positions[range].to_vec(),
        cell: Cell::Open,
    };
    let mean = small(false).tensors["mean"].values[0];
    for filters in [Filters::Exact, Filters::DEFAULT] {
        let mut network = fused(&small(false), Precision::F64, filters);
        let together = evaluate_one(&mut network, &pair);
        let parts = evaluate(&mut network, &[part(0..6), part(6..10)]);
        let sum = parts[0].energy + parts[1].energy - mean;
        assert!((together.energy - sum).abs() < 1e-12);
        let forces = [parts[0].forces.clone(), parts[1].forces.clone()].concat();
        assert_eq!(together.forces, forces);
    }
}

/// No pair at all: the norm in the head stands at 0 everywhere, and its gradient must be 0 and not NaN.
#[test]
fn lone_atoms_feel_exactly_nothing() {
    let atoms = Molecule::of(
        &["O", "H", "C"],
        &[[0.0; 3], [7.0, 0.0, 0.0], [0.0, 9.0, 0.0]],
    );
    for network in &mut forms(true) {
        let answer = evaluate_one(network, &atoms);
        assert!(answer.energy.is_finite());
        assert_eq!(answer.forces, vec![Vec3::zeros(); 3]);
        // One of them with a neighbour: the others stay at 0 while gradients flow.
        let mut near = atoms.clone();
        near.positions[1].x = 1.0;
        let answer = evaluate_one(network, &near);
        assert!(answer.forces[0].x != 0.0 && answer.forces[0].x == -answer.forces[1].x);
        assert_eq!(answer.forces[2], Vec3::zeros());
    }
}

/// Neither requests nor atoms are needed.
#[test]
fn nothing_costs_nothing() {
    let nothing = Molecule::of(&[], &[]);
    let water = molecules(&["water"]).remove(0);
    for network in &mut forms(true) {
        network.evaluate(&mut []).unwrap();
        let alone = evaluate_one(network, &water);
        assert!(evaluate_one(network, &nothing).forces.is_empty());
        let batch = [nothing.clone(), water.clone(), nothing.clone()];
        assert_eq!(evaluate(network, &batch)[1], alone);
    }
}

/// Numbers that a failed replica leaves behind stay with it; not in memory either.
#[test]
fn a_broken_molecule_does_not_touch_the_others() {
    let good = molecules(&["ethanol"]).remove(0);
    let (mut lost, mut collapsed, mut escaped) = (good.clone(), good.clone(), good.clone());
    lost.positions[4].y = f64::NAN;
    collapsed.positions[4] = collapsed.positions[5];
    escaped.positions[0].x = f64::INFINITY;
    for network in &mut forms(true) {
        let expected = evaluate_one(network, &good);
        let batch = [&lost, &good, &collapsed, &escaped, &good].map(Clone::clone);
        let answers = evaluate(network, &batch);
        for broken in [0, 2, 3] {
            assert!(answers[broken].energy.is_nan(), "{broken}");
        }
        for whole in [1, 4] {
            assert_eq!(answers[whole], expected);
        }
        assert_eq!(evaluate_one(network, &good), expected);
    }
}

/// O and H at rest, C on its way out along a line that passes near both; energy and force along the line at `steps`
/// places from `from` to `to` Å.
fn walk(network: &mut OreoFused, from: f64, to: f64, steps: usize) -> Vec<[f64; 2]> {
    let along = Vec3::new(1.0, 0.2, -0.1).normalize();
    let mut molecule = Molecule::of(&["O", "H", "C"], &[[0.0; 3], [-0.3, 0.9, 0.1], [0.0; 3]]);
    let mut at = |n: usize| {
        let r = from + (to - from) * n as f64 / steps as f64;
        molecule.positions[2] = r * along;
        let answer = evaluate_one(network, &molecule);
        [answer.energy, answer.forces[2].dot(&along)]
    };
    (0..=steps).map(&mut at).collect()
}

/// Across all intervals of the table, in steps much shorter than one: the energy changes by the force times the step, and
/// the force itself makes no jump (its own change per step is taken out by the second difference). Both are compared with
/// exact filters, whose energy is smooth up to the head's ‖W1 vec‖, near zero somewhere on every such path.
#[test]
fn energy_and_forces_are_continuous_from_interval_to_interval() {
    let (from, to, steps) = (0.9, 5.2, 20_000);
    let step = (to - from) / steps as f64;
    let roughness = |filters| {
        let mut network = fused(&small(true), Precision::F64, filters);
        let path = walk(&mut network, from, to, steps);
        let of_three = |at: &[[f64; 2]]| {
            let work = 0.5 * step * (at[0][1] + at[1][1]);
            [
                at[1][0] - at[0][0] + work,
                at[0][1] - 2.0 * at[1][1] + at[2][1],
            ]
        };
        path.windows(3).map(of_three).collect::<Vec<_>>()
    };
    let exact = roughness(Filters::Exact);
    for (filters, [in_energy, in_force]) in [
        (Filters::DEFAULT, [1e-11, 1e-6]),
        (Filters::Table { bound: 0.1 }, [3e-9, 1e-4]),
    ] {
        let mut worst = [0.0_f64; 2];
        for (found, exact) in roughness(filters).iter().zip(&exact) {
            for n in 0..2 {
                worst[n] = worst[n].max((found[n] - exact[n]).abs());
            }
        }
        println!(
            "{filters:?}: energy {:.1e} eV, force {:.1e} eV/Å",
            worst[0], worst[1]
        );
        assert!(worst[0] < in_energy && worst[1] < in_force, "{worst:?}");
    }
}

/// With c(r) on v_j every message dies at the cutoff; with c(r) on a_ij the vector message does not.
#[test]
fn the_energy_is_continuous_at_the_cutoff_only_with_the_vector_cutoff() {
    for filters in FILTERS {
        let jump = |vector_cutoff| {
            let mut network = fused(&small(vector_cutoff), Precision::F64, filters);
            let path = walk(&mut network, 5.0 - 1e-9, 5.0 + 1e-9, 1);
            [0, 1].map(|n| (path[0][n] - path[1][n]).abs())
        };
        let [energy, force] = jump(true);
        assert!(energy < 1e-10 && force < 1e-8, "{energy:e} {force:e}");
        let [energy, _] = jump(false);
        assert!(energy > 1e-6, "{energy:e}");
    }
}

/// Coordinates far from the origin keep their digits: differences are taken in f64.
#[test]
fn a_molecule_far_from_the_origin_feels_the_same_forces() {
    let here = molecules(&["ethanol"]).remove(0);
    let there = here.moved(|r| r + Vec3::new(4096.0, -8192.0, 2048.0));
    for network in &mut forms(true) {
        let [a, b] = [&here, &there].map(|m| evaluate_one(network, m));
        assert!(relative_error(&b.forces, &a.forces) < 5e-6);
    }
}

/// A finer bound takes more intervals and leaves a smaller error, at most the bound's share of the forces (times a few:
/// errors of several filters add up).
#[test]
fn the_error_of_the_table_follows_its_bound() {
    let aspirin = molecules(&["aspirin"]).remove(0);
    let weights = small(true);
    let exact = evaluate_one(&mut definition(&weights), &aspirin);
    let mut intervals = 0;
    for bound in [1e-2, 1e-3, 1e-4, 2e-5, 1e-6] {
        let mut network = fused(&weights, Precision::F64, Filters::Table { bound });
        let error = relative_error(&evaluate_one(&mut network, &aspirin).forces, &exact.forces);
        let count = network.table_intervals().unwrap();
        println!("{bound:.0e}: {count} intervals, {error:.1e}");
        assert!(error < 3.0 * bound, "{bound:e}: {error:e}");
        assert!(count > intervals);
        intervals = count;
    }
    assert_eq!(
        fused(&weights, Precision::F64, Filters::Exact).table_intervals(),
        None
    );
}

#[test]
fn other_elements_are_refused() {
    let mut weights = small(true);
    weights.record.insert("elements".into(), "H C O".into());
    let mut network = fused(&weights, Precision::F32, Filters::DEFAULT);
    let error = try_evaluate(&mut network, &molecules(&["far_pair"]), 5.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "OREO was not made for N (atom 6); it knows H C O"
    );
}
