//! The program as a user runs it.
#![allow(dead_code)] // each test uses its part

use assert_cmd::Command;
use serde_json::Value;
use std::path::PathBuf;

pub const MODEL: &str = "models/et_ethanol_peer.safetensors";
pub const ETHANOL: &str = "formats/tests/data/rmd17_ethanol_10.npz";

/// A file of this repository.
pub fn file(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join(path).to_string_lossy().into_owned()
}

pub fn oreo(arguments: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("oreo").unwrap().args(arguments).assert()
}

/// The one object on standard output.
pub fn json(arguments: &[&str]) -> Value {
    let output = oreo(&[arguments, &["--json"]].concat()).success();
    serde_json::from_slice(&output.get_output().stdout).unwrap()
}

/// The message of a command that must end with exit code 2: one line, the last on standard error.
pub fn refusal(arguments: &[&str]) -> String {
    let output = oreo(arguments).code(2);
    let text = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    let line = text.lines().last().unwrap().to_string();
    assert!(line.starts_with("error: "), "{text}");
    line
}
