//! The kernels for GPUs, run on the processor, against the fast path: index maps, tiles, and every formula forward and
//! reverse. See `twin/mod.rs` for how; what only a GPU can show (its compiler, its memory, its speed) is not seen here.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod networks;
mod systems;
mod twin;

use common::shared_file;
use networks::{definition, fused, rough, small};
use oreo_core::random::Generator;
use oreo_core::{Cell, Vec3};
use oreo_potentials::oreo::cuda::{Capacity, Constants, Source};
use oreo_potentials::oreo::fused::{Filters, Precision};
use oreo_potentials::oreo::{Config, Weights};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use systems::{evaluate, evaluate_one, reference, relative_error, try_evaluate, Answer, Molecule};
use twin::{Program, Twin, FAST, WATCHED};

const MOLECULES: [&str; 6] = [
    "water", "ethanol", "aspirin", "polymer2", "far_pair", "single",
];
/// What is asked of a GPU: relative, root of the mean square.
const BAR: f64 = 5e-6;

fn batch() -> [Molecule; 6] {
    MOLECULES.map(|name| reference(&format!("small_{name}.npz")).0)
}

fn forces(answers: &[Answer]) -> Vec<Vec3> {
    answers
        .iter()
        .flat_map(|answer| answer.forces.clone())
        .collect()
}

/// Against the fast path in f64 with the same tables, so that only the kernels' own rounding is left.
fn assert_agreement(name: &str, found: &[Answer], weights: &Weights, molecules: &[Molecule]) {
    let mut exact = fused(weights, Precision::F64, Filters::DEFAULT);
    let exact = evaluate(&mut exact, molecules);
    for (found, exact) in found.iter().zip(&exact) {
        let difference = (found.energy - exact.energy).abs();
        assert!(
            difference < BAR * exact.energy.abs().max(1.0),
            "{name}: {difference:e} eV"
        );
        let virial = (found.virial - exact.virial).norm();
        assert!(
            virial <= BAR * exact.virial.norm(),
            "{name}: virial {virial:e} eV"
        );
    }
    let error = relative_error(&forces(found), &forces(&exact));
    println!("{name}: forces {error:.1e}");
    assert!(error < BAR, "{name}: {error:e}");
}

/// As many molecules as a GPU is to be measured with: water, ethanol, aspirin and ethane in turns, each copy with noise of its own.
fn mixed() -> Vec<Molecule> {
    let kinds = [
        reference("small_water.npz").0,
        reference("small_ethanol.npz").0,
        reference("small_aspirin.npz").0,
        ethane(),
    ];
    let mut generator = Generator::new(7, 0);
    let mut noise = || 0.03 * Vec3::from_fn(|_, _| generator.normal());
    let copies = (0..64).map(|n| kinds[n % kinds.len()].moved(|r| r + noise()));
    copies.collect()
}

/// Staggered: C–C 1.53 Å, C–H 1.09 Å, tetrahedral.
fn ethane() -> Molecule {
    let mut positions = vec![[0.0, 0.0, 0.765], [0.0, 0.0, -0.765]];
    let (along, around) = (0.765 + 1.09 / 3.0, 1.09 * 8_f64.sqrt() / 3.0);
    for n in 0..6 {
        let angle = std::f64::consts::FRAC_PI_3 * n as f64;
        let side = if n % 2 == 0 { 1.0 } else { -1.0 };
        positions.push([around * angle.cos(), around * angle.sin(), side * along]);
    }
    Molecule::of(&["C", "C", "H", "H", "H", "H", "H", "H"], &positions)
}

/// Of the small network; compiled once for all tests.
fn program() -> Option<&'static Program> {
    static PROGRAM: OnceLock<Option<Program>> = OnceLock::new();
    let build = || Program::build(&Source::new(&small(true).config), &FAST);
    PROGRAM.get_or_init(build).as_ref()
}

#[test]
fn a_batch_of_six_molecules_agrees_with_the_fast_path_with_both_cutoffs() {
    let Some(program) = program() else { return };
    let molecules = batch();
    for vector_cutoff in [false, true] {
        let weights = small(vector_cutoff);
        let found = evaluate(&mut Twin::new(program, &weights), &molecules);
        let name = format!("batch, vector_cutoff = {vector_cutoff}");
        assert_agreement(&name, &found, &weights, &molecules);
    }
}

/// Catches maps of atoms, edges and molecules that hold only for few of them: numbers beyond a block, a tile, a chunk.
#[test]
fn sixty_four_mixed_molecules_agree_with_the_fast_path() {
    let Some(program) = program() else { return };
    let (weights, molecules) = (small(true), mixed());
    let found = evaluate(&mut Twin::new(program, &weights), &molecules);
    assert_agreement("64 mixed", &found, &weights, &molecules);
}

/// Forces that are wrong in the same way in both fast forms would be seen here. The tables' own error is allowed for.
#[test]
fn aspirin_agrees_with_the_definition() {
    let Some(program) = program() else { return };
    let (weights, (molecule, _)) = (small(true), reference("small_aspirin.npz"));
    let found = evaluate_one(&mut Twin::new(program, &weights), &molecule);
    let exact = evaluate_one(&mut definition(&weights), &molecule);
    let error = relative_error(&found.forces, &exact.forces);
    println!("forces {error:.1e}");
    assert!(error < 5e-5, "{error:e}");
}

/// Heads that fill no warp, more heads than a block takes, one head, channels that are no multiple of anything, and sums over
/// more than one chunk of a product.
#[test]
fn networks_of_odd_shapes_agree_with_the_fast_path() {
    let molecules = [
        reference("small_ethanol.npz").0,
        reference("small_water.npz").0,
    ];
    for (channels, heads, layers) in [(20, 4, 3), (36, 3, 2), (120, 2, 2), (288, 1, 2)] {
        let config = Config {
            channels,
            heads,
            layers,
            radial_functions: 16,
            vector_cutoff: layers == 2,
            vector_smoothing: if layers == 3 { 0.1 } else { 0.0 },
            ..Config::et_oreo()
        };
        let weights = rough(config, 5);
        let Some(program) = Program::build(&Source::new(&weights.config), &FAST) else {
            return;
        };
        let found = evaluate(&mut Twin::new(&program, &weights), &molecules);
        assert_agreement(&format!("{channels}/{heads}"), &found, &weights, &molecules);
    }
}

/// Cell edges of 3 Å against a cutoff of 5 Å: atoms are their own neighbours, several times.
#[test]
fn a_small_periodic_cell_agrees_with_the_fast_path() {
    let Some(program) = program() else { return };
    let cell = Cell::periodic([[3.1, 0.0, 0.0], [0.5, 3.3, 0.0], [0.3, -0.4, 2.9]]).unwrap();
    let molecules = [reference("small_water.npz").0.in_cell(cell)];
    for vector_cutoff in [false, true] {
        let weights = small(vector_cutoff);
        let found = evaluate(&mut Twin::new(program, &weights), &molecules);
        assert_agreement("cell", &found, &weights, &molecules);
    }
}

/// Threads and blocks in any order, memory for more than is there, one molecule alone or among others: the same bits. A thread
/// that reads what another one writes in the same phase, or a sum that two blocks add to, would give others.
#[test]
fn the_bits_depend_on_nothing_but_the_molecule() {
    let Some(program) = program() else { return };
    let (weights, molecules) = (small(false), batch());
    let mut twin = Twin::new(program, &weights);
    let expected = evaluate(&mut twin, &molecules);
    for seed in [1, 7] {
        twin.seed = seed;
        assert_eq!(evaluate(&mut twin, &molecules), expected, "{seed}");
    }
    twin.spare = Capacity {
        molecules: 2,
        atoms: 35,
        edges: 1000,
    };
    assert_eq!(evaluate(&mut twin, &molecules), expected);
    let alone = evaluate_one(&mut twin, &molecules[2]);
    assert_eq!(alone, expected[2]);
}

/// Pairs of the skin do nothing, to the bit: a list may be built anew at any time. A molecule moves as a whole without a
/// change beyond f64's digits.
#[test]
fn neither_skin_nor_place_matter() {
    let Some(program) = program() else { return };
    let (weights, (molecule, _)) = (small(true), reference("small_aspirin.npz"));
    let mut twin = Twin::new(program, &weights);
    let expected = evaluate_one(&mut twin, &molecule);
    for reach in [5.0, 9.0] {
        let found = try_evaluate(&mut twin, std::slice::from_ref(&molecule), reach).unwrap();
        assert_eq!(found[0], expected, "{reach}");
    }
    let far = molecule.moved(|r| r + Vec3::new(3e4, -2e4, 1e4));
    let far = evaluate_one(&mut twin, &far);
    assert!(relative_error(&far.forces, &expected.forces) < 1e-6);
}

/// An atom at NaN makes its own molecule's energy NaN, not its neighbours' in the batch.
#[test]
fn a_molecule_at_nan_does_not_disturb_the_batch() {
    let Some(program) = program() else { return };
    let (ethanol, water) = (
        reference("small_ethanol.npz").0,
        reference("small_water.npz").0,
    );
    let mut broken = ethanol.clone();
    broken.positions[3].y = f64::NAN;
    let weights = small(true);
    let mut twin = Twin::new(program, &weights);
    let answers = evaluate(&mut twin, &[broken, water.clone()]);
    assert!(answers[0].energy.is_nan());
    assert_eq!(answers[1], evaluate_one(&mut twin, &water));
}

/// Faults that give the right numbers by luck: reads and writes beyond arrays of a block, arithmetic without a defined result.
#[test]
fn kernels_touch_only_what_is_theirs() {
    let weights = small(false);
    let Some(program) = Program::build(&Source::new(&weights.config), &WATCHED) else {
        return;
    };
    let molecules = [
        reference("small_ethanol.npz").0,
        reference("small_single.npz").0,
    ];
    let found = evaluate(&mut Twin::new(&program, &weights), &molecules);
    assert_agreement("watched", &found, &weights, &molecules);
}

#[test]
fn a_network_that_fits_no_block_is_refused() {
    let config = Config {
        channels: 1040,
        heads: 8,
        layers: 1,
        radial_functions: 4,
        ..Config::et_oreo()
    };
    let error = Constants::new(&rough(config, 1), 3e-6)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("1040") && error.contains("--device cpu"),
        "{error}"
    );
}

/// The network of the paper, and the one that ships.
#[test]
#[ignore = "minutes"]
fn networks_of_full_size_agree_with_the_fast_path() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let molecules = ["ethanol", "aspirin"].map(|name| reference(&format!("small_{name}.npz")).0);
    let full = shared_file("parity/full_et.safetensors");
    for path in full
        .into_iter()
        .chain([models.join("et_ethanol_peer.safetensors")])
    {
        let weights = Weights::load(&path).unwrap();
        let Some(program) = Program::build(&Source::new(&weights.config), &FAST) else {
            return;
        };
        for molecule in molecules.chunks(1) {
            if !molecule[0]
                .system
                .elements
                .iter()
                .all(|&e| weights.elements().contains(e))
            {
                continue;
            }
            let found = evaluate(&mut Twin::new(&program, &weights), molecule);
            assert_agreement(&path.display().to_string(), &found, &weights, molecule);
        }
    }
}

/// Untrained, so that no file is needed.
#[test]
#[ignore = "minutes"]
fn sixty_four_mixed_molecules_agree_under_a_network_of_full_size() {
    let weights = rough(Config::et_oreo(), 1);
    let Some(program) = Program::build(&Source::new(&weights.config), &FAST) else {
        return;
    };
    let molecules = mixed();
    let found = evaluate(&mut Twin::new(&program, &weights), &molecules);
    assert_agreement("64 mixed, full size", &found, &weights, &molecules);
}

/// Polymers of 15 units, as the GPU is to be measured with.
#[test]
#[ignore = "minutes"]
fn polymers_agree_with_the_fast_path() {
    let Some(path) = shared_file("parity/full_et.safetensors") else {
        return;
    };
    let weights = Weights::load(path).unwrap();
    let Some(program) = Program::build(&Source::new(&weights.config), &FAST) else {
        return;
    };
    for name in ["LAC1_L15", "CK_L15"] {
        let Some(path) = shared_file(&format!("data/polymers/{name}.extxyz.gz")) else {
            return;
        };
        let molecules = [first_frame(&path)];
        println!("{name}: {} atoms", molecules[0].system.len());
        let found = evaluate(&mut Twin::new(&program, &weights), &molecules);
        assert_agreement(name, &found, &weights, &molecules);
    }
}

/// Of a compressed file, which the system's `gzip` reads.
fn first_frame(path: &Path) -> Molecule {
    let output = Command::new("gzip").arg("-dc").arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let count: usize = lines.next().unwrap().trim().parse().unwrap();
    let (mut symbols, mut positions) = (Vec::new(), Vec::new());
    for line in lines.skip(1).take(count) {
        let words: Vec<&str> = line.split_whitespace().collect();
        symbols.push(words[0]);
        positions.push([1, 2, 3].map(|n| words[n].parse::<f64>().unwrap()));
    }
    Molecule::of(&symbols, &positions)
}

/// What is changed in the kernels, and what that would be: every one must be seen by the batch of six, or the tests above
/// prove little.
const MISTAKES: [(&str, &str, &str); 13] = [
    (
        "a sign in the reverse of a norm",
        "(gradients[c] - sums[0] / CHANNELS - y",
        "(gradients[c] - sums[0] / CHANNELS + y",
    ),
    (
        "û of the wrong direction",
        "sum[ALONG] -= edge.unit",
        "sum[ALONG] += edge.unit",
    ),
    (
        "own logits instead of the other direction's",
        "silu(logits[edge.reverse * HEADS + head])",
        "silu(logits[e * HEADS + head])",
    ),
    (
        "queries and keys swapped",
        "sum[KEY] += g_logits[edge.reverse",
        "sum[KEY] += g_logits[0 * edge.reverse + e",
    ),
    (
        "v1 for v2 in the product's gradient",
        "products[(row * 3 + (1 - part))",
        "products[(row * 3 + part)",
    ),
    (
        "vectors that do not pass through",
        "g_vec[at] = g_v_hat[at] + sum;",
        "g_vec[at] = sum;",
    ),
    (
        "the slope of silu without its second term",
        "return s * (1.0f + x * (1.0f - s));",
        "return s;",
    ),
    (
        "no share of the keys in the forces",
        "+ g_l[head] * query * sent[KEY * CHANNELS + c] * slope",
        "+ 0.0f * query * slope",
    ),
    (
        "û that is not held at length one",
        "- unit * along) / distance",
        ") / distance",
    ),
    (
        "no gradient by the cutoff",
        "g_cutoffs[e] += sum;",
        "g_cutoffs[e] += 0.0f * sum;",
    ),
    (
        "a self loop among the neighbours",
        "for (int n = 1; n < count; ++n)",
        "for (int n = 0; n < count; ++n)",
    ),
    (
        "one thread where there are many",
        "EACH_THREAD(t) {\n        if (t >= COUNT * 16) continue;",
        "{ const int t = 0;\n        if (t >= COUNT * 16) return;",
    ),
    (
        "the last row of a tile",
        "row < rows) store(",
        "row + 1 < rows) store(",
    ),
];

#[test]
#[ignore = "minutes"]
fn planted_mistakes_are_seen() {
    let source = Source::new(&small(false).config);
    let text = source.text();
    let (weights, molecules) = (small(false), batch());
    let mut exact = fused(&weights, Precision::F64, Filters::DEFAULT);
    let exact = evaluate(&mut exact, &molecules);
    for (mistake, right, wrong) in MISTAKES {
        assert!(text.contains(right), "{mistake}: the kernels changed");
        let planted = text.replace(right, wrong);
        let Some(program) = Program::build_text(&source, &planted, &["-O1", "-w"]) else {
            return;
        };
        let found = try_evaluate(&mut Twin::new(&program, &weights), &molecules, 5.5);
        let error = found.map(|found| largest_error(&found, &exact));
        println!("{mistake}: {error:?}");
        assert!(
            !error.is_ok_and(|error| error < BAR),
            "{mistake} is not seen"
        );
    }
}

/// Of the forces, relative, and of the energies; the last molecule of the batch is one atom, which has an energy only.
fn largest_error(found: &[Answer], exact: &[Answer]) -> f64 {
    let energies = found.iter().zip(exact);
    let energies = energies.map(|(a, b)| (a.energy - b.energy).abs() / b.energy.abs().max(1.0));
    let errors = energies.chain([relative_error(&forces(found), &forces(exact))]);
    // Not `f64::max`, which forgets NaN.
    let larger = |most: f64, error: f64| match most.is_nan() || error <= most {
        true => most,
        false => error,
    };
    errors.fold(0.0, larger)
}
