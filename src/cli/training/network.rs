//! The network that is trained, and who differentiates it.

use super::config::{NetworkSettings, TrainConfig};
use crate::cli::choices::{DeviceChoice, EngineChoice};
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use oreo_core::{Element, ElementSet, PotentialError, Vec3};
use oreo_potentials::oreo::fused::NativeGradients;
use oreo_potentials::oreo::gradients::{Gradients, Molecule, Rule};
use oreo_potentials::oreo::seen::{SeenDistances, SEEN_DISTANCES};
use oreo_potentials::oreo::{Config, Weights};
use oreo_training::data::{Conformation, Origin, Source};
use oreo_training::trainer::Errors;
use std::collections::BTreeSet;
use std::path::Path;

/// Given weights, or new ones.
///
/// # Errors
/// Weights that cannot be read; sizes that do not go together.
pub fn weights(config: &TrainConfig) -> Result<Weights> {
    match &config.init {
        Some(source) => source.weights(),
        None => new(&config.network.clone().unwrap_or_default()),
    }
}

/// For a training that is continued, when it began with weights of the program, which another program may not have: a file
/// that was replaced is the user's doing, these would change unseen.
pub fn identity(config: &TrainConfig, weights: &Weights) -> Option<String> {
    match &config.init {
        Some(source @ WeightsSource::BuiltIn(_)) => Some(format!(
            "the weights {source}, SHA-256 {:.16}…",
            weights.sha256
        )),
        _ => None,
    }
}

/// Untrained weights.
///
/// # Errors
/// Sizes that do not go together.
pub fn new(settings: &NetworkSettings) -> Result<Weights> {
    let config = Config {
        channels: settings.channels,
        layers: settings.layers,
        heads: settings.heads,
        radial_functions: settings.radial_functions,
        cutoff_upper: settings.cutoff,
        vector_cutoff: settings.vector_cutoff,
        ..Config::et_oreo()
    };
    match config.problem() {
        Some(problem) => Err(BadInput::new(format!("[network]: {problem}")).into()),
        None => Ok(Weights::random(config, settings.seed)),
    }
}

/// Those that a network has an embedding for.
pub fn embedded(weights: &Weights) -> ElementSet {
    let numbers = 1..weights.config.max_z;
    let elements = numbers.map_while(|number| Element::from_atomic_number(number).ok());
    elements.collect()
}

/// Facts about the training data that go into the weights' record, with the distances in them. Returns notes: elements that
/// given weights have never seen, and distances that they do not tell of.
///
/// # Errors
/// When a conformation cannot be read.
pub fn record(
    weights: &mut Weights,
    config: &TrainConfig,
    source: &dyn Source,
    origins: &[Origin],
) -> Result<Vec<String>> {
    let before = weights.seen_distances().or_bad_input()?;
    let mut notes = Vec::new();
    if let (Some(source), None) = (&config.init, &before) {
        notes.push(format!(
            "{source} does not say which distances it was trained on: the new weights will tell of those of this training only"
        ));
    }
    let mut seen = before.unwrap_or_else(|| SeenDistances::new(weights.config.cutoff_upper));
    let elements = look_through(source, &mut seen)?;
    weights.set_seen_distances(&seen);
    notes.extend(unseen_elements(weights, &elements));
    let known = weights.record.get("elements").cloned().unwrap_or_default();
    let symbols = elements
        .into_iter()
        .filter_map(|number| Element::from_atomic_number(number).ok())
        .map(|element| element.symbol().to_string());
    let mut symbols: Vec<String> = symbols.collect();
    let before = known.split_whitespace().map(str::to_string);
    symbols.extend(
        before
            .filter(|symbol| !symbols.contains(symbol))
            .collect::<Vec<_>>(),
    );
    let name = |origin: &Origin| {
        let file = origin
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        format!("{file} (SHA-256 {})", origin.sha256)
    };
    let levels: BTreeSet<_> = origins.iter().filter_map(|o| o.level.clone()).collect();
    let trained_on: Vec<_> = origins.iter().map(name).collect();
    let before = weights
        .record
        .get("origin")
        .map_or("weights", String::as_str);
    let licence = config.licence.clone().unwrap_or_default();
    let facts = [
        ("licence", licence),
        ("origin", format!("{before}, then trained with oreo")),
        ("elements", symbols.join(" ")),
        ("units", "eV, A".to_string()),
        ("trained_on", trained_on.join("; ")),
        (
            "level_of_theory",
            levels.into_iter().collect::<Vec<_>>().join("; "),
        ),
    ];
    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty());
    // Errors of the weights that this begins with are not those of what comes out.
    weights.record.retain(|name, _| !name.starts_with(TEST));
    (weights.record).extend(facts.map(|(name, fact)| (name.to_string(), fact)));
    Ok(notes)
}

/// Of facts about the test set in the record of weights.
const TEST: &str = "test_";

/// Records how good weights are on a test set of `conformations`, in their file.
///
/// # Errors
/// A file that cannot be read or written.
pub fn record_test(path: &Path, errors: &Errors, conformations: usize) -> Result<()> {
    let facts = [
        ("force_mae_mev_per_a", errors.force),
        ("energy_mae_mev_per_atom", errors.energy),
        ("property_mae_mev", errors.property),
    ];
    let facts = facts.into_iter().filter_map(|(name, error)| {
        let text = format!("{:.6e} ({conformations} conformations)", error?);
        Some((format!("{TEST}{name}"), text))
    });
    let mut weights = Weights::load(path)?;
    weights.record.extend(facts);
    Ok(weights.save(path)?)
}

/// Gives the files of a run that was begun by a program that did not count what [`record`] counts now: the best weights are
/// written again only when better ones come.
///
/// # Errors
/// A file that cannot be read or written.
pub fn complete_files(folder: &Path, weights: &Weights) -> Result<()> {
    let Some(fact) = weights.record.get(SEEN_DISTANCES) else {
        return Ok(());
    };
    for name in ["best.safetensors", "last.safetensors"] {
        let path = folder.join(name);
        if !path.exists() {
            continue;
        }
        let mut old = Weights::load(&path).or_bad_input()?;
        if !old.record.contains_key(SEEN_DISTANCES) {
            old.record.insert(SEEN_DISTANCES.into(), fact.clone());
            old.save(&path)?;
        }
    }
    Ok(())
}

/// One conformation after the other: counts their distances and returns their atomic numbers.
fn look_through(source: &dyn Source, seen: &mut SeenDistances) -> Result<BTreeSet<usize>> {
    let mut elements = BTreeSet::new();
    let mut conformation = Conformation::default();
    for index in 0..source.len() {
        source.read(index, &mut conformation).or_bad_input()?;
        seen.add(&conformation.elements, &conformation.positions);
        let numbers = conformation.elements.iter();
        elements.extend(numbers.map(|element| element.atomic_number()));
    }
    Ok(elements)
}

/// Names elements whose embedding was never trained.
fn unseen_elements(weights: &Weights, numbers: &BTreeSet<usize>) -> Vec<String> {
    let found: ElementSet = (numbers.iter())
        .filter_map(|&number| Element::from_atomic_number(number).ok())
        .collect();
    if !weights.elements_recorded() {
        return Vec::new();
    }
    let known = weights.elements();
    let unseen: ElementSet = found
        .iter()
        .filter(|&element| !known.contains(element))
        .collect();
    match unseen.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "the given weights were not trained on {unseen}: their embeddings begin as they are, untrained"
        )],
    }
}

/// Either engine.
pub enum Engine {
    /// Of the fast path.
    Native(Box<NativeGradients<f32>>),
    /// In tensor operations.
    #[cfg(feature = "candle")]
    Reference(Box<oreo_potentials::oreo::reference::ReferenceGradients<f32>>),
}

/// Where the reference is to compute.
///
/// # Errors
/// A GPU that is not there, or that this build cannot use.
#[cfg(feature = "candle")]
fn device(choice: DeviceChoice) -> Result<oreo_potentials::oreo::reference::Device> {
    use oreo_potentials::oreo::reference::{gpu, Device};
    Ok(match choice {
        DeviceChoice::Auto | DeviceChoice::Cpu => Device::Cpu,
        DeviceChoice::Cuda(ordinal) => gpu(ordinal)?,
    })
}

/// Whether the reference can compute there, before minutes go into anything else.
///
/// # Errors
/// A GPU that is not there, or that this build cannot use.
pub fn check_device(place: DeviceChoice) -> Result<()> {
    #[cfg(feature = "candle")]
    if place.is_gpu() {
        device(place)?;
    }
    #[cfg(not(feature = "candle"))]
    let _ = place;
    Ok(())
}

impl Engine {
    /// As the training asks for it.
    ///
    /// # Errors
    /// As of [`Self::new`].
    pub fn of(config: &TrainConfig, weights: &Weights) -> Result<Self> {
        Self::new(weights, config.engine, config.device, config.threads)
    }

    /// As the training asks for it, or on the processor where it was on a GPU, which the machine of a reader need not have.
    ///
    /// # Errors
    /// As of [`Self::new`].
    pub fn on_processor(config: &TrainConfig, weights: &Weights) -> Result<Self> {
        let engine = match config.device.is_gpu() {
            true => EngineChoice::Native,
            false => config.engine,
        };
        Self::new(weights, engine, DeviceChoice::Cpu, config.threads)
    }

    /// `place` is of the reference: the native engine is on the processor.
    ///
    /// # Errors
    /// Of the engine; the reference in a build without it; a GPU that is not there, or that this build cannot use.
    pub fn new(
        weights: &Weights,
        choice: EngineChoice,
        place: DeviceChoice,
        threads: usize,
    ) -> Result<Self> {
        match choice {
            EngineChoice::Native if place.is_gpu() => Err(BadInput::new(format!(
                "the native engine computes on the processor, not on {place}; take the reference engine, or --device cpu"
            ))
            .into()),
            EngineChoice::Native => Ok(Self::Native(Box::new(NativeGradients::new(
                weights, threads,
            )?))),
            #[cfg(feature = "candle")]
            EngineChoice::Reference => {
                use oreo_potentials::oreo::reference::ReferenceGradients;
                let engine = ReferenceGradients::new(weights, &device(place)?)?;
                Ok(Self::Reference(Box::new(engine)))
            }
            #[cfg(not(feature = "candle"))]
            EngineChoice::Reference => Err(BadInput::new(
                "engine = \"reference\": this build has none: rebuild with --features candle",
            )
            .into()),
        }
    }

    fn inner(&self) -> &dyn Gradients<f32> {
        match self {
            Self::Native(engine) => engine.as_ref(),
            #[cfg(feature = "candle")]
            Self::Reference(engine) => engine.as_ref(),
        }
    }

    fn inner_mut(&mut self) -> &mut dyn Gradients<f32> {
        match self {
            Self::Native(engine) => engine.as_mut(),
            #[cfg(feature = "candle")]
            Self::Reference(engine) => engine.as_mut(),
        }
    }
}

impl Gradients<f32> for Engine {
    fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), PotentialError> {
        self.inner_mut().set_parameters(parameters)
    }

    fn evaluate(
        &mut self,
        batch: &[Molecule<'_>],
        energies: &mut [f64],
        forces: &mut [Vec3],
    ) -> Result<(), PotentialError> {
        self.inner_mut().evaluate(batch, energies, forces)
    }

    fn differentiate(
        &mut self,
        batch: &[Molecule<'_>],
        by_energy: &[f64],
        by_force: &[Vec3],
    ) -> Result<(), PotentialError> {
        self.inner_mut().differentiate(batch, by_energy, by_force)
    }

    fn gradient(&mut self) -> &mut [f32] {
        self.inner_mut().gradient()
    }

    fn update(&mut self, rule: Rule<'_, f32>) -> Result<(), PotentialError> {
        self.inner_mut().update(rule)
    }

    fn parameters(&mut self) -> Result<Vec<f32>, PotentialError> {
        self.inner_mut().parameters()
    }

    fn order(&self) -> &[u32] {
        self.inner().order()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::BuiltIn;

    fn config(init: &str) -> TrainConfig {
        toml::from_str(&format!("output = 'x'\n{init}\ndata = []")).unwrap()
    }

    /// Planted: without the hash, a training goes on under a program whose weights of that name are others.
    #[test]
    fn what_is_built_in_belongs_to_the_identity_of_a_training() {
        let general = BuiltIn::General.weights().unwrap();
        let mut other = general.clone();
        other.sha256 = "0123456789abcdef0123".into();
        let named = config("init = 'general'");
        let line = identity(&named, &general).unwrap();
        assert!(
            line.starts_with("the weights general (built-in), SHA-256 "),
            "{line}"
        );
        assert_ne!(Some(line), identity(&named, &other));
        for init in ["init = 'a.safetensors'", ""] {
            assert_eq!(identity(&config(init), &general), None, "as it ever was");
        }
    }
}
