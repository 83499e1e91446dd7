//! `oreo convert`: weights to weights, frames to frames, anything to be trained on to one packed file; the input is told by
//! its content, the output by its name.

use crate::cli::args::ConvertArgs;
use crate::cli::conversion::frames::{self, FramesFormat};
use crate::cli::conversion::pack;
use crate::cli::conversion::weights::{self, WeightsFormat};
use crate::cli::exit::{BadInput, Outcome};
use crate::cli::inspection::kind::FileContent;
use crate::cli::output;
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use serde::Serialize;
use std::fmt::Display;

/// Converts one file, or packs many.
pub fn main(args: &ConvertArgs, json: bool) -> Result<Outcome> {
    if pack::is_asked_for(&args.output) {
        let flags = [
            ("elements", args.elements.is_some()),
            ("vector-smoothing", args.vector_smoothing.is_some()),
            ("topology", args.topology.is_some()),
        ];
        check_flags(args, &flags, "conformations")?;
        check_flags(args, &args.about_frames(), "conformations that are packed")?;
        return show(&pack::convert(args)?, json);
    }
    if args.inputs.len() > 1 {
        return refused(
            args,
            "several files are only packed into one: name it .opack",
        );
    }
    let source = WeightsSource::among_others(args.input());
    match FileContent::of_source(&source)? {
        FileContent::Weights => match WeightsFormat::of(&args.output) {
            None => refused(args, "weights are written to .safetensors or .ckpt"),
            Some(format) => {
                check_flags(
                    args,
                    &[
                        ("every", args.every != 1),
                        ("topology", args.topology.is_some()),
                        ("labels", args.data_set.labels.is_some()),
                        ("max-force", args.max_force.is_some()),
                    ],
                    "weights",
                )?;
                check_flags(args, &args.about_frames(), "weights")?;
                show(&weights::convert(args, &source, format)?, json)
            }
        },
        FileContent::Frames | FileContent::Conformations(_) => match FramesFormat::of(&args.output)
        {
            None => refused(
                args,
                "frames are written to .xyz, .extxyz, .dcd, .npz or .opack",
            ),
            Some(format) => {
                check_flags(
                    args,
                    &[
                        ("elements", args.elements.is_some()),
                        ("vector-smoothing", args.vector_smoothing.is_some()),
                        ("precision", args.precision.is_some()),
                        ("max-force", args.max_force.is_some()),
                    ],
                    "frames",
                )?;
                show(&frames::convert(args, format)?, json)
            }
        },
        FileContent::Checkpoint => refused_input(
            args,
            "is the checkpoint of a run; convert the run's trajectory instead",
        ),
        FileContent::Run => refused_input(
            args,
            "is a folder; convert a trajectory in it, such as replica-0/trajectory.xyz",
        ),
    }
}

fn show(result: &(impl Serialize + Display), json: bool) -> Result<Outcome> {
    match json {
        true => output::print_json(result)?,
        false => output::print(&result.to_string())?,
    }
    Ok(Outcome::Completed)
}

fn refused(args: &ConvertArgs, problem: &str) -> Result<Outcome> {
    Err(BadInput::new(format!("{}: {problem}", args.output.display())).into())
}

fn refused_input(args: &ConvertArgs, problem: &str) -> Result<Outcome> {
    Err(BadInput::new(format!("{}: {problem}", args.input().display())).into())
}

/// A flag without effect would mislead whoever typed it.
fn check_flags(args: &ConvertArgs, given: &[(&str, bool)], kind: &str) -> Result<()> {
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => {
            let file = args.input().display();
            Err(BadInput::new(format!(
                "--{flag}: has no meaning for {kind}, which {file} holds; leave it away"
            ))
            .into())
        }
    }
}
