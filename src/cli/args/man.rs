//! What `oreo man` takes.

use clap::Args;
use std::path::PathBuf;

/// `oreo man`
#[derive(Debug, Args)]
#[command(after_help = "\
Example: oreo man --output ~/.local/share/man/man1    # then: man oreo, man oreo-run")]
pub struct ManArgs {
    /// Folder of the pages, oreo.1, oreo-run.1 and so on; made if missing, pages of these names are replaced
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
}
