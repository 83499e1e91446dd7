//! Settings from several places, later over earlier: preset, config file, flags. Remembers where each came from, so
//! that an error can say which line of the user's to change.

use super::exit::OrBadInput;
use super::settings::RunSettings;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// Where a value comes from; a later one wins over an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody gave it.
    Default,
    /// `--preset`
    Preset,
    /// The config file.
    File,
    /// The command line.
    Flag,
}

/// The settings that count, and where each comes from.
#[derive(Debug, Clone)]
pub struct Layers {
    /// Later over earlier; `None` where nobody gave a value.
    pub settings: RunSettings,
    origins: BTreeMap<String, Origin>,
    file: String,
}

impl Layers {
    /// Flags over an optional config file over the preset that either names.
    pub fn new(flags: &RunSettings, file: Option<(&Path, &RunSettings)>) -> Result<Self> {
        let of_file = file.map(|(_, settings)| settings);
        let preset = flags
            .preset
            .or(of_file.and_then(|settings| settings.preset));
        let mut merged = toml::Table::new();
        let mut origins = BTreeMap::new();
        for (layer, origin) in [
            (preset.map(RunSettings::preset).as_ref(), Origin::Preset),
            (of_file, Origin::File),
            (Some(flags), Origin::Flag),
        ] {
            for (key, value) in layer.map(table).transpose()?.unwrap_or_default() {
                origins.insert(key.clone(), origin);
                merged.insert(key, value);
            }
        }
        Ok(Self {
            settings: merged.try_into().context("settings cannot be combined")?,
            origins,
            file: file.map_or(String::new(), |(path, _)| path.display().to_string()),
        })
    }

    /// Who gave the value of a key.
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).copied().unwrap_or(Origin::Default)
    }

    /// The key as the user can find it: `--timestep`, or `config.toml: timestep`.
    pub fn place(&self, key: &str) -> String {
        match self.origin(key) {
            Origin::File => format!("{}: {key}", self.file),
            Origin::Preset => format!("--preset: {key}"),
            Origin::Default | Origin::Flag => format!("--{key}"),
        }
    }
}

/// Only what was given: absent values leave no key behind.
fn table(settings: &RunSettings) -> Result<toml::Table> {
    toml::Table::try_from(settings)
        .context("settings cannot be written as TOML (is a path not Unicode?)")
        .or_bad_input()
}

#[cfg(test)]
mod tests {
    use super::super::choices::Preset;
    use super::super::quantity::{Temperature, Time};
    use super::*;

    fn layers(flags: RunSettings, file: RunSettings) -> Layers {
        Layers::new(&flags, Some((Path::new("c.toml"), &file))).unwrap()
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_the_preset() {
        let file = RunSettings {
            preset: Some(Preset::Md17),
            steps: Some(1000),
            seed: Some(7),
            ..RunSettings::default()
        };
        let flags = RunSettings {
            seed: Some(8),
            ..RunSettings::default()
        };
        let layers = layers(flags, file);
        assert_eq!(layers.settings.seed, Some(8));
        assert_eq!(layers.settings.steps, Some(1000));
        assert_eq!(layers.settings.replicas, Some(5));
        assert_eq!(layers.settings.skin, None);
        assert_eq!(layers.place("seed"), "--seed");
        assert_eq!(layers.place("steps"), "c.toml: steps");
        assert_eq!(layers.place("replicas"), "--preset: replicas");
        assert_eq!(layers.origin("skin"), Origin::Default);
    }

    #[test]
    fn the_md17_preset_is_the_protocol_of_the_benchmark() {
        let flags = RunSettings {
            preset: Some(Preset::Md17),
            ..RunSettings::default()
        };
        let settings = layers(flags, RunSettings::default()).settings;
        let length = settings.timestep.unwrap().femtoseconds() * settings.steps.unwrap() as f64;
        assert_eq!(length, 300_000.0, "300 ps");
        assert_eq!(settings.temperature, Some(Temperature::literal(500.0)));
        assert_eq!(settings.timestep, Some(Time::literal(0.5)));
        assert_eq!((settings.every, settings.replicas), (Some(100), Some(5)));
    }

    #[test]
    fn merging_keeps_every_bit() {
        let third = Time::new(1.0 / 3.0).unwrap();
        let file = RunSettings {
            timestep: Some(third),
            rdf_threshold: Some(0.1 + 0.2),
            seed: Some(i64::MAX as u64),
            ..RunSettings::default()
        };
        let settings = layers(RunSettings::default(), file.clone()).settings;
        assert_eq!(settings, file);
    }
}
