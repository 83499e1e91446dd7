//! How a command ends: exit codes, and errors in one line.

use super::output;
use serde_json::json;
use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Completed,
    /// A replica was stopped by a stability rule: exit code 3.
    Unstable,
    /// A minimum was not reached: exit code 1; where it came to is written.
    Unconverged,
    /// The command looked for faults, found some and has said so: exit code 1.
    Faulty,
    /// What was watched is not done, and nobody works on it any more: exit code 1.
    Unfinished,
    /// Ctrl-C; a checkpoint, or what else there is, is written: exit code 130, as a shell reports it.
    Interrupted,
}

impl Outcome {
    /// What the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Completed => 0,
            Outcome::Unconverged | Outcome::Faulty | Outcome::Unfinished => FAILED,
            Outcome::Unstable => 3,
            Outcome::Interrupted => 130,
        }
    }
}

/// Anything but bad input: a full disk, a diverging computation.
const FAILED: u8 = 1;
/// Of clap's errors, too.
pub(super) const BAD_INPUT: u8 = 2;

/// Marks an error as the fault of what came in: a bad value, a file that cannot be read or understood.
#[derive(Debug)]
pub struct BadInput(anyhow::Error);

impl BadInput {
    /// With its message.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(anyhow::anyhow!("{message}"))
    }
}

/// As the error that is marked: the mark adds nothing to the text.
impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for BadInput {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.chain().nth(1)
    }
}

/// Marks the error of a result as bad input.
pub trait OrBadInput<T> {
    /// Exit code 2 instead of 1.
    fn or_bad_input(self) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> OrBadInput<T> for Result<T, E> {
    fn or_bad_input(self) -> anyhow::Result<T> {
        self.map_err(|error| BadInput(error.into()).into())
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    match error.chain().any(|cause| cause.is::<BadInput>()) {
        true => BAD_INPUT,
        false => FAILED,
    }
}

/// The message and its causes in one line. A cause that its parent already quotes is not said twice.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() {
            line = text;
        } else if !line.ends_with(&text) {
            line = format!("{line}: {text}");
        }
    }
    line
}

/// Prints an error, and gives the exit code of either way to end.
pub(super) fn report(result: anyhow::Result<Outcome>, json: bool) -> ExitCode {
    match result {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(error) => fail(&one_line(&error), code_of(&error), json),
    }
}

/// The message on standard error. With `--json`, standard output gets its one object in any case.
pub(super) fn fail(message: &str, code: u8, json: bool) -> ExitCode {
    output::say(format_args!("error: {message}"));
    if json {
        let object = json!({ "error": message, "exit_code": code });
        // Nobody is left to tell if this fails, too: the code says it.
        let _ = output::print(&format!("{object}\n"));
    }
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    fn missing() -> std::io::Error {
        std::io::Error::new(std::io::ErrorKind::NotFound, "no such file")
    }

    #[test]
    fn bad_input_is_two_and_everything_else_is_one() {
        let unmarked: anyhow::Result<()> = Err(missing()).context("writing a.xyz");
        assert_eq!(code_of(&unmarked.unwrap_err()), 1);
        let marked: anyhow::Result<()> = Err(missing()).or_bad_input();
        assert_eq!(code_of(&marked.unwrap_err()), 2);
        let below: anyhow::Result<()> = Err(missing()).or_bad_input().context("reading a.xyz");
        assert_eq!(code_of(&below.unwrap_err()), 2);
    }

    #[test]
    fn causes_are_joined_once_and_in_one_line() {
        let error = anyhow::Error::new(missing()).context("a.xyz:\n  cannot read");
        assert_eq!(one_line(&error), "a.xyz: cannot read: no such file");
        let quoting = anyhow::Error::new(missing()).context("cannot read a.xyz: no such file");
        assert_eq!(one_line(&quoting), "cannot read a.xyz: no such file");
        let marked: anyhow::Result<()> = Err(error).or_bad_input();
        assert_eq!(
            one_line(&marked.unwrap_err()),
            "a.xyz: cannot read: no such file"
        );
    }

    #[test]
    fn the_codes_are_those_of_the_manual() {
        let outcomes = [
            Outcome::Completed,
            Outcome::Unconverged,
            Outcome::Faulty,
            Outcome::Unfinished,
            Outcome::Unstable,
            Outcome::Interrupted,
        ];
        assert_eq!(outcomes.map(Outcome::code), [0, 1, 1, 1, 3, 130]);
    }
}
