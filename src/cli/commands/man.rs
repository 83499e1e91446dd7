//! `oreo man`: manual pages, from the same definitions as `--help`.

use crate::checkpoint::replace_atomically;
use crate::cli::args::{Arguments, ManArgs};
use crate::cli::exit::{OrBadInput, Outcome};
use crate::cli::output;
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_mangen::Man;
use serde::Serialize;
use std::path::PathBuf;

const SOURCE: &str = concat!("oreo ", env!("CARGO_PKG_VERSION"));

/// What was written.
#[derive(Serialize)]
struct Written {
    pages: Vec<PathBuf>,
}

/// Writes `oreo.1`, and a page for each command.
pub fn main(args: &ManArgs, json: bool) -> Result<Outcome> {
    let folder = &args.output;
    let place = || format!("--output: {} cannot be made", folder.display());
    std::fs::create_dir_all(folder)
        .with_context(place)
        .or_bad_input()?;
    let mut written = Written { pages: Vec::new() };
    for (name, text) in pages()? {
        let path = folder.join(name);
        let place = || format!("{} cannot be written", path.display());
        replace_atomically(&path, &text).with_context(place)?;
        written.pages.push(path);
    }
    let (count, folder) = (written.pages.len(), folder.display());
    match json {
        true => output::print_json(&written)?,
        false => output::print(&format!(
            "{count} pages are in {folder}; read one with: man -l {}\n",
            args.output.join("oreo-run.1").display()
        ))?,
    }
    Ok(Outcome::Completed)
}

/// File names and roff.
fn pages() -> Result<Vec<(String, Vec<u8>)>> {
    let mut program = Arguments::command().disable_help_subcommand(true);
    // Commands learn what they are called in a shell.
    program.build();
    let commands = program.get_subcommands().cloned();
    let all = std::iter::once(program.clone()).chain(commands);
    all.map(page).collect()
}

fn page(command: clap::Command) -> Result<(String, Vec<u8>)> {
    let help = command.get_after_help().map(ToString::to_string);
    let has_commands = command.has_subcommands();
    let page = Man::new(command).source(SOURCE).manual("Oreo");
    let mut text = Vec::new();
    let mut render = || -> std::io::Result<()> {
        page.render_title(&mut text)?;
        page.render_name_section(&mut text)?;
        page.render_synopsis_section(&mut text)?;
        page.render_description_section(&mut text)?;
        page.render_options_section(&mut text)?;
        if has_commands {
            page.render_subcommands_section(&mut text)?;
        }
        Ok(())
    };
    render().context("a page cannot be made")?;
    text.extend(closing(&help.unwrap_or_default()).bytes());
    Ok((page.get_filename(), text))
}

/// What `--help` ends with: sentences, then examples, which keep their lines.
fn closing(help: &str) -> String {
    let mut roff = String::new();
    let mut section = "";
    for line in help.lines() {
        let found = match line.starts_with("Example") || section == "EXAMPLES" {
            true => "EXAMPLES",
            false => "NOTES",
        };
        if found != section {
            section = found;
            roff += &format!(".SH {section}\n");
        }
        let line = line
            .trim_start_matches("Examples:")
            .trim_start_matches("Example:");
        if line.trim().is_empty() {
            continue;
        }
        if section == "EXAMPLES" {
            roff += ".PP\n";
        }
        // A dot or a quote at the beginning would be a request.
        let line = line.trim().replace('\\', "\\e").replace('-', "\\-");
        roff += &format!("\\&{line}\n");
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches: a line that begins with a dot is a request to groff, and is not shown.
    #[test]
    fn notes_and_examples_are_sections_of_lines_that_groff_shows() {
        let text = closing(".hidden is shown.\nExamples:\n  oreo run a-b\n  oreo watch a");
        let expected = ".SH NOTES\n\\&.hidden is shown.\n.SH EXAMPLES\n.PP\n\\&oreo run a\\-b\n.PP\n\\&oreo watch a\n";
        assert_eq!(text, expected);
        assert!(closing("Example: oreo doctor").starts_with(".SH EXAMPLES\n.PP\n\\&oreo doctor"));
    }

    /// A page names its command, every flag of it, and its examples.
    #[test]
    fn every_command_has_a_page_with_its_flags_and_an_example() {
        let pages = pages().unwrap();
        let program = Arguments::command();
        assert_eq!(pages[0].0, "oreo.1");
        for command in program.get_subcommands() {
            let name = format!("oreo-{}.1", command.get_name());
            let (_, text) = pages.iter().find(|(file, _)| *file == name).unwrap();
            let text = String::from_utf8(text.clone()).unwrap().replace("\\-", "-");
            for flag in command.get_arguments().filter_map(|flag| flag.get_long()) {
                assert!(text.contains(&format!("--{flag}")), "{name}: --{flag}");
            }
            assert!(
                text.contains(&format!("oreo {}", command.get_name())),
                "{name}"
            );
        }
        assert_eq!(pages.len(), 1 + program.get_subcommands().count());
    }
}
