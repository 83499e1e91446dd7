//! `oreo train`: weights from data.

use crate::checkpoint::replace_atomically;
use crate::cli::args::TrainArgs;
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::md::drive::interrupt_flag;
use crate::cli::output;
use crate::cli::training::config::TrainConfig;
use crate::cli::training::data::Sets;
use crate::cli::training::energies::record_energies;
use crate::cli::training::forecast::{Forecast, Memory};
use crate::cli::training::judge::{compare, judge, table, trainer, with_labels, Standing};
use crate::cli::training::report::draw_curves;
use crate::cli::training::summary::Summary;
use crate::cli::training::watch::Lines;
use crate::cli::training::{head, network, resume};
use anyhow::{Context, Result};
use oreo_potentials::oreo::Weights;
use oreo_training::data::Source;
use oreo_training::objective::ElementEnergies;
use oreo_training::trainer::{Ending, Run, WeightsWriter};
use oreo_training::TrainingError;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Begins or continues.
pub fn main(args: &TrainArgs, json: bool) -> Result<Outcome> {
    let (config, folder) = planned(args)?;
    if args.resume.is_none() && !args.dry_run {
        refuse_used(&folder)?;
    }
    let mut weights = network::weights(&config)?;
    let sets = Sets::open(&config, &folder, &network::embedded(&weights))?;
    let mut notes = network::record(&mut weights, &sets.train, &sets.origins)?;
    notes.extend(head::prepare(&mut weights, &config, &sets));
    if args.dry_run {
        return dry_run(&config, &sets, &weights, &notes, json);
    }
    fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    if args.resume.is_none() || args.steps.is_some() {
        resume::keep(&config, &folder)?;
    }
    sets.keep_splits()?;
    let training = Training {
        config: &config,
        folder: &folder,
        sets: &sets,
        notes,
    };
    training.run(weights, json)
}

fn planned(args: &TrainArgs) -> Result<(TrainConfig, PathBuf)> {
    match (&args.config, &args.resume) {
        (Some(path), None) => {
            let mut config = TrainConfig::read(path)?;
            if args.init.is_some() {
                config.init.clone_from(&args.init);
                config.check().or_bad_input()?;
            }
            if let Some(output) = &args.output {
                config.output.clone_from(output);
            }
            make_absolute(&mut config)?;
            let folder = config.output.clone();
            Ok((config, folder))
        }
        (None, Some(folder)) => Ok((resume::recorded(folder, args.steps)?, folder.clone())),
        _ => {
            let problem = "name a config file to begin, or --resume DIR to continue";
            Err(BadInput::new(problem).into())
        }
    }
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
    for data in config.sets_mut() {
        data.file = absolute(&data.file)?;
        data.split = data.split.as_ref().map(absolute).transpose()?;
        data.properties = data.properties.as_ref().map(absolute).transpose()?;
    }
    Ok(())
}

fn dry_run(
    config: &TrainConfig,
    sets: &Sets,
    weights: &Weights,
    notes: &[String],
    json: bool,
) -> Result<Outcome> {
    let memory = Memory::count(config, &weights.config, &sets.train)?;
    let mut trainer = trainer(config, weights, sets)?;
    let forecast = Forecast::of(config, sets, weights, &mut trainer, memory)?;
    match json {
        true => output::print_json(&forecast)?,
        false => output::print(&format!(
            "{}\n\n{forecast}\n{}",
            [&sets.notes[..], notes].concat().join("\n"),
            config.to_toml()?
        ))?,
    }
    Ok(Outcome::Completed)
}

/// One session of a training in its folder.
struct Training<'a> {
    config: &'a TrainConfig,
    folder: &'a Path,
    sets: &'a Sets,
    notes: Vec<String>,
}

/// What the steps leave to be judged.
struct Done {
    ending: Ending,
    steps: u64,
    samples: u64,
    /// Of the weights that were given, if any
    before: Option<Standing>,
    /// Taken off the labels
    energies: Option<ElementEnergies>,
}

impl Training<'_> {
    fn run(&self, weights: Weights, json: bool) -> Result<Outcome> {
        let started = Instant::now();
        let mut watch = self.watch()?;
        let notes = self.sets.notes.iter().chain(&self.notes);
        notes.for_each(|note| watch.say(note));
        let done = self.steps(weights, &mut watch)?;
        for path in draw_curves(self.folder)? {
            watch.say(&format!("wrote {}", path.display()));
        }
        if done.ending == Ending::Stopped {
            watch.say(&format!(
                "stopped; continue with oreo train --resume {}",
                self.folder.display()
            ));
            return Ok(Outcome::Interrupted);
        }
        let summary = self.summary(&done, started, &mut watch)?;
        let written = serde_json::to_string_pretty(&summary)?;
        replace_atomically(&self.folder.join("summary.json"), written.as_bytes())?;
        match json {
            true => output::print_json(&summary)?,
            false => output::print(&summary.to_string())?,
        }
        Ok(Outcome::Completed)
    }

    fn watch(&self) -> Result<Lines> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("log.txt"))?;
        Ok(Lines {
            steps: self.config.training.steps,
            batch: self.config.training.batch as u64,
            property: self.config.property().map(str::to_string),
            log,
        })
    }

    fn steps(&self, weights: Weights, watch: &mut Lines) -> Result<Done> {
        let Self { config, sets, .. } = *self;
        let mut trainer = trainer(config, &weights, sets)?;
        let before = match config.init {
            Some(_) => Some(Standing::of(&mut trainer, sets)?),
            None => None,
        };
        if let Some(before) = &before {
            watch.before(&before.validation.errors);
        }
        let stop = interrupt_flag()?;
        let mut keep = WeightsWriter {
            weights,
            folder: self.folder.to_path_buf(),
        };
        let mut run = Run {
            train: &sets.train,
            order: &sets.order,
            validation: &sets.validation,
            data: &sets.identity,
            stop: &stop,
            keep: &mut keep,
            watch,
        };
        let ending = match run.train(&mut trainer, self.folder) {
            Err(error @ TrainingError::OtherRun { .. }) => Err(error).or_bad_input()?,
            ending => ending?,
        };
        Ok(Done {
            ending,
            steps: trainer.steps_done(),
            samples: trainer.samples(),
            before,
            energies: trainer.element_energies().cloned(),
        })
    }

    /// Errors are those of the best weights, as their file has them.
    fn summary(&self, done: &Done, started: Instant, watch: &mut Lines) -> Result<Summary> {
        let Self {
            config,
            folder,
            sets,
            ..
        } = *self;
        let [best, last] =
            ["best", "last"].map(|name| folder.join(name).with_extension("safetensors"));
        let of_last = record_energies(&last, config, sets)?;
        let (weights, fitted) = match best.exists() {
            true => (best.clone(), record_energies(&best, config, sets)?),
            false => (last, of_last),
        };
        if let Some(fitted) = &fitted {
            watch.say(&fitted.line());
        }
        let loaded = Weights::load(&weights)?;
        let mut judge_of_best = with_labels(config, &loaded, done.energies.clone())?;
        let after = Standing::of(&mut judge_of_best, sets)?;
        let compared = done.before.as_ref();
        let compared = compared.map(|before| compare(before, &after, config.property()));
        if let Some(rows) = &compared {
            table(rows).lines().for_each(|line| watch.log(line));
        }
        Ok(Summary {
            version: env!("CARGO_PKG_VERSION"),
            ending: format!("{:?}", done.ending).to_lowercase(),
            steps: done.steps,
            samples: done.samples,
            parameters: loaded.parameter_count(),
            property: config.property().map(str::to_string),
            label_deviation_mev: sets.property.map(|labels| 1e3 * labels.deviation),
            validation: after.validation.errors,
            test: judge(&mut judge_of_best, &sets.test)?.errors,
            test_conformations: sets.test.len(),
            before_after: compared,
            element_energies: fitted,
            wall_s: started.elapsed().as_secs_f64(),
            weights,
        })
    }
}
