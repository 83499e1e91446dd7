//! Molecular dynamics of four molecules: with and without pre-training, with and without its terms at equilibrium.

use super::job::{Job, Work};
use super::recipe::{self, Begin};
use super::scale::Scale;
use super::shipped;
use super::sources::{self, Sources, ETHANE, RMD17, SMALL};
use crate::cli::training::config::DataSettings;
use anyhow::Result;
use oreo_training::objective::Variant;
use std::path::PathBuf;

/// Of the paper's table 2, as their files are called.
pub const MOLECULES: [&str; 4] = ["aspirin", "ethanol", "naphthalene", "salicylic"];

/// In the order in which they are done: the one that ships first.
pub const VARIANTS: [Variant; 3] = [Variant::EtOreo, Variant::EtOre, Variant::TorchMdNet];

/// Ethane without what no molecular dynamics meets.
const ETHANE_PACKED: &str = "ethane.opack";
const PACK_ETHANE: &str = "pack-ethane";

/// Share of QM9 in a batch, relative to one molecule of rMD17.
const QM9_SHARE: f64 = 4.0;
/// The split that keeps the molecules apart whose properties are predicted later.
pub const QM9_SPLIT: &str = "splits/qm9.json";

/// Files that pre-training reads.
pub fn pretraining_needs() -> Vec<String> {
    let small = SMALL.iter().map(|(name, ..)| name.to_string());
    let qm9 = ["qm9/qm9_geometries.npz", "qm9/qm9_b3lyp_orbitals.csv"];
    let mut needs: Vec<_> = RMD17.iter().map(|name| sources::rmd17(name)).collect();
    needs.extend(small);
    needs.extend(qm9.map(String::from));
    needs.push(ETHANE.into());
    needs
}

/// The job that makes weights of a variant to fine-tune from.
pub fn pretrained(variant: Variant) -> String {
    format!("pretrain-{}", variant.name())
}

/// Pre-training of one variant, after the packing of ethane.
pub fn pretraining(scale: &Scale, sources: &Sources, variant: Variant) -> Result<[Job; 2]> {
    let pack = Job {
        name: PACK_ETHANE.into(),
        needs: Vec::new(),
        work: Work::Ask(words(&[
            "convert",
            &sources.file(ETHANE).to_string_lossy(),
            ETHANE_PACKED,
            "--units",
            "hartree,A,hartree/bohr",
            "--max-force",
            "20 eV/A",
        ])),
    };
    let name = pretrained(variant);
    let budget = match variant {
        Variant::EtOreo => scale.pretraining,
        _ => scale.pretraining_without_equilibrium,
    };
    let data = mixture(sources, variant);
    let config = recipe::training(&name, scale, &budget, (variant, &Begin::Scratch), data)?;
    let train = Job {
        needs: vec![pack.name.clone()],
        work: Work::Train(config),
        name,
    };
    Ok([pack, train])
}

pub(super) fn mixture(sources: &Sources, variant: Variant) -> Vec<DataSettings> {
    let with = |data: DataSettings, weight: f64| DataSettings {
        weight: Some(weight),
        ..data
    };
    let molecule = |name: &&str| with(recipe::rmd17(sources.rmd17(name), "rmd17"), 1.0);
    let mut data: Vec<_> = RMD17.iter().map(molecule).collect();
    if variant == Variant::EtOreo {
        let minima = recipe::file(
            sources.file("qm9/qm9_geometries.npz"),
            "B3LYP/6-31G(2df,p) minima",
        );
        data.push(DataSettings {
            split: Some(PathBuf::from(QM9_SPLIT)),
            ..with(minima, QM9_SHARE)
        });
    }
    let small = SMALL.iter();
    data.extend(
        small.map(|(name, level, share)| with(recipe::file(sources.file(name), level), *share)),
    );
    data.push(with(recipe::file(ETHANE_PACKED, "wB97X"), 0.4));
    data
}

/// Everything for the table; `labels` are those that are fine-tuned on.
///
/// # Errors
/// None that is known.
pub fn jobs(scale: &Scale, sources: &Sources, labels: &str) -> Result<Vec<Job>> {
    let mut jobs: Vec<Job> = Vec::new();
    for variant in VARIANTS {
        if variant != Variant::TorchMdNet {
            for job in pretraining(scale, sources, variant)? {
                if !jobs.contains(&job) {
                    jobs.push(job);
                }
            }
        }
        if variant == Variant::EtOreo {
            jobs.extend(shipped::general(scale, sources)?);
        }
        for molecule in MOLECULES {
            jobs.extend(one(scale, sources, labels, molecule, variant)?);
        }
    }
    Ok(jobs)
}

/// The name of the training of one cell of the table; the other jobs of the cell add a word to it.
pub fn cell(molecule: &str, variant: Variant, labels: &str) -> String {
    let labels = match labels {
        "rmd17" => "",
        _ => "-md17",
    };
    format!("{molecule}{labels}-{}", variant.name())
}

fn one(
    scale: &Scale,
    sources: &Sources,
    labels: &str,
    molecule: &str,
    variant: Variant,
) -> Result<Vec<Job>> {
    let name = cell(molecule, variant, labels);
    let (begin, needs) = match variant {
        Variant::TorchMdNet => (Begin::Scratch, Vec::new()),
        _ => (Begin::From(pretrained(variant)), vec![pretrained(variant)]),
    };
    let budget = match molecule {
        "ethanol" | "aspirin" => scale.longer,
        _ => scale.molecule,
    };
    // From here on, forces of this molecule are all there is.
    let kind = match variant {
        Variant::TorchMdNet => Variant::TorchMdNet,
        _ => Variant::EtOre,
    };
    let data = vec![recipe::rmd17(sources.rmd17(molecule), labels)];
    let config = recipe::training(&name, scale, &budget, (kind, &begin), data)?;
    let weights = format!("{name}/best.safetensors");
    let file = sources.rmd17(molecule).to_string_lossy().into_owned();
    let after = |suffix: &str, work: Work| Job {
        name: format!("{name}-{suffix}"),
        needs: vec![name.clone()],
        work,
    };
    let split = format!("{name}/splits/0.json");
    let judged = |weights: &str, part: &str| judged((weights, &file), labels, (&split, part));
    let (steps, replicas) = (scale.steps.to_string(), scale.replicas.to_string());
    let run = ["--preset", "md17", "--weights", &weights];
    let reference = ["--reference", &file, "--labels", labels];
    let start = ["--split", &split, "--part", "test"];
    let length = ["--steps", &steps, "--replicas", &replicas];
    let run = Work::Run(words(&[&run[..], &reference, &start, &length].concat()));
    let mut jobs = vec![
        Job {
            name: name.clone(),
            needs,
            work: Work::Train(config),
        },
        after("test", judged(&weights, "test")),
        after("later", judged(&weights, "later")),
        after("dynamics", run),
        analysis(&format!("{name}-dynamics")),
    ];
    if (variant, labels) == (Variant::EtOreo, "rmd17") {
        let (rounded, f16) = shipped::rounded(&name);
        jobs.push(shipped::rounding(&name));
        jobs.push(Job {
            name: format!("{rounded}-test"),
            needs: vec![rounded],
            work: judged(&f16, "test"),
        });
    }
    Ok(jobs)
}

/// Errors of weights on a part of a data set of rMD17.
pub(super) fn judged(
    (weights, file): (&str, &str),
    labels: &str,
    (split, part): (&str, &str),
) -> Work {
    let judged = ["evaluate", "--weights", weights, "--data", file];
    let which = ["--labels", labels, "--split", split, "--part", part];
    Work::Ask(words(&[&judged[..], &which].concat()))
}

/// Means, errors and plots of a run.
pub fn analysis(run: &str) -> Job {
    Job {
        name: format!("{run}-analysis"),
        needs: vec![run.into()],
        work: Work::Ask(words(&["analyze", run])),
    }
}

/// Owned.
pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}
