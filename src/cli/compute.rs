//! Where, how and in what the network computes, for commands that are no runs: typed choices to settled ones.

use super::args::ComputeArgs;
use super::choices::{DeviceChoice, PathChoice, PrecisionChoice};
use super::exit::BadInput;
use super::plan::Compute;
use anyhow::Result;

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
    }
}
