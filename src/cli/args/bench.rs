//! What `oreo bench` takes.

use super::ComputeArgs;
use crate::cli::choices::*;
use crate::cli::figure_size::FigureArgs;
use crate::cli::settings::{count, small_count};
use crate::cli::weights_source::WeightsSource;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::Args;
use std::path::PathBuf;

/// `oreo bench`
#[derive(Debug, Args)]
#[command(after_help = "\
Quote the minimum for the code and the median for the machine as it was. Steps are counted without output.
Examples:
  oreo bench --structure ethanol.xyz --structure aspirin.xyz --weights et.safetensors
  oreo bench --structure ethanol.xyz --weights et.safetensors --replicas 8 --compare reference --json
  oreo bench --structure argon.xyz --potential lennard-jones
  oreo bench --train --batch 8 --engine native,reference --threads 2
  oreo bench --suite performance --weights et.safetensors
  oreo bench --render performance/bench.json --output PERFORMANCE.md")]
pub struct BenchArgs {
    /// A molecule; repeat the flag for more
    #[arg(long = "structure", value_name = "FILE", required_unless_present_any = ["suite", "render", "train"])]
    pub structures: Vec<PathBuf>,
    /// Which frame of the structure files, counted from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub frame: u64,
    /// What gives energies and forces
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PotentialChoice::Et)]
    pub potential: PotentialChoice,
    /// Weights of the network, .safetensors or .ckpt, or the name of built-in ones, general, if there is no such file
    #[arg(long, value_name = "FILE|NAME")]
    pub weights: Option<WeightsSource>,
    /// Calls before the clock starts
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub warmup: u64,
    /// Calls that are timed
    #[arg(long, value_name = "N", value_parser = count(), default_value_t = 500)]
    pub calls: u64,
    /// Copies per call
    #[arg(long, value_name = "N", value_parser = small_count(), default_value_t = 1)]
    pub replicas: u32,
    /// Time this path, too, in turns, and compare forces: in the same precision if it has that, else in f32; the same
    /// path in f64
    #[arg(long, value_name = "PATH", value_parser = compared_path())]
    pub compare: Option<PathChoice>,
    /// Time steps of training instead, on conformations moved at random: forces of a batch, loss, gradient by every weight,
    /// AdamW. Without structures: ethanol, aspirin, and a ball of 64 atoms (batch 4); without weights: a new network of full
    /// size
    #[arg(
        long,
        help_heading = "Training",
        conflicts_with_all = ["suite", "render", "potential", "warmup", "calls", "replicas", "compare", "path", "precision", "filters"]
    )]
    pub train: bool,
    /// Conformations for each step [default: 8]
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = training_batch())]
    pub batch: Option<u32>,
    /// Who differentiates; several in one list [default: native]
    #[arg(
        long,
        value_enum,
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "Training"
    )]
    pub engine: Vec<EngineChoice>,
    /// Measure everything (sizes, replicas, threads, precisions, the other path; minutes) and write bench.json,
    /// PERFORMANCE.md and a plot
    #[arg(
        long,
        value_name = "DIR",
        help_heading = "Suite",
        conflicts_with_all = ["structures", "frame", "potential", "warmup", "calls", "replicas", "compare", "threads", "render"]
    )]
    pub suite: Option<PathBuf>,
    /// Replace what is in the folder of the suite
    #[arg(long, help_heading = "Suite")]
    pub overwrite: bool,
    /// Numbers of atoms, such as 9,21,100 [default: 14 sizes from 1 to 2000]
    #[arg(long, value_name = "N", value_delimiter = ',', help_heading = "Suite", value_parser = suite_size())]
    pub sizes: Vec<u32>,
    /// How long each case of the suite or of --train is timed, s [default: 3; with --train: 10]
    #[arg(long, value_name = "S", help_heading = "Suite", value_parser = seconds)]
    pub case_seconds: Option<f64>,
    /// Write the document again from the bench.json of a suite
    #[arg(long, value_name = "FILE", help_heading = "Suite", conflicts_with_all = ["structures", "weights"])]
    pub render: Option<PathBuf>,
    /// Where the document goes, its plot beside it [default: standard output, without the plot]
    #[arg(
        long,
        value_name = "FILE.md",
        requires = "render",
        help_heading = "Suite"
    )]
    pub output: Option<PathBuf>,
    /// How large the plot of --suite and --render is.
    #[command(flatten)]
    pub figures: FigureArgs,
    /// Where, how and in what the network computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// `auto` is no path of its own.
fn compared_path() -> impl TypedValueParser<Value = PathChoice> {
    PossibleValuesParser::new(["reference", "fused"]).map(|name| match name.as_str() {
        "reference" => PathChoice::Reference,
        _ => PathChoice::Fused,
    })
}

/// Larger ones say nothing new about the cost of a conformation.
fn training_batch() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=10_000)
}

/// A ball of so many atoms is still made in no time.
fn suite_size() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=100_000)
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (1e-3..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err(format!(
            "'{text}' is not a number of seconds between 0.001 and 3600"
        )),
    }
}
