//! Reads `config.toml` into settings. Errors name the line and the key; an unknown key comes with the nearest known one.

use super::nearest::nearest;
use super::settings::RunSettings;
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use thiserror::Error;
use toml::de::{DeTable, DeValue};
use toml::Spanned;

/// Why a config file was refused.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Not there, or not to be read.
    #[error("{}: cannot read the config file", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Weights or a trajectory in place of a config.
    #[error("{}: {bytes} bytes are too many for a config file (at most {LARGEST}); is it the right file?", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Of the other kind.
    #[error("{}: is the config of a training; give it to `oreo train {}`", .0.display(), .0.display())]
    Training(PathBuf),
    /// A line that is not understood.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What, and what to do.
        problem: String,
    },
}

/// Bytes; a thousand times what the keys need.
const LARGEST: u64 = 1 << 20;

/// Reads a file; its relative paths become relative to its folder.
pub fn read(path: &Path) -> Result<RunSettings, ConfigError> {
    let failed = |source| ConfigError::Read {
        path: path.to_path_buf(),
        source,
    };
    let bytes = std::fs::metadata(path).map_err(failed)?.len();
    if bytes > LARGEST {
        return Err(ConfigError::TooLarge {
            path: path.to_path_buf(),
            bytes,
        });
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let refused = |problem: Problem| match is_training(&text) {
        true => ConfigError::Training(path.to_path_buf()),
        false => ConfigError::Line {
            path: path.to_path_buf(),
            line: line_of(&text, problem.at),
            problem: problem.text,
        },
    };
    let mut settings = parse(&text).map_err(refused)?;
    settings.resolve_paths(path.parent().unwrap_or(Path::new("")));
    Ok(settings)
}

/// Whether a config file, which is no run's, names data to train on.
fn is_training(text: &str) -> bool {
    let table = text.parse::<toml::Table>();
    table.is_ok_and(|table| table.contains_key("data"))
}

#[derive(Debug)]
struct Problem {
    at: usize,
    text: String,
}

fn line_of(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at.min(text.len())];
    1 + before.iter().filter(|&&byte| byte == b'\n').count()
}

fn parse(text: &str) -> Result<RunSettings, Problem> {
    let table = DeTable::parse(text).map_err(|error| located(&error, &[]))?;
    let whole = table.span();
    let (table, places) = with_flag_names(table.into_inner())?;
    RunSettings::deserialize(toml::Deserializer::from(Spanned::new(whole, table)))
        .map_err(|error| located(&error, &places))
}

/// A key and where its value stands.
type Place = (String, Range<usize>);

/// Checks the keys, and spells them as the flags do: `chain_length` is `chain-length`.
fn with_flag_names(table: DeTable<'_>) -> Result<(DeTable<'_>, Vec<Place>), Problem> {
    let known = RunSettings::keys();
    let mut renamed = DeTable::new();
    let mut places = Vec::new();
    for (key, value) in table {
        let at = key.span();
        let name = key.get_ref().replace('_', "-");
        if !known.contains(&name) {
            return Err(Problem {
                at: at.start,
                text: unknown(key.get_ref(), value.get_ref(), &name, &known),
            });
        }
        if places.iter().any(|(other, _)| *other == name) {
            return Err(Problem {
                at: at.start,
                text: format!("'{name}' is given twice"),
            });
        }
        places.push((name.clone(), value.span()));
        renamed.insert(Spanned::new(at, name.into()), value);
    }
    Ok((renamed, places))
}

fn unknown(typed: &str, value: &DeValue<'_>, name: &str, known: &[String]) -> String {
    match nearest(name, known) {
        _ if value.is_table() => {
            format!("[{typed}]: there are no sections; write the keys without a section")
        }
        Some(near) => format!("unknown key '{typed}'; did you mean '{near}'?"),
        None => {
            format!("unknown key '{typed}'; `oreo run --help` lists them all (flags without '--')")
        }
    }
}

fn located(error: &toml::de::Error, places: &[Place]) -> Problem {
    let at = error.span().map_or(0, |span| span.start);
    let message = error.message().trim().replace('\n', "; ");
    let key = places.iter().find(|(_, span)| span.contains(&at));
    Problem {
        at,
        text: key.map_or(message.clone(), |(key, _)| format!("{key}: {message}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::choices::*;
    use super::*;

    fn refused(text: &str) -> (usize, String) {
        let problem = parse(text).unwrap_err();
        (line_of(text, problem.at), problem.text)
    }

    #[test]
    fn numbers_have_default_units_and_texts_their_own() {
        let settings = parse(
            "temperature = 500\ntimestep = \"0.5 fs\"\nsteps = 600_000\nformats = [\"xyz\", \"dcd\"]\n\
             thermostat_time = \"0.1 ps\"\ndevice = \"cuda:1\"\nwrite-forces = true",
        )
        .unwrap();
        assert_eq!(settings.temperature.unwrap().kelvins(), 500.0);
        assert_eq!(settings.timestep.unwrap().femtoseconds(), 0.5);
        assert_eq!(settings.thermostat_time.unwrap().femtoseconds(), 100.0);
        assert_eq!(settings.steps, Some(600_000));
        assert_eq!(
            settings.formats,
            Some(vec![TrajectoryFormat::Xyz, TrajectoryFormat::Dcd])
        );
        assert_eq!(settings.device, Some(DeviceChoice::Cuda(1)));
        assert_eq!(settings.write_forces, Some(true));
    }

    #[test]
    fn an_unknown_key_comes_with_its_line_and_a_proposal() {
        assert_eq!(
            refused("steps = 10\n# comment\ntimstep = 1"),
            (3, "unknown key 'timstep'; did you mean 'timestep'?".into())
        );
        let (line, text) = refused("\n\nflavour = \"oreo\"");
        assert_eq!(line, 3);
        assert!(
            text.starts_with("unknown key 'flavour'; `oreo run --help`"),
            "{text}"
        );
        assert_eq!(
            refused("thermostat = 3").1,
            "unknown key 'thermostat'; did you mean 'thermostat-time'?"
        );
    }

    #[test]
    fn a_wrong_dimension_names_line_and_key() {
        assert_eq!(
            refused("steps = 10\ntimestep = \"500 K\""),
            (
                2,
                "timestep: '500 K' is a temperature; expected a time such as \"0.5 fs\"".into()
            )
        );
        let (line, text) = refused("steps = 10\n\ntemperature = true");
        assert_eq!(line, 3);
        assert!(text.starts_with("temperature: invalid type"), "{text}");
    }

    #[test]
    fn values_that_mean_nothing_are_refused() {
        for text in [
            "temperature = nan",
            "temperature = -1",
            "timestep = inf",
            "steps = -5",
            "steps = \"many\"",
            "integrator = \"verlet\"",
            "device = \"gpu\"",
            "replicas = 1.5",
        ] {
            let (line, problem) = refused(text);
            assert_eq!(line, 1);
            let key = text.split(' ').next().unwrap();
            assert!(problem.starts_with(key), "{problem}");
            assert!(!problem.contains('\n'), "{problem}");
        }
    }

    #[test]
    fn sections_repetitions_and_broken_syntax_are_refused() {
        assert!(refused("[dynamics]\nsteps = 1").1.contains("no sections"));
        assert_eq!(refused("chain-length = 1\nchain_length = 2").0, 2);
        assert_eq!(refused("steps = 1\nsteps = 2").0, 2);
        assert_eq!(refused("steps = 1\ntimestep = = 2").0, 2);
        assert_eq!(refused("steps = 1\n\"unclosed").0, 2);
    }

    #[test]
    fn whatever_is_in_the_file_the_answer_is_an_error_and_no_panic() {
        for text in [
            "=",
            "\"",
            "[[",
            "a.b.c = 1",
            "steps",
            "\u{0}",
            "é = 1",
            "''=''",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert_eq!(parse("").unwrap(), RunSettings::default());
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read(Path::new("no/such/config.toml")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no/such/config.toml: cannot read the config file"
        );
    }
}
