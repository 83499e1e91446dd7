//! A training where a run is expected, and the other way round: the answer says what to type.

#[path = "common/program.rs"]
mod program;

use program::{file, refusal};

const RUN: &str = "examples/ethanol.toml";
const TRAINING: &str = "examples/ethanol_training.toml";

/// Catches an answer about the first key that the other kind does not have.
#[test]
fn the_config_of_the_other_kind_is_answered_with_its_command() {
    let line = refusal(&["run", &file(TRAINING)]);
    assert!(line.contains("oreo train "), "{line}");
    let line = refusal(&["train", &file(RUN)]);
    assert!(line.contains("oreo run "), "{line}");
}

/// Catches "no config.toml" in a folder that has one.
#[test]
fn the_folder_of_a_training_is_resumed_by_train() {
    let folder = tempfile::tempdir().unwrap();
    let trained = folder.path().join("trained");
    let name = trained.to_str().unwrap();
    std::fs::create_dir(&trained).unwrap();
    std::fs::write(trained.join("config.toml"), "[[data]]\n").unwrap();
    std::fs::write(trained.join("learning_curves.csv"), "step\n").unwrap();
    let line = refusal(&["resume", name]);
    assert!(line.contains("oreo train --resume"), "{line}");
}
