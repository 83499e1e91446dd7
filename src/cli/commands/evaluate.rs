//! `oreo evaluate`: how far predicted energies and forces are from those of a data set.

use crate::cli::args::EvaluateArgs;
use crate::cli::evaluation::predict::Predictor;
use crate::cli::evaluation::report::{Report, Setting};
use crate::cli::evaluation::scores::Scores;
use crate::cli::evaluation::{held_out, property};
use crate::cli::exit::{BadInput, OrBadInput, Outcome};
use crate::cli::figure_size::FigureArgs;
use crate::cli::frame_progress::FrameProgress;
use crate::cli::inputs::LoadedPotential;
use crate::cli::plan::{Compute, PotentialPlan};
use crate::cli::training::head::PROPERTY;
use crate::cli::{inputs, limit_threads, output};
use anyhow::{Context, Result};
use oreo_core::System;
use oreo_formats::DataSet;
use oreo_training::objective::ElementEnergies;
use oreo_validation::forces::ForceReport;
use std::path::{Path, PathBuf};

/// Everything that can be refused is refused before the network is asked.
pub fn main(args: &EvaluateArgs, json: bool) -> Result<Outcome> {
    let compute = args.compute.resolve()?;
    check_outputs(args)?;
    limit_threads(compute.threads);
    let weights = args.weights.weights()?;
    if let Some(property) = weights.record.get(PROPERTY) {
        let threads = compute.threads as usize;
        return property::main(args, &weights, property, threads, json);
    }
    drop(weights);
    if args.properties.is_some() {
        let problem =
            "--properties: these weights predict an energy and no property; leave it away";
        return Err(BadInput::new(problem).into());
    }
    let mut loaded = inputs::potential(&PotentialPlan::Et(args.weights.clone()), &compute)?;
    let data = oreo_formats::load(&args.data, &args.data_set.read_options()).or_bad_input()?;
    let frames = chosen_frames(args, data.len())?;
    check_labels(args, &data)?;
    self_test(&mut loaded, &data, frames[0])?;
    let totals = totals(&mut loaded, &data, &frames);
    loaded
        .notes
        .iter()
        .for_each(|note| output::say(format_args!("note: {note}")));
    let mut predictor = Predictor::new(loaded.potential, args.batch as usize);
    predictor.check(&data, &frames)?;
    let scores = compare(&mut predictor, &data, &frames, args, totals)?;
    let setting = setting(args, &compute, &predictor, loaded.weights_sha256);
    let report = finish(args, &data, &frames, &predictor, scores, setting)?;
    match json {
        true => output::print_json(&report)?,
        false => output::print(&report.to_string())?,
    }
    Ok(Outcome::Completed)
}

/// The energies of atoms that the weights record, where they have all elements of the frames: energies are then total ones.
fn totals(
    loaded: &mut LoadedPotential,
    data: &DataSet,
    frames: &[usize],
) -> Option<ElementEnergies> {
    let totals = loaded.element_energies.take()?;
    let mut sums = frames.iter().map(|&frame| totals.sum(data.elements(frame)));
    let missing = sums.find_map(Result::err);
    loaded.notes.push(match missing {
        None => {
            "energies are total ones: those of atoms in the record of the weights are added".into()
        }
        Some(element) => {
            format!(
                "the weights record no energy of {element}: energies are without those of atoms"
            )
        }
    });
    missing.is_none().then_some(totals)
}

/// At the first frame; one that the network was not made for is refused with its place by [`Predictor::check`].
fn self_test(loaded: &mut LoadedPotential, data: &DataSet, frame: usize) -> Result<()> {
    let system = System::new(data.elements(frame).to_vec());
    loaded.self_test(&system, data.positions(frame), data.cell(frame))
}

fn chosen_frames(args: &EvaluateArgs, all: usize) -> Result<Vec<usize>> {
    let part = held_out::part(args, all)?;
    let frames = held_out::thinned(args, &part).into_iter();
    Ok(frames.map(|frame| frame as usize).collect())
}

/// An hour of computing must not end with a name that cannot be written.
fn check_outputs(args: &EvaluateArgs) -> Result<()> {
    if let Some(path) = &args.predictions {
        check_output("predictions", path, &["npz"])?;
        if is_same_file(path, &args.data) {
            let problem = "is the data set itself; choose another name";
            return Err(
                BadInput::new(format!("--predictions: {}: {problem}", path.display())).into(),
            );
        }
    }
    match &args.plot {
        Some(_) if !cfg!(feature = "plots") => Err(BadInput::new(
            "--plot: this build draws no plots: rebuild with --features plots",
        )
        .into()),
        Some(path) => check_output("plot", path, &["svg", "png"]),
        None => Ok(()),
    }
}

fn check_output(flag: &str, path: &Path, extensions: &[&str]) -> Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let extension = path.extension().and_then(|extension| extension.to_str());
    let problem = match extension {
        Some(extension) if extensions.contains(&extension) => match folder {
            Some(folder) if !folder.is_dir() => {
                format!(
                    "the folder {} is not there; make it first",
                    folder.display()
                )
            }
            _ => return Ok(()),
        },
        _ => format!("must end in .{}", extensions.join(" or .")),
    };
    Err(BadInput::new(format!("--{flag}: {}: {problem}", path.display())).into())
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    real(a).is_some_and(|path| Some(path) == real(b))
}

/// There must be something to compare with, or something to write.
fn check_labels(args: &EvaluateArgs, data: &DataSet) -> Result<()> {
    let problem = match (data.energy(0), data.forces(0)) {
        (None, None) if args.predictions.is_none() => {
            "has neither energies nor forces to compare with; give --predictions to write what the network says"
        }
        (_, None) if args.plot.is_some() => "has no forces, so there is no parity plot; leave --plot away",
        _ => return Ok(()),
    };
    Err(BadInput::new(format!("{}: {problem}", data.path().display())).into())
}

fn compare(
    predictor: &mut Predictor,
    data: &DataSet,
    frames: &[usize],
    args: &EvaluateArgs,
    totals: Option<ElementEnergies>,
) -> Result<Scores> {
    let mut scores = Scores::new(args.predictions.is_some(), totals);
    let mut progress = FrameProgress::new(Some(frames.len() as u64));
    for batch in frames.chunks(args.batch as usize) {
        predictor.predict(data, batch, |frame, energy, forces| {
            scores.add(data, frame, energy, forces)
        })?;
        progress.advance(batch.len() as u64);
    }
    progress.finish();
    Ok(scores)
}

fn setting(
    args: &EvaluateArgs,
    compute: &Compute,
    predictor: &Predictor,
    weights_sha256: Option<String>,
) -> Setting {
    Setting {
        weights: args.weights.clone(),
        weights_sha256,
        data: args.data.clone(),
        split: args.split.clone(),
        part: (args.split.as_ref()).map(|_| held_out::named(args).to_string()),
        labels: args.data_set.labels.map(|labels| labels.to_string()),
        precision: predictor.capabilities().precision,
        device: compute.device.to_string(),
        path: compute.path.to_string(),
        threads: compute.threads,
        batch: args.batch,
    }
}

fn finish(
    args: &EvaluateArgs,
    data: &DataSet,
    frames: &[usize],
    predictor: &Predictor,
    scores: Scores,
    setting: Setting,
) -> Result<Report> {
    let counts = frames.iter().map(|&frame| data.positions(frame).len());
    let first = data.positions(frames[0]).len();
    let same = counts.clone().all(|atoms| atoms == first);
    let counts = (
        frames.len() as u64,
        counts.sum::<usize>() as u64,
        same.then_some(first),
    );
    let ms_per_frame = 1000.0 * predictor.spent.as_secs_f64() / frames.len() as f64;
    let (forces, energies) = (scores.forces(), scores.energies());
    if let Some(left_out) = energies.as_ref().map(|e| e.left_out).filter(|&n| n > 0) {
        output::say(format_args!("note: {left_out} compositions occur once and have no energy error: the offset takes it all"));
    }
    let mut report = Report::new(
        setting,
        counts,
        ms_per_frame,
        forces.as_ref(),
        energies.as_ref(),
    );
    report.total_energy_mae_mev_per_atom = scores.total_energy_mae();
    if let (Some(predictions), Some(path)) = (&scores.predictions, &args.predictions) {
        predictions.write(path)?;
        report.predictions = Some(path.clone());
    }
    if let (Some(path), Some(forces)) = (&args.plot, &forces) {
        report.plots = plot(path, &scores, forces, args.figures)?;
    }
    Ok(report)
}

/// Both files, whichever was named.
#[cfg(feature = "plots")]
fn plot(
    path: &Path,
    scores: &Scores,
    forces: &ForceReport,
    size: FigureArgs,
) -> Result<Vec<PathBuf>> {
    let figure = oreo_validation::plots::force_parity(&scores.parity, forces);
    let size = crate::cli::figure_size::of(size.figure_width);
    let written = figure.save(&path.with_extension(""), size);
    Ok(written.context("the parity plot cannot be written")?.into())
}

#[cfg(not(feature = "plots"))]
fn plot(_: &Path, _: &Scores, _: &ForceReport, _: FigureArgs) -> Result<Vec<PathBuf>> {
    Err(BadInput::new(
        "this build draws no plots: rebuild with --features plots",
    ))
    .context("--plot")
}
