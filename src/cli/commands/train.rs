//! `oreo train`: weights from data.

use crate::checkpoint::replace_atomically;
use crate::cli::args::TrainArgs;
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::md::drive::interrupt_flag;
use crate::cli::output;
use crate::cli::training::config::TrainConfig;
use crate::cli::training::data::Sets;
use crate::cli::training::network::{self, Engine};
use crate::cli::training::ranks::{self, Here};
use crate::cli::training::report::draw_curves;
use crate::cli::training::watch::Lines;
use anyhow::{Context, Result};
use oreo_potentials::oreo::gradients::trainable;
use oreo_potentials::oreo::Weights;
use oreo_training::data::Source;
use oreo_training::ranks::{Group, Lost, Ranks, Shared};
use oreo_training::trainer::{Ending, Run, Trainer, WeightsWriter};
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Steps that a dry run times.
const TIMED: u64 = 3;

/// What a training was worth; also `summary.json` in its folder.
#[derive(Debug, Serialize)]
struct Summary {
    version: &'static str,
    ending: String,
    steps: u64,
    samples: u64,
    ranks: usize,
    parameters: usize,
    validation_force_mae_mev_per_a: Option<f64>,
    test_force_mae_mev_per_a: Option<f64>,
    test_conformations: usize,
    wall_s: f64,
    weights: PathBuf,
}

/// The engine of all ranks together.
type SharedEngine<'g> = Shared<'g, f32, Engine, Here>;

/// Begins or continues, on all ranks alike; the first one writes and speaks.
pub fn main(args: &TrainArgs, json: bool) -> Result<Outcome> {
    let group = ranks::here()?;
    let outcome = begin(args, json, &group);
    group.agree(outcome)
}

fn begin(args: &TrainArgs, json: bool, group: &Group<Here>) -> Result<Outcome> {
    let (config, folder) = match (&args.config, &args.resume) {
        (Some(path), None) => {
            let mut config = TrainConfig::read(path)?;
            if let Some(output) = &args.output {
                config.output = output.clone();
            }
            let folder = config.output.clone();
            if !args.dry_run && group.leads() {
                refuse_used(&folder)?;
            }
            (config, folder)
        }
        (None, Some(folder)) => (
            TrainConfig::read(&folder.join("config.toml"))?,
            folder.clone(),
        ),
        _ => {
            let problem = "name a config file to begin, or --resume DIR to continue";
            return Err(BadInput::new(problem).into());
        }
    };
    let sets = Sets::open(&config, &folder)?;
    let mut weights = network::weights(&config)?;
    network::record(&mut weights, &sets.train, &sets.origins).or_bad_input()?;
    if args.dry_run {
        return dry_run(&config, &sets, &weights, group);
    }
    // Before anything is written that another rank might take for what was there before.
    group.agree::<_, Lost>(Ok(()))?;
    if group.leads() {
        fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
        if args.resume.is_none() {
            let mut kept = config.clone();
            make_absolute(&mut kept)?;
            replace_atomically(&folder.join("config.toml"), kept.to_toml()?.as_bytes())?;
        }
        sets.keep_splits()?;
    }
    train(&config, &folder, &sets, weights, json, group)
}

/// A folder with something in it is somebody's work.
fn refuse_used(folder: &Path) -> Result<()> {
    let used = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    match used {
        true => Err(BadInput::new(format!(
            "{}: is not empty; continue with --resume {0}, or choose another output",
            folder.display()
        ))
        .into()),
        false => Ok(()),
    }
}

/// The recorded config must hold wherever the run is continued from.
fn make_absolute(config: &mut TrainConfig) -> Result<()> {
    let absolute = |path: &PathBuf| std::path::absolute(path);
    config.init = config.init.as_ref().map(absolute).transpose()?;
    for data in &mut config.data {
        data.file = absolute(&data.file)?;
        data.split = data.split.as_ref().map(absolute).transpose()?;
    }
    Ok(())
}

fn trainer<'g>(
    config: &TrainConfig,
    weights: &Weights,
    group: &'g Group<Here>,
) -> Result<Trainer<SharedEngine<'g>>> {
    let engine = Engine::new(weights, config.engine, config.threads)?;
    let engine = Shared::new(engine, group);
    let parameters = weights.parameters().into_iter().map(|p| p as f32).collect();
    let entries = trainable(&weights.config);
    Trainer::new(config.training.clone(), engine, &entries, parameters).or_bad_input()
}

fn dry_run(
    config: &TrainConfig,
    sets: &Sets,
    weights: &Weights,
    group: &Group<Here>,
) -> Result<Outcome> {
    let mut trainer = trainer(config, weights, group)?;
    let started = Instant::now();
    for _ in 0..TIMED {
        trainer.step(&sets.train, &sets.order)?;
    }
    let per_step = started.elapsed().as_secs_f64() / TIMED as f64;
    let steps = config.training.steps;
    let hours = per_step * steps as f64 / 3600.0;
    let epochs = steps as f64 * config.training.batch as f64 / sets.train.len() as f64;
    output::print(&format!(
        "{}\n\nparameters  {}\nsteps       {steps} of {} conformations, {epochs:.1} times through the data\ntime        {:.1} ms per step ({TIMED} timed, validation not included): {hours:.2} h\n\n{}",
        sets.notes.join("\n"),
        weights.parameter_count(),
        config.training.batch,
        1e3 * per_step,
        config.to_toml()?
    ))?;
    Ok(Outcome::Completed)
}

fn train(
    config: &TrainConfig,
    folder: &Path,
    sets: &Sets,
    weights: Weights,
    json: bool,
    group: &Group<Here>,
) -> Result<Outcome> {
    let log = || {
        let mut options = OpenOptions::new();
        options
            .create(true)
            .append(true)
            .open(folder.join("log.txt"))
    };
    let mut watch = Lines {
        steps: config.training.steps,
        batch: config.training.batch as u64,
        log: group.leads().then(log).transpose()?,
    };
    let count = group.ranks().count();
    if count > 1 {
        watch.say(&format!(
            "{count} ranks, each with its share of every batch"
        ));
    }
    sets.notes.iter().for_each(|note| watch.say(note));
    let mut trainer = trainer(config, &weights, group)?;
    let before = match config.init {
        Some(_) => trainer.validate(&sets.validation)?.force_mae(),
        None => None,
    };
    if let Some(before) = before {
        watch.say(&format!("before: validation force MAE {before:.2} meV/A"));
    }
    let stop = interrupt_flag()?;
    let mut keep = WeightsWriter {
        weights: weights.clone(),
        folder: folder.to_path_buf(),
    };
    let started = Instant::now();
    let ending = Run {
        train: &sets.train,
        order: &sets.order,
        validation: &sets.validation,
        stop: &stop,
        keep: &mut keep,
        watch: &mut watch,
    }
    .train_together(&mut trainer, folder, group)?;
    if group.leads() {
        for path in draw_curves(folder)? {
            watch.say(&format!("wrote {}", path.display()));
        }
    }
    if ending == Ending::Stopped {
        watch.say(&format!(
            "stopped; continue with oreo train --resume {}",
            folder.display()
        ));
        return Ok(Outcome::Interrupted);
    }
    let summary = summary(config, folder, sets, &trainer, ending, started, group)?;
    if group.leads() {
        let written = serde_json::to_string_pretty(&summary)?;
        replace_atomically(&folder.join("summary.json"), written.as_bytes())?;
    }
    match json {
        true => output::print_json(&summary)?,
        false => output::print(&text(&summary))?,
    }
    Ok(Outcome::Completed)
}

/// Test errors are those of the best weights, as their file has them.
fn summary(
    config: &TrainConfig,
    folder: &Path,
    sets: &Sets,
    trainer: &Trainer<SharedEngine<'_>>,
    ending: Ending,
    started: Instant,
    group: &Group<Here>,
) -> Result<Summary> {
    let best = folder.join("best.safetensors");
    let weights = match best.exists() {
        true => best,
        false => folder.join("last.safetensors"),
    };
    let loaded = Weights::load(&weights)?;
    let mut judge = self::trainer(config, &loaded, group)?;
    let mut error = |set: &dyn Source| -> Result<Option<f64>> {
        match set.is_empty() {
            true => Ok(None),
            false => Ok(judge.validate(set)?.force_mae()),
        }
    };
    Ok(Summary {
        version: env!("CARGO_PKG_VERSION"),
        ending: format!("{ending:?}").to_lowercase(),
        steps: trainer.steps_done(),
        samples: trainer.samples(),
        ranks: group.ranks().count(),
        parameters: loaded.parameter_count(),
        validation_force_mae_mev_per_a: error(&sets.validation)?,
        test_force_mae_mev_per_a: error(&sets.test)?,
        test_conformations: sets.test.len(),
        wall_s: started.elapsed().as_secs_f64(),
        weights,
    })
}

fn text(summary: &Summary) -> String {
    let mae = |value: Option<f64>| value.map_or("-".into(), |mae| format!("{mae:.2} meV/A"));
    format!(
        "steps                 {}\nvalidation force MAE  {}\ntest force MAE        {} ({} conformations)\nweights               {}\n",
        summary.steps,
        mae(summary.validation_force_mae_mev_per_a),
        mae(summary.test_force_mae_mev_per_a),
        summary.test_conformations,
        summary.weights.display()
    )
}
