//! What can be wrong with a GPU, its driver, or its compiler.

use cudarc::driver::sys::CUresult;
use cudarc::driver::DriverError;
use thiserror::Error;

/// Every message is one line: what is wrong, and what to do.
#[derive(Debug, Error)]
pub enum CudaError {
    /// The library that programs load is not there.
    #[error("no NVIDIA driver was found (libcuda.so.1 cannot be loaded); install one, or use --device cpu")]
    NoDriver,
    /// What this build calls came later.
    #[error("the NVIDIA driver is made for CUDA {found}, CUDA {needed} is needed; update the driver, or use --device cpu")]
    DriverTooOld {
        /// Of the driver.
        found: Version,
        /// The oldest that will do.
        needed: Version,
    },
    /// A number that no device has.
    #[error("there is no device cuda:{ordinal}, the driver has {count}; choose another, or use --device cpu")]
    NoDevice {
        /// As asked for.
        ordinal: u32,
        /// How many there are, counted from 0.
        count: usize,
    },
    /// NVRTC is not there, and the cache has no kernels.
    #[error(
        "the kernels are to be compiled and NVRTC was not found (libnvrtc.so); `pip install nvidia-cuda-nvrtc-cu{major}` \
         and name its folder in LD_LIBRARY_PATH, or use --device cpu"
    )]
    NoCompiler {
        /// The newest that the driver understands.
        major: u32,
    },
    /// Machine code of a newer CUDA than the driver knows.
    #[error(
        "NVRTC is of CUDA {compiler}, the driver of CUDA {driver}; update the driver, or install nvidia-cuda-nvrtc-cu{}",
        .driver.major
    )]
    CompilerTooNew {
        /// Of NVRTC.
        compiler: Version,
        /// Of the driver.
        driver: Version,
    },
    /// The kernels do not compile, which is a fault of this program, or the device is one that NVRTC does not know.
    #[error("the kernels cannot be compiled for {architecture}: {message}; use --device cpu, and report this")]
    NotCompiled {
        /// E.g. `sm_90`.
        architecture: String,
        /// First line of what NVRTC says.
        message: String,
    },
    /// Found out before anything starts.
    #[error(
        "{atoms} atoms with {edges} directed pairs take {needed} MiB of memory on {device}, which has {free} MiB free; \
         evaluate fewer molecules at a time, or use --device cpu"
    )]
    OutOfMemory {
        /// N
        atoms: usize,
        /// With self loops.
        edges: usize,
        /// MiB
        needed: usize,
        /// MiB
        free: usize,
        /// Model name.
        device: String,
    },
    /// The device or its driver failed while it was used.
    #[error(
        "{device} was lost ({reason}); the last checkpoint is good, go on from it with another device or --device cpu"
    )]
    Lost {
        /// Model name.
        device: String,
        /// The driver's name for it.
        reason: String,
    },
    /// Anything else.
    #[error("{device}: {doing} failed ({reason}); use --device cpu if it stays so")]
    Driver {
        /// Model name, or the driver.
        device: String,
        /// E.g. `starting the kernels`.
        doing: &'static str,
        /// The driver's name for it.
        reason: String,
    },
}

/// Of CUDA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// E.g. 13
    pub major: u32,
    /// E.g. 0
    pub minor: u32,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl CudaError {
    /// What an error of the driver means on a device that has worked so far. After most of them the device's memory is gone.
    pub(super) fn of_device(device: &str, doing: &'static str, error: DriverError) -> Self {
        let (device, reason) = (device.to_string(), format!("{:?}", error.0));
        match error.0 {
            CUresult::CUDA_ERROR_ILLEGAL_ADDRESS
            | CUresult::CUDA_ERROR_LAUNCH_FAILED
            | CUresult::CUDA_ERROR_LAUNCH_TIMEOUT
            | CUresult::CUDA_ERROR_ECC_UNCORRECTABLE
            | CUresult::CUDA_ERROR_HARDWARE_STACK_ERROR
            | CUresult::CUDA_ERROR_DEVICE_UNAVAILABLE
            | CUresult::CUDA_ERROR_CONTEXT_IS_DESTROYED
            | CUresult::CUDA_ERROR_SYSTEM_NOT_READY
            | CUresult::CUDA_ERROR_UNKNOWN => Self::Lost { device, reason },
            _ => Self::Driver {
                device,
                doing,
                reason,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_device_is_told_from_a_refusal() {
        let of = |error| CudaError::of_device("H", "copying", DriverError(error)).to_string();
        let lost = of(CUresult::CUDA_ERROR_ECC_UNCORRECTABLE);
        assert!(
            lost.contains("H was lost") && lost.contains("checkpoint"),
            "{lost}"
        );
        let refused = of(CUresult::CUDA_ERROR_INVALID_VALUE);
        assert!(
            refused.contains("H: copying failed (CUDA_ERROR_INVALID_VALUE)"),
            "{refused}"
        );
    }

    #[test]
    fn messages_are_one_line_and_say_what_to_do() {
        let version = |major, minor| Version { major, minor };
        for error in [
            CudaError::NoDriver,
            CudaError::DriverTooOld {
                found: version(11, 8),
                needed: version(12, 0),
            },
            CudaError::NoCompiler { major: 12 },
            CudaError::CompilerTooNew {
                compiler: version(13, 0),
                driver: version(12, 4),
            },
        ] {
            let message = error.to_string();
            assert!(
                !message.contains('\n') && !message.contains("  "),
                "{message}"
            );
            assert!(
                message.contains("--device cpu") || message.contains("install"),
                "{message}"
            );
        }
    }
}
