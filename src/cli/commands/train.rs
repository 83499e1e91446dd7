//! `oreo train`: weights from data.

use crate::checkpoint::replace_atomically;
use crate::cli::args::TrainArgs;
use crate::cli::exit::{one_line, BadInput, OrBadInput, Outcome};
use crate::cli::figure_size::FigureWidth;
use crate::cli::md::drive::interrupt_flag;
use crate::cli::output;
use crate::cli::training::config::TrainConfig;
use crate::cli::training::data::Sets;
use crate::cli::training::energies::record_energies;
use crate::cli::training::forecast::{Forecast, Memory};
use crate::cli::training::judge::{compare, judge, table, trainer, with_labels, Standing};
use crate::cli::training::ranks::{self, Here};
use crate::cli::training::report::figures::draw_curves;
use crate::cli::training::report::Report;
use crate::cli::training::summary::Summary;
use crate::cli::training::watch::Lines;
use crate::cli::training::{head, network, resume};
use crate::cli::weights_source::WeightsSource;
use crate::run::RunDirectory;
use anyhow::{Context, Result};
use oreo_potentials::oreo::Weights;
use oreo_training::data::Source;
use oreo_training::objective::ElementEnergies;
use oreo_training::ranks::{Group, Lost, Ranks};
use oreo_training::trainer::{Ending, Run, WeightsWriter};
use oreo_training::TrainingError;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Begins or continues, on all ranks alike; the first one writes and speaks.
pub fn main(args: &TrainArgs, json: bool) -> Result<Outcome> {
    let group = ranks::here()?;
    let outcome = begin(args, json, &group);
    group.agree(outcome)
}

fn begin(args: &TrainArgs, json: bool, group: &Group<Here>) -> Result<Outcome> {
    let (config, folder) = planned(args)?;
    network::check_device(config.device)?;
    if args.resume.is_none() && !args.dry_run && group.leads() {
        refuse_used(&folder)?;
    }
    let mut weights = network::weights(&config)?;
    let mut sets = Sets::open(&config, &folder, &network::embedded(&weights))?;
    sets.identity.extend(network::identity(&config, &weights));
    let mut notes = network::record(&mut weights, &config, &sets.train, &sets.origins)?;
    notes.extend(head::prepare(&mut weights, &config, &sets));
    if args.dry_run {
        return dry_run(&config, &sets, &weights, &notes, (json, group));
    }
    // Before anything is written that another rank might take for what was there before.
    group.agree::<_, Lost>(Ok(()))?;
    let mut lock = None;
    if group.leads() {
        fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
        lock = Some(RunDirectory::new(&folder).lock().or_bad_input()?);
        if args.resume.is_none() || args.steps.is_some() || args.device.is_some() {
            resume::keep(&config, &folder)?;
        }
        sets.keep_splits()?;
    }
    let training = Training {
        config: &config,
        folder: &folder,
        sets: &sets,
        notes,
        figure_width: args.figures.figure_width,
        group,
    };
    let outcome = training.run(weights, json);
    drop(lock);
    outcome
}

fn planned(args: &TrainArgs) -> Result<(TrainConfig, PathBuf)> {
    let (mut config, folder) = read(args)?;
    if let Some(device) = args.device {
        config.device = device;
        config.check().or_bad_input()?;
    }
    Ok((config, folder))
}

fn read(args: &TrainArgs) -> Result<(TrainConfig, PathBuf)> {
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
    let init = config.init.as_ref().map(WeightsSource::absolute);
    config.init = init.transpose()?;
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
    (json, group): (bool, &Group<Here>),
) -> Result<Outcome> {
    let memory = Memory::count(config, &weights.config, &sets.train)?;
    let mut trainer = trainer(config, weights, sets, group)?;
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
    figure_width: Option<FigureWidth>,
    group: &'a Group<Here>,
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
        let count = self.group.ranks().count();
        if count > 1 {
            watch.say(&format!(
                "{count} ranks, each with its share of every batch"
            ));
        }
        let notes = self.sets.notes.iter().chain(&self.notes);
        notes.for_each(|note| watch.say(note));
        let done = self.steps(weights, &mut watch)?;
        if self.group.leads() {
            for path in draw_curves(self.folder, self.figure_width)? {
                watch.say(&format!("wrote {}", path.display()));
            }
        }
        if done.ending == Ending::Stopped {
            watch.say(&format!(
                "stopped; continue with oreo train --resume {}",
                self.folder.display()
            ));
            return Ok(Outcome::Interrupted);
        }
        let summary = self.summary(&done, started, &mut watch)?;
        if self.group.leads() {
            let written = serde_json::to_string_pretty(&summary)?;
            replace_atomically(&self.folder.join("summary.json"), written.as_bytes())?;
            self.report(&mut watch);
        }
        match json {
            true => output::print_json(&summary)?,
            false => output::print(&summary.to_string())?,
        }
        Ok(Outcome::Completed)
    }

    /// The weights are there: a report that cannot be made must not end a training.
    fn report(&self, watch: &mut Lines) {
        let report = Report::new(self.config, self.folder, Some(self.sets), None);
        let written = report.and_then(|report| report.write(self.folder, self.figure_width));
        watch.say(&match written {
            Ok(()) => format!("wrote {}", self.folder.join("report.html").display()),
            Err(error) => format!("no report: {}", one_line(&error)),
        });
    }

    fn watch(&self) -> Result<Lines> {
        let path = self.folder.join("log.txt");
        let log = || OpenOptions::new().create(true).append(true).open(path);
        Ok(Lines {
            steps: self.config.training.steps,
            batch: self.config.training.batch as u64,
            property: self.config.property().map(str::to_string),
            log: self.group.leads().then(log).transpose()?,
        })
    }

    fn steps(&self, weights: Weights, watch: &mut Lines) -> Result<Done> {
        let Self { config, sets, .. } = *self;
        let mut trainer = trainer(config, &weights, sets, self.group)?;
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
        let ending = match run.train_together(&mut trainer, self.folder, self.group) {
            Err(error @ TrainingError::OtherRun { .. }) => Err(error).or_bad_input()?,
            ending => ending?,
        };
        if self.group.leads() {
            network::complete_files(self.folder, &keep.weights)?;
        }
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
        let mut fitted = None;
        if self.group.leads() {
            for path in [&last, &best] {
                fitted = record_energies(path, config, sets)?.or(fitted);
            }
        }
        if let Some(fitted) = &fitted {
            watch.say(&fitted.line());
        }
        // The others must read what the first one has written.
        self.group.agree::<_, Lost>(Ok(()))?;
        let weights = if best.exists() { best } else { last };
        let loaded = Weights::load(&weights)?;
        let mut judge_of_best = with_labels(config, &loaded, done.energies.clone(), self.group)?;
        let after = Standing::of(&mut judge_of_best, sets)?;
        let compared = done.before.as_ref();
        let compared = compared.map(|before| compare(before, &after, config.property()));
        if let Some(rows) = &compared {
            table(rows).lines().for_each(|line| watch.log(line));
        }
        let test = judge(&mut judge_of_best, &sets.test)?.errors;
        if self.group.leads() && !sets.test.is_empty() {
            network::record_test(&weights, &test, sets.test.len())?;
        }
        self.group.agree::<_, Lost>(Ok(()))?;
        let loaded = Weights::load(&weights)?;
        Ok(Summary {
            version: env!("CARGO_PKG_VERSION"),
            command: typed(),
            ending: format!("{:?}", done.ending).to_lowercase(),
            steps: done.steps,
            samples: done.samples,
            ranks: self.group.ranks().count(),
            parameters: loaded.parameter_count(),
            property: config.property().map(str::to_string),
            label_deviation_mev: sets.property.map(|labels| 1e3 * labels.deviation),
            validation: after.validation.errors,
            test,
            test_conformations: sets.test.len(),
            later: judge(&mut judge_of_best, &sets.later)?.errors,
            later_conformations: sets.later.len(),
            before_after: compared,
            element_energies: fitted,
            wall_s: started.elapsed().as_secs_f64(),
            weights_sha256: loaded.sha256,
            weights,
        })
    }
}

/// The command of this session, as a shell takes it.
fn typed() -> String {
    let quoted = |word: std::ffi::OsString| {
        let word = word.to_string_lossy().into_owned();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,".contains(c);
        match !word.is_empty() && word.chars().all(plain) {
            true => word,
            false => format!("'{}'", word.replace('\'', "'\\''")),
        }
    };
    let words = std::env::args_os().skip(1).map(quoted);
    std::iter::once("oreo".to_string())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}
