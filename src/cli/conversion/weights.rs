//! Weights: TorchMD-NET's checkpoints and safetensors, in both directions.

use super::unfinished::Unfinished;
use crate::cli::args::ConvertArgs;
use crate::cli::choices::StorageChoice;
use crate::cli::exit::BadInput;
use crate::cli::output;
use crate::cli::weights_source::WeightsSource;
use anyhow::{Context, Result};
use oreo_core::{Element, ElementSet};
use oreo_potentials::oreo::{F16Rounding, StoredAs, Weights};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// The kinds of file that weights are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsFormat {
    /// `.safetensors`
    Safetensors,
    /// `.ckpt`
    Checkpoint,
}

/// What was written.
#[derive(Debug, Serialize)]
pub struct ConvertedWeights {
    kind: &'static str,
    input: WeightsSource,
    output: PathBuf,
    parameters: usize,
    stored_as: &'static str,
    /// Numbers that changed on the way.
    rounded_numbers: usize,
    /// What `--precision f16` did, else `null`.
    rounding: Option<F16Rounding>,
    elements: Option<String>,
    unused_tensors: Vec<String>,
    input_sha256: String,
    output_sha256: String,
    input_bytes: u64,
    output_bytes: usize,
}

impl WeightsFormat {
    /// By extension.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "safetensors" => Some(Self::Safetensors),
            "ckpt" => Some(Self::Checkpoint),
            _ => None,
        }
    }

    fn encode(self, weights: &Weights, stored_as: StoredAs) -> Vec<u8> {
        match self {
            Self::Safetensors => weights.to_safetensors(stored_as),
            Self::Checkpoint => weights.to_checkpoint(stored_as),
        }
    }
}

/// Reads, records where the weights come from, writes, and reads again what was written before it gets its name.
pub fn convert(
    args: &ConvertArgs,
    source: &WeightsSource,
    format: WeightsFormat,
) -> Result<ConvertedWeights> {
    let mut weights = source.weights()?;
    let input_bytes = source.bytes()?;
    for name in &weights.unused {
        output::say(format_args!(
            "note: {source}: tensor '{name}' is not used and left out"
        ));
    }
    if let Some(smoothing) = args.vector_smoothing {
        smooth(&mut weights, smoothing)?;
    }
    if format == WeightsFormat::Checkpoint && weights.config.vector_smoothing > 0.0 {
        output::say(format_args!(
            "note: TorchMD-NET knows no vector_smoothing and computes as if the {} were 0",
            weights.config.vector_smoothing
        ));
    }
    let rounding = match args.precision {
        Some(StorageChoice::F16) => Some(round(&mut weights, source)?),
        _ => None,
    };
    record(&mut weights, args, source)?;
    let stored_as = match args.precision {
        None => StoredAs::exact(&weights),
        Some(StorageChoice::F32) => StoredAs::F32,
        Some(StorageChoice::F64) => StoredAs::F64,
        Some(StorageChoice::F16) => StoredAs::F16Matrices,
    };
    let beyond_f32 = stored_as.inexact(&weights);
    if beyond_f32 > 0 {
        output::say(format_args!(
            "note: {beyond_f32} numbers were rounded to f32"
        ));
    }
    let target = Unfinished::new(&args.output, args.overwrite)?;
    let bytes = format.encode(&weights, stored_as);
    std::fs::write(target.path(), &bytes)
        .with_context(|| format!("{}: cannot be written", args.output.display()))?;
    let written = Weights::load(target.path()).context("what was written cannot be read back")?;
    target.finish()?;
    Ok(ConvertedWeights {
        kind: "weights",
        input: source.clone(),
        output: args.output.clone(),
        parameters: weights.parameter_count(),
        stored_as: stored_as.name(),
        rounded_numbers: beyond_f32 + rounding.map_or(0, |rounding| rounding.changed),
        rounding,
        elements: weights.record.get("elements").cloned(),
        unused_tensors: weights.unused,
        input_sha256: weights.sha256,
        output_sha256: written.sha256,
        input_bytes,
        output_bytes: bytes.len(),
    })
}

/// Refuses what no path computes.
fn smooth(weights: &mut Weights, smoothing: f64) -> Result<()> {
    weights.config.vector_smoothing = smoothing;
    match weights.config.problem() {
        Some(problem) => Err(BadInput::new(format!("--vector-smoothing: {problem}")).into()),
        None => Ok(()),
    }
}

fn round(weights: &mut Weights, source: &WeightsSource) -> Result<F16Rounding> {
    let refused = |problem| BadInput::new(format!("{source}: {problem}"));
    Ok(weights.round_to_f16().map_err(refused)?)
}

/// The origin of an origin is kept behind it.
fn record(weights: &mut Weights, args: &ConvertArgs, source: &WeightsSource) -> Result<()> {
    if let Some(elements) = &args.elements {
        let text = elements_text(elements, weights.config.max_z)?;
        weights.record.insert("elements".into(), text);
    }
    if !weights.elements_recorded() {
        output::say(format_args!("note: it is not recorded which elements the model was trained for; give --elements \"H C O\""));
    }
    let name = source.short_name();
    let mut origin = format!("{name} (SHA-256 {})", weights.sha256);
    if let Some(earlier) = weights.record.get("origin") {
        origin = format!("{origin}; before that: {earlier}");
    }
    weights.record.insert("origin".into(), origin);
    Ok(())
}

/// Symbols by ascending Z, each once.
fn elements_text(elements: &[Element], max_z: usize) -> Result<String> {
    let set: ElementSet = elements.iter().copied().collect();
    if let Some(beyond) = set.iter().find(|element| element.atomic_number() >= max_z) {
        let problem =
            format!("--elements: the network has no embedding for {beyond} (max_z = {max_z})");
        return Err(BadInput::new(problem).into());
    }
    Ok(set.to_string())
}

fn in_words(rounding: &F16Rounding) -> String {
    let F16Rounding {
        numbers,
        changed,
        zeroed,
        largest_relative_change,
        rms_relative_change,
    } = rounding;
    match changed {
        0 => format!("nothing changed: all {numbers} numbers of the matrices were f16 already"),
        _ => format!(
            "{changed} of {numbers} numbers of the matrices changed, by at most {largest_relative_change:.1e} of \
             themselves ({rms_relative_change:.1e} overall); {zeroed} became zero"
        ),
    }
}

impl fmt::Display for ConvertedWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "weights      {} → {}", self.input, self.output.display())?;
        writeln!(
            f,
            "parameters   {}, stored as {}",
            self.parameters, self.stored_as
        )?;
        if let Some(rounding) = &self.rounding {
            writeln!(f, "rounding     {}", in_words(rounding))?;
        }
        writeln!(
            f,
            "bytes        {} → {}",
            self.input_bytes, self.output_bytes
        )?;
        writeln!(
            f,
            "elements     {}",
            self.elements.as_deref().unwrap_or("not recorded")
        )?;
        writeln!(f, "sha256       {}", self.output_sha256)
    }
}
