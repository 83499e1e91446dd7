//! The folder of a run: which trajectories, which settings, and whether it is finished.

use super::card::Card;
use super::comparison::Comparison;
use super::curves::TemperatureTargets;
use super::numbers::noted;
use super::replica::{self, FirstShape, Subject};
use super::results::{OnlineVerdict, ReplicaAnalysis};
use super::source::End;
use super::thermo::Thermo;
use super::{assemble, compare_with, Analysis, Request};
use crate::cli::config_file;
use crate::cli::exit::{BadInput, OrBadInput};
use crate::cli::inputs::Reference;
use crate::cli::layers::Layers;
use crate::cli::md::dynamics;
use crate::cli::md::internal_thermal_energy;
use crate::cli::plan::{Plan, StabilityRule};
use crate::cli::settings::RunSettings;
use crate::run::{ReplicaSummary, RunDirectory, Summary};
use anyhow::{Context, Result};
use oreo_core::units::KELVIN;
use oreo_core::{Frame, System};
use oreo_formats::ReadOptions;
use oreo_integrators::{Coupling, DegreesOfFreedom};
use oreo_validation::stability::DEFAULT_BOND_THRESHOLD;
use std::path::{Path, PathBuf};

/// Of a run's folder, finished or not. Without `--reference` the run's own is taken; when that is gone, a note says so
/// and what needs it is `null`.
pub fn of_run(directory: &RunDirectory, request: &Request) -> Result<Analysis> {
    let plan = plan(directory)?;
    let summary = summary(directory)?;
    let mut notes = Vec::new();
    let own = plan.read_options();
    let comparison = match (&request.reference, &plan.reference) {
        (Some(path), _) => Some(compare_with(path, &request.data_set)?),
        (None, Some(path)) if path.is_file() => Some(compare_with(path, &own)?),
        (None, Some(path)) => {
            notes.push(format!(
                "the reference of the run, {}, is gone; say where it is now with --reference",
                path.display()
            ));
            None
        }
        (None, None) => None,
    };
    let unfinished = is_unfinished(directory, &plan, summary.as_ref());
    let folder = Folder {
        directory,
        plan: &plan,
        summary: summary.as_ref(),
        request,
        unfinished,
    };
    folder.analyze(at_its_temperature(comparison, &plan).as_ref(), notes)
}

/// Of a run that this process has just finished: its reference is at hand, and its folder is locked.
pub fn of_finished_run(
    directory: &RunDirectory,
    plan: &Plan,
    summary: &Summary,
    reference: Option<&Reference>,
) -> Result<Analysis> {
    let comparison = match (&plan.reference, reference) {
        (Some(path), Some(reference)) => Some(Comparison::lent(path, reference)?),
        _ => None,
    };
    let request = Request::default();
    let folder = Folder {
        directory,
        plan,
        summary: Some(summary),
        request: &request,
        unfinished: false,
    };
    folder.analyze(at_its_temperature(comparison, plan).as_ref(), Vec::new())
}

fn at_its_temperature<'a>(
    comparison: Option<Comparison<'a>>,
    plan: &Plan,
) -> Option<Comparison<'a>> {
    let comparison = comparison?;
    let kt = internal_thermal_energy(plan, comparison.first());
    Some(comparison.sampled_at(kt))
}

fn plan(directory: &RunDirectory) -> Result<Plan> {
    let config = directory.config();
    let recorded = config_file::read(&config).or_bad_input()?;
    // The folder may have been moved since.
    let moved = RunSettings {
        output: Some(directory.root().to_path_buf()),
        ..RunSettings::default()
    };
    Ok(Plan::new(&Layers::new(&moved, Some((&config, &recorded)))?)?.0)
}

/// `None` before the end of the run.
fn summary(directory: &RunDirectory) -> Result<Option<Summary>> {
    let path = directory.summary();
    let text = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read
            .with_context(|| format!("{} cannot be read", path.display()))
            .or_bad_input()?,
    };
    let damaged = |error| {
        BadInput::new(format!(
            "{}: {error}; delete it to analyze without it",
            path.display()
        ))
    };
    Ok(Some(serde_json::from_slice(&text).map_err(damaged)?))
}

/// A summary may be that of an earlier stretch of the run: one that was interrupted, or that was to have fewer steps.
fn is_unfinished(directory: &RunDirectory, plan: &Plan, summary: Option<&Summary>) -> bool {
    let earlier = |summary: &Summary| {
        summary.steps != plan.steps
            || summary
                .replicas
                .iter()
                .any(|replica| replica.stop.cause == "requested")
    };
    // Without permission to lock nobody else runs here as this user; the summary decides.
    let in_use = matches!(directory.lock(), Err(crate::run::DirectoryError::InUse(_)));
    in_use || summary.is_none_or(earlier)
}

struct Folder<'a> {
    directory: &'a RunDirectory,
    plan: &'a Plan,
    summary: Option<&'a Summary>,
    request: &'a Request,
    unfinished: bool,
}

impl Folder<'_> {
    fn analyze(&self, comparison: Option<&Comparison>, mut notes: Vec<String>) -> Result<Analysis> {
        let mut replicas = Vec::new();
        for id in 0..self.plan.replicas {
            let subject = self.subject(id)?;
            let mut replica = replica::analyze(&subject, comparison, &mut notes)?;
            self.add_thermo(&mut replica, &mut notes)?;
            self.add_verdict(&mut replica);
            let start = subject.structure.as_ref();
            replica.curves.targets = start.and_then(|start| self.targets(&start.frame));
            replicas.push(replica);
        }
        if self.unfinished {
            notes.push("the run is unfinished; this is the analysis of what is there".into());
        }
        let analysis = assemble(self.directory.root(), "run", comparison, replicas, notes);
        Ok(Analysis {
            unfinished: self.unfinished,
            card: Some(Card::of(self.plan, self.summary)),
            ..analysis
        })
    }

    fn end(&self) -> End {
        match self.unfinished {
            true => End::MaybeTorn,
            false => End::Whole,
        }
    }

    /// Positions in XYZ have more digits than those in DCD.
    fn trajectory(&self, id: u32) -> Result<PathBuf> {
        let folder = self.directory.replica(id);
        let candidates = ["trajectory.xyz", "trajectory.dcd"].map(|name| folder.join(name));
        let found = candidates.into_iter().find(|path| path.is_file());
        let missing = || {
            BadInput::new(format!(
                "{}: has neither trajectory.xyz nor trajectory.dcd",
                folder.display()
            ))
        };
        Ok(found.ok_or_else(missing)?)
    }

    fn subject(&self, id: u32) -> Result<Subject> {
        let (bonds_rule, planned) = match self.plan.stability {
            StabilityRule::Bond { threshold } => (true, threshold.angstroms()),
            StabilityRule::Rdf { .. } | StabilityRule::None => (false, DEFAULT_BOND_THRESHOLD),
        };
        let asked = self.request.bond_threshold_a;
        Ok(Subject {
            id,
            path: self.trajectory(id)?,
            structure: Some(self.shape(id)?),
            end: self.end(),
            given_interval_fs: self.request.frame_interval_fs,
            planned_interval_fs: Some(self.plan.every as f64 * self.plan.timestep.femtoseconds()),
            bond_threshold: asked.unwrap_or(planned),
            bonds_end_the_analysis: bonds_rule || asked.is_some(),
        })
    }

    /// `--structure`, or the first configuration, whose lengths the run itself compared with.
    fn shape(&self, id: u32) -> Result<FirstShape> {
        let start = self.directory.start(id);
        let path: &Path = self.request.structure.as_deref().unwrap_or(&start);
        let frame =
            oreo_formats::read_structure(path, 0, &ReadOptions::default()).or_bad_input()?;
        Ok(FirstShape {
            frame,
            name: path.display().to_string(),
        })
    }

    fn of_summary(&self, id: u32) -> Option<&ReplicaSummary> {
        self.summary?
            .replicas
            .iter()
            .find(|replica| replica.id == id)
    }

    fn add_thermo(&self, replica: &mut ReplicaAnalysis, notes: &mut Vec<String>) -> Result<()> {
        let path = self.directory.replica(replica.id).join("thermo.csv");
        let thermo = Thermo::read(&path, self.end())?;
        if thermo.torn {
            notes.push(format!(
                "{}: its last line is incomplete and left out",
                path.display()
            ));
        }
        let dof = self.of_summary(replica.id).map(|summary| summary.dof);
        let missing = &mut replica.not_computed;
        replica.temperature_k = noted("temperature_k", thermo.temperatures(dof), missing);
        let kelvins = replica
            .temperature_k
            .and_then(|t| t.all)
            .map(|all| all.mean);
        replica.conserved = noted("conserved", thermo.drift(kelvins, dof), missing);
        let potential = noted("potential_ev", thermo.equilibrated_potential(), missing);
        replica.equilibrated_after_ps = potential.map(|(after, _)| after);
        replica.potential_ev = potential.map(|(_, average)| average);
        replica.curves.temperature_k = thermo.curve("temperature_k");
        replica.curves.t_trans_k = thermo.curve("t_trans_k");
        replica.curves.t_rot_k = thermo.curve("t_rot_k");
        replica.curves.t_vib_k = thermo.curve("t_vib_k");
        replica.curves.potential_ev = thermo.curve("potential_ev");
        replica.curves.kinetic_ev = thermo.curve("kinetic_ev");
        replica.curves.conserved_ev = thermo.curve("conserved_ev");
        replica.curves.force_deviation_max = thermo.curve("force_deviation_max_ev_per_a");
        replica.curves.force_deviation_rms = thermo.curve("force_deviation_rms_ev_per_a");
        let level = self.plan.deviation_stop;
        replica.curves.deviation_stop = level.map(|level| level.ev_per_angstrom());
        replica.curves.target_k = self
            .plan
            .ensemble
            .thermostat()
            .map(|(target, _)| target.kelvins());
        Ok(())
    }

    /// `None` without a thermostat, and for a start that could not have been run.
    fn targets(&self, start: &Frame) -> Option<TemperatureTargets> {
        let (temperature, _) = self.plan.ensemble.thermostat()?;
        let dof = DegreesOfFreedom::of(&System::new(start.elements.clone()), &start.cell).ok()?;
        let (mode, coupling) = (
            dynamics::mode(self.plan),
            dynamics::coupling(self.plan, dof),
        );
        let target = dof
            .target(mode, coupling, temperature.thermal_energy())
            .ok()?;
        let moving = target.kt / KELVIN;
        let rigid = match coupling {
            Coupling::Internal => 0.0,
            Coupling::AllModes => moving,
        };
        let share = target.degrees_of_freedom as f64 / dof.reported(mode, coupling) as f64;
        Some(TemperatureTargets {
            all: Some(moving * share).filter(|all| all.is_finite()),
            translation: rigid,
            rotation: rigid,
            vibration: moving,
        })
    }

    /// The run looked at every step: its verdict goes before that of the saved frames, unless another threshold was
    /// asked for.
    fn add_verdict(&self, replica: &mut ReplicaAnalysis) {
        let verdict = self.of_summary(replica.id).map(|summary| OnlineVerdict {
            stop: summary.stop.clone(),
            stable_ps: summary.stable_ps,
        });
        if let (Some(verdict), None, false) =
            (&verdict, self.request.bond_threshold_a, self.unfinished)
        {
            replica.stable_ps = Some(verdict.stable_ps);
        }
        replica.stability.by_every_step = verdict;
    }
}
