//! What `oreo relax` takes.

use super::{ComputeArgs, DataSetArgs};
use crate::cli::choices::*;
use crate::cli::figure_size::FigureArgs;
use crate::cli::quantity::Force;
use crate::cli::relaxation::AtomSelection;
use crate::cli::settings::count;
use crate::cli::weights_source::WeightsSource;
use clap::Args;
use std::path::PathBuf;

/// `oreo relax`
#[derive(Debug, Args)]
#[command(after_help = "\
Converged means that no free atom feels a force of --fmax or more. The cell keeps its shape. DIR gets relaxed.xyz, trajectory.xyz,
convergence.csv, plots/, summary.json and log.txt; exit code 1 if --max-steps were not enough.
Examples:
  oreo relax --structure ethanol.xyz --output relaxed
  oreo relax --structure surface.xyz --weights et.safetensors --fix 0-31,40 --fmax \"5 meV/A\" --optimizer fire")]
pub struct RelaxArgs {
    /// Where the atoms are: any file that `oreo doctor` lists
    #[arg(long, value_name = "FILE")]
    pub structure: PathBuf,
    /// Which frame of the structure file, counted from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub frame: u64,
    /// What gives energies and forces
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PotentialChoice::Et)]
    pub potential: PotentialChoice,
    /// Weights of the network, .safetensors or .ckpt, or the name of built-in ones [default: general]
    #[arg(long, value_name = "FILE|NAME")]
    pub weights: Option<WeightsSource>,
    /// A structure with distances that the weights were not trained on, as far as they say so
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = UnseenChoice::Warn)]
    pub unseen: UnseenChoice,
    /// Largest force on an atom at the end [eV/A without a unit]
    #[arg(long, value_name = "FORCE", default_value_t = Force::literal(0.01))]
    pub fmax: Force,
    /// How the minimum is looked for
    #[arg(long, value_enum, value_name = "NAME", default_value_t = OptimizerChoice::Lbfgs)]
    pub optimizer: OptimizerChoice,
    /// At most so many steps
    #[arg(long, value_name = "N", value_parser = count(), default_value_t = 1000)]
    pub max_steps: u64,
    /// Atoms that keep their place, counted from 0, such as 0,3,5-8
    #[arg(long, value_name = "ATOMS")]
    pub fix: Option<AtomSelection>,
    /// Folder of the results
    #[arg(long, value_name = "DIR", default_value = "oreo-relax")]
    pub output: PathBuf,
    /// Replace what an earlier relaxation left in that folder
    #[arg(long)]
    pub overwrite: bool,
    /// How to read data sets.
    #[command(flatten)]
    pub data_set: DataSetArgs,
    /// How large the figure is.
    #[command(flatten)]
    pub figures: FigureArgs,
    /// Where, how and in what the network computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
}
