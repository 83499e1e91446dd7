//! `oreo bench --train`: what a step of training costs, as the trainer makes it.
//!
//! - [`conformations`]: a structure moved at random, with forces at random
//! - [`stopwatch`]: an engine that notes how long each of its parts took; processor time
//! - [`measure`]: many steps of the trainer, and what is quoted of them
//! - [`mod@report`]: JSON and a table

pub mod conformations;
pub mod measure;
pub mod report;
pub mod stopwatch;

use crate::cli::args::BenchArgs;
use crate::cli::bench::machine::{crowded, load_average};
use crate::cli::bench::structures::of_size;
use crate::cli::bench::subject::Structure;
use crate::cli::bench::suite::record::Network;
use crate::cli::choices::{DeviceChoice, EngineChoice};
use crate::cli::exit::BadInput;
use crate::cli::output;
use crate::cli::training::config::NetworkSettings;
use crate::cli::training::network;
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use measure::Wish;
use oreo_core::{Cell, Element};
use oreo_potentials::oreo::fused::InstructionSet;
use oreo_potentials::oreo::Weights;
use report::{Report, Row};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long each case is timed, s, where the command line does not say otherwise.
const CASE_SECONDS: f64 = 10.0;
/// Conformations for each step, likewise.
const BATCH: usize = 8;
/// Atoms and conformations without a structure: ethanol, aspirin, and a ball in place of a polymer of its size (it has 727
/// pairs; rings of polymers of 63 to 66 atoms at 500 K have 830 to 930).
const CASES: [(usize, usize); 3] = [(9, BATCH), (21, BATCH), (64, 4)];

/// Measures what `oreo bench --train` asks for; the reference engine on `device`, the native one on the processor.
///
/// # Errors
/// Bad input, or what a step says.
pub fn report(args: &BenchArgs, device: DeviceChoice, threads: u32) -> Result<Report> {
    network::check_device(device)?;
    let (name, weights) = weights(args.weights.as_ref())?;
    let cases = cases(args, &weights)?;
    let load_average = load_average();
    let engines = match args.engine.is_empty() {
        true => &[EngineChoice::Native],
        false => &args.engine[..],
    };
    let mut train = Vec::new();
    for (structure, batch) in &cases {
        for &engine in engines {
            output::say(format_args!(
                "{} x {batch}, {engine} engine",
                structure.name
            ));
            train.push(measure::measure(
                structure,
                &Wish {
                    weights: &weights,
                    engine,
                    device: match engine {
                        EngineChoice::Native => DeviceChoice::Cpu,
                        EngineChoice::Reference => device,
                    },
                    threads,
                    batch: *batch,
                    budget: Duration::from_secs_f64(args.case_seconds.unwrap_or(CASE_SECONDS)),
                },
            )?);
        }
    }
    let mut notes: Vec<String> = load_average.and_then(crowded).into_iter().collect();
    notes.extend(train.windows(2).filter_map(agreement));
    Ok(Report {
        train,
        network: Network::of(name, &weights),
        threads,
        instruction_set: InstructionSet::detect().name().into(),
        method: report::METHOD,
        load_average,
        notes,
    })
}

/// Given ones, or new ones as `oreo train` makes them where nothing is said about the network.
fn weights(source: Option<&WeightsSource>) -> Result<(String, Weights)> {
    match source {
        Some(source) => Ok((source.short_name(), source.weights()?)),
        None => {
            let settings = NetworkSettings::default();
            let name = format!("untrained, seed {}", settings.seed);
            Ok((name, network::new(&settings)?))
        }
    }
}

/// All structures are read and checked before the first is timed.
fn cases(args: &BenchArgs, weights: &Weights) -> Result<Vec<(Structure, usize)>> {
    let batch = args.batch.map(|batch| batch as usize);
    if args.structures.is_empty() {
        let case = |(atoms, usual)| (of_size(atoms, weights.elements()), batch.unwrap_or(usual));
        return Ok(CASES.map(case).into());
    }
    let read = |path: &PathBuf| {
        let structure = Structure::read(path, args.frame, true)?;
        check(&structure, weights, path)?;
        Ok((structure, batch.unwrap_or(BATCH)))
    };
    args.structures.iter().map(read).collect()
}

/// Elements that the network was not trained on are no hindrance: training changes that.
fn check(structure: &Structure, weights: &Weights, path: &Path) -> Result<()> {
    let file = path.display();
    if structure.frame.cell != Cell::Open {
        let problem = "is periodic; training takes molecules in open space";
        return Err(BadInput::new(format!("{file}: {problem}")).into());
    }
    let max_z = weights.config.max_z;
    let has_no_embedding = |element: &&Element| element.atomic_number() >= max_z;
    match structure.frame.elements.iter().find(has_no_embedding) {
        Some(element) => Err(BadInput::new(format!(
            "{file}: {element} has no embedding in this network (max_z = {max_z})"
        ))
        .into()),
        None => Ok(()),
    }
}

/// Two engines on the same batch, the first: time of a wrong answer is worth nothing.
fn agreement(rows: &[Row]) -> Option<String> {
    let [one, other] = rows else { return None };
    let comparable = one.name == other.name && one.engine != other.engine;
    let relative = |a: f64, b: f64| (a / b - 1.0).abs();
    comparable.then(|| {
        format!(
            "{}: losses of {} and {} at the first step differ by {:.1e}, norms of the gradient by {:.1e}, relative",
            one.name,
            one.engine,
            other.engine,
            relative(one.first_loss, other.first_loss),
            relative(one.first_gradient_norm, other.first_gradient_norm)
        )
    })
}
