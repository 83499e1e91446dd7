//! What a run is meant to be: every setting has its value, contradictions are refused, and what cannot be chosen
//! cannot be written down (`nve` has no thermostat time).

use super::choices::*;
use super::figure_size::FigureWidth;
use super::layers::Layers;
use super::quantity::{Force, Length, Temperature, Time};
use super::resolve;
use super::settings::RunSettings;
use super::weights_source::WeightsSource;
use anyhow::Context;
use std::path::PathBuf;

/// A complete, validated run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Where the atoms start.
    pub start: Start,
    /// What gives energies and forces.
    pub potential: PotentialPlan,
    /// The weights that are asked beside those of the potential, paths absolute; may be empty.
    pub committee: Vec<WeightsSource>,
    /// What happens to structures that the weights do not know; of the network only.
    pub unseen: UnseenChoice,
    /// Absolute path of the reference frames.
    pub reference: Option<PathBuf>,
    /// Of rMD17 files, among structure and reference.
    pub labels: Labels,
    /// Of data sets; `None` is what their format is known for.
    pub units: Option<UnitsChoice>,
    /// Data sets whose numbers look wrong in their units are accepted.
    pub skip_unit_check: bool,
    /// Total, from step 0; at least 1.
    pub steps: u64,
    /// Positive.
    pub timestep: Time,
    /// Equations of motion with their options.
    pub ensemble: Ensemble,
    /// How temperatures are counted.
    pub dof: DofChoice,
    /// At step 0.
    pub velocities: StartVelocities,
    /// At least 1.
    pub replicas: u32,
    /// Of all streams.
    pub seed: u64,
    /// When a replica is stopped.
    pub stability: StabilityRule,
    /// Hotter replicas are stopped.
    pub temperature_cap: Option<Temperature>,
    /// Replicas with larger forces are stopped.
    pub force_cap: Option<Force>,
    /// Replicas about which the networks of the committee deviate more are stopped.
    pub deviation_stop: Option<Force>,
    /// Absolute path of the run's folder.
    pub output: PathBuf,
    /// Steps between frames; at least 1.
    pub every: u64,
    /// Steps between checkpoints; at least 1.
    pub checkpoint_every: u64,
    /// Without repetition, at least one.
    pub formats: Vec<TrajectoryFormat>,
    /// In the xyz frames.
    pub write_velocities: bool,
    /// In the xyz frames.
    pub write_forces: bool,
    /// Of the figures at the end; `None`: for a screen.
    pub figure_width: Option<FigureWidth>,
    /// Where, how and in what the network computes.
    pub compute: Compute,
    /// Å beyond the cutoff.
    pub skin: Length,
}

/// Where the atoms start.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// All replicas at one frame of a file.
    Structure {
        /// Absolute.
        path: PathBuf,
        /// Counted from 0.
        frame: u64,
    },
    /// Each replica at a random reference frame, drawn with its seed: the protocol of the MD17 benchmark. Of
    /// all frames, or of those of a part.
    RandomReferenceFrame(Option<SplitPart>),
}

/// Frames that a training has set apart.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitPart {
    /// Absolute path of the split.
    pub path: PathBuf,
    /// Which of its parts.
    pub part: PartChoice,
}

/// What gives energies and forces.
#[derive(Debug, Clone, PartialEq)]
pub enum PotentialPlan {
    /// The Equivariant Transformer with these weights, a path absolute.
    Et(WeightsSource),
    /// Argon.
    LennardJones,
}

/// Equations of motion and what they need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ensemble {
    /// Constant energy.
    Nve,
    /// Nosé–Hoover chain.
    NoseHoover {
        /// Target.
        temperature: Temperature,
        /// Sets the masses of the chain.
        time: Time,
        /// Links.
        chain_length: u32,
    },
    /// BAOAB.
    Langevin {
        /// Target.
        temperature: Temperature,
        /// One over the friction.
        time: Time,
    },
    /// Stochastic velocity rescaling.
    Csvr {
        /// Target.
        temperature: Temperature,
        /// Of the relaxation of the kinetic energy.
        time: Time,
    },
}

/// Velocities at step 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StartVelocities {
    /// Drawn at this temperature, a different draw for each replica.
    Maxwell(Temperature),
    /// Read with the structure.
    File,
    /// At rest.
    Zero,
}

/// When a replica's structure counts as lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StabilityRule {
    /// A bond of the reference topology deviates by more.
    Bond {
        /// Positive.
        threshold: Length,
    },
    /// The distance distribution of a window deviates by more.
    Rdf {
        /// Positive, no unit; `None` is the default of h(r) in open space, of g(r) in a periodic box.
        threshold: Option<f64>,
        /// Positive.
        window: Time,
    },
    /// Only values that are not finite, and the caps.
    None,
}

/// Where, how and in what the network computes: nothing is left to be chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compute {
    /// `Cpu` or `Cuda`.
    pub device: DeviceChoice,
    /// `Fused` or `Reference`.
    pub path: PathChoice,
    /// `F16Weights` with the fused path only.
    pub precision: PrecisionChoice,
    /// Of the fused path; `None` with the reference, which computes them.
    pub filters: Option<FiltersChoice>,
    /// At least 1.
    pub threads: u32,
}

impl Ensemble {
    /// Its name on the command line.
    pub fn choice(&self) -> IntegratorChoice {
        match self {
            Ensemble::Nve => IntegratorChoice::Nve,
            Ensemble::NoseHoover { .. } => IntegratorChoice::NoseHoover,
            Ensemble::Langevin { .. } => IntegratorChoice::Langevin,
            Ensemble::Csvr { .. } => IntegratorChoice::Csvr,
        }
    }

    /// Target of the thermostat and its time; `None` at constant energy.
    pub fn thermostat(&self) -> Option<(Temperature, Time)> {
        match *self {
            Ensemble::Nve => None,
            Ensemble::NoseHoover {
                temperature, time, ..
            }
            | Ensemble::Langevin { temperature, time }
            | Ensemble::Csvr { temperature, time } => Some((temperature, time)),
        }
    }
}

impl PotentialPlan {
    /// Of the network; an analytic potential has none.
    pub fn weights(&self) -> Option<&WeightsSource> {
        match self {
            PotentialPlan::Et(weights) => Some(weights),
            PotentialPlan::LennardJones => None,
        }
    }
}

impl Plan {
    /// Fills in the defaults and checks everything that can be checked without opening a file but the config. The
    /// second part is what the user should know although it is no error, one line each.
    pub fn new(layers: &Layers) -> anyhow::Result<(Self, Vec<String>)> {
        resolve::plan(layers)
    }

    /// Time that one replica covers.
    pub fn simulated_time(&self) -> f64 {
        self.steps as f64 * self.timestep.femtoseconds()
    }

    /// The temperature that the run is about, of the thermostat or of the first velocities.
    pub fn temperature(&self) -> Option<Temperature> {
        let start = match self.velocities {
            StartVelocities::Maxwell(temperature) => Some(temperature),
            StartVelocities::File | StartVelocities::Zero => None,
        };
        self.ensemble.thermostat().map(|(t, _)| t).or(start)
    }

    /// How the reference is read, and a structure where it is a frame of a data set.
    pub fn read_options(&self) -> oreo_formats::ReadOptions {
        oreo_formats::ReadOptions {
            elements: None,
            labels: Some(self.labels.into()),
            units: self.units.map(|units| units.0),
            skip_unit_check: self.skip_unit_check,
        }
    }

    /// The same plan as settings, every one that has a meaning here given.
    pub fn to_settings(&self) -> RunSettings {
        let (potential, weights, unseen) = match &self.potential {
            PotentialPlan::Et(weights) => (
                PotentialChoice::Et,
                Some(weights.clone()),
                Some(self.unseen),
            ),
            PotentialPlan::LennardJones => (PotentialChoice::LennardJones, None, None),
        };
        let (structure, frame) = match &self.start {
            Start::Structure { path, frame } => (Some(path.clone()), Some(*frame)),
            Start::RandomReferenceFrame(_) => (None, None),
        };
        let split = match &self.start {
            Start::RandomReferenceFrame(split) => split.clone(),
            Start::Structure { .. } => None,
        };
        let chain_length = match self.ensemble {
            Ensemble::NoseHoover { chain_length, .. } => Some(chain_length),
            _ => None,
        };
        let mut settings = RunSettings {
            preset: None,
            structure,
            frame,
            potential: Some(potential),
            weights,
            ensemble: (!self.committee.is_empty()).then(|| self.committee.clone()),
            unseen,
            reference: self.reference.clone(),
            part: split.as_ref().map(|split| split.part),
            split: split.map(|split| split.path),
            labels: Some(self.labels),
            units: self.units,
            skip_unit_check: Some(self.skip_unit_check),
            steps: Some(self.steps),
            timestep: Some(self.timestep),
            temperature: self.temperature(),
            integrator: Some(self.ensemble.choice()),
            thermostat_time: self.ensemble.thermostat().map(|(_, time)| time),
            chain_length,
            dof: Some(self.dof),
            velocities: Some(self.velocities.choice()),
            replicas: Some(self.replicas),
            seed: Some(self.seed),
            stability: None,
            bond_threshold: None,
            rdf_threshold: None,
            rdf_window: None,
            temperature_cap: self.temperature_cap,
            force_cap: self.force_cap,
            ensemble_stop: self.deviation_stop,
            output: Some(self.output.clone()),
            every: Some(self.every),
            checkpoint_every: Some(self.checkpoint_every),
            formats: Some(self.formats.clone()),
            write_velocities: Some(self.write_velocities),
            write_forces: Some(self.write_forces),
            figure_width: self.figure_width,
            device: Some(self.compute.device),
            path: Some(self.compute.path),
            precision: Some(self.compute.precision),
            filters: self.compute.filters,
            threads: Some(self.compute.threads),
            skin: Some(self.skin),
        };
        self.stability.write_to(&mut settings);
        settings
    }

    /// The complete `config.toml`; `oreo run` with it makes the same plan.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        let settings = toml::to_string(&self.to_settings())
            .context("settings cannot be written as TOML (is a path not Unicode?)")?;
        let version = env!("CARGO_PKG_VERSION");
        Ok(format!(
            "# All settings of this run, resolved by oreo {version}.\n\
             # `oreo run` with this file and another --output repeats it.\n{settings}"
        ))
    }
}

impl StartVelocities {
    fn choice(&self) -> VelocitiesChoice {
        match self {
            StartVelocities::Maxwell(_) => VelocitiesChoice::Maxwell,
            StartVelocities::File => VelocitiesChoice::File,
            StartVelocities::Zero => VelocitiesChoice::Zero,
        }
    }
}

impl StabilityRule {
    fn write_to(self, settings: &mut RunSettings) {
        settings.stability = Some(match self {
            StabilityRule::Bond { threshold } => {
                settings.bond_threshold = Some(threshold);
                StabilityChoice::Bond
            }
            StabilityRule::Rdf { threshold, window } => {
                settings.rdf_threshold = threshold;
                settings.rdf_window = Some(window);
                StabilityChoice::Rdf
            }
            StabilityRule::None => StabilityChoice::None,
        });
    }
}
