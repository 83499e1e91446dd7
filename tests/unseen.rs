//! Weights say which distances they were trained on, and a run says when it is elsewhere: through the program.
#![cfg(all(feature = "cli", feature = "candle"))]

#[path = "common/program.rs"]
mod common;
mod program;

use oreo::core::{Cell, Element, Vec3};
use oreo::potentials::oreo::seen::{SeenDistances, SEEN_DISTANCES};
use oreo::potentials::oreo::Weights;
use oreo::training::data::Split;
use program::{Workplace, ETHANOL};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Lower atomic number first, and the bin of 0.05 Å.
type Bins = BTreeMap<(String, usize), u64>;

/// Counted here in the slowest way: pairs below 5 Å of one frame.
fn count(bins: &mut Bins, elements: &[Element], positions: &[Vec3]) {
    for i in 0..positions.len() {
        for j in i + 1..positions.len() {
            let distance = (positions[j] - positions[i]).norm();
            let [a, b] = [elements[i].min(elements[j]), elements[i].max(elements[j])];
            if distance < 5.0 {
                let bin = (distance / 0.05).floor() as usize;
                *bins.entry((format!("{a}-{b}"), bin)).or_default() += 1;
            }
        }
    }
}

/// Of the text in a weights file.
fn recorded(text: &str) -> (u64, Bins) {
    let value: Value = serde_json::from_str(text).unwrap();
    let mut bins = Bins::new();
    for (name, pair) in value["pairs"].as_object().unwrap() {
        let first = pair["first_bin"].as_u64().unwrap() as usize;
        for (k, count) in pair["counts"].as_array().unwrap().iter().enumerate() {
            let count = count.as_u64().unwrap();
            if count > 0 {
                bins.insert((name.clone(), first + k), count);
            }
        }
    }
    (value["conformations"].as_u64().unwrap(), bins)
}

fn record(path: &str) -> String {
    Weights::load(path).unwrap().record[SEEN_DISTANCES].clone()
}

const TRAINING: &str = "
[network]
channels = 8
layers = 1
heads = 2
radial-functions = 4

[[data]]
file = \"DATA\"
train = 4
validation = 3
test = 3

[training]
batch = 2
steps = 4
validation-every = 2
checkpoint-every = 2
objective = { variant = \"et-oreo\" }

[training.schedule]
learning-rate = 1e-3
warm-up-steps = 1
then = { kind = \"constant\" }
";

fn config(place: &Workplace, name: &str) -> String {
    let data = common::file(common::ETHANOL);
    let text = format!("output = \"{name}\"\n{TRAINING}").replace("DATA", &data);
    let path = place.write(&format!("{name}.toml"), text);
    path.display().to_string()
}

fn train(place: &Workplace, words: &str) -> String {
    let ended = place.oreo(&format!("train {words}"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    ended.stderr
}

/// Counted again here, from the split that the run keeps. Planted, and seen to fail: validation frames counted as well;
/// given weights that are forgotten; the files of an older run left as they are; no note, or one for weights that do say it.
#[test]
fn weights_carry_the_distances_of_the_training_part() {
    let place = Workplace::new();
    let file = |name: &str| place.path(name).display().to_string();
    train(&place, &config(&place, "run"));
    let split = Split::load(&place.path("run/splits/0.json")).unwrap();
    let path = common::file(common::ETHANOL);
    let data = oreo::formats::load(Path::new(&path), &Default::default());
    let (data, mut expected) = (data.unwrap(), Bins::new());
    for frame in split.train.iter() {
        let frame = frame as usize;
        count(&mut expected, data.elements(frame), data.positions(frame));
    }
    assert_eq!(expected.values().sum::<u64>(), 4 * 36);
    let text = record(&file("run/last.safetensors"));
    assert_eq!(recorded(&text), (4, expected.clone()));
    assert_eq!(record(&file("run/best.safetensors")), text);

    // Once more on top of the first: union of counts.
    let init = format!("--init {}", file("run/best.safetensors"));
    let again = config(&place, "again");
    let without = std::fs::read_to_string(&again).unwrap();
    let (head, tail) = without.split_once("[network]").unwrap();
    let data_on = tail.find("[[data]]").unwrap();
    std::fs::write(&again, format!("{head}{}", &tail[data_on..])).unwrap();
    let said = train(&place, &format!("{again} {init}"));
    assert!(!said.contains("does not say which distances"), "{said}");
    let twice = expected.into_iter().map(|(bin, count)| (bin, 2 * count));
    let both = recorded(&record(&file("again/last.safetensors")));
    assert_eq!(both, (8, twice.collect()));

    // A run that was begun before there was such a record; no better weights come.
    for name in ["best", "last"] {
        let path = file(&format!("run/{name}.safetensors"));
        let mut weights = Weights::load(&path).unwrap();
        weights.record.remove(SEEN_DISTANCES).unwrap();
        weights.save(&path).unwrap();
    }
    train(&place, "--resume run");
    for name in ["best", "last"] {
        assert_eq!(record(&file(&format!("run/{name}.safetensors"))), text);
    }

    // f16 keeps it, and it can be read.
    let small = "convert run/best.safetensors f16.safetensors --precision f16";
    assert_eq!(place.oreo(small).code, 0);
    assert_eq!(record(&file("f16.safetensors")), text);
    let shown = place.oreo("inspect f16.safetensors").stdout;
    assert!(
        shown.contains("trained distances H-H    closest 1."),
        "{shown}"
    );
    assert!(!shown.contains("first_bin"), "{shown}");

    // Weights that say nothing.
    let init = format!("--init {}", common::file(common::MODEL));
    let said = train(&place, &format!("{again} {init} --output third"));
    assert!(said.contains("does not say which distances"), "{said}");
    assert_eq!(record(&file("third/last.safetensors")), text);
}

fn ethanol(text: &str) -> (Vec<Element>, Vec<Vec3>) {
    let atom = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [x, y, z] = [1, 2, 3].map(|column: usize| words[column].parse().unwrap());
        (words[0].parse::<Element>().unwrap(), Vec3::new(x, y, z))
    };
    text.lines().skip(2).map(atom).unzip()
}

/// The shipped network as if it had been trained on one ethanol.
fn weights_of_one_ethanol(place: &Workplace) -> SeenDistances {
    let mut weights = Weights::load(program::weights()).unwrap();
    let mut seen = SeenDistances::new(5.0);
    let (elements, positions) = ethanol(ETHANOL);
    seen.add(&elements, &positions);
    weights.set_seen_distances(&seen);
    weights.save(place.path("w.safetensors")).unwrap();
    seen
}

/// The hydroxyl H on its bond to O, from 0.967 Å to 0.61 Å.
const PUSHED: &str = "H  1.6699  0.0301  0.0000";

const RUN: &str =
    "run --structure a.xyz --weights w.safetensors --stability none --steps 2 --every 1";

/// O–H of one ethanol was seen in one bin, 0.95 to 1.00 Å. Planted, and seen to fail: `refuse` that warns; a warning under
/// `ignore`; the best pair named in place of the worst.
#[test]
fn a_start_that_was_never_seen_is_warned_about_refused_or_ignored() {
    let place = Workplace::new();
    weights_of_one_ethanol(&place);
    place.write("a.xyz", ETHANOL);
    let ended = place.oreo(&format!("{RUN} --unseen refuse --output known"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(!ended.stderr.contains("the start of"), "{}", ended.stderr);

    let last = ETHANOL.lines().last().unwrap();
    place.write("a.xyz", ETHANOL.replace(last, PUSHED));
    let words =
        "is outside of what the weights were trained on: O2–H8 at 0.61 Å, closest seen 0.97 Å; ";
    place.refuses(
        &format!("{RUN} --unseen refuse --output refused"),
        &[words, "--unseen warn", "pairs within 5 Å"],
    );
    assert!(!place.path("refused").exists());
    let warned = place.oreo(&format!("{RUN} --output warned"));
    assert_eq!(warned.code, 0, "{}", warned.stderr);
    let line = format!("warning: the start of replica 0 {words}");
    assert_eq!(warned.stderr.matches(&line).count(), 1, "{}", warned.stderr);
    let log = String::from_utf8(place.read("warned/log.txt")).unwrap();
    assert_eq!(log.matches("warning: ").count(), 1, "{log}");
    let dry = place.oreo(&format!("{RUN} --dry-run --output dry --json"));
    let dry: Value = serde_json::from_str(&dry.stdout).unwrap();
    assert!(
        dry["warnings"][0].as_str().unwrap().contains(words),
        "{dry}"
    );

    let ignored = place.oreo(&format!("{RUN} --unseen ignore --output ignored"));
    assert_eq!(ignored.code, 0, "{}", ignored.stderr);
    assert!(!ignored.stderr.contains("warning"), "{}", ignored.stderr);
    let unseen =
        |run: &str| place.json(&format!("{run}/summary.json"))["replicas"][0]["unseen"].clone();
    assert_eq!(unseen("ignored"), unseen("warned"));
    assert_eq!(unseen("warned")["first_step"], 0);
    let frames = |run: &str| place.read(&format!("{run}/replica-0/trajectory.xyz"));
    assert!(frames("ignored") == frames("warned"));
    // Every frame of the one was seen, and none of the other: whole bonds are no praise there.
    let page = |run: &str| String::from_utf8(place.read(&format!("{run}/report.html"))).unwrap();
    let praise = |run: &str| page(run).contains("Stable to the end");
    assert!(praise("known") && !praise("warned"));
    assert!(page("warned").contains("in structures that the weights do not know"));
}

/// Before the first step as in a run; and where the relaxed structure is elsewhere, which it is where only one conformation was seen.
#[test]
fn a_relaxation_warns_of_its_start_and_of_its_end() {
    let place = Workplace::new();
    weights_of_one_ethanol(&place);
    let last = ETHANOL.lines().last().unwrap();
    place.write("a.xyz", ETHANOL.replace(last, PUSHED));
    let relax = "relax --structure a.xyz --weights w.safetensors --max-steps 2";
    place.refuses(
        &format!("{relax} --unseen refuse"),
        &["O2–H8 at 0.61 Å", "--unseen warn"],
    );
    assert!(!place.path("oreo-relax").exists());
    let warned = place.oreo(&format!("{relax} --output warned"));
    for line in [
        "warning: the structure is outside",
        "warning: the relaxed structure is outside",
    ] {
        assert_eq!(warned.stderr.matches(line).count(), 1, "{}", warned.stderr);
    }
    let summary = place.json("warned/summary.json");
    assert_eq!(summary["warnings"].as_array().unwrap().len(), 2);
    let ignored = place.oreo(&format!("{relax} --unseen ignore --output ignored"));
    assert!(!ignored.stderr.contains("warning"), "{}", ignored.stderr);
}

/// What `summary.json` should say, counted from the trajectory in the slowest way.
fn expected(place: &Workplace, run: &str, seen: &SeenDistances) -> Value {
    let text = String::from_utf8(place.read(&format!("{run}/replica-0/trajectory.xyz"))).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let (mut frames, mut first, mut worst) = (0, Value::Null, (0.0, Value::Null));
    for (step, frame) in lines.chunks(11).enumerate() {
        let (elements, positions) = ethanol(&frame.join("\n"));
        let mut is_outside = false;
        for i in 0..9 {
            for j in i + 1..9 {
                let (a, b) = (elements[i], elements[j]);
                let distance = Cell::Open.displacement(&positions[i], &positions[j]).norm();
                let Some(beyond) = seen.beyond(a, b, distance) else {
                    continue;
                };
                is_outside = true;
                if beyond > worst.0 {
                    let symbols = [a.symbol(), b.symbol()];
                    worst = (beyond, serde_json::json!([symbols, distance]));
                }
            }
        }
        if is_outside && first.is_null() {
            first = step.into();
        }
        frames += u64::from(is_outside);
    }
    let of_frames = lines.len() / 11;
    serde_json::json!({"frames": frames, "of_frames": of_frames, "first_step": first, "worst": worst.1})
}

/// Also the line that is said once, in one run and over two sessions of another; and the dynamics do not know of any of it.
/// Planted, and seen to fail: the worst pair, or the number of frames, not in the checkpoint; the line said again after
/// `resume`; the last pair of a frame in place of its worst; a run that cannot be resumed because its config does not know
/// `unseen`.
#[test]
fn frames_of_a_run_are_counted_and_a_resumed_run_counts_on() {
    let place = Workplace::new();
    let seen = weights_of_one_ethanol(&place);
    place.write("a.xyz", ETHANOL);
    let run = RUN.replace("--steps 2", "--temperature 50 --seed 3");
    for words in [
        format!("{run} --steps 60 --output whole"),
        format!("{run} --steps 40 --output halves"),
        "resume halves --steps 60".into(),
        format!(
            "{} --steps 60 --output plain",
            run.replace("w.safetensors", &program::weights())
        ),
    ] {
        if words.starts_with("resume") {
            // As an older program wrote it.
            let config = String::from_utf8(place.read("halves/config.toml")).unwrap();
            let older = config.replace("unseen = \"warn\"\n", "");
            assert_ne!(older, config);
            place.write("halves/config.toml", older);
        }
        let ended = place.oreo(&words);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let notes = ended.stderr.matches("does not say which distances").count();
        assert_eq!(
            notes,
            usize::from(words.contains("plain")),
            "{}",
            ended.stderr
        );
    }
    let unseen =
        |run: &str| place.json(&format!("{run}/summary.json"))["replicas"][0]["unseen"].clone();
    let whole = unseen("whole");
    let counted = expected(&place, "whole", &seen);
    for key in ["frames", "of_frames", "first_step"] {
        assert_eq!(whole[key], counted[key], "{key}");
    }
    assert_eq!(whole["of_frames"], 61);
    let first = whole["first_step"].as_u64().unwrap();
    assert!((1..40).contains(&first), "{whole}");
    assert_eq!(whole["worst"]["elements"], counted["worst"][0]);
    let distances =
        [&whole["worst"]["distance_a"], &counted["worst"][1]].map(|x| x.as_f64().unwrap());
    assert!((distances[0] - distances[1]).abs() < 1e-6, "{distances:?}");

    assert_eq!(unseen("halves"), whole);
    assert!(unseen("plain").is_null());
    let line = format!(
        "warning: replica 0 is outside of what the weights were trained on at step {first}: "
    );
    for run in ["whole", "halves"] {
        let log = String::from_utf8(place.read(&format!("{run}/log.txt"))).unwrap();
        assert_eq!(log.matches(&line).count(), 1, "{log}");
        assert_eq!(log.matches("warning: ").count(), 1, "{log}");
    }
    let frames = |run: &str| place.read(&format!("{run}/replica-0/trajectory.xyz"));
    assert!(frames("whole") == frames("plain") && frames("whole") == frames("halves"));
}
