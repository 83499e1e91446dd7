//! Where, how and in what the network computes: what was typed, held against what this build has.

use super::args::ComputeArgs;
use super::choices::*;
use super::exit::BadInput;
use super::plan::Compute;
use anyhow::Result;
use oreo_potentials::oreo::fused::InstructionSet;

/// What was typed, or its default; filters `None` where nothing was typed.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub device: DeviceChoice,
    pub path: PathChoice,
    pub precision: PrecisionChoice,
    pub filters: Option<FiltersChoice>,
    pub threads: u32,
}

/// The feature that the reference needs.
const HAS_REFERENCE: bool = cfg!(feature = "candle");

/// What a build has for GPUs.
#[derive(Clone, Copy)]
struct Build {
    /// The fast path
    cuda: bool,
    /// The reference
    candle_cuda: bool,
}

impl Build {
    const THIS: Self = Self {
        cuda: cfg!(feature = "cuda"),
        candle_cuda: cfg!(feature = "candle-cuda"),
    };
}

/// Nothing falls back in silence: what this build does not have is refused, as (key, problem).
pub(super) fn available(asked: &Asked) -> Result<Compute, (&'static str, String)> {
    if asked.device.is_gpu() {
        check_cuda(asked, Build::THIS)?;
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
        device: match asked.device {
            // The GPU path has never run on a GPU; until it has, nobody gets it without asking for it.
            DeviceChoice::Auto | DeviceChoice::Cpu => DeviceChoice::Cpu,
            cuda @ DeviceChoice::Cuda(_) => cuda,
        },
        path,
        precision: asked.precision,
        filters,
        threads,
    })
}

/// Whether there is a driver is seen when the network is loaded.
fn check_cuda(asked: &Asked, build: Build) -> Result<(), (&'static str, String)> {
    let device = asked.device;
    let (key, problem) = if asked.path == PathChoice::Reference {
        if build.candle_cuda {
            return Ok(());
        }
        let problem = format!(
            "the reference computes on the processor in this build, not on {device}; rebuild with \
             validation/gpu/candle_cuda.sh (feature candle-cuda), or remove one of the two"
        );
        ("path", problem)
    } else if !build.cuda {
        let problem =
            "this build has no CUDA support: rebuild with --features cuda, or use --device cpu";
        ("device", format!("{device} is not available: {problem}"))
    } else if asked.precision == PrecisionChoice::F64 {
        let problem = format!("f64 is not computed on {device}; use f32, or --device cpu");
        ("precision", problem)
    } else if asked.filters == Some(FiltersChoice::Exact) {
        let problem =
            format!("exact filters are not computed on {device}; use table, or --device cpu");
        ("filters", problem)
    } else {
        return Ok(());
    };
    Err((key, problem))
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

/// The environment may name the vector instructions of the fast path; what this processor does not have is refused before
/// anything asks for it.
pub(super) fn check_instruction_set() -> Result<()> {
    match std::env::var_os("OREO_SIMD") {
        Some(name) => named(&name.to_string_lossy()),
        None => Ok(()),
    }
}

fn named(name: &str) -> Result<()> {
    let sets = InstructionSet::available();
    let names: Vec<_> = sets.into_iter().map(InstructionSet::name).collect();
    match names.contains(&name) {
        true => Ok(()),
        false => {
            let names = names.join(", ");
            let problem = "name one of them, or unset the variable";
            Err(BadInput::new(format!(
                "OREO_SIMD={name}: this processor has {names}; {problem}"
            ))
            .into())
        }
    }
}

impl ComputeArgs {
    /// What this build will do; refused as bad input where it cannot.
    pub fn resolve(&self) -> Result<Compute> {
        self.resolve_on(self.device)
    }

    /// As if this were the device that was typed.
    pub fn resolve_on(&self, device: DeviceChoice) -> Result<Compute> {
        let asked = Asked {
            device,
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

    /// Catches a refusal that names the wrong flag, and a build without CUDA that pretends to have it.
    #[test]
    fn what_a_gpu_does_not_compute_is_refused_by_name() {
        let asked = Asked {
            device: DeviceChoice::Cuda(1),
            path: PathChoice::Auto,
            precision: PrecisionChoice::F32,
            filters: None,
            threads: 1,
        };
        let build = |cuda, candle_cuda| Build { cuda, candle_cuda };
        assert!(check_cuda(&asked, build(true, false)).is_ok());
        let (key, problem) = check_cuda(&asked, build(false, true)).unwrap_err();
        assert!(key == "device" && problem.contains("cuda:1 is not available"));
        let precision = PrecisionChoice::F64;
        let refused = check_cuda(&Asked { precision, ..asked }, build(true, true)).unwrap_err();
        assert_eq!(refused.0, "precision");
        let reference = Asked {
            path: PathChoice::Reference,
            precision,
            ..asked
        };
        assert!(check_cuda(&reference, build(false, true)).is_ok());
        let (key, problem) = check_cuda(&reference, build(true, false)).unwrap_err();
        assert!(
            key == "path" && problem.contains("candle_cuda.sh"),
            "{problem}"
        );
        let filters = Some(FiltersChoice::Exact);
        assert_eq!(
            check_cuda(&Asked { filters, ..asked }, build(true, true))
                .unwrap_err()
                .0,
            "filters"
        );
    }

    #[test]
    fn instructions_that_this_processor_does_not_have_are_bad_input() {
        assert!(named(InstructionSet::detect().name()).is_ok());
        for name in ["avx1024", "", "AVX2"] {
            let error = named(name).unwrap_err();
            assert!(error.is::<BadInput>(), "{error}");
            assert!(error.to_string().contains("this processor has portable"));
        }
    }
}
