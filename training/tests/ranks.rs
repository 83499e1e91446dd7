//! Training on several ranks is training on one: same energies, forces and gradients, same steps; and ranks end together,
//! whatever fails on whichever of them. Ranks are threads here; `tests/train_mpi.rs` of the program starts processes.
//!
//! Planted, each seen to fail: the engine's gradient added on top of what the caller has before the sum (counted once for each
//! rank); ∂L/∂F of the first atoms given to every rank; the stop flag of rank 0 alone.
#![allow(missing_docs)]

mod threads;
mod wells;

use oreo_core::random::Generator;
use oreo_core::{PotentialError, Vec3};
use oreo_potentials::oreo::fused::NativeGradients;
use oreo_potentials::oreo::gradients::{trainable, Gradients, Molecule};
use oreo_potentials::oreo::{Config, Weights};
use oreo_training::data::{Conformation, Source};
use oreo_training::ranks::{Alone, Group, Ranks, Shared, SumAll};
use oreo_training::trainer::{
    Ending, Keep, Run, Shuffled, Snapshot, StepReport, Trainer, TrainerSettings,
};
use oreo_training::TrainingError;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use threads::on;
use wells::{entries, labelled, parameters, Table, Wells};

fn weights() -> Weights {
    let config = Config {
        channels: 16,
        layers: 2,
        heads: 2,
        radial_functions: 8,
        max_z: 10,
        ..Config::et_oreo()
    };
    Weights::random(config, 1)
}

/// Molecules of unequal size, one of them a lone atom.
fn conformations() -> Vec<Conformation> {
    let sizes = [5, 1, 3, 7, 4, 2, 6, 4];
    let sizes = sizes.into_iter().enumerate();
    sizes.map(|(seed, size)| labelled(size, seed)).collect()
}

/// Energies, forces, and the gradient of a loss with given ∂L/∂E and ∂L/∂F, added to ones.
fn answers<R: SumAll<f64>>(ranks: R) -> (Vec<f64>, Vec<Vec3>, Vec<f64>) {
    let (weights, group) = (weights(), Group::new(ranks));
    let engine = NativeGradients::<f64>::new(&weights, 1).unwrap();
    let mut engine = Shared::new(engine, &group);
    engine.set_parameters(&weights.parameters()).unwrap();
    let conformations = conformations();
    let batch = conformations.iter().map(|one| Molecule {
        elements: &one.elements,
        positions: &one.positions,
    });
    let batch: Vec<_> = batch.collect();
    let atoms = batch.iter().map(|m| m.positions.len()).sum();
    let mut energies = vec![0.0; batch.len()];
    let mut forces = vec![Vec3::zeros(); atoms];
    engine.evaluate(&batch, &mut energies, &mut forces).unwrap();
    let mut generator = Generator::new(5, 0);
    let by_energy: Vec<f64> = batch.iter().map(|_| generator.normal()).collect();
    let by_force: Vec<Vec3> = (0..atoms).map(|_| generator.normal_vector()).collect();
    let mut gradient = vec![1.0; weights.parameter_count()];
    let added = engine.add_gradient(&batch, &by_energy, &by_force, &mut gradient);
    added.unwrap();
    (energies, forces, gradient)
}

/// Energies and forces to the bit; the gradient is a sum in another order: 1e-12 of its norm, and the same bits on all
/// ranks. More ranks than molecules leave some without work.
#[test]
fn several_ranks_have_the_forces_and_the_gradient_of_one() {
    let (energies, forces, gradient) = answers(Alone);
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    assert!(norm(&gradient) > 1.0);
    for count in [2, 3, 11] {
        let ranks = on(count, answers);
        for found in &ranks {
            assert_eq!((&found.0, &found.1), (&energies, &forces), "{count}");
            assert_eq!(found.2, ranks[0].2, "{count}");
        }
        let difference: Vec<f64> = gradient
            .iter()
            .zip(&ranks[0].2)
            .map(|(a, b)| a - b)
            .collect();
        assert!(norm(&difference) < 1e-12 * norm(&gradient), "{count}");
    }
}

fn trainer<'g, G, R>(engine: G, group: &'g Group<R>) -> Trainer<Shared<'g, f32, G, R>>
where
    G: Gradients<f32>,
    R: SumAll<f32>,
{
    let settings = serde_json::from_str(
        r#"{"steps": 40, "batch": 5, "validation-every": 6, "checkpoint-every": 4, "clip": 5.0, "average": 0.9,
            "schedule": {"learning-rate": 1e-3, "warm-up-from": 1e-3, "warm-up-steps": 0, "then": {"kind": "constant"}}}"#,
    );
    let settings: TrainerSettings = settings.unwrap();
    let weights = weights();
    let parameters = weights.parameters().into_iter().map(|p| p as f32).collect();
    let entries = trainable(&weights.config);
    Trainer::new(settings, Shared::new(engine, group), &entries, parameters).unwrap()
}

/// Twelve steps in f32: losses and norms of gradients within 1e-5, parameters within 1e-5 of their norm; the same bits on
/// all ranks. The loss must have moved by more than that.
#[test]
fn several_ranks_make_the_steps_of_one() {
    fn steps<R: SumAll<f32>>(ranks: R) -> (Vec<StepReport>, Vec<f32>) {
        let group = Group::new(ranks);
        let engine = NativeGradients::<f32>::new(&weights(), 1).unwrap();
        let mut trainer = trainer(engine, &group);
        let (set, order) = (Table(conformations()), Shuffled::new(8, 1));
        let reports = (0..12).map(|_| trainer.step(&set, &order).unwrap());
        (reports.collect(), trainer.parameters().to_vec())
    }
    let (expected, parameters) = steps(Alone);
    let losses: Vec<f64> = expected.iter().map(|report| report.loss).collect();
    assert!((losses[0] / losses[11] - 1.0).abs() > 1e-2, "{losses:?}");
    let norm = |x: &[f32]| x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    for count in [2, 3] {
        let ranks = on(count, steps);
        assert!(ranks.iter().all(|rank| *rank == ranks[0]));
        for (found, expected) in ranks[0].0.iter().zip(&expected) {
            assert!((found.loss / expected.loss - 1.0).abs() < 1e-5);
            assert!((found.gradient_norm / expected.gradient_norm - 1.0).abs() < 1e-5);
        }
        let difference = ranks[0].1.iter().zip(&parameters).map(|(a, b)| a - b);
        let difference = norm(&difference.collect::<Vec<_>>());
        assert!(difference < 1e-5 * norm(&parameters), "{difference:e}");
    }
}

/// Wells that fail, or cannot be read, or cannot be kept, after some calls.
#[derive(Clone, Default)]
struct Fault {
    engine_after: Option<u64>,
    read_after: Option<u64>,
    keep: bool,
    stop_after: Option<u64>,
    /// Another stiffness
    other_start: bool,
}

struct Faulty<'f> {
    wells: Wells,
    fault: &'f Fault,
    stop: &'f AtomicBool,
}

fn failed(message: &str) -> PotentialError {
    PotentialError::Backend {
        potential: "wells".into(),
        message: message.into(),
    }
}

impl Gradients<f32> for Faulty<'_> {
    fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), PotentialError> {
        self.wells.set_parameters(parameters)
    }

    fn evaluate(
        &mut self,
        batch: &[Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [Vec3],
    ) -> Result<(), PotentialError> {
        self.wells.evaluate(batch, energies, forces)?;
        if self.fault.stop_after == Some(self.wells.calls) {
            self.stop.store(true, Ordering::Relaxed);
        }
        match self.fault.engine_after == Some(self.wells.calls) {
            true => Err(failed("out of order")),
            false => Ok(()),
        }
    }

    fn add_gradient(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
        gradient: &mut [f32],
    ) -> Result<(), PotentialError> {
        self.wells
            .add_gradient(batch, by_energy, by_force, gradient)
    }
}

struct Reading<'f> {
    table: Table,
    fault: &'f Fault,
    reads: std::sync::atomic::AtomicU64,
}

impl Source for Reading<'_> {
    fn name(&self) -> &str {
        "table"
    }

    fn len(&self) -> usize {
        self.table.len()
    }

    fn read(&self, index: usize, conformation: &mut Conformation) -> Result<(), TrainingError> {
        let reads = 1 + self.reads.fetch_add(1, Ordering::Relaxed);
        match self.fault.read_after == Some(reads) {
            true => Err(TrainingError::Settings("table: gone".into())),
            false => self.table.read(index, conformation),
        }
    }
}

struct Keeping(bool);

impl Keep for Keeping {
    fn keep(&mut self, _: &Snapshot<'_>) -> Result<(), TrainingError> {
        match self.0 {
            true => Err(TrainingError::Settings("disk: full".into())),
            false => Ok(()),
        }
    }
}

/// A whole run on a rank as the program makes it: how it ended, steps done, parameters.
fn run<R: SumAll<f32>>(
    ranks: R,
    fault: &Fault,
    folder: &Path,
) -> (Result<Ending, String>, u64, Vec<f32>) {
    let (group, stop) = (Group::new(ranks), AtomicBool::new(false));
    let settings = serde_json::from_str(
        r#"{"steps": 30, "batch": 5, "validation-every": 6, "checkpoint-every": 4, "average": 0.9,
            "objective": {"variant": "torchmdnet"},
            "schedule": {"learning-rate": 0.05, "warm-up-from": 0.05, "warm-up-steps": 0,
                         "then": {"kind": "plateau", "factor": 0.8, "patience": 2, "lowest": 1e-6}}}"#,
    );
    let engine = Faulty {
        wells: Wells::default(),
        fault,
        stop: &stop,
    };
    let k = if fault.other_start { 0.4 } else { 0.3 };
    let start = parameters(k, 0.0, [0.5, 0.0, -0.5]);
    let engine = Shared::new(engine, &group);
    let mut trainer = Trainer::new(settings.unwrap(), engine, &entries(), start).unwrap();
    let set = |from: usize, count: usize| {
        Table(
            (from..from + count)
                .map(|k| labelled(2 + k % 3, k))
                .collect(),
        )
    };
    let train = Reading {
        table: set(0, 23),
        fault,
        reads: 0.into(),
    };
    let mut run = Run {
        train: &train,
        order: &Shuffled::new(23, 4),
        validation: &set(100, 7),
        stop: &stop,
        keep: &mut Keeping(fault.keep),
        watch: &mut (),
    };
    let ending = run.train_together(&mut trainer, folder, &group);
    let ending = group.agree(ending).map_err(|error| error.to_string());
    (ending, trainer.steps_done(), trainer.parameters().to_vec())
}

/// On two ranks with a folder each; faults by rank.
fn run_on_two(
    faults: [Fault; 2],
    folders: [&Path; 2],
) -> Vec<(Result<Ending, String>, u64, Vec<f32>)> {
    on(2, |thread| {
        let rank = thread.rank();
        run(thread, &faults[rank], folders[rank])
    })
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// Half a run and the rest from its checkpoint are the whole run, to the bit, on two ranks; on one rank it is the same run
/// up to rounding. Only rank 0 writes.
#[test]
fn a_run_on_two_ranks_is_that_of_one_and_can_be_resumed() {
    let folders = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let [alone, leader, other, halves] = [0, 1, 2, 3].map(|k| folders[k].path());
    let (_, steps, expected) = run(Alone, &Fault::default(), alone);
    let whole = run_on_two(Default::default(), [leader, other]);
    assert_eq!(whole[0], whole[1]);
    assert_eq!((&whole[0].0, whole[0].1), (&Ok(Ending::Finished), steps));
    for (found, expected) in whole[0].2.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }
    assert!(is_empty(other) && leader.join("learning_curves.csv").exists());
    // A signal that only rank 1 gets stops both after the same step.
    let stopped = Fault {
        stop_after: Some(13),
        ..Fault::default()
    };
    let half = run_on_two([Fault::default(), stopped], [halves, halves]);
    assert_eq!(half[0], half[1]);
    assert_eq!(half[0].0, Ok(Ending::Stopped));
    assert!((1..30).contains(&half[0].1), "{}", half[0].1);
    assert_eq!(run_on_two(Default::default(), [halves, halves]), whole);
}

/// An engine that fails, data that cannot be read, a disk that is full, other weights at the start: all ranks end, with
/// the message of the one that failed.
#[test]
fn what_fails_on_one_rank_ends_all_with_its_message() {
    let none = Fault::default;
    let faults = [
        (
            Fault {
                engine_after: Some(5),
                ..none()
            },
            "out of order",
        ),
        (
            Fault {
                read_after: Some(17),
                ..none()
            },
            "table: gone",
        ),
        (
            Fault {
                keep: true,
                ..none()
            },
            "disk: full",
        ),
        (
            Fault {
                other_start: true,
                ..none()
            },
            "first parameters",
        ),
    ];
    for rank in 0..2 {
        for (fault, said) in &faults {
            let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
            let paths = [folders[0].path(), folders[1].path()];
            let mut both = [Fault::default(), Fault::default()];
            both[rank] = fault.clone();
            let ends = run_on_two(both, paths);
            let nothing_to_keep = *said == "disk: full" && rank == 1;
            for (other, end) in ends.iter().enumerate() {
                match &end.0 {
                    Ok(ending) => assert!(nothing_to_keep && *ending == Ending::Finished),
                    Err(message) => {
                        assert!(message.contains(said), "{rank} {other}: {message}");
                        let names = message.contains(&format!("rank {rank}"));
                        assert!(
                            other == rank || names || *said == "first parameters",
                            "{message}"
                        );
                    }
                }
            }
            assert_eq!(ends[0].0.is_ok(), nothing_to_keep, "{rank} {said}");
            assert!(is_empty(paths[1]));
        }
    }
}
