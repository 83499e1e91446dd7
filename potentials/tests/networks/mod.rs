//! Networks for the tests of the fast path: untrained ones of any shape, and the two paths that are compared.
#![allow(dead_code, missing_docs)]

use crate::common::test_file;
use candle_core::Device;
use oreo_core::random::Generator;
use oreo_potentials::oreo::fused::{Filters, InstructionSet, Options, OreoFused, Precision};
use oreo_potentials::oreo::reference::{self, OreoReference};
use oreo_potentials::oreo::Config;
use oreo_potentials::oreo::Weights;

pub fn small(vector_cutoff: bool) -> Weights {
    let mut weights = Weights::load(test_file("small_et.safetensors")).unwrap();
    weights.config.vector_cutoff = vector_cutoff;
    weights
}

pub fn fused(weights: &Weights, precision: Precision, filters: Filters) -> OreoFused {
    let options = Options {
        precision,
        filters,
        ..Options::default()
    };
    OreoFused::new(weights, &options).unwrap()
}

pub fn fused_with(
    weights: &Weights,
    precision: Precision,
    filters: Filters,
    instruction_set: InstructionSet,
) -> OreoFused {
    let options = Options {
        precision,
        filters,
        instruction_set,
        ..Options::default()
    };
    OreoFused::new(weights, &options).unwrap()
}

/// In f64.
pub fn definition(weights: &Weights) -> OreoReference {
    OreoReference::new(weights, reference::Precision::F64, &Device::Cpu).unwrap()
}

pub fn definition_in_f32(weights: &Weights) -> OreoReference {
    OreoReference::new(weights, reference::Precision::F32, &Device::Cpu).unwrap()
}

/// Untrained, with biases, norms, radial functions, mean and std that are not trivial; f32 numbers, as files have them.
pub fn rough(config: Config, seed: u64) -> Weights {
    let mut weights = Weights::random(config, seed);
    let mut generator = Generator::new(seed, 1);
    for (name, tensor) in &mut weights.tensors {
        let bias = name.ends_with("bias") || name.contains("norm");
        for value in &mut tensor.values {
            let draw = generator.normal();
            *value = match name.as_str() {
                "mean" => -0.75,
                "std" => 1.25,
                name if name.ends_with("means") => *value + 0.01 * draw,
                name if name.ends_with("betas") => *value * (1.0 + 0.05 * draw),
                _ if bias => *value + 0.1 * draw,
                _ => *value,
            };
            *value = f64::from(*value as f32);
        }
    }
    weights
}
