//! Many steps of the trainer.

use super::conformations::Perturbed;
use super::report::{Parts, Row};
use super::stopwatch::{processor_time, Spent, Timed};
use crate::cli::bench::subject::Structure;
use crate::cli::choices::{DeviceChoice, EngineChoice};
use crate::cli::exit::OrBadInput;
use crate::cli::training::network::Engine;
use anyhow::Result;
use oreo_potentials::oreo::gradients::trainable;
use oreo_potentials::oreo::Weights;
use oreo_training::data::Source;
use oreo_training::objective::{ObjectiveSettings, Variant};
use oreo_training::trainer::{Shuffled, StepReport, Trainer, TrainerSettings};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Steps before the clock starts: memory is taken in the first.
const WARM_UP: usize = 2;
/// Timed steps at least.
const FEWEST: usize = 3;
/// Batches of different conformations.
const BATCHES: usize = 4;

/// What to measure.
pub struct Wish<'a> {
    /// The first ones.
    pub weights: &'a Weights,
    /// Who differentiates.
    pub engine: EngineChoice,
    /// Where it computes.
    pub device: DeviceChoice,
    /// Of the engine.
    pub threads: u32,
    /// Conformations for each step.
    pub batch: usize,
    /// How long steps are timed; at least `FEWEST` are.
    pub budget: Duration,
}

/// One timed step.
#[derive(Debug, Clone, Copy)]
struct Step {
    wall: Duration,
    /// Of the processors, where the system says it
    processors: Option<Duration>,
    spent: Spent,
}

/// Times steps on one structure.
///
/// # Errors
/// Of the engine or of a step.
pub fn measure(structure: &Structure, wish: &Wish<'_>) -> Result<Row> {
    let source = Perturbed::new(structure, BATCHES * wish.batch);
    let engine = Engine::new(
        wish.weights,
        wish.engine,
        wish.device,
        wish.threads as usize,
    )?;
    let (engine, clock) = Timed::new(engine);
    let parameters = wish.weights.parameters().into_iter();
    let parameters: Vec<f32> = parameters.map(|p| p as f32).collect();
    let entries = trainable(&wish.weights.config);
    let count = parameters.len();
    let trainer = Trainer::new(settings(wish.batch), engine, &entries, parameters);
    let (first, steps) = run(&mut trainer.or_bad_input()?, &source, &clock, wish.budget)?;
    Ok(Row {
        name: structure.name.clone(),
        engine: wish.engine.to_string(),
        device: wish.device.to_string(),
        atoms: structure.frame.len(),
        pairs: pairs(structure, wish.weights.config.cutoff_upper),
        threads: wish.threads,
        parameters: count,
        first_loss: first.loss,
        first_gradient_norm: first.gradient_norm,
        ..quoted(&steps, wish.batch)
    })
}

/// Those of `oreo train`, forces only.
fn settings(batch: usize) -> TrainerSettings {
    TrainerSettings {
        batch,
        objective: ObjectiveSettings {
            variant: Variant::TorchMdNet,
            ..ObjectiveSettings::default()
        },
        ..TrainerSettings::default()
    }
}

fn run(
    trainer: &mut Trainer<Timed<Engine>>,
    source: &dyn Source,
    clock: &Cell<Spent>,
    budget: Duration,
) -> Result<(StepReport, Vec<Step>)> {
    let order = Shuffled::new(source.len(), 1);
    let first = trainer.step(source, &order)?;
    for _ in 1..WARM_UP {
        trainer.step(source, &order)?;
    }
    let (begun, mut steps) = (Instant::now(), Vec::new());
    while steps.len() < FEWEST || begun.elapsed() < budget {
        clock.take();
        let (before, started) = (processor_time(), Instant::now());
        trainer.step(source, &order)?;
        steps.push(Step {
            wall: started.elapsed(),
            processors: processor_time()
                .zip(before)
                .map(|(after, before)| after - before),
            spent: clock.take(),
        });
    }
    Ok((first, steps))
}

/// Times of a row, without what was timed.
fn quoted(steps: &[Step], batch: usize) -> Row {
    let ms = |duration: Duration| 1e3 * duration.as_secs_f64();
    let mut walls: Vec<Duration> = steps.iter().map(|step| step.wall).collect();
    walls.sort_unstable();
    let processors: Option<Vec<Duration>> = steps.iter().map(|step| step.processors).collect();
    let least = processors
        .as_ref()
        .and_then(|all| all.iter().min().copied());
    let sum = processors.map(|all| all.iter().sum::<Duration>());
    let shortest = steps.iter().min_by_key(|step| step.wall);
    let shortest = shortest.expect("steps were timed");
    let spent = &shortest.spent;
    let engine = spent.forces + spent.gradient + spent.update;
    Row {
        batch,
        steps: steps.len(),
        cpu_ms_per_step: least.map(ms),
        cpu_ms_mean: sum.map(|sum| ms(sum) / steps.len() as f64),
        cpu_ms_per_sample: least.map(|least| ms(least) / batch as f64),
        wall_ms_per_step: ms(shortest.wall),
        wall_ms_median: ms(walls[(walls.len() - 1) / 2]),
        samples_per_s: batch as f64 / shortest.wall.as_secs_f64(),
        parts: Parts {
            forces_ms: ms(spent.forces),
            gradient_ms: ms(spent.gradient),
            update_ms: ms(spent.update),
            rest_ms: ms(shortest.wall.saturating_sub(engine)),
        },
        ..Row::default()
    }
}

/// Undirected, within the cutoff.
fn pairs(structure: &Structure, cutoff: f64) -> usize {
    let positions = &structure.frame.positions;
    let pairs = (0..positions.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs
        .filter(|&(i, j)| (positions[i] - positions[j]).norm() < cutoff)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two steps of 40 and 30 ms, batch 8: the minima come from different steps, the parts from the shortest. Catches a
    /// mean in place of a minimum, processor time for each step where that for each sample is meant, and parts of two
    /// steps in one sum.
    #[test]
    fn what_is_quoted_is_found_by_hand() {
        let ms = Duration::from_millis;
        let step = |wall, processors, forces| Step {
            wall: ms(wall),
            processors: Some(ms(processors)),
            spent: Spent {
                forces: ms(forces),
                gradient: ms(12),
                update: ms(1),
            },
        };
        let row = quoted(&[step(40, 48, 9), step(30, 56, 7)], 8);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(row.cpu_ms_per_step.unwrap(), 48.0));
        assert!(close(row.cpu_ms_mean.unwrap(), 52.0));
        assert!(close(row.cpu_ms_per_sample.unwrap(), 6.0));
        assert!(close(row.wall_ms_per_step, 30.0) && close(row.wall_ms_median, 30.0));
        assert!(close(row.samples_per_s, 8.0 / 0.030));
        let Parts {
            forces_ms,
            gradient_ms,
            update_ms,
            rest_ms,
        } = row.parts;
        let parts = [forces_ms, gradient_ms, update_ms, rest_ms];
        let expected = [7.0, 12.0, 1.0, 10.0];
        assert!(parts.iter().zip(expected).all(|(&a, b)| close(a, b)));
    }
}
