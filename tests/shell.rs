//! What a shell and `man` are given: completions that a shell reads, pages that groff reads.
#![cfg(feature = "cli")]

mod program;

use program::Workplace;
use std::fs;
use std::process::{Command, Stdio};

const COMMANDS: [&str; 14] = [
    "run",
    "resume",
    "watch",
    "train",
    "relax",
    "evaluate",
    "convert",
    "inspect",
    "analyze",
    "bench",
    "reproduce",
    "doctor",
    "completions",
    "man",
];

/// `None` without such a program.
fn reads(program: &str, words: &[&str]) -> Option<(bool, String)> {
    let output = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .output();
    let output = output.ok()?;
    Some((
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}

#[test]
fn bash_reads_its_completions_and_completes_every_command() {
    let place = Workplace::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = place.oreo(&format!("completions {shell}"));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        for command in COMMANDS {
            assert!(ended.stdout.contains(command), "{shell}: {command}");
        }
    }
    let script = place.write("oreo.bash", place.oreo("completions bash").stdout);
    let script = script.to_str().unwrap();
    let Some((parsed, said)) = reads("bash", &["-n", script]) else {
        println!("skipped: there is no bash");
        return;
    };
    assert!(parsed, "{said}");
    // What is offered behind `oreo w`, and for a flag with a few values.
    let ask = |words: &str, place: usize| {
        let line = format!(
            "source {script}; COMP_WORDS=({words}); COMP_CWORD={place}; \
             _oreo oreo \"${{COMP_WORDS[{place}]}}\" \"${{COMP_WORDS[{place}-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").args(["-c", &line]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(ask("oreo w", 1).trim(), "watch");
    assert_eq!(ask("oreo run --thermost", 2).trim(), "--thermostat-time");
    assert!(ask("oreo run --integrator ''", 3).contains("nose-hoover"));
    place.refuses("completions tcsh", &["tcsh", "bash"]);
}

#[test]
fn groff_reads_a_page_for_every_command() {
    let place = Workplace::new();
    let ended = place.oreo("man --output pages/man1");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("15 pages"), "{}", ended.stdout);
    let mut names: Vec<_> = COMMANDS
        .iter()
        .map(|name| format!("oreo-{name}.1"))
        .collect();
    names.push("oreo.1".into());
    for name in names {
        let path = place.path("pages/man1").join(&name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains(".SH NAME") && text.contains(".SH EXAMPLES"),
            "{name}"
        );
        let words = ["-k", "-man", "-Tutf8", "-ww", "-z", path.to_str().unwrap()];
        match reads("groff", &words) {
            Some((read, said)) => assert!(read && said.is_empty(), "{name}: {said}"),
            None => println!("skipped: there is no groff"),
        }
    }
    let again = place.oreo("man --output pages/man1 --json");
    let written: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(written["pages"].as_array().unwrap().len(), 15);
}
