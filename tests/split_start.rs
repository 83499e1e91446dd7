//! `oreo run --split`: replicas start at frames of a part of the split, of a file whose frames are not in time order.
#![cfg(feature = "cli")]

mod program;

use oreo::formats::{read_structure, ReadOptions};
use oreo::training::data::{open, Indices, Protocol, Sizes, SourceOptions, Split};
use program::{repository, Workplace};
use std::path::Path;

/// Frames of it are dealt at random over the trajectory that they are from.
const ETHANOL: &str = "formats/tests/data/rmd17_ethanol_10.npz";

fn split(path: &Path) {
    let source = open(&repository(ETHANOL), &SourceOptions::default()).unwrap();
    let sizes = Sizes {
        train: Some(6),
        validation: 2,
        test: 2,
    };
    let mut split = Split::new(source.as_ref(), Protocol::Random, sizes, 0).unwrap();
    split.test = Indices::from_unsorted(vec![3]);
    split.validation = Indices::from_unsorted(vec![8]);
    split.train = Indices::from_unsorted(vec![0, 1]);
    split.save(path).unwrap();
}

fn is_frame(place: &Workplace, name: &str, frame: u64) {
    let options = ReadOptions::default();
    let file = read_structure(repository(ETHANOL), frame, &options).unwrap();
    let start = read_structure(place.path(name), 0, &options).unwrap();
    let pairs = start.positions.iter().zip(&file.positions);
    let apart = pairs.map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
    assert!(apart < 1e-6, "{name} is not frame {frame}: {apart} Å");
}

/// Catches indices of the file taken for places in time order start elsewhere.
#[test]
fn every_replica_starts_at_a_frame_of_the_part() {
    let place = Workplace::new();
    split(&place.path("split.json"));
    let reference = repository(ETHANOL);
    let run = format!(
        "run --reference {} --split split.json --steps 2 --stability none --replicas 3 --formats xyz",
        reference.display()
    );
    let ended = place.oreo(&format!("{run} --output test"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    (0..3).for_each(|id| is_frame(&place, &format!("test/replica-{id}/start.xyz"), 3));
    let config = String::from_utf8(place.read("test/config.toml")).unwrap();
    assert!(
        config.contains("part = \"test\"") && config.contains("split.json"),
        "{config}"
    );
    // What a run has begun with it keeps, also without the split.
    std::fs::rename(place.path("split.json"), place.path("kept.json")).unwrap();
    let ended = place.oreo("resume test --steps 4");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let run = run.replace("split.json", "kept.json");
    let ended = place.oreo(&format!("{run} --part validation --output other"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    is_frame(&place, "other/replica-0/start.xyz", 8);
    place.refuses(
        &format!("{run} --part later --output none"),
        &["part later", "no frames"],
    );
    let missing = run.replace("kept.json", "gone.json");
    place.refuses(
        &format!("{missing} --output none"),
        &["split: ", "gone.json"],
    );
    assert!(!place.path("none").exists());
}
