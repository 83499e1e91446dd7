//! GPUs for candle.

use super::Device;
use oreo_core::PotentialError;

/// NVIDIA GPU `ordinal` as candle has it, ready for work.
///
/// # Errors
/// [`PotentialError::Backend`] in one line: a build without the feature `candle-cuda`, no driver, no such GPU. A build with it
/// links CUDA's libraries and does not even start where they are missing.
pub fn gpu(ordinal: u32) -> Result<Device, PotentialError> {
    open(ordinal).map_err(|problem| PotentialError::Backend {
        potential: super::potential::NAME.into(),
        message: format!("cuda:{ordinal} cannot be used: {problem}"),
    })
}

#[cfg(feature = "candle-cuda")]
fn open(ordinal: u32) -> Result<Device, String> {
    // The native path knows more to say about drivers.
    #[cfg(feature = "cuda")]
    crate::oreo::cuda::device::check(ordinal).map_err(|error| error.to_string())?;
    // A backtrace may follow the first line.
    let line = |error: candle_core::Error| {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default().to_string();
        format!("{line}; use --device cpu")
    };
    // On a stream of its own every use of memory would be recorded by events. This one belongs to the thread that calls: so
    // every call of this crate ends when the device has nothing left to do.
    Device::new_cuda(ordinal as usize).map_err(line)
}

#[cfg(not(feature = "candle-cuda"))]
fn open(_: u32) -> Result<Device, String> {
    Err(
        "this build computes the reference, and trains with it, on the processor only; rebuild with \
         validation/gpu/candle_cuda.sh (feature candle-cuda), or use --device cpu"
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without the feature, and without a GPU, alike.
    #[test]
    fn a_gpu_that_is_not_there_is_one_line_that_says_what_to_do() {
        let Err(error) = gpu(4000) else {
            panic!("there is no GPU of this number");
        };
        let line = error.to_string();
        assert!(
            line.contains("cuda:4000 cannot be used") && line.contains("--device cpu"),
            "{line}"
        );
        assert!(!line.contains('\n') && !line.contains("  "), "{line}");
    }
}
