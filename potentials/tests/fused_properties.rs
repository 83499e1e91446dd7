//! The fast path equals the definition for random networks on random molecules: widths that fill no register, heads
//! that share one or need two, from no neighbours to all, open and periodic, one molecule and several.
//!
//! Mistakes that were planted to see these tests and those of `fused_contract.rs`, `fused_parity.rs` fail. Caught by all three:
//! û of the wrong sign for j, forward or in reverse; the self loop forgotten, forward or in reverse; c′(r) lost in the filters
//! or in the attention; the slope of a neighbouring interval; node slopes in the wrong unit; dt/dr lost; padding left in the
//! variance of a norm; `std` lost on the forces; vectors not passed on in reverse; both halves of a row taken for one head;
//! c(r) on the keys too; gradients of one direction only in the embedding; a list that is not cut at r_c; 0/0 where vectors
//! are zero; f32 differences of positions. By some of them:
//! - here alone: half of a head forgotten in its sum, the cutoff's gradient counted once for each row of a wide head (the
//!   networks of the other tests have narrow heads)
//! - here and in the contract: the sign of the virial; an atom's own image met twice
//! - here and in the parity: padded outputs that are given weights
//! - in the contract alone: gradients left from the last call or from the last batch; NaN positions given an energy
//! - by `fused_allocations.rs` alone: a buffer taken anew in each call
//!
//! Not to be caught, since it changes nothing: the mask of a norm in reverse, weights of padded inputs.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod networks;
mod systems;

use networks::{definition, definition_in_f32, fused, fused_with, rough};
use oreo_core::testing::random_cloud;
use oreo_core::{Cell, Vec3};
use oreo_potentials::oreo::fused::{Filters, InstructionSet, OreoFused, Precision};
use oreo_potentials::oreo::{Config, Weights};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::cell::RefCell;
use systems::{try_evaluate, Answer, Molecule};

/// Channels in all; what is smaller than a row of 32, fills it, and does neither.
const CHANNELS: usize = 96;

#[derive(Debug, Clone)]
struct Case {
    config: Config,
    seed: u64,
    crowds: Vec<Crowd>,
}

/// `spacing`: least distance in units of the cutoff. A cloud has eight cubes of it per atom, so that at 0.07 seventy
/// atoms all see each other, and from 1 on none does.
#[derive(Debug, Clone)]
struct Crowd {
    atoms: usize,
    spacing: f64,
    periodic: bool,
    seed: u64,
}

impl Crowd {
    fn molecule(&self, cutoff: f64) -> Molecule {
        // Closer than this a periodic cloud has a thousand neighbours per atom, and the definition no memory.
        let least = if self.periodic { 0.25 } else { 0.07 };
        let distance = cutoff * self.spacing.max(least);
        let (system, positions) = random_cloud(self.atoms, self.seed, distance);
        // Up to four atoms can be close enough to their own images to see them.
        let edge = distance * (0.6 + 2.0 * (self.atoms as f64).cbrt());
        let cell = match self.periodic {
            true => Cell::periodic([
                [edge, 0.0, 0.0],
                [0.2 * distance, edge, 0.0],
                [-0.1 * distance, 0.3 * distance, edge],
            ])
            .unwrap(),
            false => Cell::Open,
        };
        Molecule {
            system,
            positions,
            cell,
        }
    }
}

prop_compose! {
    fn crowds(largest: usize)(
        atoms in prop_oneof![1..=3_usize, 1..=9_usize, 1..=largest],
        spacing in prop_oneof![0.07..0.3, 0.15..1.1],
        periodic in any::<bool>(),
        seed in 0..1_000_000_u64,
    ) -> Crowd {
        Crowd { atoms, spacing, periodic, seed }
    }
}

prop_compose! {
    fn configs()(
        width in prop::sample::select(vec![1_usize, 2, 5, 8, 12, 16, 17, 20, 32, 33, 48]),
        heads in 1..=5_usize,
        layers in 1..=3_usize,
        radial_functions in 1..=70_usize,
        vector_cutoff in any::<bool>(),
        cutoff_upper in 3.0..6.0_f64,
    ) -> Config {
        // An even number of channels, because the head halves them.
        let heads = heads.min(CHANNELS / width);
        let heads = if width % 2 == 1 { heads.div_ceil(2) * 2 } else { heads };
        Config {
            channels: width * heads,
            layers,
            heads,
            radial_functions,
            cutoff_lower: 0.0,
            cutoff_upper,
            max_z: 9,
            vector_cutoff,
            vector_smoothing: if vector_cutoff { 0.02 } else { 0.0 },
        }
    }
}

prop_compose! {
    fn cases(largest: usize)(
        config in configs(),
        seed in 0..1_000_000_u64,
        crowds in prop::collection::vec(crowds(largest), 1..=3),
    ) -> Case {
        Case { config, seed, crowds }
    }
}

/// Largest differences found, each relative as [`compare`] says.
#[derive(Debug, Clone, Copy, Default)]
struct Errors {
    energy: f64,
    forces: f64,
    virial: f64,
}

impl Errors {
    fn worst(&self) -> f64 {
        max(max(self.energy, self.forces), self.virial)
    }
}

/// Root of the mean square of the forces below which errors are not measured against them, eV/Å. With std = 1.25 eV forces
/// are of order one; they are smaller where all neighbours are close to the cutoff or opposite each other, but what they are
/// made of is not. Rounding hardly shows there. The error of a table does: it is that of the slopes, whatever their sum.
fn faint(filters: Filters) -> f64 {
    match filters {
        Filters::Exact => 0.05,
        Filters::Table { .. } => 0.5,
    }
}

/// Energies against the number of atoms (as many terms of order one eV); forces (root of the mean square) against
/// themselves or `faint`; the virial against the largest of its own components and of ⟨|r F|⟩.
fn compare(found: &[Answer], exact: &[Answer], cutoff: f64, faint: f64) -> Errors {
    let mut worst = Errors::default();
    for (found, exact) in found.iter().zip(exact) {
        let atoms = exact.forces.len() as f64;
        let rms = |vectors: &mut dyn Iterator<Item = Vec3>| {
            (vectors.map(|v| v.norm_squared()).sum::<f64>() / atoms).sqrt()
        };
        let difference = found.forces.iter().zip(&exact.forces).map(|(a, b)| a - b);
        let size = rms(&mut exact.forces.iter().copied()).max(faint);
        let virial_size = exact.virial.amax().max(atoms * cutoff * size);
        worst.energy = max(worst.energy, (found.energy - exact.energy) / atoms);
        worst.forces = max(worst.forces, rms(&mut difference.into_iter()) / size);
        worst.virial = max(
            worst.virial,
            (found.virial - exact.virial).amax() / virial_size,
        );
    }
    worst
}

/// Not `f64::max`, which forgets NaN.
fn max(a: f64, b: f64) -> f64 {
    match b.abs() <= a {
        true => a,
        false => b.abs(),
    }
}

impl Case {
    fn weights(&self) -> Weights {
        rough(self.config.clone(), self.seed)
    }

    fn molecules(&self) -> Vec<Molecule> {
        let cutoff = self.config.cutoff_upper;
        self.crowds
            .iter()
            .map(|crowd| crowd.molecule(cutoff))
            .collect()
    }

    fn errors(&self, network: &mut OreoFused, filters: Filters, exact: &[Answer]) -> Errors {
        let cutoff = self.config.cutoff_upper;
        let found = try_evaluate(network, &self.molecules(), cutoff + 0.3).unwrap();
        compare(&found, exact, cutoff, faint(filters))
    }

    fn exact(&self, weights: &Weights) -> Vec<Answer> {
        let cutoff = self.config.cutoff_upper;
        try_evaluate(&mut definition(weights), &self.molecules(), cutoff).unwrap()
    }

    /// How much the definition itself loses in f32.
    fn single_error(&self, weights: &Weights, exact: &[Answer]) -> f64 {
        let cutoff = self.config.cutoff_upper;
        let single = &mut definition_in_f32(weights);
        let found = try_evaluate(single, &self.molecules(), cutoff).unwrap();
        compare(&found, exact, cutoff, faint(Filters::Exact)).worst()
    }

    fn truth(&self, weights: Weights) -> Truth {
        let exact = self.exact(&weights);
        let single_error = self.single_error(&weights, &exact);
        let conditioning = match self.config.channels < FEW_CHANNELS {
            true => Conditioning::FewChannels,
            false if single_error <= SINGLE / 4.0 => Conditioning::Well,
            false => Conditioning::Ill,
        };
        Truth {
            exact,
            single_error,
            conditioning,
        }
    }

    /// With the weights as they are, and rounded to f16.
    fn truths(&self, weights: &Weights) -> [Truth; 2] {
        let mut rounded = weights.clone();
        rounded.round_to_f16().unwrap();
        [weights.clone(), rounded].map(|weights| self.truth(weights))
    }

    /// Of all forms, and what they may be, in the order of [`FORMS`]; with how well the case is conditioned.
    fn all_errors(&self) -> (Vec<(Errors, f64)>, Conditioning) {
        let weights = self.weights();
        let [as_given, rounded] = self.truths(&weights);
        let form = |&(precision, filters, bar): &(Precision, Filters, f64)| {
            let truth = match precision {
                Precision::F16Weights => &rounded,
                _ => &as_given,
            };
            let mut network = fused(&weights, precision, filters);
            let errors = self.errors(&mut network, filters, &truth.exact);
            (errors, truth.bar(precision, bar))
        };
        let errors = FORMS.iter().map(form).collect();
        (errors, as_given.conditioning.max(rounded.conditioning))
    }
}

/// How many digits f32 can have, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Conditioning {
    /// The definition in f32 is within a quarter of [`SINGLE`], which leaves sums in another order room: bars are hard.
    Well,
    /// It is not. ‖W1 vec‖ in the head has a kink where a channel's vectors cancel, which they nearly do in a crystal of
    /// three atoms.
    Ill,
    /// With less than [`FEW_CHANNELS`] a layer norm does not leave much: y of two is ±1 whatever they are, and the gradient
    /// is what rounding leaves of nothing.
    FewChannels,
}

/// What the definition says in f64.
struct Truth {
    exact: Vec<Answer>,
    single_error: f64,
    conditioning: Conditioning,
}

impl Truth {
    /// What [`Errors::worst`] may be. Where a case is ill-conditioned, forms in f32 need not be better than five times what the
    /// definition is there; f64 keeps its bar as long as there are enough channels.
    fn bar(&self, precision: Precision, bar: f64) -> f64 {
        let double = precision == Precision::F64;
        match self.conditioning {
            _ if double && bar < 1e-9 => bar,
            Conditioning::FewChannels => 1e-3,
            Conditioning::Ill if !double => bar.max(5.0 * self.single_error),
            Conditioning::Ill | Conditioning::Well if bar == SINGLE => bar * roundings(),
            Conditioning::Ill | Conditioning::Well => bar,
        }
    }
}

/// Measured over 60 cases with weights as given and rounded, worst of the well-conditioned: f32 exact 4e-6 (all but one
/// below 2e-6), tables 6e-6; a case where the definition in f32 has 4.6e-6 has 6.2e-6.
const FORMS: [(Precision, Filters, f64); 6] = [
    (Precision::F64, Filters::Exact, 1e-12),
    (Precision::F32, Filters::Exact, SINGLE),
    (Precision::F64, Filters::DEFAULT, TABLE),
    (Precision::F32, Filters::DEFAULT, TABLE),
    (Precision::F16Weights, Filters::Exact, SINGLE),
    (Precision::F16Weights, Filters::DEFAULT, TABLE),
];

/// Of forces in f32 with exact filters.
const SINGLE: f64 = 5e-6;

/// Of a multiplication and an addition: one where they are fused, two in portable code on x86 (worst case seen: 6.9e-6).
fn roundings() -> f64 {
    match InstructionSet::detect() {
        InstructionSet::Portable => 2.0,
        _ => 1.0,
    }
}

/// The bound is on slopes over all distances, so forces of a molecule that knows few distances are off by several times as
/// much. The self-test of a run allows no more.
const TABLE: f64 = 5e-5;

/// See [`Conditioning`].
const FEW_CHANNELS: usize = 8;

fn assert_within_bars(case: &Case) -> Result<Conditioning, TestCaseError> {
    let (found, conditioning) = case.all_errors();
    for ((errors, bar), (precision, filters, _)) in found.iter().zip(FORMS) {
        let within = errors.worst() <= *bar;
        prop_assert!(within, "{precision:?} {filters:?}: {errors:?}, bar {bar:e}");
    }
    Ok(conditioning)
}

/// All cases within their bars, and not by calling most of them ill-conditioned.
fn assert_all_within_bars(runner: &mut TestRunner, largest: usize) {
    let counted = RefCell::new(Vec::new());
    let all = runner.run(&cases(largest), |case| {
        counted.borrow_mut().push(assert_within_bars(&case)?);
        Ok(())
    });
    all.unwrap_or_else(|error| panic!("{error}"));
    let of = |kind| counted.borrow().iter().filter(|&&one| one == kind).count();
    let (well, ill) = (of(Conditioning::Well), of(Conditioning::Ill));
    let few = of(Conditioning::FewChannels);
    println!("{well} well-conditioned, {ill} ill-conditioned, {few} with few channels");
    assert!(ill * MOST_ILL <= ill + well, "{ill} of {}", ill + well);
}

/// One in so many cases of enough channels may be ill-conditioned; 6 of 29 are in the set that always runs.
const MOST_ILL: usize = 4;

/// The same cases in every run.
#[test]
fn any_network_on_any_molecules_equals_the_definition() {
    let config = ProptestConfig {
        cases: 32,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    assert_all_within_bars(&mut TestRunner::new(config), 70);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10,
        rng_seed: RngSeed::Fixed(2),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever the width of its registers, to the bars of the definition.
    #[test]
    fn every_instruction_set_equals_the_definition(case in cases(20)) {
        let weights = case.weights();
        let [truth, rounded] = case.truths(&weights);
        for set in InstructionSet::available() {
            for (precision, filters, bar) in &FORMS {
                let truth = match precision {
                    Precision::F16Weights => &rounded,
                    _ => &truth,
                };
                let mut network = fused_with(&weights, *precision, *filters, set);
                let errors = case.errors(&mut network, *filters, &truth.exact);
                let within = errors.worst() <= truth.bar(*precision, *bar);
                prop_assert!(within, "{set:?} {precision:?} {filters:?}: {errors:?}");
            }
        }
    }
}

/// Other cases in every run.
#[test]
#[ignore = "minutes"]
fn many_networks_on_many_molecules_equal_the_definition() {
    let config = ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    assert_all_within_bars(&mut TestRunner::new(config), 70);
}

/// Where the bars come from; run with `--nocapture`.
#[test]
#[ignore = "minutes"]
fn print_the_errors_of_many_cases() {
    use proptest::strategy::ValueTree;
    let mut runner = TestRunner::deterministic();
    for _ in 0..150 {
        let case = cases(70).new_tree(&mut runner).unwrap().current();
        let atoms: Vec<_> = case
            .crowds
            .iter()
            .map(|c| (c.atoms, c.spacing, c.periodic))
            .collect();
        let (found, conditioning) = case.all_errors();
        println!("{conditioning:?} {:?} {atoms:.2?}", case.config);
        for ((errors, bar), (precision, filters, _)) in found.iter().zip(FORMS) {
            let ratio = errors.worst() / bar;
            println!("{precision:?} {filters:?} {ratio:.3} of the bar: {errors:?}");
        }
    }
}
