//! What `oreo inspect` takes.

use super::DataSetArgs;
use clap::Args;
use std::path::PathBuf;

/// `oreo inspect`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oreo inspect et.safetensors
  oreo inspect general")]
pub struct InspectArgs {
    /// Weights, data set, trajectory, checkpoint, or folder of a run; anything that can be trained on; or the name of
    /// built-in weights, general, if nothing of that name is there
    #[arg(value_name = "FILE|NAME")]
    pub file: PathBuf,
    /// How to read data sets.
    #[command(flatten)]
    pub data_set: DataSetArgs,
}
