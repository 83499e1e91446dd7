//! Kernels to machine code, by NVRTC or from the cache.

use super::cache::Cache;
use super::driver::Device;
use super::error::{CudaError, Version};
use crate::oreo::cuda::Source;
use cudarc::nvrtc::result::{self, NvrtcError};
use cudarc::nvrtc::sys;
use std::ffi::CString;

/// Machine code for the device, compiled at most once for each network's shape and each version of NVRTC.
pub(super) fn kernels(source: &Source, device: &Device) -> Result<Vec<u8>, CudaError> {
    let cache = Cache::of(source, &device.architecture);
    let Some(version) = version() else {
        let major = device.version.major;
        return cache.any().ok_or(CudaError::NoCompiler { major });
    };
    if version.major > device.version.major {
        // What another version compiled may be there.
        return cache.any().ok_or(CudaError::CompilerTooNew {
            compiler: version,
            driver: device.version,
        });
    }
    match cache.get(version) {
        Some(code) => Ok(code),
        None => compile(source, &device.architecture),
    }
}

/// Of NVRTC; `None` where it is not installed.
pub(super) fn version() -> Option<Version> {
    // SAFETY: loads a library by its well-known name, whose initialisers are trusted as the system's are.
    #[cfg(not(feature = "candle-cuda"))]
    if !unsafe { sys::is_culib_present() } {
        return None;
    }
    let (mut major, mut minor) = (0, 0);
    // SAFETY: writes two ints to places that live during the call.
    let found = unsafe { sys::nvrtcVersion(&mut major, &mut minor) };
    found.result().ok()?;
    Some(Version {
        major: major.unsigned_abs(),
        minor: minor.unsigned_abs(),
    })
}

/// A program of NVRTC, destroyed when it is dropped.
struct Program(sys::nvrtcProgram);

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: made by `create_program`, destroyed here only. A failure would leak memory, no more.
        let _ = unsafe { result::destroy_program(self.0) };
    }
}

/// Machine code for an architecture such as `sm_90`, which needs no device. Machine code rather than PTX: that would need a
/// driver as new as NVRTC, to the minor version. The cache keeps it: kernels may be compiled on one machine for another that
/// has no NVRTC.
///
/// # Errors
/// [`CudaError::NoCompiler`]; [`CudaError::NotCompiled`] with NVRTC's words.
pub fn compile(source: &Source, architecture: &str) -> Result<Vec<u8>, CudaError> {
    let found = version().ok_or(CudaError::NoCompiler { major: 12 })?;
    let not_compiled = |message: String| CudaError::NotCompiled {
        architecture: architecture.into(),
        message: format!("NVRTC {found}: {message}"),
    };
    let failed = |error: NvrtcError| not_compiled(format!("{:?}", error.0));
    let text = CString::new(source.text()).map_err(|error| not_compiled(error.to_string()))?;
    let program = Program(result::create_program(&text, Some(c"oreo.cu")).map_err(failed)?);
    let mut options = vec![
        format!("--gpu-architecture={architecture}"),
        "--std=c++17".into(),
    ];
    options.extend(
        source
            .macros()
            .map(|(name, value)| format!("-D{name}={value}")),
    );
    // SAFETY: the program lives; so do the options, which are copied.
    let compiled = unsafe { result::compile_program(program.0, &options) };
    compiled.map_err(|_| not_compiled(first_error(&program)))?;
    let code = code(&program).map_err(failed)?;
    Cache::of(source, architecture).put(found, &code);
    Ok(code)
}

fn code(program: &Program) -> Result<Vec<u8>, NvrtcError> {
    let mut size = 0;
    // SAFETY: the program lives and has been compiled for a real architecture; one number is written.
    unsafe { sys::nvrtcGetCUBINSize(program.0, &mut size) }.result()?;
    let mut code = vec![0_u8; size];
    // SAFETY: as many bytes are written as NVRTC said there are.
    unsafe { sys::nvrtcGetCUBIN(program.0, code.as_mut_ptr().cast()) }.result()?;
    Ok(code)
}

/// The first line of the log that tells of an error, else the first of all.
fn first_error(program: &Program) -> String {
    // SAFETY: the program lives.
    let log = unsafe { result::get_program_log(program.0) }.unwrap_or_default();
    let bytes: Vec<u8> = log
        .iter()
        .map(|&c| c as u8)
        .take_while(|&b| b != 0)
        .collect();
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().find(|line| line.contains("error"));
    line.or(text.lines().next())
        .unwrap_or("no reason given")
        .trim()
        .to_string()
}
