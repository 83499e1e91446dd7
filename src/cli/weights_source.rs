//! Where weights come from: a file, or the program itself. One rule for all commands: a bare name of built-in weights means
//! them unless a file of that name lies in the folder that the name is relative to; `./general` is always a file.

use super::exit::{BadInput, OrBadInput};
use super::nearest::nearest;
use crate::built_in::BuiltIn;
use anyhow::{Context, Result};
use clap::builder::{MapValueParser, PathBufValueParser, TypedValueParser, ValueParserFactory};
use oreo_potentials::oreo::{Inspection, Weights};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Weights by name or by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsSource {
    /// Part of the program.
    BuiltIn(BuiltIn),
    /// From a flag or a config file never the bare name of built-in weights: what is written down is read as the same.
    File(PathBuf),
}

impl WeightsSource {
    /// As typed in the working directory.
    pub fn typed(path: PathBuf) -> Self {
        Self::unlocated(path).relative_to(Path::new(""))
    }

    /// As typed where anything may be named, also the folder of a run: whatever there is under the name wins.
    pub fn among_others(path: &Path) -> Self {
        match path.exists() {
            true => Self::File(path.to_path_buf()),
            false => Self::unlocated(path.to_path_buf()),
        }
    }

    /// Before it is known which folder it is relative to.
    fn unlocated(path: PathBuf) -> Self {
        match path.to_str().and_then(BuiltIn::named) {
            Some(model) => Self::BuiltIn(model),
            None => Self::File(path),
        }
    }

    /// As written in a file in `folder`; the empty path is the working directory.
    pub fn relative_to(&self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            Self::BuiltIn(model) => {
                let file = folder.join(".").join(model.name());
                match file.is_file() {
                    true => Self::File(file),
                    false => Self::BuiltIn(*model),
                }
            }
        }
    }

    /// The same from wherever it is read.
    ///
    /// # Errors
    /// What is no path at all.
    pub fn absolute(&self) -> io::Result<Self> {
        Ok(match self {
            Self::BuiltIn(model) => Self::BuiltIn(*model),
            Self::File(path) => Self::File(std::path::absolute(path)?),
        })
    }

    /// Ready for a potential.
    ///
    /// # Errors
    /// Bad input: no such file, or no such weights in it.
    pub fn weights(&self) -> Result<Weights> {
        self.check_there()?;
        match self {
            Self::BuiltIn(model) => model.weights().or_bad_input(),
            Self::File(path) => Weights::load(path).or_bad_input(),
        }
    }

    /// A look at them, also at those that cannot be evaluated.
    ///
    /// # Errors
    /// What cannot be read at all.
    pub fn inspection(&self) -> Result<Inspection> {
        self.check_there()?;
        match self {
            Self::BuiltIn(model) => model.inspection().or_bad_input(),
            Self::File(path) => Inspection::load(path).or_bad_input(),
        }
    }

    /// How many bytes the file has.
    ///
    /// # Errors
    /// The system's.
    pub fn bytes(&self) -> Result<u64> {
        match self {
            Self::BuiltIn(model) => Ok(model.bytes().len() as u64),
            Self::File(path) => {
                let metadata = std::fs::metadata(path);
                Ok(metadata
                    .with_context(|| format!("{self}: cannot be read"))?
                    .len())
            }
        }
    }

    /// A name that is neither a file nor built in is most often a slip of the finger: the message says what there is.
    ///
    /// # Errors
    /// Bad input: there is nothing under this name.
    pub fn check_there(&self) -> Result<()> {
        match self {
            Self::File(path) if matches!(path.try_exists(), Ok(false)) => {
                let hint = built_in_hint(path);
                let hint = hint.unwrap_or_else(|| format!("there are: {}", built_in_names()));
                Err(BadInput::new(format!(
                    "{self}: No such file, and no built-in weights of this name; {hint}"
                ))
                .into())
            }
            _ => Ok(()),
        }
    }

    /// The name without folders, for reports.
    pub fn short_name(&self) -> String {
        match self {
            Self::BuiltIn(model) => model.name().into(),
            Self::File(path) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                name.to_string_lossy().into()
            }
        }
    }
}

fn built_in_names() -> String {
    BuiltIn::ALL.map(BuiltIn::name).join(", ")
}

/// For a file that is not there: built-in weights that may have been meant. `None` for what is clearly a path.
pub fn built_in_hint(path: &Path) -> Option<String> {
    // A plan has absolute paths.
    let here = std::env::current_dir().unwrap_or_default();
    let name = path.strip_prefix(&here).unwrap_or(path).to_str()?;
    if name.contains(['/', '\\', '.']) {
        return None;
    }
    let names = BuiltIn::ALL.map(BuiltIn::name);
    Some(match nearest(&name.to_lowercase(), &names) {
        Some(near) => format!("did you mean the built-in weights {near}?"),
        None => format!("built-in weights are: {}", built_in_names()),
    })
}

impl fmt::Display for WeightsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(model) => model.fmt(f),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

impl ValueParserFactory for WeightsSource {
    type Parser = MapValueParser<PathBufValueParser, fn(PathBuf) -> Self>;

    fn value_parser() -> Self::Parser {
        PathBufValueParser::new().map(Self::typed)
    }
}

impl Serialize for WeightsSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::BuiltIn(model) => model.name().serialize(serializer),
            Self::File(path) => path.serialize(serializer),
        }
    }
}

/// Whoever reads a file goes on with [`WeightsSource::relative_to`].
impl<'de> Deserialize<'de> for WeightsSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PathBuf::deserialize(deserializer).map(Self::unlocated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WeightsSource::File;

    const GENERAL: WeightsSource = WeightsSource::BuiltIn(BuiltIn::General);

    #[derive(Serialize, Deserialize)]
    struct Config {
        weights: WeightsSource,
    }

    fn read(text: &str, folder: &Path) -> WeightsSource {
        let config: Config = toml::from_str(&format!("weights = '{text}'")).unwrap();
        config.weights.relative_to(folder)
    }

    fn again(weights: WeightsSource, folder: &Path) -> WeightsSource {
        let text = toml::to_string(&Config { weights }).unwrap();
        let config: Config = toml::from_str(&text).unwrap();
        config.weights.relative_to(folder)
    }

    /// Planted: with the folder joined to the name whatever is there, or with any entry of that name counted as a file, one of
    /// these fails.
    #[test]
    fn a_name_means_what_is_built_in_unless_a_file_of_that_name_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(read("general", folder), GENERAL);
        assert_eq!(read("./general", folder), File(folder.join("./general")));
        assert_eq!(read("a/general", folder), File(folder.join("a/general")));
        assert_eq!(read("genral", folder), File(folder.join("genral")));
        std::fs::create_dir(folder.join("general")).unwrap();
        assert_eq!(read("general", folder), GENERAL, "a folder is no weights");
        std::fs::remove_dir(folder.join("general")).unwrap();
        std::fs::write(folder.join("general"), "weights").unwrap();
        assert_eq!(read("general", folder), File(folder.join("general")));
    }

    /// Planted: with the name made an absolute path like any other, this fails.
    #[test]
    fn what_is_written_into_a_config_file_is_read_as_the_same() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("general"), "weights").unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let file = read("general", folder.path());
        for weights in [GENERAL, file, File("/a/general".into())] {
            assert_eq!(again(weights.clone(), elsewhere.path()), weights);
        }
        let bare = GENERAL.relative_to(Path::new(""));
        assert_eq!(bare, GENERAL, "no file of this name in the repository");
        assert_eq!(GENERAL.absolute().unwrap(), GENERAL);
    }

    #[test]
    fn where_anything_can_be_named_a_folder_wins_too() {
        assert_eq!(WeightsSource::among_others(Path::new("general")), GENERAL);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_path_buf();
        assert_eq!(WeightsSource::among_others(&path), File(path));
    }

    #[test]
    fn a_misspelt_name_is_told_what_there_is() {
        let error = File("genral".into()).weights().unwrap_err().to_string();
        assert!(error.starts_with("genral: No such file"), "{error}");
        assert!(
            error.ends_with("did you mean the built-in weights general?"),
            "{error}"
        );
        let here = std::env::current_dir().unwrap();
        assert!(built_in_hint(&here.join("Genaral"))
            .unwrap()
            .contains("general?"));
        assert_eq!(built_in_hint(Path::new("/elsewhere/genral")), None);
        let error = File("mine/et.ckpt".into())
            .weights()
            .unwrap_err()
            .to_string();
        assert!(error.ends_with("there are: general"), "{error}");
    }
}
