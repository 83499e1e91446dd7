//! What `oreo doctor` takes.

use clap::Args;

/// `oreo doctor`
#[derive(Debug, Args)]
#[command(after_help = "\
Example: oreo doctor --json")]
pub struct DoctorArgs {}
