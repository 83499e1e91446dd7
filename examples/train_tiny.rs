//! Trains a tiny network on forces of ethanol with the libraries alone: no config file, no run folder.
//!
//! `cargo run --release --example train_tiny [STEPS] [WEIGHTS.safetensors]`
//!
//! A source (what is learnt from), a split (what is kept aside), an engine (who differentiates) and a trainer (who steps).
//! The error on frames that are never trained on is the judge: it must fall. `oreo train` does the same with checkpoints,
//! learning curves and exact resume.

use oreo::formats::ReadOptions;
use oreo::potentials::oreo::fused::NativeGradients;
use oreo::potentials::oreo::gradients::trainable;
use oreo::potentials::oreo::{Config, StoredAs, Weights};
use oreo::training::data::{Labelled, Protocol, Sizes, Source, Split, Subset};
use oreo::training::objective::{ObjectiveSettings, Variant};
use oreo::training::optimiser::{AfterWarmUp, ScheduleSettings};
use oreo::training::trainer::{Shuffled, Trainer, TrainerSettings};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

const DATA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/data/rmd17_ethanol_1000.npz"
);

/// Sixteen channels: enough to see it learn, far too few to be of use.
fn network() -> Config {
    Config {
        channels: 16,
        layers: 2,
        heads: 2,
        radial_functions: 8,
        vector_cutoff: true,
        ..Config::et_oreo()
    }
}

/// Forces only, a short warm-up, and a learning rate that ends at nothing.
fn settings(steps: u64) -> TrainerSettings {
    TrainerSettings {
        steps,
        batch: 8,
        average: Some(0.98),
        objective: ObjectiveSettings {
            variant: Variant::TorchMdNet,
            ..ObjectiveSettings::default()
        },
        schedule: ScheduleSettings {
            learning_rate: 3e-3,
            warm_up_steps: steps / 20,
            then: AfterWarmUp::Cosine { lowest: 1e-6 },
            ..ScheduleSettings::default()
        },
        ..TrainerSettings::default()
    }
}

/// Force errors of 100 test frames before and after, meV/Å. The weights go to `path`.
pub fn run(steps: u64, path: &Path) -> Result<(f64, f64), Box<dyn Error>> {
    let frames: Arc<dyn Source> = Arc::new(Labelled::open(
        Path::new(DATA),
        &ReadOptions::default(),
        None,
    )?);
    let sizes = Sizes {
        train: None,
        validation: 0,
        test: 100,
    };
    let split = Split::new(frames.as_ref(), Protocol::Random, sizes, 1)?;
    let test = Subset::new(Arc::clone(&frames), split.test)?;
    let train = Subset::new(frames, split.train)?;

    let mut weights = Weights::random(network(), 1);
    let engine = NativeGradients::<f32>::new(&weights, 1)?;
    let start = weights.parameters().into_iter().map(|x| x as f32).collect();
    let mut trainer = Trainer::new(settings(steps), engine, &trainable(&network()), start)?;
    let order = Shuffled::new(train.len(), 1);
    println!(
        "{} parameters, {} frames to train on",
        weights.parameter_count(),
        train.len()
    );

    let mut errors = Vec::new();
    for step in 0..=steps {
        if step % (steps / 5).max(1) == 0 || step == steps {
            let error = trainer
                .validate(&test)?
                .force_mae()
                .expect("frames have forces");
            println!("step {step:5}: test force MAE {error:7.2} meV/Å");
            errors.push(error);
        }
        if step < steps {
            trainer.step(&train, &order)?;
        }
    }

    weights.set_parameters(trainer.averaged()?.into_iter().map(f64::from));
    weights.record.insert("elements".into(), "H C O".into());
    weights
        .record
        .insert("trained_on".into(), "rmd17_ethanol_1000.npz".into());
    std::fs::write(path, weights.to_safetensors(StoredAs::F32))?;
    println!("wrote {}", path.display());
    Ok((errors[0], errors[errors.len() - 1]))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let steps = arguments.next().map_or(Ok(1000), |n| n.parse())?;
    let path = arguments
        .next()
        .unwrap_or("tiny_ethanol.safetensors".into());
    run(steps, Path::new(&path)).map(|_| ())
}
