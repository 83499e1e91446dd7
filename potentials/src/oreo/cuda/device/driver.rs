//! The driver and the devices that it has.

use super::error::{CudaError, Version};
use cudarc::driver::{sys, CudaContext, CudaStream, DriverError};
use std::sync::Arc;

/// Graphs that are captured from streams of one thread, and machine code of NVRTC 12.
const OLDEST: Version = Version {
    major: 12,
    minor: 0,
};

/// What there is.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Of CUDA, as the driver says.
    pub version: Version,
    /// Model names, from number 0.
    pub devices: Vec<String>,
    /// Of NVRTC, which compiles the kernels; `None` where it is not installed.
    pub compiler: Option<Version>,
}

/// A device that is ready for work.
pub(super) struct Device {
    pub context: Arc<CudaContext>,
    pub stream: Arc<CudaStream>,
    /// Model name.
    pub name: String,
    /// `sm_90`
    pub architecture: String,
    /// Of the driver.
    pub version: Version,
}

/// Looks for a driver and asks it.
///
/// # Errors
/// When there is no driver, when it is too old, or when it fails.
pub fn survey() -> Result<Survey, CudaError> {
    let version = version()?;
    let failed = |error| failure("counting devices", error);
    let count = CudaContext::device_count().map_err(failed)?;
    let name = |number| {
        cudarc::driver::result::device::get(number)
            .and_then(cudarc::driver::result::device::get_name)
    };
    let names = (0..count).map(name).collect::<Result<_, _>>();
    Ok(Survey {
        version,
        devices: names.map_err(failed)?,
        compiler: super::compiler::version(),
    })
}

impl Device {
    /// Device `ordinal`, with a stream of its own: the default stream cannot be captured.
    ///
    /// # Errors
    /// As [`survey`], and when there is no such device.
    pub fn open(ordinal: u32) -> Result<Self, CudaError> {
        let survey = survey()?;
        let Some(name) = survey.devices.get(ordinal as usize).cloned() else {
            return Err(CudaError::NoDevice {
                ordinal,
                count: survey.devices.len(),
            });
        };
        let failed = |error| CudaError::of_device(&name, "opening the device", error);
        let context = CudaContext::new(ordinal as usize).map_err(failed)?;
        // SAFETY: there is one stream only, so that nothing has to wait for another stream's events.
        unsafe { context.disable_event_tracking() };
        let (major, minor) = context.compute_capability().map_err(failed)?;
        Ok(Self {
            stream: context.new_stream().map_err(failed)?,
            context,
            architecture: format!("sm_{major}{minor}"),
            version: survey.version,
            name,
        })
    }
}

/// Whether there is a driver that has this device, without taking any memory on it.
///
/// # Errors
/// As [`survey`], and when there is no such device.
pub fn check(ordinal: u32) -> Result<(), CudaError> {
    let count = survey()?.devices.len();
    match (ordinal as usize) < count {
        true => Ok(()),
        false => Err(CudaError::NoDevice { ordinal, count }),
    }
}

/// A program that links the library would not have started without it.
#[cfg(feature = "candle-cuda")]
fn is_there() -> bool {
    true
}

#[cfg(not(feature = "candle-cuda"))]
fn is_there() -> bool {
    // SAFETY: loads a library by its well-known name, whose initialisers are trusted as the system's driver is.
    unsafe { sys::is_culib_present() }
}

/// Of the driver, which is loaded by this; a missing library would end the program at the first call.
fn version() -> Result<Version, CudaError> {
    if !is_there() {
        return Err(CudaError::NoDriver);
    }
    let mut number = 0;
    // SAFETY: writes one int to a place that lives during the call; allowed before initialisation.
    unsafe { sys::cuDriverGetVersion(&mut number) }
        .result()
        .map_err(|error| failure("asking for its version", error))?;
    let version = Version {
        major: number.unsigned_abs() / 1000,
        minor: number.unsigned_abs() % 1000 / 10,
    };
    match version < OLDEST {
        true => Err(CudaError::DriverTooOld {
            found: version,
            needed: OLDEST,
        }),
        false => Ok(version),
    }
}

/// A driver without any device says so when it is initialised.
fn failure(doing: &'static str, error: DriverError) -> CudaError {
    match error.0 {
        sys::CUresult::CUDA_ERROR_NO_DEVICE => CudaError::NoDevice {
            ordinal: 0,
            count: 0,
        },
        _ => CudaError::of_device("the NVIDIA driver", doing, error),
    }
}
