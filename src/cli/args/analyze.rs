//! What `oreo analyze` takes.

use super::DataSetArgs;
use crate::cli::figure_size::FigureArgs;
use crate::cli::quantity::{Length, Time};
use clap::Args;
use std::path::PathBuf;

/// `oreo analyze`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples: oreo analyze first --reference rmd17_aspirin.npz
          oreo analyze first second third --output comparison    # each as before, and one page for all
          oreo analyze first --figure-width \"85 mm\"             # figures for one column of a journal
          oreo analyze ethanol-training                          # the report of a training")]
pub struct AnalyzeArgs {
    /// Output folder of a run, or one trajectory; several are analyzed one by one and shown side by side. Or the folder of a
    /// training: its report is made again
    #[arg(value_name = "DIR|TRAJECTORY", required = true)]
    pub targets: Vec<PathBuf>,
    /// Reference frames for h(r), its floor and the bond topology [default: those of the run]
    #[arg(long, value_name = "DATA")]
    pub reference: Option<PathBuf>,
    /// How to read data sets.
    #[command(flatten)]
    pub data_set: DataSetArgs,
    /// Where the report goes [default: the run's folder, or the trajectory's name with -analysis]; of several, where the
    /// page of all goes [default: oreo-comparison]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Elements and topology for trajectories without them (DCD)
    #[arg(long, value_name = "FILE")]
    pub structure: Option<PathBuf>,
    /// Time between two frames, where the trajectory does not say it [fs without a unit]
    #[arg(long, value_name = "TIME")]
    pub frame_interval: Option<Time>,
    /// Allowed deviation of a bond from its reference length [A without a unit; default: 0.5 A]
    #[arg(long, value_name = "LENGTH")]
    pub bond_threshold: Option<Length>,
    /// How large figures are.
    #[command(flatten)]
    pub figures: FigureArgs,
}
