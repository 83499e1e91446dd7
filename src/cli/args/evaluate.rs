//! What `oreo evaluate` takes.

use super::{ComputeArgs, DataSetArgs};
use crate::cli::choices::*;
use crate::cli::figure_size::FigureArgs;
use crate::cli::settings::{count, small_count};
use crate::cli::weights_source::WeightsSource;
use clap::Args;
use std::path::PathBuf;

/// `oreo evaluate`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oreo evaluate --weights et.safetensors --data rmd17_aspirin.npz --frames 1000 --predictions out.npz
  oreo evaluate --weights run/best.safetensors --data rmd17_aspirin.npz --split run/splits/0.json")]
pub struct EvaluateArgs {
    /// Weights of the network, .safetensors or .ckpt, or the name of built-in ones, general, if there is no such file
    #[arg(long, value_name = "FILE|NAME")]
    pub weights: WeightsSource,
    /// Frames with energies and forces
    #[arg(long, value_name = "DATA")]
    pub data: PathBuf,
    /// How to read data sets.
    #[command(flatten)]
    pub data_set: DataSetArgs,
    /// For weights that predict a property: its table, beside a packed QM9
    #[arg(long, value_name = "CSV")]
    pub properties: Option<PathBuf>,
    /// A file of `splits/` of a training: only the frames of one of its parts
    #[arg(long, value_name = "FILE")]
    pub split: Option<PathBuf>,
    /// Which part of the split [default: test]
    #[arg(long, value_name = "NAME", requires = "split")]
    pub part: Option<PartChoice>,
    /// Write the predicted energies and forces
    #[arg(long, value_name = "OUT.npz")]
    pub predictions: Option<PathBuf>,
    /// At most this many frames [default: all]
    #[arg(long, value_name = "N", value_parser = count())]
    pub frames: Option<u64>,
    /// Each N-th frame only
    #[arg(long, value_name = "N", value_parser = count(), default_value_t = 1)]
    pub every: u64,
    /// Frames per call of the network
    #[arg(long, value_name = "N", value_parser = small_count(), default_value_t = 1)]
    pub batch: u32,
    /// Parity plot of the forces, .svg or .png
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// How large figures are.
    #[command(flatten)]
    pub figures: FigureArgs,
    /// Where, how and in what the network computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
}
