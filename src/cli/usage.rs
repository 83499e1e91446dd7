//! Usage errors in one line, where clap would print a paragraph.

use super::exit;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error;
use std::process::ExitCode;

/// Prints help and version as they are, errors in one line. Exit code 2, for help 0.
pub(super) fn report(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Nobody is left to tell if this fails: a closed pipe.
            let _ = error.print();
        }
        _ => {
            // Nothing was parsed, so the flag is looked for by hand.
            let json = std::env::args_os().any(|argument| argument == "--json");
            return exit::fail(&one_line(error), exit::BAD_INPUT, json);
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::BAD_INPUT))
}

/// What is wrong and where; the flag first when a value was refused.
fn one_line(error: &clap::Error) -> String {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.split_whitespace().next(),
        _ => None,
    };
    match (error.kind(), flag, error.source()) {
        (ErrorKind::ValueValidation, Some(flag), Some(cause)) => {
            refused_value(flag, error, &cause.to_string())
        }
        _ => first_paragraphs(&error.render().to_string()),
    }
}

/// A number's own message (`invalid digit found in string`) does not quote what was typed.
fn refused_value(flag: &str, error: &clap::Error, cause: &str) -> String {
    match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) if !cause.contains(value.as_str()) => {
            format!("{flag}: '{value}': {cause}")
        }
        _ => format!("{flag}: {cause}"),
    }
}

/// Everything before the usage, on one line, without clap's own `error:`.
fn first_paragraphs(rendered: &str) -> String {
    let lines = rendered.lines().map(str::trim);
    let said = lines.take_while(|line| {
        !line.starts_with("Usage:") && !line.starts_with("For more information")
    });
    let mut text = String::new();
    for line in said.filter(|line| !line.is_empty()) {
        let separator = match line.starts_with("tip:") || line.starts_with('[') {
            _ if text.is_empty() => "",
            true => "; ",
            false => " ",
        };
        text.push_str(separator);
        text.push_str(line);
    }
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    format!("{text} (see --help)")
}

#[cfg(test)]
mod tests {
    use super::super::args::Arguments;
    use super::*;
    use clap::Parser;

    fn message(words: &[&str]) -> String {
        let all = std::iter::once(&"oreo").chain(words);
        let error = Arguments::try_parse_from(all).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let line = one_line(&error);
        assert!(!line.contains('\n'), "{line}");
        line
    }

    #[test]
    fn a_wrong_dimension_names_the_flag() {
        assert_eq!(
            message(&["run", "--timestep", "500 K"]),
            "--timestep: '500 K' is a temperature; expected a time such as \"0.5 fs\""
        );
    }

    #[test]
    fn a_misspelt_flag_or_value_comes_with_a_proposal() {
        let flag = message(&["run", "--timestp", "1"]);
        assert!(
            flag.contains("--timestp") && flag.contains("'--timestep'"),
            "{flag}"
        );
        let value = message(&["run", "--integrator", "nose"]);
        assert!(value.contains("nose-hoover"), "{value}");
        assert!(message(&["runn"]).contains("run"));
    }

    #[test]
    fn numbers_out_of_range_say_the_range() {
        let line = message(&["run", "--steps", "0"]);
        assert!(line.starts_with("--steps: '0' is not a count"), "{line}");
        let line = message(&["run", "--steps", "many"]);
        assert!(line.starts_with("--steps: 'many' is not a count"), "{line}");
        let line = message(&["run", "--replicas", "0"]);
        assert!(line.starts_with("--replicas: 0 is not in 1.."), "{line}");
    }
}
