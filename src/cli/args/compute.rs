//! Where, how and in what the network computes, for commands that are no runs.

use crate::cli::choices::*;
use crate::cli::settings::threads;
use clap::Args;

/// Where, how and in what the network computes, for commands that are no runs.
#[derive(Debug, Args)]
pub struct ComputeArgs {
    /// Where: auto (the processor), cpu, cuda or cuda:N (which has never run on a GPU yet); the reference is on a GPU in a build
    /// with candle-cuda
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceChoice::Auto, help_heading = "Hardware")]
    pub device: DeviceChoice,
    /// Which implementation of the network; auto is fused
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PathChoice::Auto, help_heading = "Hardware")]
    pub path: PathChoice,
    /// In what the network computes
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PrecisionChoice::F32, help_heading = "Hardware")]
    pub precision: PrecisionChoice,
    /// Distance filters of the fused path: interpolated (error measured at load) or computed exactly [default: table]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Hardware")]
    pub filters: Option<FiltersChoice>,
    /// Threads of the network; one is fastest for small molecules
    #[arg(long, value_name = "N", value_parser = threads(), default_value_t = 1, help_heading = "Hardware")]
    pub threads: u32,
}
