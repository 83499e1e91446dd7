//! What `oreo train` takes.

use crate::cli::choices::DeviceChoice;
use crate::cli::figure_size::FigureArgs;
use crate::cli::settings::count;
use crate::cli::weights_source::WeightsSource;
use clap::Args;
use std::path::PathBuf;

/// `oreo train`
#[derive(Debug, Args)]
#[command(after_help = "\
Every setting is a key of the config file; --dry-run prints all of them with their defaults, the data and the time expected.
Example:
  oreo train ethanol.toml --dry-run
  oreo train ethanol.toml
  oreo train --resume ethanol-training
  oreo train --resume ethanol-training --steps 600000
  oreo train aspirin.toml --init ethanol-training/best.safetensors")]
pub struct TrainArgs {
    /// Settings in TOML; relative paths in it are relative to it
    #[arg(value_name = "CONFIG")]
    pub config: Option<PathBuf>,
    /// Continue the training in this folder from its last checkpoint
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub resume: Option<PathBuf>,
    /// With --resume: new total number of steps, counted from step 0
    #[arg(long, value_name = "N", requires = "resume", value_parser = count())]
    pub steps: Option<u64>,
    /// Weights to begin with, a file or the name of built-in ones (general), instead of `init` of the config file
    #[arg(long, value_name = "FILE|NAME", conflicts_with = "resume")]
    pub init: Option<WeightsSource>,
    /// Folder of the run, instead of that of the config file
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    pub output: Option<PathBuf>,
    /// Where the reference engine computes, instead of `device` of the config file: auto (the processor), cpu, cuda or cuda:N
    /// (never run on a GPU yet; needs a build with candle-cuda)
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
    /// Say what would be done: data, steps, time, memory; nothing is written
    #[arg(long)]
    pub dry_run: bool,
    /// How large figures are.
    #[command(flatten)]
    pub figures: FigureArgs,
}
