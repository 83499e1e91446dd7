//! The fast path against TorchMD-NET 3.1.0, and against the reference.
#![allow(missing_docs)]

mod common;
mod systems;

use common::{read_npz, shared_file, test_file};
use oreo_potentials::oreo::fused::{Filters, InstructionSet, Options, OreoFused, Precision};
use oreo_potentials::oreo::Weights;
use systems::{evaluate, evaluate_one, reference, reference_at, relative_error, vectors};

const MOLECULES: [&str; 6] = [
    "water", "ethanol", "aspirin", "polymer2", "far_pair", "single",
];

fn fused(weights: &Weights, precision: Precision, filters: Filters) -> OreoFused {
    let options = Options {
        precision,
        filters,
        ..Options::default()
    };
    OreoFused::new(weights, &options).unwrap()
}

fn small() -> Weights {
    Weights::load(test_file("small_et.safetensors")).unwrap()
}

/// In f64 with exact filters only rounding is left; a table and f32 have their own bars.
#[test]
fn small_model_equals_torchmd_net() {
    for name in MOLECULES {
        let (molecule, arrays) = reference(&format!("small_{name}.npz"));
        let (energy, forces) = (arrays["E_f64"].values[0], vectors(&arrays["F_f64"].values));
        for (precision, filters, bar) in [
            (Precision::F64, Filters::Exact, 1e-9),
            (Precision::F32, Filters::Exact, 5e-6),
            (Precision::F32, Filters::DEFAULT, 5e-5),
        ] {
            let answer = evaluate_one(&mut fused(&small(), precision, filters), &molecule);
            let error = relative_error(&answer.forces, &forces);
            println!("{name} {precision:?} {filters:?}: dE {:.1e} dF {error:.1e}", answer.energy - energy);
            assert!((answer.energy - energy).abs() < bar * energy.abs().max(1.0), "{name}");
            assert!(error < bar, "{name}: {error:e}");
        }
    }
}
