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
const LISTS_OF_THE_BATCH: f64 = 2.0;
const BATCH: usize = 6;
/// A place of the batch that had a molecule at equilibrium takes a list of forces anew for the next one that has forces.
const LISTS_OF_FORCES: f64 = BATCH as f64;
const STEPS: u64 = 40;

fn settings() -> TrainerSettings {
    serde_json::from_str(&format!(
        r#"{{"steps": 1000, "batch": {BATCH}, "clip": 1.0, "average": 0.99, "objective": {{"variant": "et-oreo"}},
            "schedule": {{"learning-rate": 1e-4, "warm-up-steps": 10}}}}"#
    ))
    .unwrap()
}

/// Ten frames of ethanol.
fn ethanol() -> Labelled {
    let (path, options) = (stored("rmd17_ethanol_10.npz"), ReadOptions::default());
    Labelled::open(&path, &options, None).unwrap()
}

/// Molecules with forces and molecules at equilibrium, of 3 to 9 atoms, in memory.
fn mixed() -> Mixture {
    let equilibrium = Qm9::open(&stored("qm9_first_7.npz"), None).unwrap();
    Mixture::new(vec![Box::new(ethanol()), Box::new(equilibrium)])
}

/// Allocations for each of 40 steps that follow 60 others, on this thread, and the bytes that they take.
fn per_step<G: Gradients<f32>>(
    trainer: &mut Trainer<G>,
    source: &dyn Source,
    order: &dyn Order,
) -> (f64, f64) {
    let mut steps = |count: u64| {
        for _ in 0..count {
            trainer.step(source, order).unwrap();
        }
    };
    steps(60);
    let counted = allocation_counter::measure(|| steps(STEPS));
    let of_each = |total: u64| total as f64 / STEPS as f64;
    (of_each(counted.count_total), of_each(counted.bytes_total))
}

/// Reading, noise, objective, clipping, AdamW, average, schedule. Planted: the derivatives by energies in a new list.
#[test]
fn everything_but_the_engine_takes_the_lists_of_the_batch() {
    let engine = Quiet(Wells::default());
    let start = parameters(0.3, 0.0, [0.5, 0.0, -0.5]);
    let mut trainer = Trainer::new(settings(), engine, &entries(), start).unwrap();
    let frames = ethanol();
    let shuffled = Shuffled::new(frames.len(), 3);
    let (count, bytes) = per_step(&mut trainer, &frames, &shuffled);
    println!("frames: {count} allocations, {bytes} bytes a step besides the engine");
    assert!(count <= LISTS_OF_THE_BATCH, "{count} a step");
    // Drawn by weight, as `oreo train` does.
    let mixed = mixed();
    let order = mixed.order(&[1.0, 1.0], BATCH, 3).unwrap();
    let (count, bytes) = per_step(&mut trainer, &mixed, &order);
    println!("mixed: {count} allocations, {bytes} bytes a step besides the engine");
    assert!(count <= LISTS_OF_THE_BATCH, "{count} a step");
    // In an order that knows nothing of sources.
    let order = Shuffled::new(mixed.len(), 3);
    let (count, bytes) = per_step(&mut trainer, &mixed, &order);
    println!("shuffled: {count} allocations, {bytes} bytes a step besides the engine");
    assert!(
        count <= LISTS_OF_THE_BATCH + LISTS_OF_FORCES,
        "{count} a step"
    );
}

/// Wells that take their parameters without a new list.
struct Quiet(Wells);

impl Gradients<f32> for Quiet {
    fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), oreo_core::PotentialError> {
        self.0.set_parameters(parameters)
    }

    fn evaluate(
        &mut self,
        batch: &[oreo_potentials::oreo::gradients::Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [oreo_core::Vec3],
    ) -> Result<(), oreo_core::PotentialError> {
        self.0.evaluate(batch, energies, forces)
    }

    fn differentiate(
        &mut self,
        batch: &[oreo_potentials::oreo::gradients::Molecule<'_>],
        by_energy: &[f64],
        by_force: &[oreo_core::Vec3],
    ) -> Result<(), oreo_core::PotentialError> {
        self.0.differentiate(batch, by_energy, by_force)
    }

    fn gradient(&mut self) -> &mut [f32] {
        self.0.gradient()
    }

    fn update(
        &mut self,
        rule: oreo_potentials::oreo::gradients::Rule<'_, f32>,
    ) -> Result<(), oreo_core::PotentialError> {
        self.0.update(rule)
    }

    fn parameters(&mut self) -> Result<Vec<f32>, oreo_core::PotentialError> {
        self.0.parameters()
    }

    fn order(&self) -> &[u32] {
        self.0.order()
    }
}

/// Of frames that all have forces, into memory that is there already. Planted: the bytes of a record in a new list.
#[test]
fn reading_allocates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.opack");
    let frames = ethanol();
    let mut writer = PackedWriter::create(&path).unwrap();
    writer.add(&frames, None, &Filter::default()).unwrap();
    writer.finish().unwrap();
    let packed = Packed::open(&path).unwrap();
    for (name, source) in [("npz", &frames as &dyn Source), ("packed", &packed)] {
        let mut conformation = Conformation::default();
        let mut read = || {
            (0..source.len()).for_each(|index| source.read(index, &mut conformation).unwrap());
        };
        read();
        let counted = allocation_counter::measure(read);
        assert_eq!(counted.count_total, 0, "{name}");
    }
}

/// The whole step with the engine of `oreo train`, on one thread: what other threads take is not counted.
#[test]
fn the_native_engine_allocates_nothing() {
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
    let mut trainer = Trainer::new(settings(), engine, &trainable(&config), start).unwrap();
    let frames = ethanol();
    let shuffled = Shuffled::new(frames.len(), 3);
    let (count, bytes) = per_step(&mut trainer, &frames, &shuffled);
    println!("{count} allocations, {bytes} bytes a step with the native engine");
    assert!(count <= LISTS_OF_THE_BATCH, "{count} a step");
}
