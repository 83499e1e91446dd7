//! Each term of the objective against what can be worked out by hand, and its gradient against finite differences.
//!
//! Planted, and seen to fail: the sign of the denoising target as the paper's equations print it (−ε); noise drawn with σ²
//! in place of σ; N counting an equilibrium structure twice; the derivative by the energy without its number of atoms.
#![allow(missing_docs)]

mod wells;

use oreo_core::random::Generator;
use oreo_core::Vec3;
use oreo_potentials::oreo::gradients::Gradients;
use oreo_training::data::Conformation;
use oreo_training::objective::{
    Batch, ElementEnergies, ForceTarget, Objective, ObjectiveSettings, Outcome, Term,
};
use wells::{at_rest, labelled, parameters, Wells};

fn objective(settings: &str) -> Objective {
    let settings: ObjectiveSettings = serde_json::from_str(settings).unwrap();
    Objective::new(&settings).unwrap()
}

fn asked(objective: &Objective, conformations: &[Conformation]) -> Batch {
    let mut batch = Batch::default();
    for conformation in conformations {
        batch.add().clone_from(conformation);
    }
    let mut noise = |place: usize| Generator::new(place as u64, 0);
    objective.ask(&mut batch, &mut noise).unwrap();
    batch
}

/// Loss, ∂L/∂E and ∂L/∂F of a well.
fn compare(objective: &Objective, batch: &Batch, well: &[f32]) -> (Outcome, Vec<f64>, Vec<Vec3>) {
    let (energies, forces) = answers(batch, well);
    derivatives(objective, batch, &energies, &forces)
}

fn answers(batch: &Batch, well: &[f32]) -> (Vec<f64>, Vec<Vec3>) {
    let mut engine = Wells::default();
    engine.set_parameters(well).unwrap();
    let mut energies = vec![0.0; batch.jobs().len()];
    let mut forces = vec![Vec3::zeros(); batch.atoms()];
    let molecules = batch.molecules();
    engine
        .evaluate(&molecules, &mut energies, &mut forces)
        .unwrap();
    (energies, forces)
}

fn derivatives(
    objective: &Objective,
    batch: &Batch,
    energies: &[f64],
    forces: &[Vec3],
) -> (Outcome, Vec<f64>, Vec<Vec3>) {
    let mut by_energy = vec![f64::NAN; energies.len()];
    let mut by_force = vec![Vec3::repeat(f64::NAN); forces.len()];
    let outcome = objective.compare(batch, energies, forces, &mut by_energy, &mut by_force);
    (outcome, by_energy, by_force)
}

const WELL: [f32; 3] = [0.0; 3];

/// At r − ε the force must point back by +ε: a well of +1 eV/Å² around the equilibrium. The sign that the paper's equations
/// print would give −1, a hill.
#[test]
fn denoising_digs_a_well_and_not_a_hill() {
    let objective = objective(r#"{"zero-force": 0}"#);
    let batch = asked(&objective, &[at_rest(5)]);
    let loss = |k| {
        compare(&objective, &batch, &parameters(k, 0.0, WELL))
            .0
            .loss
    };
    assert!(loss(1.0) < 1e-12, "{}", loss(1.0));
    let noise = loss(0.0);
    assert!((loss(-1.0) / noise - 4.0).abs() < 1e-9);
    assert!((loss(0.5) / noise - 0.25).abs() < 1e-9);
}

/// Over many atoms, mean square and mean of the noise in each direction; 4 standard errors.
#[test]
fn noise_has_the_variance_of_the_settings() {
    for variance in [0.04f64, 0.0016] {
        let objective = objective(&format!(r#"{{"noise-variance": {variance}}}"#));
        let batch = asked(&objective, &vec![at_rest(50); 100]);
        let ForceTarget::Noise(range) = &batch.jobs()[1].forces else {
            panic!("{:?}", batch.jobs()[1]);
        };
        assert_eq!(range.len(), 50);
        let noise = batch.noise(&(0..5000));
        for axis in 0..3 {
            let mean = noise.iter().map(|e| e[axis]).sum::<f64>() / 5000.0;
            let square = noise.iter().map(|e| e[axis].powi(2)).sum::<f64>() / 5000.0;
            assert!(mean.abs() < 4.0 * (variance / 5000.0).sqrt(), "{mean}");
            assert!((square / variance - 1.0).abs() < 4.0 * (2.0f64 / 5000.0).sqrt());
        }
    }
}

#[test]
fn the_displaced_molecule_is_the_structure_minus_its_noise() {
    let objective = objective("{}");
    let batch = asked(&objective, &[at_rest(3)]);
    let molecules = batch.molecules();
    assert_eq!(batch.jobs().len(), 2);
    assert_eq!(molecules[0].positions, [Vec3::zeros(); 3]);
    for (position, noise) in molecules[1].positions.iter().zip(batch.noise(&(0..3))) {
        assert_eq!(*position, -noise);
    }
}

/// One conformation of each kind with 2 and 3 atoms: L = (S_f + S_0 + S_d)/(3·5), each structure's atoms counted once.
#[test]
fn terms_are_shared_among_the_components_of_the_batch() {
    let objective = objective(r#"{"zero-force": 0.5, "denoising": 0.25}"#);
    let batch = asked(&objective, &[labelled(2, 1), at_rest(3)]);
    let (outcome, _, _) = compare(&objective, &batch, &parameters(0.7, 0.0, [0.2, 0.0, 0.0]));
    let (_, forces) = answers(&batch, &parameters(0.7, 0.0, [0.2, 0.0, 0.0]));
    let labels = labelled(2, 1).forces.unwrap();
    let square = |a: &[Vec3], b: &[Vec3]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(a, b)| (a - b).norm_squared()).sum()
    };
    let sums = [
        square(&forces[..2], &labels),
        square(&forces[2..5], &[Vec3::zeros(); 3]),
        square(&forces[5..], batch.noise(&(0..3))),
    ];
    let expected = (sums[0] + 0.5 * sums[1] + 0.25 * sums[2]) / 15.0;
    assert!((outcome.loss / expected - 1.0).abs() < 1e-12);
    let means = [sums[0] / 6.0, sums[1] / 9.0, sums[2] / 9.0];
    for (term, mean) in Term::ALL.into_iter().zip(means) {
        assert!((outcome.tally.mean_square(term).unwrap() / mean - 1.0).abs() < 1e-12);
    }
    assert_eq!(outcome.tally.mean_square(Term::Energy), None);
}

/// Forces only: the plain mean over components, as PyTorch's `mse_loss`.
#[test]
fn a_batch_of_forces_only_is_the_plain_mean() {
    let objective = objective(r#"{"variant": "torchmdnet"}"#);
    let batch = asked(&objective, &[labelled(2, 1), labelled(4, 2)]);
    let (outcome, _, _) = compare(&objective, &batch, &parameters(0.7, 0.0, WELL));
    assert_eq!(outcome.tally.mean_square(Term::Forces), Some(outcome.loss));
}

fn present(variant: &str, conformations: &[Conformation]) -> String {
    let objective = objective(&format!(r#"{{"variant": "{variant}"}}"#));
    let batch = asked(&objective, conformations);
    let (outcome, _, _) = compare(&objective, &batch, &parameters(0.7, 0.1, WELL));
    let terms = Term::ALL.into_iter();
    let present = terms.filter(|&term| outcome.tally.mean_square(term).is_some());
    present.map(Term::name).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_variant_asks_its_terms_and_no_other() {
    let forces = [labelled(2, 1)];
    let both = [labelled(2, 1), at_rest(3)];
    assert_eq!(present("et-oreo", &both), "forces zero_force denoising");
    assert_eq!(present("et-oreo", &both[1..]), "zero_force denoising");
    assert_eq!(present("et-ore", &forces), "forces");
    assert_eq!(present("torchmdnet", &forces), "forces");
    assert_eq!(present("energy-forces", &forces), "forces energy");
    assert_eq!(present("property", &forces), "property");
}

#[test]
fn a_conformation_of_which_nothing_is_asked_is_refused() {
    let objective = objective(r#"{"variant": "et-ore"}"#);
    let mut batch = Batch::default();
    batch.add().clone_from(&labelled(2, 1));
    batch.add().clone_from(&at_rest(2));
    let mut noise = |_| Generator::new(0, 0);
    let refused = objective.ask(&mut batch, &mut noise).unwrap_err();
    assert_eq!(refused.conformation, 1);
    assert!(refused.problem.contains("equilibrium"), "{refused:?}");
    batch.clear();
    batch.add().clone_from(&labelled(2, 1));
    batch.add().clone_from(&labelled(2, 1));
    batch.conformations();
    assert!(objective.ask(&mut batch, &mut noise).is_ok());
}

#[test]
fn shapes_that_contradict_each_other_are_refused() {
    let objective = objective("{}");
    let mut broken = labelled(3, 1);
    broken.forces.as_mut().unwrap().pop();
    let mut batch = Batch::default();
    batch.add().clone_from(&broken);
    let refused = objective.ask(&mut batch, &mut |_| Generator::new(0, 0));
    assert!(refused.unwrap_err().problem.contains("2 forces"));
}

/// Energies of free atoms are taken off, and the rest counts for each atom: ((Ê − E + Σe)/n)².
#[test]
fn energies_count_for_each_atom_above_free_atoms() {
    let energies: ElementEnergies = "C=-1000.0".parse().unwrap();
    let objective = objective(r#"{"variant": "energy-forces"}"#).with_element_energies(energies);
    let mut conformation = labelled(4, 1);
    conformation.energy = Some(-4010.0);
    let batch = asked(&objective, &[conformation]);
    let zeros = [Vec3::zeros(); 4];
    let (outcome, by_energy, _) = derivatives(&objective, &batch, &[-2.0], &zeros);
    assert_eq!(outcome.tally.mean_square(Term::Energy), Some(4.0));
    assert_eq!(outcome.tally.mean_absolute(Term::Energy), Some(2.0));
    assert!((by_energy[0] - 0.2 * 2.0 * 2.0 / 4.0).abs() < 1e-15);
}

/// Every ∂L/∂E and ∂L/∂F of a batch with all kinds of jobs; the loss is quadratic, so that central differences are exact
/// but for rounding.
#[test]
fn derivatives_are_those_of_the_loss() {
    for settings in [
        r#"{"forces": 0.3, "zero-force": 0.7, "denoising": 1.1, "energy": 0.6}"#,
        r#"{"forces": 0.3, "zero-force": 0, "denoising": 1.1, "property": 0.6}"#,
    ] {
        let objective = objective(settings);
        let mut unlabelled = labelled(2, 3);
        unlabelled.energy = None;
        let batch = asked(&objective, &[labelled(2, 1), at_rest(3), unlabelled]);
        let (energies, forces) = answers(&batch, &parameters(0.7, 0.1, [0.2, 0.0, -0.1]));
        let (_, by_energy, by_force) = derivatives(&objective, &batch, &energies, &forces);
        let loss = |energies: &[f64], forces: &[Vec3]| {
            derivatives(&objective, &batch, energies, forces).0.loss
        };
        for job in 0..energies.len() {
            let at = |change: f64| {
                let mut energies = energies.clone();
                energies[job] += change;
                loss(&energies, &forces)
            };
            let difference = (at(0.1) - at(-0.1)) / 0.2;
            assert!((difference - by_energy[job]).abs() < 1e-12, "{job}");
        }
        for (atom, axis) in (0..forces.len()).flat_map(|atom| [(atom, 0), (atom, 1), (atom, 2)]) {
            let at = |change: f64| {
                let mut forces = forces.clone();
                forces[atom][axis] += change;
                loss(&energies, &forces)
            };
            let difference = (at(0.1) - at(-0.1)) / 0.2;
            assert!((difference - by_force[atom][axis]).abs() < 1e-12, "{atom}");
        }
    }
}

/// Sums of two batches, as of one that holds both: what validation in pieces needs.
#[test]
fn tallies_of_parts_add_up_to_that_of_the_whole() {
    let objective = objective("{}");
    let all = [labelled(2, 1), at_rest(3), labelled(4, 2)];
    let well = parameters(0.7, 0.1, WELL);
    let whole = compare(&objective, &asked(&objective, &all), &well).0;
    let mut sum = compare(&objective, &asked(&objective, &all[..2]), &well)
        .0
        .tally;
    sum.merge(
        &compare(&objective, &asked(&objective, &all[2..]), &well)
            .0
            .tally,
    );
    assert!((sum.loss(objective.weights()) / whole.loss - 1.0).abs() < 1e-12);
    assert_eq!(sum.conformations(), 3);
}
