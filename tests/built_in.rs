//! The weights that come with the program: taken when no others are named, asked for by name everywhere, never confused with
//! a file. Nothing here depends on the numbers in them.

mod program;

use program::{repository, weights, Workplace, ETHANOL};
use std::fs;

fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("ethanol.xyz", ETHANOL);
    place
}

fn general() -> String {
    let file = repository("models/general.safetensors");
    file.display().to_string()
}

fn succeeds(place: &Workplace, words: &str) -> program::Ended {
    let ended = place.oreo(words);
    assert_eq!(ended.code, 0, "oreo {words}: {}", ended.stderr);
    ended
}

fn trajectory(place: &Workplace, run: &str) -> Vec<u8> {
    place.read(&format!("{run}/replica-0/trajectory.xyz"))
}

/// Catches another default; a name that is written down as a path, or taken for one when it is read again.
#[test]
fn a_run_without_weights_is_that_of_the_built_in_ones() {
    let place = workplace();
    let run = "run --structure ethanol.xyz --steps 5 --every 1 --output";
    let ended = succeeds(&place, &format!("{run} plain"));
    let notes = ended.stderr.lines();
    let told =
        notes.filter(|line| line.starts_with("note: general (built-in): weights for H C N O"));
    assert_eq!(told.count(), 1, "{}", ended.stderr);
    let config = String::from_utf8(place.read("plain/config.toml")).unwrap();
    assert!(config.contains("weights = \"general\"\n"), "{config}");
    fs::create_dir(place.path("general")).unwrap();
    succeeds(&place, &format!("{run} named --weights general"));
    succeeds(&place, &format!("{run} file --weights {}", general()));
    succeeds(&place, "run plain/config.toml --output again");
    for other in ["named", "file", "again"] {
        assert!(
            trajectory(&place, "plain") == trajectory(&place, other),
            "{other}"
        );
    }
    succeeds(&place, "resume plain --steps 7");
    assert_eq!(place.json("plain/summary.json")["replicas"][0]["steps"], 7);
}

/// Planted: with the name looked up before the file, or the file recorded by its bare name, the first run has the wrong network;
/// with the default looked up like a typed name, the second.
#[test]
fn a_file_of_that_name_wins_and_the_default_stays_what_it_is() {
    let place = workplace();
    place.write("general", fs::read(weights()).unwrap());
    let sha256 = |run: &str| place.json(&format!("{run}/summary.json"))["weights_sha256"].clone();
    let run = "run --structure ethanol.xyz --steps 2 --output";
    succeeds(&place, &format!("{run} by-file --weights {}", weights()));
    succeeds(&place, &format!("{run} shadowed --weights general"));
    assert_eq!(sha256("shadowed"), sha256("by-file"));
    succeeds(&place, "resume shadowed --steps 3");
    succeeds(&place, &format!("{run} default"));
    succeeds(&place, &format!("{run} shipped --weights {}", general()));
    assert_eq!(sha256("default"), sha256("shipped"));
    assert_ne!(sha256("default"), sha256("by-file"));
}

/// A run that recorded `general` under a program with other weights of that name: its checkpoint has their hash. Planted: with
/// the hash not compared, the run goes on.
#[test]
fn a_run_is_not_continued_with_other_weights_of_the_same_name() {
    let place = workplace();
    let run = "run --structure ethanol.xyz --steps 5 --output";
    for (output, flags, key) in [
        ("moving", format!("--weights {}", weights()), "weights = "),
        ("asked", format!("--ensemble {}", weights()), "ensemble = "),
    ] {
        succeeds(&place, &format!("{run} {output} {flags}"));
        let file = format!("{output}/config.toml");
        let config = String::from_utf8(place.read(&file)).unwrap();
        let named = config.replace(&format!("\"{}\"", weights()), "\"general\"");
        assert!(named.contains(key) && named != config, "{config}");
        // No network is asked about itself.
        let named = match output {
            "asked" => named.replace(
                "weights = \"general\"",
                &format!("weights = \"{}\"", weights()),
            ),
            _ => named,
        };
        place.write(&file, &named);
        let ended = place.oreo(&format!("resume {output} --steps 10"));
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        ended.is_one_clear_line(&["weights", "not", "this run began with", "SHA-256 differs"]);
        assert!(
            named.as_bytes() == place.read(&file),
            "a refusal changes nothing"
        );
    }
    place.refuses(
        "resume moving --steps 10",
        &["general (built-in) of this program"],
    );
}

#[test]
fn every_command_that_reads_weights_takes_the_name() {
    let place = workplace();
    let data = repository("examples/data/rmd17_ethanol_1000.npz");
    let data = data.display();
    let shown = succeeds(&place, "inspect general --json").stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["file"], "general");
    assert_eq!(shown["usable"], true);
    let by_file = succeeds(&place, &format!("inspect {} --json", general())).stdout;
    let by_file: serde_json::Value = serde_json::from_str(&by_file).unwrap();
    assert_eq!(shown["sha256"], by_file["sha256"]);
    succeeds(&place, "convert general copy.safetensors");
    let evaluate = |weights: &str| {
        let words = format!("evaluate --weights {weights} --data {data} --frames 3 --json");
        let report: serde_json::Value =
            serde_json::from_str(&succeeds(&place, &words).stdout).unwrap();
        report["force_mae_mev_per_a"].clone()
    };
    assert_eq!(evaluate("general"), evaluate("copy.safetensors"));
    let bench = "bench --structure ethanol.xyz --warmup 1 --calls 2 --weights general";
    succeeds(&place, bench);
    let run = "run --structure ethanol.xyz --steps 2";
    let ensemble = format!("{run} --weights {} --ensemble general", weights());
    let ended = succeeds(&place, &format!("{ensemble} --output together"));
    assert!(ended.stderr.contains("general (built-in): weights for"));
    place.refuses(
        &format!("{run} --ensemble copy.safetensors"),
        &["copy.safetensors holds the same network as general (built-in)"],
    );
}

/// Catches a config of a training that no longer says what it began with.
#[test]
fn a_training_begins_with_the_name_and_goes_on() {
    let place = workplace();
    let data = repository("examples/data/rmd17_ethanol_1000.npz");
    let config = format!(
        "output = \"tuned\"\ninit = \"general\"\n[[data]]\nfile = '{}'\ntrain = 2\nvalidation = 1\ntest = 1\n\
         [training]\nsteps = 2\nbatch = 1\nvalidation-every = 1\n",
        data.display()
    );
    place.write("c.toml", config);
    succeeds(&place, "train c.toml");
    let kept = String::from_utf8(place.read("tuned/config.toml")).unwrap();
    assert!(kept.contains("init = \"general\"\n"), "{kept}");
    succeeds(&place, "train --resume tuned --steps 3");
    place.write("d.toml", "output = \"x\"\n");
    let missing = kept.replace("\"general\"", "\"genral\"");
    place.write("d.toml", missing);
    place.refuses(
        "train d.toml --output other",
        &["genral", "No such file", "did you mean the built-in"],
    );
}

#[test]
fn a_misspelt_name_and_a_foreign_element_end_in_one_clear_line() {
    let place = workplace();
    let slip = ["genral", "No such file", "did you mean the built-in"];
    let run = "run --structure ethanol.xyz --steps 2";
    place.refuses(&format!("{run} --weights genral"), &slip);
    place.refuses(&format!("{run} --ensemble genral"), &slip);
    place.refuses("evaluate --weights genral --data ethanol.xyz", &slip);
    place.refuses("bench --structure ethanol.xyz --weights genral", &slip);
    place.write("salt.xyz", "2\nsalt\nNa 0 0 0\nCl 0 0 2.4\n");
    place.refuses(
        "run --structure salt.xyz --steps 2",
        &["weights: general (built-in)", "not made for Na", "H C N O"],
    );
    assert!(!place.path("oreo-run").exists());
}

/// The first thing that anybody types, but for its length.
#[test]
fn the_first_command_of_the_readme_runs_under_the_built_in_weights() {
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    assert!(
        readme.contains("cargo run --release -- run examples/ethanol.toml --output ethanol-run")
    );
    let place = Workplace::new();
    let config = repository("examples/ethanol.toml");
    let words = format!("run {} --steps 20 --output ethanol-run", config.display());
    let ended = succeeds(&place, &words);
    assert!(
        ended.stderr.contains("note: general (built-in): "),
        "{}",
        ended.stderr
    );
    let config = String::from_utf8(place.read("ethanol-run/config.toml")).unwrap();
    assert!(config.contains("weights = \"general\"\n"), "{config}");
}
