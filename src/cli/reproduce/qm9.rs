//! HOMO, LUMO and gap of QM9: from scratch, and from pre-trained weights, with the same budget.

use super::job::{Job, Work};
use super::md17::{pretrained, pretraining, QM9_SPLIT};
use super::recipe::{self, Begin};
use super::scale::Scale;
use super::sources::Sources;
use crate::cli::exit::OrBadInput;
use crate::cli::training::config::DataSettings;
use crate::cli::training::labels::labelled;
use anyhow::Result;
use oreo_training::data::{self, Indices, SourceOptions};
use oreo_training::objective::Variant;
use std::path::Path;
use std::sync::Arc;

/// What is predicted, each by a network of its own.
pub const PROPERTIES: [&str; 3] = ["homo", "lumo", "gap"];

/// Where the networks come from.
pub const BEGINNINGS: [&str; 2] = ["scratch", "pretrained"];

const GEOMETRIES: &str = "qm9/qm9_geometries.npz";
const TABLE: &str = "qm9/qm9_b3lyp_orbitals.csv";
const LEVEL: &str = "B3LYP/6-31G(2df,p)";

/// Molecules that pre-training watches: a validation must stay short.
const WATCHED: usize = 500;

/// Files that the experiment reads.
pub fn needs() -> Vec<String> {
    vec![GEOMETRIES.into(), TABLE.into()]
}

fn labels(sources: &Sources, property: &str) -> DataSettings {
    DataSettings {
        property: Some(property.into()),
        properties: Some(sources.file(TABLE)),
        train: Some(12_000),
        validation: 1500,
        test: 1500,
        ..recipe::file(sources.file(GEOMETRIES), LEVEL)
    }
}

/// Writes the split of pre-training: every molecule but those that a property is validated or tested on.
///
/// # Errors
/// Data that cannot be read.
pub fn keep_apart(sources: &Sources, root: &Path) -> Result<()> {
    let path = root.join(QM9_SPLIT);
    if path.exists() {
        return Ok(());
    }
    let settings = labels(sources, PROPERTIES[0]);
    let options = SourceOptions {
        properties: settings.properties.clone(),
        ..SourceOptions::default()
    };
    let source = Arc::from(data::open(&settings.file, &options).or_bad_input()?);
    let mut split = labelled(source, &settings)?.split(&settings, &path)?;
    let held_out = split.validation.iter().chain(split.test.iter()).collect();
    split.train = Indices::from_unsorted(held_out).complement(split.count);
    let watched = split.validation.iter().take(WATCHED).collect();
    split.validation = Indices::from_unsorted(watched);
    split.save(&path).or_bad_input()
}

/// The job of one cell of the table.
pub fn cell(property: &str, beginning: &str) -> String {
    format!("qm9-{property}-{beginning}")
}

/// Everything for the table.
///
/// # Errors
/// None that is known.
pub fn jobs(scale: &Scale, sources: &Sources) -> Result<Vec<Job>> {
    let mut jobs: Vec<_> = pretraining(scale, sources, Variant::EtOreo)?.into();
    for property in PROPERTIES {
        for beginning in BEGINNINGS {
            let (begin, needs) = match beginning {
                "scratch" => (Begin::Scratch, Vec::new()),
                _ => {
                    let pretrained = pretrained(Variant::EtOreo);
                    (Begin::From(pretrained.clone()), vec![pretrained])
                }
            };
            let name = cell(property, beginning);
            let how = (Variant::Property, &begin);
            let data = vec![labels(sources, property)];
            let config = recipe::training(&name, scale, &scale.property, how, data)?;
            jobs.push(Job {
                needs,
                work: Work::Train(config),
                name,
            });
        }
    }
    Ok(jobs)
}
