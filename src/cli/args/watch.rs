//! What `oreo watch` takes.

use clap::Args;
use std::path::PathBuf;

/// `oreo watch`
#[derive(Debug, Args)]
#[command(after_help = "\
Only reads, and may be started and ended at any time. A run shows step, time, speed, temperature, drift of the conserved quantity and
the largest deviation of a bond, for each replica; a training its errors; a relaxation step, energy and largest force. Exit code 0: it
completed or converged; 3: a stability rule stopped a replica; 1: it is not finished or not converged and nobody works on it, and how
to continue is said. With --json the object comes at the end.
Examples:
  oreo watch first
  oreo watch first --once --json")]
pub struct WatchArgs {
    /// Output folder of `oreo run`, `oreo train` or `oreo relax`
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Say how it is now, and leave
    #[arg(long)]
    pub once: bool,
}
