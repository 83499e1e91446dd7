//! Where, how and in what the network computes: what was typed, held against what this build has.

use super::args::ComputeArgs;
use super::choices::*;
use super::exit::BadInput;
use super::plan::Compute;
use anyhow::Result;

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
    }
}
