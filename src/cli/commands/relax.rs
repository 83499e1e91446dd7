//! `oreo relax`: a structure to the minimum that it belongs to.

use crate::cli::args::RelaxArgs;
use crate::cli::exit::Outcome;
use crate::cli::relaxation::plan::RelaxPlan;
use crate::cli::{limit_threads, relaxation};
use anyhow::Result;

/// From flags to a plan, and what the plan means.
pub fn main(args: &RelaxArgs, json: bool) -> Result<Outcome> {
    let plan = RelaxPlan::new(args)?;
    limit_threads(plan.compute.threads);
    relaxation::run(&plan, json)
}
