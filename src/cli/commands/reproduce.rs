//! `oreo reproduce`: an experiment of the paper, or the document of all that were made.

use crate::checkpoint::replace_atomically;
use crate::cli::args::ReproduceArgs;
use crate::cli::choices::{ExperimentChoice, Labels, ScaleChoice};
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::md::drive::interrupt_flag_before;
use crate::cli::output;
use crate::cli::reproduce::job::{Job, Progress};
use crate::cli::reproduce::results::Results;
use crate::cli::reproduce::scale::{medium, paper, small, Scale};
use crate::cli::reproduce::sources::Sources;
use crate::cli::reproduce::workers::{self, Children, Place};
use crate::cli::reproduce::{document, md17, polymers, qm9};
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Plans, continues where it was left, and writes what is known so far.
pub fn main(args: &ReproduceArgs, json: bool) -> Result<Outcome> {
    if let Some(folder) = &args.render {
        return render(folder, args.output.as_deref());
    }
    let (Some(experiment), Some(data)) = (args.experiment, &args.data) else {
        let problem = "name an experiment and the folder of the data sets, such as: oreo reproduce md17 --data DIR";
        return Err(BadInput::new(problem).into());
    };
    let scale = match args.scale {
        ScaleChoice::Small => small(),
        ScaleChoice::Medium => medium(),
        ScaleChoice::Paper => paper(),
    };
    let default = PathBuf::from(format!("reproduction-{}", scale.name));
    let root = args.output.clone().unwrap_or(default);
    let sources = Sources::new(data, &needs(experiment))?;
    let jobs = jobs(args.labels, &root, (experiment, &scale), &sources)?;
    if args.dry_run {
        output::print(&plan(&root, &jobs)?)?;
        return Ok(Outcome::Completed);
    }
    let chosen = chosen(args, &jobs)?;
    let _lock = begin(&root)?;
    qm9::keep_apart(&sources, &root)?;
    let children = Children::default();
    let at_the_end = children.clone();
    let stop = interrupt_flag_before(move || at_the_end.tell_to_stop())?;
    let place = Place {
        program: &std::env::current_exe()?,
        root: &root,
        stop: &stop,
        children: &children,
    };
    let ended = workers::work(place, &chosen, args.jobs as usize);
    let name = experiment.to_string();
    // Whatever is there: another set of labels may have been asked for before.
    let of = |labels| self::jobs(labels, &root, (experiment, &scale), &sources);
    let known = [of(Labels::Rmd17)?, of(Labels::Md17)?].concat();
    let results = Results::gather((&name, scale.name), &root, &sources, &known)?;
    let path = root.join(format!("{name}-{}.json", scale.name));
    results.write(&path)?;
    output::say(format_args!("wrote {}", path.display()));
    if json {
        output::print_json(&results)?;
    }
    if matches!(ended, Ok(Outcome::Interrupted)) {
        output::say("stopped; the same command continues");
    }
    ended
}

fn needs(experiment: ExperimentChoice) -> Vec<String> {
    let pretraining = md17::pretraining_needs();
    let own = match experiment {
        ExperimentChoice::Md17 => Vec::new(),
        ExperimentChoice::Polymers => polymers::needs(),
        ExperimentChoice::Qm9 => qm9::needs(),
    };
    [pretraining, own].concat()
}

fn jobs(
    labels: Labels,
    root: &Path,
    (experiment, scale): (ExperimentChoice, &Scale),
    sources: &Sources,
) -> Result<Vec<Job>> {
    match experiment {
        ExperimentChoice::Md17 => md17::jobs(scale, sources, &labels.to_string()),
        ExperimentChoice::Polymers => polymers::jobs(scale, sources, root),
        ExperimentChoice::Qm9 => qm9::jobs(scale, sources),
    }
}

/// Those whose names have one of the words of `--only`, and all that they need.
fn chosen(args: &ReproduceArgs, jobs: &[Job]) -> Result<Vec<Job>> {
    if args.only.is_empty() {
        return Ok(jobs.to_vec());
    }
    let named = |job: &Job| args.only.iter().any(|word| job.name.contains(word));
    let mut wanted: Vec<&Job> = jobs.iter().filter(|job| named(job)).collect();
    if wanted.is_empty() {
        let names: Vec<_> = jobs.iter().map(|job| job.name.as_str()).collect();
        let problem = format!(
            "--only: no job has that in its name; there are {}",
            names.join(", ")
        );
        return Err(BadInput::new(problem).into());
    }
    let mut next = 0;
    while let Some(job) = wanted.get(next) {
        let needed = jobs.iter().filter(|other| job.needs.contains(&other.name));
        let new: Vec<_> = needed.filter(|other| !wanted.contains(other)).collect();
        wanted.extend(new);
        next += 1;
    }
    let wanted = jobs.iter().filter(|job| wanted.contains(job));
    Ok(wanted.cloned().collect())
}

fn begin(root: &Path) -> Result<File> {
    fs::create_dir_all(root.join("splits"))
        .with_context(|| format!("{} cannot be made", root.display()))
        .or_bad_input()?;
    let lock = File::create(root.join(".lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(_) => Err(BadInput::new(format!(
            "{} is in use by another oreo reproduce; wait for it, or choose another --output",
            root.display()
        ))
        .into()),
    }
}

fn plan(root: &Path, jobs: &[Job]) -> Result<String> {
    let mut text = String::new();
    for job in jobs {
        let progress = match job.progress(root)? {
            Progress::Done => "done",
            Progress::Begun => "begun",
            Progress::ToDo => "to do",
        };
        text += &format!("{progress:<6} {}\n", job.name);
    }
    Ok(text)
}

/// RESULTS.md from every JSON file in a folder.
fn render(folder: &Path, output: Option<&Path>) -> Result<Outcome> {
    let path = output.map_or_else(|| folder.join("RESULTS.md"), Path::to_path_buf);
    let entries = fs::read_dir(folder)
        .with_context(|| format!("--render: {}", folder.display()))
        .or_bad_input()?;
    let mut files: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    if files.is_empty() {
        let problem = "has no JSON file of oreo reproduce";
        return Err(BadInput::new(format!("--render: {} {problem}", folder.display())).into());
    }
    let results: Vec<_> = files
        .iter()
        .map(|file| Results::read(file))
        .collect::<Result<_>>()?;
    replace_atomically(&path, document::of(&results).as_bytes())
        .with_context(|| format!("{} cannot be written", path.display()))?;
    output::say(format_args!("wrote {}", path.display()));
    Ok(Outcome::Completed)
}
