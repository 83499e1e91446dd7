//! The program as a user meets it: runs the binary in a folder of its own.
#![allow(dead_code)] // each test uses its part

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};

/// An empty folder, and the program started in it.
pub struct Workplace {
    folder: tempfile::TempDir,
}

/// How a command ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workplace {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, contents).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.read(name)).unwrap()
    }

    /// `oreo` with words separated by blanks.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::cargo_bin("oreo").unwrap();
        command
            .current_dir(self.folder.path())
            .args(words.split_whitespace());
        command
    }

    pub fn oreo(&self, words: &str) -> Ended {
        let output = self.command(words).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap_or(-1);
        Ended {
            code,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Exit status 2, and one line that contains all of `parts`.
    pub fn refuses(&self, words: &str, parts: &[&str]) {
        let ended = self.oreo(words);
        assert_eq!(ended.code, 2, "oreo {words}: {}", ended.stderr);
        ended.is_one_clear_line(parts);
    }
}

impl Ended {
    pub fn is_one_clear_line(&self, parts: &[&str]) {
        let errors: Vec<_> = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("error"))
            .collect();
        assert_eq!(errors.len(), 1, "{}", self.stderr);
        for part in parts {
            assert!(errors[0].contains(part), "no '{part}' in: {}", errors[0]);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

/// A file of the repository.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The shipped weights.
pub fn weights() -> String {
    repository("models/et_ethanol_peer.safetensors")
        .display()
        .to_string()
}

/// Ethanol near its minimum.
pub const ETHANOL: &str = "9
ethanol
C  0.0072 -0.5687  0.0000
C -1.2854  0.2499  0.0000
O  1.1304  0.3147  0.0000
H  0.0392 -1.1972  0.8900
H  0.0392 -1.1972 -0.8900
H -1.3175  0.8784  0.8900
H -1.3175  0.8784 -0.8900
H -2.1422 -0.4239  0.0000
H  1.9857 -0.1365  0.0000
";

/// Four argon atoms.
pub const ARGON: &str = "4
argon
Ar 0.0 0.0 0.0
Ar 3.8 0.0 0.0
Ar 0.0 3.8 0.0
Ar 0.0 0.0 3.8
";
