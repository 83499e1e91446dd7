//! `oreo bench`: how long energies and forces take, and how far that is from what the processor could do; how long training
//! takes.

use crate::cli::args::BenchArgs;
use crate::cli::bench::suite::{self, record::Record, run::Wish};
use crate::cli::bench::{systems, training};
use crate::cli::choices::{DeviceChoice, EngineChoice};
use crate::cli::exit::{BadInput, Outcome};
use crate::cli::plan::Compute;
use crate::cli::{limit_threads, output};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Measures calls, or steps of training, and prints; or the suite; or only its document.
pub fn main(args: &BenchArgs, json: bool) -> Result<Outcome> {
    check_company(args)?;
    match (&args.suite, &args.render) {
        (Some(folder), _) => measure_suite(args, folder, json)?,
        (_, Some(record)) => render(record, args)?,
        _ if args.train => measure_training(args, json)?,
        _ => measure_systems(args, json)?,
    }
    Ok(Outcome::Completed)
}

/// clap drops what a flag requires when that conflicts with what is there (--suite with --structure).
fn check_company(args: &BenchArgs) -> Result<()> {
    let suite = ("--suite", args.suite.is_some());
    let train = ("--train", args.train);
    let either = ("--suite or --train", suite.1 || train.1);
    let render = ("--render", args.render.is_some());
    // Without a document there is no plot beside it.
    let drawn = suite.1 || args.output.is_some();
    let plot = ("--suite or --render with --output", drawn);
    let flags = [
        ("--sizes", !args.sizes.is_empty(), suite),
        ("--overwrite", args.overwrite, suite),
        ("--case-seconds", args.case_seconds.is_some(), either),
        ("--batch", args.batch.is_some(), train),
        ("--engine", !args.engine.is_empty(), train),
        ("--output", args.output.is_some(), render),
        ("--figure-width", args.figures.figure_width.is_some(), plot),
    ];
    let alone = flags.iter().find(|(_, there, (_, with))| *there && !*with);
    alone.map_or(Ok(()), |(flag, _, (needed, _))| {
        Err(BadInput::new(format!(
            "{flag} belongs to {needed}; add that, or remove {flag}"
        ))
        .into())
    })
}

fn measure_systems(args: &BenchArgs, json: bool) -> Result<()> {
    let compute = args.compute.resolve()?;
    limit_threads(compute.threads);
    let report = systems::report(args, &compute)?;
    say(&report.notes);
    match json {
        true => output::print_json(&report),
        false => output::print(&report.to_string()),
    }
}

fn measure_training(args: &BenchArgs, json: bool) -> Result<()> {
    let device = match args.compute.device {
        DeviceChoice::Auto | DeviceChoice::Cpu => DeviceChoice::Cpu,
        gpu if args.engine.contains(&EngineChoice::Reference) => gpu,
        gpu => {
            let problem = "the native engine trains on the processor";
            let problem = format!(
                "--device: {problem}, not on {gpu}; add --engine reference, or use --device cpu"
            );
            return Err(BadInput::new(problem).into());
        }
    };
    let compute = args.compute.resolve_on(DeviceChoice::Cpu)?;
    limit_threads(compute.threads);
    let report = training::report(args, device, compute.threads)?;
    say(&report.notes);
    match json {
        true => output::print_json(&report),
        false => output::print(&report.to_string()),
    }
}

fn on_processor(args: &BenchArgs, what: &str) -> Result<Compute> {
    let compute = args.compute.resolve()?;
    let device = compute.device;
    match device.is_gpu() {
        true => {
            let problem =
                format!("--device: {what} measures the processor, not {device}; use --device cpu");
            Err(BadInput::new(problem).into())
        }
        false => Ok(compute),
    }
}

fn say(notes: &[String]) {
    notes
        .iter()
        .for_each(|note| output::say(format_args!("note: {note}")));
}

fn measure_suite(args: &BenchArgs, folder: &Path, json: bool) -> Result<()> {
    let Some(weights) = &args.weights else {
        let problem =
            "--weights is missing: give the weights of a network, built-in ones by name (general)";
        return Err(BadInput::new(problem).into());
    };
    let compute = Compute {
        threads: 1,
        ..on_processor(args, "--suite")?
    };
    limit_threads(compute.threads);
    suite::prepare(folder, args.overwrite)?;
    let mut sizes: Vec<usize> = args.sizes.iter().map(|&atoms| atoms as usize).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let record = suite::run::run(&Wish {
        weights,
        compute,
        sizes: match sizes.is_empty() {
            true => suite::run::SIZES.to_vec(),
            false => sizes,
        },
        budget: Duration::from_secs_f64(args.case_seconds.unwrap_or(suite::run::CASE_SECONDS)),
    })?;
    announce(&suite::write(&record, folder, args.figures.figure_width)?);
    match json {
        true => output::print_json(&record),
        false => Ok(()),
    }
}

fn render(record: &Path, args: &BenchArgs) -> Result<()> {
    let record = Record::read(record)?;
    let width = args.figures.figure_width;
    match &args.output {
        Some(document) => announce(&suite::render(&record, document, width)?),
        None => output::print(&suite::document::of(&record))?,
    }
    Ok(())
}

fn announce(written: &[PathBuf]) {
    written
        .iter()
        .for_each(|path| output::say(format_args!("wrote {}", path.display())));
}
