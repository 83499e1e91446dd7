//! The kernels through the real compiler, NVRTC, which needs no GPU: `pip install nvidia-cuda-nvrtc-cu12`, its folder in
//! `LD_LIBRARY_PATH`.
#![cfg(feature = "cuda")]
#![allow(missing_docs)]

use oreo_potentials::oreo::cuda::device::{compile, CudaError};
use oreo_potentials::oreo::cuda::Source;

/// From the V100's successor to the newest, if NVRTC knows them.
const ARCHITECTURES: [&str; 3] = ["sm_80", "sm_90", "sm_120"];

#[test]
fn every_kernel_compiles_for_every_architecture() {
    let sources = [(256, 8), (20, 4)].map(|(channels, heads)| Source {
        channels,
        heads,
        vector_smoothing: 0.01,
    });
    for source in sources {
        for architecture in ARCHITECTURES {
            match compile(&source, architecture) {
                Ok(code) => {
                    println!(
                        "{architecture}, C = {}: {} bytes",
                        source.channels,
                        code.len()
                    );
                    assert!(code.starts_with(b"\x7fELF"));
                }
                Err(error @ CudaError::NoCompiler { .. }) => {
                    println!("skipped: {error}");
                    return;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn an_architecture_that_nobody_knows_is_refused_in_one_line() {
    let source = Source {
        channels: 32,
        heads: 4,
        vector_smoothing: 0.0,
    };
    match compile(&source, "sm_1") {
        Err(error @ CudaError::NoCompiler { .. }) => println!("skipped: {error}"),
        Err(error) => {
            let error = error.to_string();
            println!("{error}");
            assert!(error.contains("sm_1") && !error.contains('\n'), "{error}");
        }
        Ok(_) => panic!("sm_1 was compiled"),
    }
}
