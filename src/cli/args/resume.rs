//! What `oreo resume` takes.

use crate::cli::choices::DeviceChoice;
use crate::cli::figure_size::FigureArgs;
use crate::cli::settings::{count, threads};
use clap::Args;
use std::path::PathBuf;

/// `oreo resume`
#[derive(Debug, Args)]
#[command(after_help = "\
Example: oreo resume first --steps 20000")]
pub struct ResumeArgs {
    /// Output folder of a run
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// New total number of steps, counted from step 0
    #[arg(long, value_name = "N", value_parser = count())]
    pub steps: Option<u64>,
    /// Start from the checkpoint before the last one
    #[arg(long)]
    pub from_previous: bool,
    /// Threads of the network [default: as the run began]
    #[arg(long, value_name = "N", value_parser = threads())]
    pub threads: Option<u32>,
    /// Where to go on, such as cpu after a GPU was lost [default: as the run began]
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
    /// How large figures are.
    #[command(flatten)]
    pub figures: FigureArgs,
}
