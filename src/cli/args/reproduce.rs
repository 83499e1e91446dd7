//! What `oreo reproduce` takes.

use crate::cli::choices::*;
use crate::cli::settings::small_count;
use clap::Args;
use std::path::PathBuf;

/// `oreo reproduce`
#[derive(Debug, Args)]
#[command(after_help = "\
The small scale takes two cores about a day in all, the paper's needs a large machine. Every job is a command of this program; its
line, its log and what it found are kept. validation/reproduce/README.md says what is in DATA and where it comes from.
Example:
  oreo reproduce md17 --data DATA --output reproduction --jobs 2
  oreo reproduce md17 --data DATA --output reproduction --dry-run
  oreo reproduce --render validation/results --output docs/RESULTS.md")]
pub struct ReproduceArgs {
    /// Which table
    #[arg(value_name = "EXPERIMENT", required_unless_present = "render")]
    pub experiment: Option<ExperimentChoice>,
    /// How large
    #[arg(long, value_name = "NAME", default_value_t = ScaleChoice::Small)]
    pub scale: ScaleChoice,
    /// Folder of the data sets
    #[arg(long, value_name = "DIR", required_unless_present = "render")]
    pub data: Option<PathBuf>,
    /// Folder of everything that is made; what is done there is not done again [default: reproduction-SCALE]
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Jobs at the same time, of one thread each
    #[arg(long, value_name = "N", value_parser = small_count(), default_value_t = 1)]
    pub jobs: u32,
    /// Labels of rMD17 that md17 is fine-tuned on; pre-training takes the recomputed ones
    #[arg(long, value_name = "NAME", default_value_t = Labels::Rmd17)]
    pub labels: Labels,
    /// Only jobs with this in their name, and those that they need; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub only: Vec<String>,
    /// Say how far each job is
    #[arg(long)]
    pub dry_run: bool,
    /// Write RESULTS.md from the JSON files in this folder; to --output if it is given
    #[arg(long, value_name = "DIR", conflicts_with_all = ["experiment", "data", "only", "dry_run"])]
    pub render: Option<PathBuf>,
}
