//! Every command of the guide, as it stands, from the folder that its reader is in.
//!
//! Blocks of a page that are marked `sh` are run line by line, those marked `toml NAME` are written to a file of that name. Each
//! page has an empty folder of its own, with the examples and models of the repository in it.
#![cfg(feature = "cli")]

use assert_cmd::cargo::cargo_bin;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What is between two fences.
struct Block {
    /// Behind the first fence.
    mark: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for piece in page.split("```").skip(1).step_by(2) {
        let (mark, text) = piece.split_once('\n').expect("a mark and a line");
        blocks.push(Block {
            mark: mark.trim().into(),
            text: text.into(),
        });
    }
    blocks
}

/// Words, where a pair of quotes holds some together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, piece) in line.split('"').enumerate() {
        match place % 2 {
            1 => words.push(piece.into()),
            _ => words.extend(piece.split_whitespace().map(String::from)),
        }
    }
    words
}

fn type_in(line: &str, folder: &Path) {
    let words = words(line);
    assert_eq!(words[0], "oreo", "{line}");
    let output = Command::new(cargo_bin("oreo"))
        .args(&words[1..])
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}\n{said}");
}

/// Follows one page; how many commands it has.
fn follow(page: &Path) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    for name in ["examples", "models"] {
        copy(&root.join(name), &folder.path().join(name));
    }
    let text = fs::read_to_string(page).unwrap();
    let mut commands = 0;
    for block in blocks(&text) {
        if let Some(name) = block.mark.strip_prefix("toml ") {
            fs::write(folder.path().join(name), &block.text).unwrap();
        }
        if block.mark == "sh" {
            for line in block.text.lines() {
                type_in(line, folder.path());
                commands += 1;
            }
        }
    }
    commands
}

/// Symbolic links would do, but not on every system.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => {
                fs::copy(&path, &target).unwrap();
            }
        }
    }
}

fn page(name: &str, commands: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/guide")
        .join(name);
    assert_eq!(follow(&path), commands, "commands in {name}");
}

#[test]
fn a_first_run() {
    page("first-run.md", 5);
}

#[test]
fn your_own_molecule() {
    page("your-molecule.md", 6);
}

#[test]
fn your_own_data() {
    page("your-data.md", 8);
}

#[test]
fn temperature() {
    page("temperature.md", 2);
}

#[test]
fn reading_a_report() {
    page("reports.md", 6);
}

#[test]
fn polymers() {
    page("polymers.md", 3);
}

#[test]
fn files() {
    page("files.md", 5);
}

#[test]
fn questions() {
    page("questions.md", 1);
}

/// A page that nobody follows would rot.
#[test]
fn every_page_is_followed_and_linked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide");
    let contents = fs::read_to_string(folder.join("README.md")).unwrap();
    let tests = include_str!("guide.rs");
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "README.md" {
            assert!(contents.contains(&format!("({name})")), "{name}");
            assert!(tests.contains(&format!("page(\"{name}\"")), "{name}");
        }
    }
}
