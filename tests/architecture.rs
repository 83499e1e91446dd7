//! The floors of ARCHITECTURE.md hold: cargo's own view of the dependencies is compared with the table there.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

/// Normal dependencies of every crate of the workspace, by name.
fn dependencies(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let normal = |package: &cargo_metadata::Package| {
        let kept = package
            .dependencies
            .iter()
            .filter(|d| d.kind == DependencyKind::Normal);
        kept.map(|d| d.name.clone()).collect()
    };
    metadata
        .workspace_packages()
        .iter()
        .map(|p| (p.name.to_string(), normal(p)))
        .collect()
}

/// Rows `| `folder/` | `crate` | depends on … |` of ARCHITECTURE.md.
fn documented_floors() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../ARCHITECTURE.md");
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| `") && line.matches('|').count() == 5);
    let mut floors = BTreeMap::new();
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let folder = cells[1].trim_matches('`').trim_end_matches('/');
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(
            root.join(folder).is_dir(),
            "ARCHITECTURE.md names a folder that does not exist: {folder}"
        );
        let words = cells[3].split(|c: char| !c.is_alphanumeric() && c != '-');
        let own = words
            .filter(|word| word.starts_with("oreo-"))
            .map(String::from)
            .collect();
        floors.insert(cells[2].trim_matches('`').to_string(), own);
    }
    floors
}

fn own(names: &BTreeSet<String>) -> BTreeSet<String> {
    names
        .iter()
        .filter(|name| name.starts_with("oreo"))
        .cloned()
        .collect()
}

#[test]
fn crates_depend_only_downwards_as_architecture_md_says() {
    let documented = documented_floors();
    let found: BTreeMap<_, _> = dependencies(&metadata())
        .into_iter()
        .map(|(k, v)| (k, own(&v)))
        .collect();
    assert_eq!(found, documented);
}

#[test]
fn siblings_on_a_floor_never_see_each_other() {
    let found = dependencies(&metadata());
    for sibling in [
        "oreo-integrators",
        "oreo-potentials",
        "oreo-formats",
        "oreo-validation",
    ] {
        assert_eq!(
            own(&found[sibling]),
            BTreeSet::from(["oreo-core".to_string()]),
            "{sibling}"
        );
    }
    assert!(own(&found["oreo-core"]).is_empty());
}

#[test]
fn the_lowest_floor_knows_no_network_no_files_and_no_command_line() {
    let heavy = [
        "candle-core",
        "candle-nn",
        "clap",
        "zip",
        "flate2",
        "safetensors",
        "plotters",
        "indicatif",
        "toml",
    ];
    let core = &dependencies(&metadata())["oreo-core"];
    assert!(heavy.iter().all(|name| !core.contains(*name)), "{core:?}");
}

#[test]
fn candle_stays_in_potentials() {
    for (name, dependencies) in dependencies(&metadata()) {
        let sees_candle = dependencies.iter().any(|d| d.starts_with("candle"));
        assert_eq!(
            sees_candle,
            name == "oreo-potentials",
            "{name}: {dependencies:?}"
        );
    }
}

#[test]
fn every_file_named_in_architecture_md_exists() {
    let text = include_str!("../ARCHITECTURE.md");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = text.split('`').skip(1).step_by(2).filter(|word| {
        word.contains('/')
            && (word.ends_with(".rs") || word.ends_with(".md") || word.ends_with('/'))
    });
    let missing: Vec<_> = named.filter(|word| !root.join(word).exists()).collect();
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md names what does not exist: {missing:?}"
    );
}
