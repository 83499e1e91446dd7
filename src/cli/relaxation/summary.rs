//! `summary.json` of a relaxation, and the same for people.

use super::assemble::Assembly;
use super::drive::{Ending, Stop};
use super::plan::RelaxPlan;
use super::records::{Record, Records};
use crate::cli::pace;
use crate::cli::plan::PotentialPlan;
use crate::Relaxation;
use anyhow::{Context, Result};
use oreo_core::{Cell, Vec3};
use oreo_validation::geometry;
use serde::Serialize;
use std::fmt;

/// The whole file.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Summary {
    /// Of the program.
    pub version: &'static str,
    /// Every free atom feels less than `settings.fmax_ev_per_a`.
    pub converged: bool,
    /// `converged`, `max_steps` or `requested`
    pub stop: &'static str,
    pub steps: u64,
    /// One more than steps: at the start, and where each step led.
    pub force_calls: u64,
    pub energy_start_ev: f64,
    pub energy_end_ev: f64,
    /// On an atom that may move
    pub max_force_start_ev_per_a: f64,
    pub max_force_ev_per_a: f64,
    /// After superposition, if `superposed`
    pub rmsd_from_start_a: f64,
    /// Not in a periodic cell or with fixed atoms: there a rotation is no matter of taste.
    pub superposed: bool,
    /// The atom that went farthest, without superposition
    pub farthest_atom: usize,
    pub farthest_atom_moved_a: f64,
    pub formula: String,
    pub atoms: usize,
    pub potential: String,
    /// Lower-case hex; `null` for a built-in potential
    pub weights_sha256: Option<String>,
    pub precision: &'static str,
    /// `fused` or `reference`; `analytic` for a built-in potential
    pub path: String,
    pub device: String,
    pub threads: u32,
    pub settings: Settings,
    pub notes: Vec<String>,
    pub warnings: Vec<String>,
    /// s, files included
    pub wall_s: f64,
}

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Settings {
    pub structure: String,
    pub frame: u64,
    pub potential: String,
    pub optimizer: String,
    pub fmax_ev_per_a: f64,
    pub max_steps: u64,
    /// From 0, ascending
    pub fixed_atoms: Vec<usize>,
    pub unseen: String,
}

impl Summary {
    pub fn of(
        plan: &RelaxPlan,
        assembly: &Assembly,
        ending: &Ending,
        records: &Records,
    ) -> Result<Self> {
        let relaxation = &assembly.relaxation;
        let (first, last) = ends(records)?;
        let moved = Moved::of(relaxation, &assembly.start)?;
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            converged: ending.stop == Stop::Converged,
            stop: ending.stop.cause(),
            steps: last.step,
            force_calls: last.step + 1,
            energy_start_ev: first.energy,
            energy_end_ev: last.energy,
            max_force_start_ev_per_a: first.max_force,
            max_force_ev_per_a: last.max_force,
            rmsd_from_start_a: moved.rmsd,
            superposed: moved.superposed,
            farthest_atom: moved.farthest.0,
            farthest_atom_moved_a: moved.farthest.1,
            formula: relaxation.system().formula(),
            atoms: relaxation.system().len(),
            potential: assembly.capabilities.name.clone(),
            weights_sha256: assembly.weights_sha256.clone(),
            precision: assembly.capabilities.precision,
            path: match &plan.potential {
                PotentialPlan::Et(_) => plan.compute.path.to_string(),
                PotentialPlan::LennardJones => "analytic".into(),
            },
            device: plan.compute.device.to_string(),
            threads: plan.compute.threads,
            settings: Settings::of(plan, relaxation),
            notes: assembly.notes.clone(),
            warnings: assembly.warnings.clone(),
            wall_s: ending.wall.as_secs_f64(),
        })
    }
}

impl Settings {
    fn of(plan: &RelaxPlan, relaxation: &Relaxation) -> Self {
        Self {
            structure: plan.structure.display().to_string(),
            frame: plan.frame,
            potential: plan.potential.to_string(),
            optimizer: plan.optimizer.to_string(),
            fmax_ev_per_a: plan.fmax.ev_per_angstrom(),
            max_steps: plan.max_steps,
            fixed_atoms: relaxation.fixed().atoms().to_vec(),
            unseen: plan.unseen.to_string(),
        }
    }
}

fn ends(records: &Records) -> Result<(&Record, &Record)> {
    let both = records.first().zip(records.last());
    both.context("a relaxation has a first structure")
}

/// How far it is from the start.
struct Moved {
    rmsd: f64,
    superposed: bool,
    /// Atom, Å
    farthest: (usize, f64),
}

impl Moved {
    fn of(relaxation: &Relaxation, start: &[Vec3]) -> Result<Self> {
        let state = relaxation.state();
        let ways = || {
            let pairs = state.positions.iter().zip(start);
            pairs.map(|(now, before)| (now - before).norm())
        };
        let superposed = state.cell == Cell::Open && relaxation.fixed().atoms().is_empty();
        let squares = ways().map(|way| way * way).sum::<f64>();
        let farthest = ways().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        Ok(Self {
            rmsd: match superposed {
                true => geometry::rmsd(&state.positions, start)?,
                false => (squares / start.len() as f64).sqrt(),
            },
            superposed,
            farthest: farthest.context("a structure has an atom")?,
        })
    }
}

/// For people.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = if self.converged { "yes" } else { "no" };
        let settings = &self.settings;
        writeln!(
            f,
            "converged  {answer}: largest force {:.3e} eV/A (at the start {:.3e}, fmax {} eV/A) after {} steps of {}",
            self.max_force_ev_per_a,
            self.max_force_start_ev_per_a,
            settings.fmax_ev_per_a,
            self.steps,
            settings.optimizer
        )?;
        writeln!(
            f,
            "energy     {:.6} eV, {:+.6} eV from the start",
            self.energy_end_ev,
            self.energy_end_ev - self.energy_start_ev
        )?;
        let superposed = if self.superposed {
            " after superposition"
        } else {
            ""
        };
        writeln!(
            f,
            "moved      RMSD {:.4} A{superposed}; farthest atom {}, {:.4} A",
            self.rmsd_from_start_a, self.farthest_atom, self.farthest_atom_moved_a
        )?;
        writeln!(
            f,
            "computed   {}, {} {}, {} thread(s), {} force calls, {}",
            self.formula,
            self.potential,
            self.precision,
            self.threads,
            self.force_calls,
            pace::duration(self.wall_s)
        )
    }
}
