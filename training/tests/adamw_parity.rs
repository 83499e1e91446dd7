//! AdamW against one step of PyTorch 2.15's, on the parameters of a small network in f64.
//!
//! Planted, and seen to fail: weight decay left out; ε within the root.
#![allow(missing_docs)]

use oreo_formats::npz::NpzReader;
use oreo_potentials::oreo::gradients::trainable;
use oreo_potentials::oreo::Weights;
use oreo_training::optimiser::{Active, AdamW, AdamWSettings};
use std::path::{Path, PathBuf};

/// A file of the optional folder of large reference files; None (and one line of output) where there is none.
fn shared_file(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let folder = std::env::var_os("OREO_SHARED").unwrap_or_else(|| default.into());
    let path = Path::new(&folder).join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

#[test]
fn one_step_equals_pytorch() {
    let Some(path) = shared_file("parity/small_train.npz") else {
        return;
    };
    let weights = Weights::load(shared_file("parity/small_et.safetensors").unwrap()).unwrap();
    let mut file = NpzReader::open(path).unwrap();
    let entries = trainable(&weights.config);
    let mut read = |kind: &str| -> Vec<f64> {
        let names = entries.iter().map(|entry| format!("{kind}/{}", entry.name));
        names
            .flat_map(|name| file.floats(&name).unwrap().values)
            .collect()
    };
    let (gradient, expected) = (read("grad"), read("after_adamw"));
    let mut parameters = weights.parameters();
    let before = parameters.clone();
    let settings = AdamWSettings {
        weight_decay: 0.01,
        ..AdamWSettings::default()
    };
    let mut adamw = AdamW::new(settings, parameters.len()).unwrap();
    let active = Active::all(parameters.len());
    (adamw.begin(1e-3, &active, None)).apply(0, &mut parameters, &gradient);
    let difference = largest_difference(&parameters, &expected);
    println!("largest difference {difference:.1e}");
    assert!(largest_difference(&before, &expected) > 9e-4);
    // One rounding of numbers up to 30 (the widths of radial functions reach that).
    assert!(difference < 1e-14, "{difference:e}");
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f64::max)
}
