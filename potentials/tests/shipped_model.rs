//! The model in `models/` at the root of the project: its numbers are those of the checkpoint it came from.

mod common;

use common::shared_file;
use oreo_potentials::oreo::Weights;
use std::path::Path;

fn shipped() -> Weights {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    Weights::load(folder.join("et_ethanol_peer.safetensors")).unwrap()
}

#[test]
fn the_shipped_model_says_what_it_is() {
    let weights = shipped();
    assert_eq!(weights.parameter_count(), 943_170);
    assert!(weights.config.vector_cutoff);
    assert_eq!(weights.elements().to_string(), "H C O");
    assert_eq!(weights.record["level_of_theory"], "PBE/def2-SVP");
    assert_eq!(weights.record["licence"], "CC0-1.0");
    for key in ["units", "trained_on", "force_mae", "origin", "program"] {
        assert!(weights.record.contains_key(key), "{key}");
    }
}

#[test]
fn the_shipped_model_equals_its_checkpoint_to_the_bit() {
    let Some(path) = shared_file("models/peer_et_ethanol.ckpt") else {
        return;
    };
    let (shipped, peer) = (shipped(), Weights::load(path).unwrap());
    assert_eq!(shipped.config, peer.config);
    assert!(shipped.tensors == peer.tensors);
    assert!(shipped.record["origin"].contains(&peer.sha256));
}
