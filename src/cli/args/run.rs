//! What `oreo run` takes.

use crate::cli::settings::RunSettings;
use clap::Args;
use std::path::PathBuf;

/// `oreo run`: every setting is a flag here and a key in the config file.
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Quantities take units: \"0.5 fs\", \"300 ps\", \"500 K\", \"1 nm\", \"10 kcal/mol/A\". Flags override the config file, and both
override the preset. Every flag with a value is also a key of the config file, without the dashes: timestep = \"0.5 fs\".
Without --weights and --potential the network has the built-in weights `general`: `oreo inspect general` says what they know.
Examples:
  oreo run --structure aspirin.xyz --output first
  oreo run --structure aspirin.xyz --weights et.safetensors --steps 100000 --temperature \"500 K\" --output second
  oreo run --preset md17 --structure rmd17_aspirin.npz --weights et.safetensors --reference rmd17_aspirin.npz
  oreo run config.toml --seed 7 --output second --dry-run
  oreo run config.toml --ensemble second.safetensors third.safetensors --ensemble-stop \"0.1 eV/A\""
)]
pub struct RunArgs {
    /// Settings in TOML; relative paths in it are relative to it
    #[arg(value_name = "CONFIG")]
    pub config: Option<PathBuf>,
    /// Everything else.
    #[command(flatten)]
    pub settings: RunSettings,
    /// Continue from the last checkpoint in the output folder
    #[arg(long, conflicts_with = "overwrite")]
    pub resume: bool,
    /// Replace what is in the output folder
    #[arg(long)]
    pub overwrite: bool,
    /// Only say what would run, and what memory and time to expect
    #[arg(long)]
    pub dry_run: bool,
}
