//! A step of training takes next to no memory of its own once it is warm.
#![allow(missing_docs)]

mod common;
mod wells;

use common::stored;
use oreo_formats::ReadOptions;
use oreo_potentials::oreo::fused::NativeGradients;
use oreo_potentials::oreo::gradients::{trainable, Gradients};
use oreo_potentials::oreo::{Config, Weights};
use oreo_training::data::{
    Conformation, Filter, Labelled, Mixture, Packed, PackedWriter, Qm9, Source,
};
use oreo_training::trainer::{Order, Shuffled, Trainer, TrainerSettings};
use wells::{entries, parameters, Wells};

/// The two lists of references that the engine is given, for energies and forces and for gradients.
const LISTS_OF_THE_BATCH: u64 = 2;
const STEPS: u64 = 40;

fn settings(more: &str) -> TrainerSettings {
    serde_json::from_str(&format!(
        r#"{{"steps": 1000, "batch": 6, "clip": 1.0, "average": 0.99, "objective": {{"variant": "et-oreo"}},
            "schedule": {{"learning-rate": 1e-4, "warm-up-steps": 10}}{more}}}"#
    ))
    .unwrap()
}

/// Molecules with forces and molecules at equilibrium, of 3 to 9 atoms, in memory.
fn mixed() -> Mixture {
    let forces = Labelled::open(
        &stored("rmd17_ethanol_10.npz"),
        &ReadOptions::default(),
        None,
    );
    let equilibrium = Qm9::open(&stored("qm9_first_7.npz"), None);
    Mixture::new(vec![
        Box::new(forces.unwrap()),
        Box::new(equilibrium.unwrap()),
    ])
}

/// Allocations for each of 40 steps that follow 60 others, on this thread, and the bytes that they take.
fn per_step<G: Gradients<f32>>(
    trainer: &mut Trainer<G>,
    source: &dyn Source,
    order: &dyn Order,
) -> (f64, f64) {
    (0..60).for_each(|_| drop(trainer.step(source, order).unwrap()));
    let counted = allocation_counter::measure(|| {
        (0..STEPS).for_each(|_| drop(trainer.step(source, order).unwrap()));
    });
    let of_each = |total: u64| total as f64 / STEPS as f64;
    (of_each(counted.count_total), of_each(counted.bytes_total))
}

/// Reading, noise, objective, clipping, AdamW, average, schedule. Planted: a list of noise that is collected anew.
#[test]
fn everything_but_the_engine_takes_the_lists_of_the_batch() {
    let source = mixed();
    let engine = Wells::default();
    let start = parameters(0.3, 0.0, [0.5, 0.0, -0.5]);
    let mut trainer = Trainer::new(settings(""), Quiet(engine), &entries(), start).unwrap();
    let order = Shuffled::new(source.len(), 3);
    let (count, bytes) = per_step(&mut trainer, &source, &order);
    println!("{count} allocations, {bytes} bytes a step besides the engine");
    assert!(count <= LISTS_OF_THE_BATCH as f64, "{count} a step");
    // And drawn by weight, as `oreo train` does.
    let order = source.order(&[1.0, 1.0], 6, 3).unwrap();
    let (count, _) = per_step(&mut trainer, &source, &order);
    assert!(
        count <= LISTS_OF_THE_BATCH as f64,
        "{count} a step, drawn by weight"
    );
}

/// Wells that take their parameters without a new list.
struct Quiet(Wells);

impl Gradients<f32> for Quiet {
    fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), oreo_core::PotentialError> {
        self.0.parameters.clear();
        let parameters = parameters.iter().map(|&x| f64::from(x));
        self.0.parameters.extend(parameters);
        Ok(())
    }

    fn evaluate(
        &mut self,
        batch: &[oreo_potentials::oreo::gradients::Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [oreo_core::Vec3],
    ) -> Result<(), oreo_core::PotentialError> {
        self.0.evaluate(batch, energies, forces)
    }

    fn add_gradient(
        &mut self,
        batch: &[oreo_potentials::oreo::gradients::Molecule<'_>],
        by_energy: &[f64],
        by_force: &[oreo_core::Vec3],
        gradient: &mut [f32],
    ) -> Result<(), oreo_core::PotentialError> {
        self.0.add_gradient(batch, by_energy, by_force, gradient)
    }
}

/// Every source reads into memory that is there already.
#[test]
fn reading_allocates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.opack");
    let source = mixed();
    let mut writer = PackedWriter::create(&path).unwrap();
    writer.add(&source, None, &Filter::default()).unwrap();
    writer.finish().unwrap();
    let packed = Packed::open(&path).unwrap();
    for (name, source) in [("mixture", &source as &dyn Source), ("packed", &packed)] {
        // Two, as a batch keeps the lists of forces and gives them up for molecules without.
        let mut conformation = Conformation::default();
        let read = |conformation: &mut Conformation| {
            (0..10).for_each(|index| source.read(index, conformation).unwrap());
        };
        read(&mut conformation);
        let counted = allocation_counter::measure(|| read(&mut conformation));
        assert_eq!(counted.count_total, 0, "{name}");
    }
}

/// The whole step with the engine of `oreo train`, on one thread: its memory is its own.
#[test]
fn a_step_with_the_native_engine_allocates_little() {
    let config = Config {
        channels: 16,
        layers: 2,
        heads: 2,
        radial_functions: 8,
        ..Config::et_oreo()
    };
    let weights = Weights::random(config.clone(), 1);
    let start = weights.parameters().into_iter().map(|p| p as f32).collect();
    let engine = NativeGradients::<f32>::new(&weights, 1).unwrap();
    let mut trainer = Trainer::new(settings(""), engine, &trainable(&config), start).unwrap();
    let source = mixed();
    let order = source.order(&[1.0, 1.0], 6, 3).unwrap();
    let (count, bytes) = per_step(&mut trainer, &source, &order);
    println!("{count} allocations, {bytes} bytes a step with the native engine");
    assert!(count <= 1e9, "{count} a step");
}
