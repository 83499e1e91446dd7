//! What `oreo completions` takes.

use clap::Args;

/// `oreo completions`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oreo completions bash > ~/.local/share/bash-completion/completions/oreo
  oreo completions zsh > \"${fpath[1]}/_oreo\"
  oreo completions fish > ~/.config/fish/completions/oreo.fish")]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}
