<<<<<<< HEAD
//! Where, how and in what the network computes: what was typed, held against what this build has.

use super::args::ComputeArgs;
use super::choices::*;
=======
//! Where, how and in what the network computes, for commands that are no runs: typed choices to settled ones.

use super::args::ComputeArgs;
use super::choices::{DeviceChoice, PathChoice, PrecisionChoice};
>>>>>>> bench
use super::exit::BadInput;
use super::plan::Compute;
use anyhow::Result;

<<<<<<< HEAD
/// Nothing falls back in silence: what this build does not have is refused, as (key, problem).
pub(super) fn available(
    device: DeviceChoice,
    path: PathChoice,
    precision: PrecisionChoice,
    threads: u32,
) -> Result<Compute, (&'static str, String)> {
    if let DeviceChoice::Cuda(_) = device {
        let problem =
            format!("{device} is not available: this build has no CUDA support; use --device cpu");
        return Err(("device", problem));
    }
    if path == PathChoice::Fused {
        let problem = "fused is not in this version; use --path reference";
        return Err(("path", problem.into()));
    }
    if precision == PrecisionChoice::F16Weights {
        let problem = "f16-weights is not in this version; use --precision f32";
        return Err(("precision", problem.into()));
    }
    if !(1..=1024).contains(&threads) {
        return Err(("threads", format!("{threads} is not between 1 and 1024")));
    }
    Ok(Compute {
        device: DeviceChoice::Cpu,
        path: PathChoice::Reference,
        precision,
        threads,
    })
}

impl ComputeArgs {
    /// What this build will do; refused as bad input where it cannot.
    pub fn resolve(&self) -> Result<Compute> {
        available(self.device, self.path, self.precision, self.threads)
            .map_err(|(key, problem)| BadInput::new(format!("--{key}: {problem}")).into())
=======
impl ComputeArgs {
    /// Refuses what this version does not have, with the flag's name.
    pub fn settle(&self) -> Result<Compute> {
        let refusal = match (self.device, self.path, self.precision) {
            (DeviceChoice::Cuda(_), ..) => Some(format!(
                "--device: {} is not available: this build has no CUDA support; use --device cpu",
                self.device
            )),
            (_, PathChoice::Fused, _) => {
                Some("--path: fused is not in this version; use --path reference".into())
            }
            (.., PrecisionChoice::F16Weights) => {
                Some("--precision: f16-weights is not in this version; use --precision f32".into())
            }
            _ => None,
        };
        match refusal {
            Some(message) => Err(BadInput::new(message).into()),
            None => Ok(Compute {
                device: DeviceChoice::Cpu,
                path: PathChoice::Reference,
                precision: self.precision,
                threads: self.threads,
            }),
        }
>>>>>>> bench
    }
}
