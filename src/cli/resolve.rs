//! From what was typed to what is meant: defaults, bounds, contradictions. Each message says where, what, and what to do.
//!
//! An option that has no effect is refused (`--chain-length` with `--integrator nve`), since whoever typed it expects
//! something else of the run. If it only stands in a lower layer, a config file that a flag overrides, it is dropped
//! with a note.

use super::choices::*;
use super::compute;
use super::exit::{BadInput, OrBadInput};
use super::layers::{Layers, Origin};
use super::plan::*;
use super::quantity::{Force, Length, Temperature, Time};
use super::settings::RunSettings;
use super::weights_source::WeightsSource;
use crate::built_in::BuiltIn;
use crate::DEFAULT_SKIN;
use anyhow::{Context, Result};
use oreo_integrators::ChainSettings;
use oreo_validation::stability::{DEFAULT_BOND_THRESHOLD, DEFAULT_TEMPERATURE_CAP};
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Seconds for a small molecule: a first look, and no surprise for who forgot the flag.
const DEFAULT_STEPS: u64 = 10_000;

/// The whole plan, with notes.
pub(super) fn plan(layers: &Layers) -> Result<(Plan, Vec<String>)> {
    let mut resolver = Resolver {
        typed: &layers.settings,
        layers,
        notes: Vec::new(),
    };
    let plan = resolver.plan()?;
    Ok((plan, resolver.notes))
}

struct Resolver<'a> {
    typed: &'a RunSettings,
    layers: &'a Layers,
    notes: Vec<String>,
}

impl Resolver<'_> {
    fn plan(&mut self) -> Result<Plan> {
        let typed = self.typed;
        let start = self.start()?;
        let potential = self.potential()?;
        let committee = self.committee(&potential)?;
        let integrator = typed.integrator.unwrap_or(IntegratorChoice::NoseHoover);
        let ensemble = self.ensemble(integrator)?;
        let velocities = self.velocities(integrator)?;
        let stability = self.stability(&potential)?;
        Ok(Plan {
            reference: typed.reference.as_deref().map(absolute).transpose()?,
            labels: typed.labels.unwrap_or(Labels::Rmd17),
            units: typed.units,
            skip_unit_check: typed.skip_unit_check.unwrap_or(false),
            steps: self.steps()?,
            timestep: self.timestep()?,
            dof: self.dof(integrator)?,
            replicas: self.at_least_one("replicas", typed.replicas.unwrap_or(1))?,
            seed: typed.seed.unwrap_or(0),
            temperature_cap: self.temperature_cap(stability)?,
            force_cap: self.positive("force-cap", typed.force_cap, |f| f.ev_per_angstrom())?,
            deviation_stop: self.deviation_stop(&committee)?,
            output: absolute(typed.output.as_deref().unwrap_or(Path::new("oreo-run")))?,
            every: self.at_least_one("every", typed.every.unwrap_or(100))?,
            checkpoint_every: self
                .at_least_one("checkpoint-every", typed.checkpoint_every.unwrap_or(10_000))?,
            formats: self.formats()?,
            write_velocities: typed.write_velocities.unwrap_or(false),
            write_forces: typed.write_forces.unwrap_or(false),
            figure_width: typed.figure_width,
            compute: self.compute()?,
            skin: typed.skin.unwrap_or(Length::literal(DEFAULT_SKIN)),
            unseen: typed.unseen.unwrap_or_default(),
            start,
            potential,
            committee,
            ensemble,
            velocities,
            stability,
        })
    }

    fn refused<T>(&self, key: &str, problem: impl Display) -> Result<T> {
        Err(BadInput::new(format!("{}: {problem}", self.layers.place(key))).into())
    }

    /// A structure, or where there is none a random reference frame for each replica.
    fn start(&mut self) -> Result<Start> {
        match (&self.typed.structure, &self.typed.reference) {
            (Some(path), _) => {
                let why = "with --structure, where all replicas start";
                self.without_effect(&["split", "part"], "structure", why)?;
                Ok(Start::Structure {
                    path: absolute(path)?,
                    frame: self.typed.frame.unwrap_or(0),
                })
            }
            (None, Some(_)) => {
                let why = "without --structure: each replica starts at a random reference frame";
                self.without_effect(&["frame"], "structure", why)?;
                Ok(Start::RandomReferenceFrame(self.split_part()?))
            }
            (None, None) => self.missing("structure", "FILE"),
        }
    }

    /// Where replicas may start.
    fn split_part(&self) -> Result<Option<SplitPart>> {
        match (&self.typed.split, self.typed.part) {
            (None, Some(_)) => self.refused("part", "has no effect without --split FILE"),
            (None, None) => Ok(None),
            (Some(path), part) => Ok(Some(SplitPart {
                path: absolute(path)?,
                part: part.unwrap_or(PartChoice::Test),
            })),
        }
    }

    fn missing<T>(&self, key: &str, value: &str) -> Result<T> {
        let message =
            format!("no {key}: give --{key} {value}, or the key '{key}' in the config file");
        Err(BadInput::new(message).into())
    }

    fn at_least_one<N: PartialOrd + From<u8>>(&self, key: &str, number: N) -> Result<N> {
        match number >= N::from(1) {
            true => Ok(number),
            false => self.refused(key, "must be at least 1"),
        }
    }

    fn positive<Q: Copy + Display>(
        &self,
        key: &str,
        quantity: Option<Q>,
        number: impl Fn(Q) -> f64,
    ) -> Result<Option<Q>> {
        match quantity {
            Some(zero) if number(zero) <= 0.0 => {
                self.refused(key, format!("'{zero}' must be greater than zero"))
            }
            positive => Ok(positive),
        }
    }

    /// Refuses options that the choice of another one leaves without effect; see the head of this file.
    fn without_effect(&mut self, keys: &[&str], because_of: &str, why: &str) -> Result<()> {
        for key in keys {
            let origin = self.layers.origin(key);
            if origin == Origin::Default {
                continue;
            }
            let place = self.layers.place(key);
            if origin >= self.layers.origin(because_of) {
                return self.refused(key, format!("has no effect {why}; remove one of the two"));
            }
            self.notes.push(format!("{place} is ignored {why}"));
        }
        Ok(())
    }

    /// The one of two keys that had the last word.
    fn later<'k>(&self, a: &'k str, b: &'k str) -> &'k str {
        match self.layers.origin(a) > self.layers.origin(b) {
            true => a,
            false => b,
        }
    }

    fn potential(&mut self) -> Result<PotentialPlan> {
        match self.typed.potential.unwrap_or(PotentialChoice::Et) {
            PotentialChoice::Et => {
                let default = WeightsSource::BuiltIn(BuiltIn::DEFAULT);
                let weights = self.typed.weights.as_ref().unwrap_or(&default);
                Ok(PotentialPlan::Et(absolute_weights(weights)?))
            }
            PotentialChoice::LennardJones => {
                let why = "with --potential lennard-jones";
                self.without_effect(&["weights", "unseen"], "potential", why)?;
                Ok(PotentialPlan::LennardJones)
            }
        }
    }

    fn committee(&mut self, potential: &PotentialPlan) -> Result<Vec<WeightsSource>> {
        let typed = self.typed;
        let Some(members) = &typed.ensemble else {
            return Ok(Vec::new());
        };
        if *potential == PotentialPlan::LennardJones {
            self.without_effect(&["ensemble"], "potential", "with --potential lennard-jones")?;
            return Ok(Vec::new());
        }
        if members.is_empty() {
            return self.refused("ensemble", "is empty; name weights files, or leave it out");
        }
        let config = |weights: &&WeightsSource| weights.short_name().ends_with(".toml");
        if let Some(config) = members.iter().find(config) {
            let problem = format!("{config} is a config file; write it before --ensemble");
            return self.refused("ensemble", problem);
        }
        members.iter().map(absolute_weights).collect()
    }

    fn deviation_stop(&mut self, committee: &[WeightsSource]) -> Result<Option<Force>> {
        let typed = self.typed.ensemble_stop;
        if typed.is_some() && self.typed.ensemble.is_none() {
            let problem = "has no effect without networks to compare; give --ensemble FILE";
            return self.refused("ensemble-stop", problem);
        }
        if committee.is_empty() {
            let why = "with --potential lennard-jones";
            self.without_effect(&["ensemble-stop"], "potential", why)?;
            return Ok(None);
        }
        self.positive("ensemble-stop", typed, |f| f.ev_per_angstrom())
    }

    fn steps(&self) -> Result<u64> {
        self.at_least_one("steps", self.typed.steps.unwrap_or(DEFAULT_STEPS))
    }

    fn timestep(&mut self) -> Result<Time> {
        let timestep = self.positive("timestep", self.typed.timestep, Time::femtoseconds)?;
        let timestep = timestep.unwrap_or(Time::literal(0.5));
        if timestep > Time::literal(100.0) {
            return self.refused(
                "timestep",
                format!("{timestep} is longer than any vibration; is the unit right? usual is \"0.5 fs\""),
            );
        }
        // The fastest vibrations, of bonds to hydrogen, have a period of about 9 fs.
        if timestep > Time::literal(2.0) {
            self.notes.push(format!(
                "{}: {timestep} is too long for molecules with hydrogen, whose bonds vibrate with a period of 9 fs",
                self.layers.place("timestep")
            ));
        }
        Ok(timestep)
    }

    fn temperature(&self) -> Result<Temperature> {
        let typed = self.positive("temperature", self.typed.temperature, Temperature::kelvins)?;
        Ok(typed.unwrap_or(Temperature::literal(300.0)))
    }

    fn ensemble(&mut self, integrator: IntegratorChoice) -> Result<Ensemble> {
        let why = format!("with --integrator {integrator}");
        if integrator == IntegratorChoice::Nve {
            self.without_effect(&["thermostat-time"], "integrator", &why)?;
        }
        if integrator != IntegratorChoice::NoseHoover {
            self.without_effect(&["chain-length"], "integrator", &why)?;
        }
        let time = self.positive(
            "thermostat-time",
            self.typed.thermostat_time,
            Time::femtoseconds,
        )?;
        let time_or = |default| time.unwrap_or(Time::literal(default));
        let temperature = self.temperature()?;
        Ok(match integrator {
            IntegratorChoice::Nve => Ensemble::Nve,
            IntegratorChoice::NoseHoover => Ensemble::NoseHoover {
                temperature,
                time: time_or(25.0),
                chain_length: self.chain_length()?,
            },
            // Friction 1/ps: weak enough to keep the vibrations.
            IntegratorChoice::Langevin => Ensemble::Langevin {
                temperature,
                time: time_or(1000.0),
            },
            IntegratorChoice::Csvr => Ensemble::Csvr {
                temperature,
                time: time_or(100.0),
            },
        })
    }

    fn chain_length(&self) -> Result<u32> {
        match self
            .typed
            .chain_length
            .unwrap_or(ChainSettings::default().length as u32)
        {
            length @ 1..=100 => Ok(length),
            length => self.refused("chain-length", format!("{length} is not between 1 and 100")),
        }
    }

    fn dof(&self, integrator: IntegratorChoice) -> Result<DofChoice> {
        let dof = self.typed.dof.unwrap_or(DofChoice::Physical);
        if dof == DofChoice::Md17 && integrator == IntegratorChoice::Langevin {
            return self.refused(
                "dof",
                "md17 cannot be had with langevin, which heats translation and rotation too, while the MD17 \
                 convention leaves them empty; use --integrator nose-hoover, or --dof physical",
            );
        }
        Ok(dof)
    }

    fn velocities(&mut self, integrator: IntegratorChoice) -> Result<StartVelocities> {
        let start = match self.typed.velocities.unwrap_or(VelocitiesChoice::Maxwell) {
            VelocitiesChoice::Maxwell => return self.temperature().map(StartVelocities::Maxwell),
            VelocitiesChoice::File => {
                if matches!(
                    integrator,
                    IntegratorChoice::NoseHoover | IntegratorChoice::Csvr
                ) {
                    let note = "takes translation and rotation out of the velocities of the file";
                    self.notes.push(format!("{integrator} {note}"));
                }
                StartVelocities::File
            }
            VelocitiesChoice::Zero => StartVelocities::Zero,
        };
        if integrator == IntegratorChoice::Nve {
            self.without_effect(
                &["temperature"],
                self.later("integrator", "velocities"),
                "with --integrator nve unless velocities are drawn",
            )?;
        }
        Ok(start)
    }

    fn stability(&mut self, potential: &PotentialPlan) -> Result<StabilityRule> {
        let default = match potential {
            PotentialPlan::Et(_) => StabilityChoice::Bond,
            // Argon has no bonds.
            PotentialPlan::LennardJones => StabilityChoice::None,
        };
        let choice = self.typed.stability.unwrap_or(default);
        let why = format!("with --stability {choice}");
        if choice != StabilityChoice::Bond {
            self.without_effect(&["bond-threshold"], "stability", &why)?;
        }
        if choice != StabilityChoice::Rdf {
            self.without_effect(&["rdf-threshold", "rdf-window"], "stability", &why)?;
        }
        match choice {
            StabilityChoice::Bond => {
                let typed = self.typed.bond_threshold;
                let threshold = self.positive("bond-threshold", typed, Length::angstroms)?;
                Ok(StabilityRule::Bond {
                    threshold: threshold.unwrap_or(Length::literal(DEFAULT_BOND_THRESHOLD)),
                })
            }
            StabilityChoice::Rdf => self.rdf_rule(),
            StabilityChoice::None => Ok(StabilityRule::None),
        }
    }

    fn rdf_rule(&mut self) -> Result<StabilityRule> {
        if self.typed.reference.is_none() {
            return self.refused(
                "stability",
                "rdf compares with reference frames; give --reference DATA",
            );
        }
        let threshold = self.typed.rdf_threshold;
        if let Some(threshold) = threshold.filter(|x| !(x.is_finite() && *x > 0.0)) {
            return self.refused(
                "rdf-threshold",
                format!("'{threshold}' must be a number greater than zero"),
            );
        }
        let window = self.positive("rdf-window", self.typed.rdf_window, Time::femtoseconds)?;
        let window = window.unwrap_or(Time::literal(1000.0));
        let length = self.steps()? as f64 * self.timestep()?.femtoseconds();
        if window.femtoseconds() > length {
            self.notes.push(format!(
                "--stability rdf judges windows of {window}, longer than the whole run: it will judge nothing"
            ));
        }
        Ok(StabilityRule::Rdf { threshold, window })
    }

    fn temperature_cap(&self, stability: StabilityRule) -> Result<Option<Temperature>> {
        let typed = self.typed.temperature_cap;
        let cap = self.positive("temperature-cap", typed, Temperature::kelvins)?;
        let default = match stability {
            StabilityRule::None => None,
            _ => Some(Temperature::literal(DEFAULT_TEMPERATURE_CAP)),
        };
        Ok(cap.or(default))
    }

    fn formats(&self) -> Result<Vec<TrajectoryFormat>> {
        let mut formats = Vec::new();
        for format in self
            .typed
            .formats
            .as_deref()
            .unwrap_or(&[TrajectoryFormat::Xyz, TrajectoryFormat::Dcd])
        {
            if !formats.contains(format) {
                formats.push(*format);
            }
        }
        match formats.is_empty() {
            true => self.refused("formats", "is empty; give xyz, dcd or both"),
            false => Ok(formats),
        }
    }

    fn compute(&mut self) -> Result<Compute> {
        let path = self.typed.path.unwrap_or(PathChoice::Auto);
        let mut filters = self.typed.filters;
        if path == PathChoice::Reference {
            self.without_effect(&["filters"], "path", "with --path reference")?;
            filters = None;
        }
        let asked = compute::Asked {
            device: self.typed.device.unwrap_or(DeviceChoice::Auto),
            path,
            precision: self.typed.precision.unwrap_or(PrecisionChoice::F32),
            filters,
            threads: self.typed.threads.unwrap_or(1),
        };
        compute::available(&asked).or_else(|(key, problem)| self.refused(key, problem))
    }
}

/// The resolved config must mean the same from wherever it is run.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path)
        .with_context(|| format!("'{}' is not a path", path.display()))
        .or_bad_input()
}

fn absolute_weights(weights: &WeightsSource) -> Result<WeightsSource> {
    weights
        .absolute()
        .with_context(|| format!("'{weights}' is not a path"))
        .or_bad_input()
}
