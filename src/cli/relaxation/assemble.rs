//! Reads and checks everything that a relaxation needs; writes nothing.

use super::plan::RelaxPlan;
use crate::cli::choices::{OptimizerChoice, UnseenChoice};
use crate::cli::exit::OrBadInput;
use crate::cli::inputs;
use crate::cli::md::unseen;
use crate::cli::plan::PotentialPlan;
use crate::Relaxation;
use anyhow::{Context, Result};
use oreo_core::{Capabilities, Frame, Vec3};
use oreo_integrators::{
    Fire, FireSettings, FixedAtoms, IntegratorError, Lbfgs, LbfgsSettings, Minimizer,
};
use oreo_potentials::oreo::seen::PairSearch;
use std::sync::Arc;

/// A relaxation, ready to start.
pub(super) struct Assembly {
    pub relaxation: Relaxation,
    /// What the potential said of itself.
    pub capabilities: Capabilities,
    /// Å, (n,)
    pub start: Vec<Vec3>,
    /// Of the weights.
    pub weights_sha256: Option<String>,
    /// What the user should know, one line each.
    pub notes: Vec<String>,
    /// What the user should think about before trusting the result, one line each.
    pub warnings: Vec<String>,
    unseen: UnseenChoice,
    /// Of weights that say what they were trained on.
    search: Option<PairSearch>,
}

/// Elements first: about a structure of others there is nothing more to say.
pub(super) fn assemble(plan: &RelaxPlan) -> Result<Assembly> {
    let mut loaded = inputs::potential(&plan.potential, &plan.compute)?;
    let capabilities = loaded.potential.capabilities();
    let frame = oreo_formats::read_structure(&plan.structure, plan.frame, &plan.options);
    let frame = frame.or_bad_input()?;
    let (system, state) = frame.to_system_and_state();
    let fits = capabilities.check(&system, &state.cell);
    fits.or_bad_input().with_context(|| plan.place())?;
    check_units(plan, &frame)?;
    let fixed = fixed(plan, frame.len()).or_bad_input().context("--fix")?;
    let minimizer = minimizer(plan.optimizer, frame.len())
        .or_bad_input()
        .with_context(|| plan.place())?;
    loaded.self_test(&system, &state.positions, &state.cell)?;
    loaded
        .notes
        .extend(unseen::note(&plan.potential, plan.unseen, &loaded));
    let relaxation = Relaxation::new(loaded.potential, system, state, minimizer, fixed);
    let mut assembly = Assembly {
        relaxation: relaxation.or_bad_input()?,
        capabilities,
        start: frame.positions,
        weights_sha256: loaded.weights_sha256,
        notes: loaded.notes,
        warnings: Vec::new(),
        unseen: plan.unseen,
        search: loaded.seen.map(|seen| PairSearch::new(Arc::clone(&seen))),
    };
    let warning = assembly.look_up("the structure", plan.unseen)?;
    assembly.warnings.extend(warning);
    Ok(assembly)
}

impl Assembly {
    /// Where the atoms are now: too late to refuse.
    pub fn unseen_end(&mut self) -> Result<Option<String>> {
        let choice = match self.unseen {
            UnseenChoice::Refuse => UnseenChoice::Warn,
            other => other,
        };
        self.look_up("the relaxed structure", choice)
    }

    fn look_up(&mut self, subject: &str, choice: UnseenChoice) -> Result<Option<String>> {
        let Some(search) = &mut self.search else {
            return Ok(None);
        };
        let elements = &self.relaxation.system().elements;
        unseen::judge(search, choice, subject, elements, self.relaxation.state())
    }
}

/// As `oreo run` does: argon may be anywhere.
fn check_units(plan: &RelaxPlan, frame: &Frame) -> Result<()> {
    match &plan.potential {
        PotentialPlan::Et(_) if !plan.options.skip_unit_check => {
            inputs::check_structure(frame, &plan.place())
        }
        _ => Ok(()),
    }
}

fn fixed(plan: &RelaxPlan, atoms: usize) -> Result<FixedAtoms, IntegratorError> {
    match &plan.fix {
        Some(selection) => selection.fixed(atoms),
        None => Ok(FixedAtoms::none()),
    }
}

fn minimizer(choice: OptimizerChoice, atoms: usize) -> Result<Box<dyn Minimizer>, IntegratorError> {
    Ok(match choice {
        OptimizerChoice::Lbfgs => Box::new(Lbfgs::new(LbfgsSettings::default(), atoms)?),
        OptimizerChoice::Fire => Box::new(Fire::new(FireSettings::default(), atoms)?),
    })
}
