//! What a relaxation is meant to be.

use super::goal::Goal;
use super::{refused, AtomSelection};
use crate::built_in::BuiltIn;
use crate::cli::args::RelaxArgs;
use crate::cli::choices::{OptimizerChoice, PotentialChoice, UnseenChoice};
use crate::cli::figure_size::FigureWidth;
use crate::cli::plan::{Compute, PotentialPlan};
use crate::cli::quantity::Force;
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use oreo_formats::ReadOptions;
use std::fmt;
use std::path::PathBuf;

/// A complete, validated relaxation.
#[derive(Debug, Clone)]
pub struct RelaxPlan {
    /// Where the atoms are.
    pub structure: PathBuf,
    /// Counted from 0.
    pub frame: u64,
    /// How the file is read.
    pub options: ReadOptions,
    /// What gives energies and forces.
    pub potential: PotentialPlan,
    /// What happens to structures that the weights do not know; of the network only.
    pub unseen: UnseenChoice,
    /// Above zero.
    pub fmax: Force,
    /// How the minimum is looked for.
    pub optimizer: OptimizerChoice,
    /// At least 1.
    pub max_steps: u64,
    /// Atoms that keep their place.
    pub fix: Option<AtomSelection>,
    /// Folder of the results.
    pub output: PathBuf,
    /// Of an earlier relaxation there.
    pub overwrite: bool,
    /// Of the figure; `None`: for a screen.
    pub figure_width: Option<FigureWidth>,
    /// Where, how and in what the network computes.
    pub compute: Compute,
}

impl RelaxPlan {
    /// Checks everything that can be checked without opening a file.
    ///
    /// # Errors
    /// Bad input, by flag.
    pub fn new(args: &RelaxArgs) -> Result<Self> {
        if args.fmax.ev_per_angstrom() <= 0.0 {
            return refused("fmax", format!("'{}' must be greater than zero", args.fmax));
        }
        Ok(Self {
            structure: args.structure.clone(),
            frame: args.frame,
            options: args.data_set.read_options(),
            potential: potential(args)?,
            unseen: args.unseen,
            fmax: args.fmax,
            optimizer: args.optimizer,
            max_steps: args.max_steps,
            fix: args.fix.clone(),
            output: args.output.clone(),
            overwrite: args.overwrite,
            figure_width: args.figures.figure_width,
            compute: args.compute.resolve()?,
        })
    }

    /// `ethanol.xyz, frame 0`
    pub fn place(&self) -> String {
        format!("{}, frame {}", self.structure.display(), self.frame)
    }
}

fn potential(args: &RelaxArgs) -> Result<PotentialPlan> {
    match (args.potential, &args.weights) {
        (PotentialChoice::Et, weights) => {
            let (weights, default) = (weights.clone(), WeightsSource::BuiltIn(BuiltIn::DEFAULT));
            Ok(PotentialPlan::Et(weights.unwrap_or(default)))
        }
        (PotentialChoice::LennardJones, Some(_)) => {
            refused("weights", "has no effect with --potential lennard-jones")
        }
        (PotentialChoice::LennardJones, None) => Ok(PotentialPlan::LennardJones),
    }
}

/// In one line.
impl fmt::Display for RelaxPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}; {}; {} {}",
            self.place(),
            self.potential,
            self.optimizer,
            Goal {
                fmax: self.fmax,
                max_steps: self.max_steps
            }
        )?;
        if let Some(fix) = &self.fix {
            write!(f, "; atoms {fix} keep their place")?;
        }
        write!(f, "; {}", self.compute)
    }
}
