//! Where, how and in what the network computes: what was typed, held against what this build has.

use super::args::ComputeArgs;
use super::choices::*;
use super::exit::BadInput;
use super::plan::Compute;
use anyhow::Result;

/// What was typed, or its default; filters `None` where nothing was typed.
pub(super) struct Asked {
    pub device: DeviceChoice,
    pub path: PathChoice,
    pub precision: PrecisionChoice,
    pub filters: Option<FiltersChoice>,
    pub threads: u32,
}

/// The feature that the reference needs.
const HAS_REFERENCE: bool = cfg!(feature = "candle");

/// Nothing falls back in silence: what this build does not have is refused, as (key, problem).
pub(super) fn available(asked: &Asked) -> Result<Compute, (&'static str, String)> {
    if let device @ DeviceChoice::Cuda(_) = asked.device {
        let problem =
            format!("{device} is not available: this build has no CUDA support; use --device cpu");
        return Err(("device", problem));
    }
    let threads = asked.threads;
    if !(1..=1024).contains(&threads) {
        return Err(("threads", format!("{threads} is not between 1 and 1024")));
    }
    let (path, filters) = match asked.path {
        PathChoice::Auto | PathChoice::Fused => {
            let filters = asked.filters.unwrap_or(FiltersChoice::Table);
            (PathChoice::Fused, Some(filters))
        }
        PathChoice::Reference => {
            check_reference(asked, HAS_REFERENCE)?;
            (PathChoice::Reference, None)
        }
    };
    Ok(Compute {
        device: DeviceChoice::Cpu,
        path,
        precision: asked.precision,
        filters,
        threads,
    })
}

fn check_reference(asked: &Asked, in_this_build: bool) -> Result<(), (&'static str, String)> {
    let (key, problem) = if !in_this_build {
        let problem = "this build has no reference path: rebuild with --features candle";
        ("path", problem)
    } else if asked.precision == PrecisionChoice::F16Weights {
        let problem = "f16-weights is of the fused path; convert the weights with `oreo convert --precision f16` \
                       and use --precision f32, which is the same model";
        ("precision", problem)
    } else if asked.filters.is_some() {
        let problem = "has no effect with --path reference; remove one of the two";
        ("filters", problem)
    } else {
        return Ok(());
    };
    Err((key, problem.into()))
}

impl ComputeArgs {
    /// What this build will do; refused as bad input where it cannot.
    pub fn resolve(&self) -> Result<Compute> {
        let asked = Asked {
            device: self.device,
            path: self.path,
            precision: self.precision,
            filters: self.filters,
            threads: self.threads,
        };
        available(&asked)
            .map_err(|(key, problem)| BadInput::new(format!("--{key}: {problem}")).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever this build has: the branch of the other build is tested here, too.
    #[test]
    fn a_build_without_the_reference_refuses_it_by_name() {
        let asked = Asked {
            device: DeviceChoice::Auto,
            path: PathChoice::Reference,
            precision: PrecisionChoice::F64,
            filters: None,
            threads: 1,
        };
        let (key, problem) = check_reference(&asked, false).unwrap_err();
        assert_eq!(key, "path");
        assert!(problem.contains("rebuild with --features candle"));
        assert!(check_reference(&asked, true).is_ok());
    }
}
