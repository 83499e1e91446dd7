//! The config file of a training, complete with its defaults.

use crate::cli::choices::{DeviceChoice, EngineChoice, UnitsChoice};
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::weights_source::WeightsSource;
use anyhow::{Context, Result};
use oreo_training::data::Protocol;
use oreo_training::objective::Term;
use oreo_training::trainer::TrainerSettings;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// `oreo train CONFIG.toml`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TrainConfig {
    /// Folder of the run
    pub output: PathBuf,
    /// Weights to begin with, a file or the name of built-in ones; none: new ones, see `network`
    pub init: Option<WeightsSource>,
    /// Of `init`: `kept`, or `fresh` numbers; none: kept where the weights predict what is trained
    pub head: Option<HeadChoice>,
    /// Which gradients: `native`, or `reference` in tensor operations
    #[serde(default)]
    pub engine: EngineChoice,
    /// Where the reference engine computes: `auto` (the processor), `cpu`, `cuda` or `cuda:N`
    #[serde(default)]
    pub device: DeviceChoice,
    /// Of the native engine
    #[serde(default = "one")]
    pub threads: usize,
    /// Of the weights that come out, for their record; none: nothing, or what `init` says
    #[serde(alias = "license")]
    pub licence: Option<String>,
    /// Sizes of a new network; left out with `init`
    pub network: Option<NetworkSettings>,
    /// What is trained on
    pub data: Vec<DataSettings>,
    /// A second set that is judged before and after, and never trained on: what fine-tuning makes the network forget
    pub forgetting: Option<DataSettings>,
    /// Everything else: steps, batch, objective, optimiser, schedule
    #[serde(default)]
    pub training: TrainerSettings,
}

/// The output head of weights that a training begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadChoice {
    /// Untrained numbers, of `training.seed`.
    Fresh,
    /// Those of the weights.
    Kept,
}

fn one() -> usize {
    1
}

/// Sizes of a new network; the defaults are those of ET-OREO but for the cutoff, which acts on the values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct NetworkSettings {
    /// C
    pub channels: usize,
    /// Of attention
    pub layers: usize,
    /// Of each layer; divides `channels`
    pub heads: usize,
    /// K
    pub radial_functions: usize,
    /// Å
    pub cutoff: f64,
    /// The cutoff acts on the values and not on the attention: forces are then continuous
    pub vector_cutoff: bool,
    /// Of the first weights
    pub seed: u64,
}

impl Default for NetworkSettings {
    fn default() -> Self {
        Self {
            channels: 256,
            layers: 8,
            heads: 8,
            radial_functions: 64,
            cutoff: 5.0,
            vector_cutoff: true,
            seed: 1,
        }
    }
}

/// One file of conformations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DataSettings {
    /// Any that `oreo inspect` reads as data
    pub file: PathBuf,
    /// `rmd17` or `md17`, for files that have both
    pub labels: Option<String>,
    /// Of energies and positions, such as `kcal/mol,A`, or with forces of their own, `hartree,A,hartree/bohr`; none: what
    /// the format is known for
    pub units: Option<UnitsChoice>,
    /// Accept the file although its numbers look wrong in its units
    #[serde(default)]
    pub skip_unit_check: bool,
    /// What computed the labels, for reports
    pub level: Option<String>,
    /// A scalar property to train on in place of the energy: `homo`, `lumo` or `gap` of QM9; `objective.variant = "property"`
    pub property: Option<String>,
    /// Its table, beside a packed QM9
    pub properties: Option<PathBuf>,
    /// Share of a batch, relative to the other files; none: as many as it has conformations
    pub weight: Option<f64>,
    /// A file of `splits/` of an earlier training, so that its test frames stay unseen; none: a new split
    pub split: Option<PathBuf>,
    /// Conformations to train on; none: all that the others leave
    pub train: Option<u64>,
    /// Conformations to watch
    #[serde(default)]
    pub validation: u64,
    /// Conformations for the end
    #[serde(default)]
    pub test: u64,
    /// How they are dealt: `random`; `{ time-block = { gap = 10 } }`; `{ random-and-later = { later = 800, gap = 10 } }`, which
    /// keeps the end of the file for a second test
    #[serde(default = "random")]
    pub protocol: Protocol,
    /// Of the split
    #[serde(default)]
    pub split_seed: u64,
}

fn random() -> Protocol {
    Protocol::Random
}

impl DataSettings {
    /// Whether it says anything that only training data have.
    fn is_dealt(&self) -> bool {
        self.train.is_some() || self.validation > 0 || self.weight.is_some()
    }
}

impl TrainConfig {
    /// Relative paths become relative to the folder of the file, `output` to the working directory, as for `oreo run`.
    ///
    /// # Errors
    /// Names the file, the line and what is wrong.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{}: cannot read the config file", path.display()))
            .or_bad_input()?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                1 + text[..span.start.min(text.len())].matches('\n').count()
            });
            if is_run(&text) {
                let path = path.display();
                return BadInput::new(format!(
                    "{path}: is the config of a run; give it to `oreo run {path}`"
                ));
            }
            let problem = error.message().lines().collect::<Vec<_>>().join(" ");
            BadInput::new(format!("{}:{line}: {problem}", path.display()))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for data in config.sets_mut() {
            data.file = folder.join(&data.file);
            data.split = data.split.as_ref().map(|split| folder.join(split));
            let table = data.properties.as_ref();
            data.properties = table.map(|table| folder.join(table));
        }
        config.init = config.init.as_ref().map(|init| init.relative_to(folder));
        config.check().or_bad_input()?;
        Ok(config)
    }

    /// Everything that is read: `[[data]]` and `[forgetting]`.
    pub fn sets_mut(&mut self) -> impl Iterator<Item = &mut DataSettings> {
        self.data.iter_mut().chain(&mut self.forgetting)
    }

    /// The scalar property that is trained on; the same for all data.
    pub fn property(&self) -> Option<&str> {
        self.data.first()?.property.as_deref()
    }

    /// # Errors
    /// In one line, what does not go together.
    pub fn check(&self) -> Result<()> {
        if let Some(problem) = self.property_problem()? {
            return Err(BadInput::new(problem).into());
        }
        if self.device.is_gpu() && self.engine == EngineChoice::Native {
            let problem = format!(
                "device = \"{}\" with engine = \"native\", which computes on the processor; set engine = \"reference\", or leave device out",
                self.device
            );
            return Err(BadInput::new(problem).into());
        }
        let problem = match () {
            () if self.head.is_some() && self.init.is_none() => {
                "head without init: new weights have a fresh head; leave head out"
            }
            () if self.forgetting.as_ref().is_some_and(DataSettings::is_dealt) => {
                "[forgetting] is judged only: leave train, validation and weight out; test = N takes N of it"
            }
            () if self.data.is_empty() => "no [[data]]: name at least one file to train on",
            () if self.init.is_some() && self.network.is_some() => {
                "init and [network] together: the sizes are those of the weights; leave [network] out"
            }
            () if self.threads == 0 => "threads = 0; it must be at least 1",
            () if self.data.iter().all(|data| data.validation == 0 && data.split.is_none()) => {
                "no validation conformations: give validation = N in [[data]], so that the best weights can be told"
            }
            () => return Ok(self.training.check()?),
        };
        Err(BadInput::new(problem).into())
    }

    /// One network has one scalar: the energy, or one property.
    fn property_problem(&self) -> Result<Option<String>> {
        let weights = self.training.objective.weights().or_bad_input()?;
        let wanted = self.property();
        let other = |data: &&DataSettings| data.property.as_deref() != wanted;
        let mut terms = Term::ALL.into_iter().filter(|&term| weights.has(term));
        Ok(match wanted {
            _ if self.data.iter().chain(&self.forgetting).any(|data| other(&data)) => Some(
                "property differs between the data: one network predicts one property; give all of them the same"
                    .into(),
            ),
            None if weights.has(Term::Property) => Some(
                "objective \"property\" without property: say which in [[data]], such as property = \"gap\""
                    .into(),
            ),
            None => None,
            Some(name) => terms.find(|&term| term != Term::Property).map(|term| {
                format!(
                    "property = \"{name}\" with {} in the objective, which needs an energy; set variant = \"property\" in [training.objective]",
                    term.name()
                )
            }),
        })
    }

    /// As TOML, complete.
    ///
    /// # Errors
    /// None that is known.
    pub fn to_toml(&self) -> Result<String> {
        Ok(toml::to_string(self)?)
    }
}
/// Whether a config file, which is no training's, names what is moved.
fn is_run(text: &str) -> bool {
    let of_run = |table: toml::Table| {
        let own = ["structure", "reference", "potential"];
        !table.contains_key("data") && own.iter().any(|key| table.contains_key(*key))
    };
    text.parse().is_ok_and(of_run)
}
