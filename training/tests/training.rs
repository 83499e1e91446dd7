//! Whole runs of a model of a few parameters: it learns what it should, stops when it must, says what went wrong.
//!
//! Planted, and seen to fail: a denoising target with the sign of the paper's equations (the stiffness ends at −1);
//! `set_parameters` left out after a step (nothing is learned); the parameters not given back after a
//! validation of the average (the run changes); noise and order that do not depend on the step.
#![allow(missing_docs)]

mod wells;

use oreo_core::Vec3;
use oreo_potentials::oreo::gradients::Gradients;
use oreo_training::data::{Conformation, Source};
use oreo_training::objective::Term;
use oreo_training::trainer::{curves::Row, energy_error, fit_element_energies, StepReport};
use oreo_training::trainer::{
    Ending, Keep, Run, Shuffled, Snapshot, Trainer, TrainerSettings, Watch, Which,
};
use oreo_training::TrainingError;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use wells::{at_rest, entries, labelled, parameters, Table, Wells};

fn settings(text: &str) -> TrainerSettings {
    let fast = r#"{"learning-rate": 0.02, "warm-up-from": 0, "warm-up-steps": 10, "then": {"kind": "cosine", "lowest": 1e-5}}"#;
    let mut settings: TrainerSettings = serde_json::from_str(text).unwrap();
    settings.schedule = serde_json::from_str(fast).unwrap();
    settings
}

fn trainer(settings: &TrainerSettings, start: Vec<f32>) -> Trainer<Wells> {
    Trainer::new(settings.clone(), Wells::default(), &entries(), start).unwrap()
}

fn train(
    trainer: &mut Trainer<Wells>,
    sets: [&Table; 2],
    folder: &Path,
    keep: &mut dyn Keep,
    watch: &mut dyn Watch,
) -> Result<Ending, TrainingError> {
    let mut run = Run {
        train: sets[0],
        order: &Shuffled::new(sets[0].len().max(1), 1),
        validation: sets[1],
        stop: &AtomicBool::new(false),
        data: &[],
        keep,
        watch,
    };
    run.train(trainer, folder)
}

fn labelled_set(count: usize) -> Table {
    Table(
        (0..count)
            .map(|seed| labelled(2 + seed % 4, seed))
            .collect(),
    )
}

#[test]
fn forces_and_energies_of_a_well_are_learned() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(
        r#"{"steps": 2000, "batch": 4, "objective": {"variant": "energy-forces"}, "average": 0.9}"#,
    );
    let mut trainer = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let set = labelled_set(30);
    let ending = train(&mut trainer, [&set, &set], folder.path(), &mut (), &mut ()).unwrap();
    assert_eq!(ending, Ending::Finished);
    let expected = [2.0, -3.0, 0.1, 0.2, 0.3];
    for (found, expected) in trainer.averaged().unwrap().iter().zip(expected) {
        assert!(
            (found - expected).abs() < 1e-3,
            "{:?}",
            trainer.averaged().unwrap()
        );
    }
    assert!(trainer.parameters().unwrap()[5..]
        .iter()
        .all(|&idle| idle == 0.5));
    assert!(trainer.validate(&set).unwrap().force_mae().unwrap() < 1.0);
}

/// Equilibrium structures only: they come to lie at the bottom of a well of +1 eV/Å² around their atoms.
#[test]
fn equilibrium_structures_become_minima() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(r#"{"steps": 2000, "batch": 8}"#);
    let mut trainer = trainer(&settings, parameters(-0.5, 0.0, [0.2, 0.0, 0.0]));
    let set = Table(vec![at_rest(6); 10]);
    train(&mut trainer, [&set, &set], folder.path(), &mut (), &mut ()).unwrap();
    let found = trainer.parameters().unwrap();
    assert!((found[0] - 1.0).abs() < 1e-2, "{found:?}");
    assert!(found[2].abs() < 1e-2, "{found:?}");
}

#[test]
fn validating_changes_nothing_that_a_step_reads() {
    let settings = settings(r#"{"steps": 100, "batch": 4, "average": 0.9}"#);
    let set = labelled_set(10);
    let order = Shuffled::new(10, 1);
    let run = |validate: bool| {
        let mut trainer = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
        for _ in 0..20 {
            trainer.step(&set, &order).unwrap();
            if validate {
                let first = trainer.validate(&set).unwrap();
                assert_eq!(first, trainer.validate(&set).unwrap());
            }
        }
        trainer.parameters().unwrap().to_vec()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn frozen_tensors_stay_to_the_bit() {
    let mut settings = settings(r#"{"steps": 100, "batch": 4, "frozen": ["well.centre"]}"#);
    settings.optimiser.weight_decay = 0.1;
    let mut trainer = trainer(&settings, parameters(0.5, 0.25, [0.125, 0.0, 0.0]));
    for _ in 0..50 {
        trainer
            .step(&labelled_set(10), &Shuffled::new(10, 1))
            .unwrap();
    }
    assert_eq!(trainer.parameters().unwrap()[2..5], [0.125, 0.0, 0.0]);
    assert!(trainer.parameters().unwrap()[0] != 0.5 && trainer.parameters().unwrap()[5] != 0.5);
}

/// A broken label is found by its number, and the run can be continued from where it was.
#[test]
fn a_number_that_is_not_finite_stops_the_run_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(r#"{"steps": 100, "batch": 3, "checkpoint-every": 50}"#);
    let mut broken = labelled_set(30);
    // Place of conformation 17 in the first epoch, so that the step is known.
    broken.0[17].forces.as_mut().unwrap()[1].y = f64::NAN;
    let start = || trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let mut first = start();
    let valid = labelled_set(5);
    let error = train(
        &mut first,
        [&broken, &valid],
        folder.path(),
        &mut (),
        &mut (),
    );
    let message = error.unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    let step = first.steps_done();
    assert!(
        message.starts_with(&format!("step {}:", step + 1)),
        "{message}"
    );
    assert!(message.contains("table conformations 17;"), "{message}");
    let before = first.parameters().unwrap();
    assert!(before.iter().all(|x| x.is_finite()));
    // Repaired data of the same name: the checkpoint has the state before the step.
    let mut second = start();
    let sets = [&labelled_set(30), &valid];
    let mut states = Seen::default();
    train(&mut second, sets, folder.path(), &mut (), &mut states).unwrap();
    assert_eq!(states.steps.first(), Some(&(step + 1)));
    let mut uninterrupted = start();
    let other = tempfile::tempdir().unwrap();
    train(&mut uninterrupted, sets, other.path(), &mut (), &mut ()).unwrap();
    assert_eq!(
        second.parameters().unwrap(),
        uninterrupted.parameters().unwrap()
    );
}

/// The gradient is that of a batch; each conformation is asked again for its own. Catches all of the batch being blamed.
#[test]
fn a_gradient_that_is_too_large_is_traced_to_its_conformation() {
    let settings = settings(r#"{"steps": 100, "batch": 3}"#);
    let mut broken = labelled_set(30);
    broken.0[17].forces.as_mut().unwrap()[1].y = 1e25;
    let mut trainer = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let order = Shuffled::new(30, 1);
    let error = (0..30).find_map(|_| trainer.step(&broken, &order).err());
    let message = error.expect("a square beyond f32").to_string();
    let expected = "the gradient or its square is not finite, with table conformations 17;";
    assert!(message.contains(expected), "{message}");
}

#[derive(Default)]
struct Seen {
    steps: Vec<u64>,
    norms: Vec<f64>,
    validations: Vec<(Row, bool)>,
}

impl Watch for Seen {
    fn step(&mut self, report: &StepReport) {
        self.steps.push(report.step);
        self.norms.push(report.gradient_norm);
    }
    fn validation(&mut self, row: &Row, is_best: bool) {
        self.validations.push((row.clone(), is_best));
    }
}

#[test]
fn a_gradient_that_would_overflow_its_moments_is_refused() {
    let settings = settings(r#"{"steps": 20, "batch": 2}"#);
    let mut far = labelled_set(2);
    far.0[1].positions[0] = Vec3::repeat(1e12);
    let mut trainer = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let error = trainer.step(&far, &Shuffled::new(2, 1)).unwrap_err();
    assert!(error.to_string().contains("gradient"), "{error}");
    assert_eq!(
        trainer.parameters().unwrap(),
        parameters(0.5, 0.0, [0.0; 3])
    );
}

#[derive(Default)]
struct Kept(Vec<(Which, u64, Vec<f32>, Option<f64>)>);

impl Keep for Kept {
    fn keep(&mut self, snapshot: &Snapshot<'_>) -> Result<(), TrainingError> {
        let parameters = snapshot.parameters.to_vec();
        self.0
            .push((snapshot.which, snapshot.step, parameters, snapshot.loss));
        Ok(())
    }
}

/// What is kept as best has, evaluated again, the least loss of all validations.
#[test]
fn the_best_weights_are_those_of_the_least_validation_loss() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        settings(r#"{"steps": 105, "batch": 2, "validation-every": 10, "checkpoint-every": 25}"#);
    let mut trainer = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let (mut kept, mut seen) = (Kept::default(), Seen::default());
    let (set, valid) = (labelled_set(30), labelled_set(7));
    train(
        &mut trainer,
        [&set, &valid],
        folder.path(),
        &mut kept,
        &mut seen,
    )
    .unwrap();
    let losses = seen.validations.iter();
    let losses: Vec<f64> = losses
        .map(|(row, _)| row.validation.loss(&row.weights))
        .collect();
    assert_eq!(losses.len(), 11, "every 10 steps, and at the end");
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let best = kept.0.iter().rfind(|kept| kept.0 == Which::Best).unwrap();
    assert_eq!(best.3, Some(least));
    let again = Trainer::new(settings, Wells::default(), &entries(), best.2.clone());
    assert_eq!(again.unwrap().validate(&valid).unwrap().loss, least);
    let last = kept.0.iter().filter(|kept| kept.0 == Which::Last);
    let last: Vec<_> = last.map(|kept| kept.1).collect();
    assert_eq!(last, [25, 50, 75, 100, 105]);
}

#[test]
fn the_curves_have_a_row_for_each_validation_and_a_cell_for_each_term() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(r#"{"steps": 40, "batch": 2, "validation-every": 20}"#);
    let mut trainer = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let mut set = labelled_set(6);
    set.0.push(at_rest(3));
    train(&mut trainer, [&set, &set], folder.path(), &mut (), &mut ()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("learning_curves.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 3);
    let cell = |name: &str| {
        let column = rows[0].iter().position(|&column| column == name).unwrap();
        rows[2][column]
    };
    assert_eq!((cell("step"), cell("samples")), ("40", "80"));
    assert!(cell("force_mae_mev_per_a").parse::<f64>().unwrap() > 0.0);
    for set in ["train", "validation"] {
        for term in ["loss", "forces", "zero_force", "denoising"] {
            assert!(cell(&format!("{set}_{term}")).parse::<f64>().is_ok());
        }
        assert_eq!(cell(&format!("{set}_energy")), "");
    }
}

struct StopsAt<'a>(u64, &'a AtomicBool);

impl Watch for StopsAt<'_> {
    fn step(&mut self, report: &StepReport) {
        self.1.store(report.step == self.0, Ordering::Relaxed);
    }
    fn validation(&mut self, _: &Row, _: bool) {}
}

#[test]
fn the_flag_stops_after_the_step_with_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(r#"{"steps": 100, "batch": 2}"#);
    let mut first = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let stop = AtomicBool::new(false);
    let set = labelled_set(10);
    let mut run = Run {
        train: &set,
        order: &Shuffled::new(10, 1),
        validation: &set,
        stop: &stop,
        data: &[],
        keep: &mut (),
        watch: &mut StopsAt(37, &stop),
    };
    assert_eq!(
        run.train(&mut first, folder.path()).unwrap(),
        Ending::Stopped
    );
    let mut second = trainer(&settings, parameters(9.0, 9.0, [9.0; 3]));
    let mut seen = Seen::default();
    train(&mut second, [&set, &set], folder.path(), &mut (), &mut seen).unwrap();
    assert_eq!(seen.steps.first(), Some(&38));
}

#[test]
fn a_run_that_no_longer_improves_or_takes_too_long_ends() {
    let set = labelled_set(4);
    let mut settings = settings(r#"{"steps": 1000, "batch": 2, "validation-every": 5}"#);
    settings.schedule = serde_json::from_str(
        r#"{"learning-rate": 1e-30, "warm-up-from": 0, "warm-up-steps": 0, "stop-after": 3, "then": {"kind": "constant"}}"#,
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut still = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let ending = train(&mut still, [&set, &set], folder.path(), &mut (), &mut ());
    assert_eq!(ending.unwrap(), Ending::Exhausted);
    assert_eq!(
        still.steps_done(),
        20,
        "the first validation and three more"
    );
    settings.time_limit = Some(1e-9);
    let folder = tempfile::tempdir().unwrap();
    let mut late = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let ending = train(&mut late, [&set, &set], folder.path(), &mut (), &mut ());
    assert_eq!(ending.unwrap(), Ending::TimeLimit);
    // A limit is no part of what a run is: with more time it goes on.
    settings.time_limit = None;
    let mut late = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let ending = train(&mut late, [&set, &set], folder.path(), &mut (), &mut ());
    assert_eq!(ending.unwrap(), Ending::Exhausted);
}

/// Refusals in one line each, before the first step.
#[test]
fn what_cannot_be_trained_or_continued_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(r#"{"steps": 20, "batch": 2, "checkpoint-every": 5}"#);
    let start = || trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let (set, none) = (labelled_set(10), Table::default());
    let refuse = |trainer: &mut Trainer<Wells>, sets: [&Table; 2], word: &str| {
        let before = trainer.steps_done();
        let error = train(trainer, sets, folder.path(), &mut (), &mut ());
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains(word) && !message.contains('\n'),
            "{message}"
        );
        assert_eq!(trainer.steps_done(), before);
    };
    refuse(&mut start(), [&none, &set], "training set is empty");
    refuse(&mut start(), [&set, &none], "validation set is empty");
    refuse(
        &mut start(),
        [&Table(vec![Conformation::default(); 3]), &set],
        "0 elements",
    );
    let checkpoint = folder.path().join("checkpoint.oreo");
    assert!(!checkpoint.exists());

    train(&mut start(), [&set, &set], folder.path(), &mut (), &mut ()).unwrap();
    let refuse = |trainer: &mut Trainer<Wells>, sets: [&Table; 2], word: &str| {
        let error = train(trainer, sets, folder.path(), &mut (), &mut ());
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains(word) && !message.contains('\n'),
            "{message}"
        );
    };
    let mut other = settings.clone();
    other.seed = 2;
    refuse(
        &mut trainer(&other, parameters(0.5, 0.0, [0.0; 3])),
        [&set, &set],
        "'seed' was 1",
    );
    refuse(&mut start(), [&labelled_set(11), &set], "table (10)");
    // The remedy that the message of a gradient too large names.
    let mut clipped = settings.clone();
    clipped.clip = Some(1.0);
    let mut clipped = trainer(&clipped, parameters(0.5, 0.0, [0.0; 3]));
    train(&mut clipped, [&set, &set], folder.path(), &mut (), &mut ()).unwrap();
    assert_eq!(clipped.steps_done(), 20);
    std::fs::write(&checkpoint, b"OREOTRN1").unwrap();
    refuse(&mut start(), [&set, &set], "checkpoint.previous.oreo");
    assert!(Trainer::new(settings.clone(), Wells::default(), &entries(), vec![0.0; 3]).is_err());
}

/// With parameters that hardly move, losses differ by the noise alone: new in each step, the same in each validation.
#[test]
fn noise_is_new_in_each_step_and_the_same_in_each_validation() {
    let mut settings = settings(r#"{"steps": 100, "batch": 2, "objective": {"zero-force": 0}}"#);
    settings.schedule.learning_rate = 1e-12;
    settings.schedule.then = serde_json::from_str(r#"{"kind": "constant"}"#).unwrap();
    let set = Table(vec![at_rest(4); 2]);
    let mut trainer = trainer(&settings, parameters(0.5, 0.0, [0.0; 3]));
    let mut losses = Vec::new();
    let mut validations = Vec::new();
    for _ in 0..20 {
        let report = trainer.step(&set, &Shuffled::new(2, 1)).unwrap();
        losses.push(report.loss.to_bits());
        validations.push(trainer.validate(&set).unwrap().loss);
    }
    losses.sort_unstable();
    losses.dedup();
    assert_eq!(losses.len(), 20);
    let spread = |first: f64, other: &f64| (other / first - 1.0).abs();
    assert!(validations
        .iter()
        .all(|other| spread(validations[0], other) < 1e-6));
}

/// Ten conformations in batches of two: each batch is another part of the epoch. Planted: the order asked for the place in
/// the batch only, so that every step sees the same two.
#[test]
fn an_epoch_of_steps_sees_every_conformation_once() {
    let settings = settings(r#"{"steps": 100, "batch": 2, "objective": {"variant": "property"}}"#);
    let mut set = Table((0..10).map(|_| labelled(1, 1)).collect());
    for (k, conformation) in set.0.iter_mut().enumerate() {
        conformation.energy = Some(f64::powi(2.0, k as i32));
    }
    // The first rate is 0 and so is the energy: residuals of an epoch add up to 2¹⁰ − 1 in one way only.
    let mut settings = settings;
    settings.schedule.warm_up_steps = 1_000_000_000;
    settings.schedule.then = serde_json::from_str(r#"{"kind": "constant"}"#).unwrap();
    let mut trainer = trainer(&settings, parameters(0.0, 0.0, [0.0; 3]));
    let mut sum = 0.0;
    for _ in 0..5 {
        let report = trainer.step(&set, &Shuffled::new(10, 1)).unwrap();
        sum += 2.0 * report.tally.mean_absolute(Term::Property).unwrap();
    }
    assert!((sum - 1023.0).abs() < 1e-3, "{sum}");
}

/// Forces say nothing about the depth −3 of the well; the fit finds it for each atom. Planted: Ê − E fitted gives +3.
#[test]
fn a_network_of_forces_gets_its_energies_from_element_energies() {
    let set = labelled_set(20);
    let mut network = Wells::default();
    let trained = parameters(2.0, 0.0, [0.1, 0.2, 0.3]);
    network.set_parameters(&trained).unwrap();
    let fitted = fit_element_energies(&set, Some(&mut network), 1000).unwrap();
    let carbon = wells::elements(1)[0];
    assert!(
        (fitted.energies.0[&carbon] + 3.0).abs() < 1e-6,
        "{fitted:?}"
    );
    assert_eq!((fitted.rank, fitted.conformations), (1, 20));
    let fewer = fit_element_energies(&set, Some(&mut network), 7).unwrap();
    assert_eq!(fewer.conformations, 7);
    let mut off = |energies| energy_error(&set, &mut network, energies, 1000).unwrap();
    assert!(off(&fitted.energies).unwrap().mae < 1e-2);
    // 0.5 eV too much for each atom is 500 meV for each atom, however many there are.
    let mut wrong = fitted.energies.clone();
    *wrong.0.get_mut(&carbon).unwrap() += 0.5;
    let found = off(&wrong).unwrap();
    assert!((found.mae - 500.0).abs() < 1e-2, "{found:?}");
    assert_eq!((found.conformations, found.left_out), (20, 0));
    assert_eq!(off(&Default::default()), None);
    let labels_only = fit_element_energies(&set, None, 1000).unwrap();
    assert!(labels_only.energies.0[&carbon] > -2.9);
    let error = fit_element_energies(&Table(vec![at_rest(2)]), None, 1000).unwrap_err();
    assert!(error.to_string().contains("no energies"), "{error}");
}
