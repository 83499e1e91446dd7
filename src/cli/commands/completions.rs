//! `oreo completions`: what a shell needs to complete what is typed, from the definitions of the flags.

use crate::cli::args::{Arguments, CompletionsArgs};
use crate::cli::exit::{BadInput, Outcome};
use crate::cli::output;
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{generate, Shell};

/// Prints the script.
pub fn main(args: &CompletionsArgs, json: bool) -> Result<Outcome> {
    if json {
        let problem = "--json: a completion script is no JSON; leave it away";
        return Err(BadInput::new(problem).into());
    }
    output::print(&script(args.shell))?;
    Ok(Outcome::Completed)
}

/// Of the whole program.
pub fn script(shell: Shell) -> String {
    let mut text = Vec::new();
    generate(shell, &mut Arguments::command(), "oreo", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_shell_hears_of_every_command_and_of_its_flags() {
        for &shell in Shell::value_variants() {
            let script = script(shell);
            for command in Arguments::command().get_subcommands() {
                let name = command.get_name();
                assert!(script.contains(name), "{shell}: {name}");
                for flag in command.get_arguments().filter_map(|flag| flag.get_long()) {
                    assert!(script.contains(flag), "{shell}: {name} --{flag}");
                }
            }
        }
    }
}
