//! Polymers: fine-tuned on rings of one and three units, judged on longer ones, and moved.

use super::job::{Job, Work};
use super::md17::{analysis, pretrained, pretraining, words};
use super::recipe::{self, Begin};
use super::scale::Scale;
use super::shipped;
use super::sources::{polymer, Sources, FAMILIES, LARGE};
use crate::cli::training::config::DataSettings;
use anyhow::Result;
use oreo_training::data::Protocol;
use oreo_training::objective::Variant;
use std::path::Path;

/// The job that makes the weights.
pub const TRAINING: &str = "polymers";

/// The job that judges the rounded weights, on the last of `LARGE`.
pub const ROUNDED_TEST: &str = "polymers-f16-test";

/// Folder with labelled frames of our own dynamics.
const OWN: &str = "own";

/// Of all labels: semi-empirical, not to be compared with numbers of density functionals.
const LEVEL: &str = "GFN2-xTB";

/// Frames between the parts of a trajectory, 25 fs: it is 0.8 or 1.5 ps long.
const GAP: u64 = 5;

/// Files that fine-tuning and tests read.
pub fn needs() -> Vec<String> {
    let loops = |family: &&str| [1, 3].map(|loops| polymer(family, loops));
    let mut needs: Vec<_> = FAMILIES.iter().flat_map(loops).collect();
    needs.extend(LARGE.map(|family| polymer(family, 15)));
    needs
}

/// Number in `splits/` of a file of the training.
fn place(family: usize, loops: usize) -> usize {
    2 * family + usize::from(loops == 3)
}

fn data(sources: &Sources) -> Vec<DataSettings> {
    let dealt = |family: &str, loops: usize, validation: u64, test: u64| DataSettings {
        validation,
        test,
        protocol: Protocol::TimeBlock { gap: GAP },
        ..recipe::file(sources.file(&polymer(family, loops)), LEVEL)
    };
    let both = |family: &&str| [dealt(family, 1, 15, 30), dealt(family, 3, 10, 24)];
    FAMILIES.iter().flat_map(both).collect()
}

/// Everything for the table. Frames of our own dynamics are judged where somebody has put labels of them into `root`; see
/// validation/reproduce/README.md.
///
/// # Errors
/// None that is known.
pub fn jobs(scale: &Scale, sources: &Sources, root: &Path) -> Result<Vec<Job>> {
    let begin = Begin::From(pretrained(Variant::EtOreo));
    let how = (Variant::EtOre, &begin);
    let config = recipe::training(TRAINING, scale, &scale.polymers, how, data(sources))?;
    let mut jobs: Vec<_> = pretraining(scale, sources, Variant::EtOreo)?.into();
    jobs.push(Job {
        name: TRAINING.into(),
        needs: vec![pretrained(Variant::EtOreo)],
        work: Work::Train(config),
    });
    for (number, family) in FAMILIES.iter().enumerate() {
        let split = format!("{TRAINING}/splits/{}.json", place(number, 3));
        let which = ["--split", &split, "--part", "test"];
        let file = sources.file(&polymer(family, 3));
        jobs.push(judged(&test_job(family, 3), &file, &which));
    }
    for family in LARGE {
        let file = sources.file(&polymer(family, 15));
        jobs.push(judged(&test_job(family, 15), &file, &[]));
    }
    jobs.extend(rounded(sources));
    for family in LARGE {
        jobs.push(dynamics(scale, sources, family));
        jobs.push(analysis(&dynamics_job(family)));
        let own = Path::new(OWN).join(format!("{family}.extxyz"));
        if root.join(&own).exists() {
            jobs.push(judged(&own_job(family), &own, &[]));
        }
    }
    Ok(jobs)
}

/// As the weights ship, and what that costs where they know the least.
fn rounded(sources: &Sources) -> [Job; 2] {
    let (needs, weights) = shipped::rounded(TRAINING);
    let file = sources.file(&polymer(LARGE[LARGE.len() - 1], 15));
    let test = Job {
        needs: vec![needs],
        ..judged_by(&weights, ROUNDED_TEST, &file, &[])
    };
    [shipped::rounding(TRAINING), test]
}

/// The job that judges one family.
pub fn test_job(family: &str, loops: usize) -> String {
    format!("{TRAINING}-{family}-L{loops:02}-test")
}

/// The job that judges frames of our own dynamics.
pub fn own_job(family: &str) -> String {
    format!("{TRAINING}-{family}-own-test")
}

/// The job that moves one family.
pub fn dynamics_job(family: &str) -> String {
    format!("{TRAINING}-{family}-dynamics")
}

fn weights() -> String {
    format!("{TRAINING}/best.safetensors")
}

fn judged(name: &str, file: &Path, which: &[&str]) -> Job {
    judged_by(&weights(), name, file, which)
}

fn judged_by(weights: &str, name: &str, file: &Path, which: &[&str]) -> Job {
    let file = file.to_string_lossy();
    let always = ["evaluate", "--weights", weights, "--data", &file];
    Job {
        name: name.into(),
        needs: vec![TRAINING.into()],
        work: Work::Ask(words(&[&always[..], which].concat())),
    }
}

fn dynamics(scale: &Scale, sources: &Sources, family: &str) -> Job {
    let start = sources.file(&polymer(family, 15));
    let (start, weights) = (start.to_string_lossy(), weights());
    let steps = (scale.polymer_steps)(family).to_string();
    let system = ["--structure", &start, "--weights", &weights];
    let bath = ["--temperature", "500 K", "--steps", &steps];
    Job {
        name: dynamics_job(family),
        needs: vec![TRAINING.into()],
        work: Work::Run(words(&[&system[..], &bath].concat())),
    }
}
