//! What goes into `models/`: weights with their matrices rounded to f16, and what that costs; pre-trained networks, and whether they
//! hold molecules together that they have never seen.

use super::job::{Job, Work};
use super::md17::{judged, mixture, pretrained, words};
use super::recipe::{self, Begin};
use super::scale::Scale;
use super::sources::{Sources, RMD17};
use anyhow::Result;
use oreo_training::objective::Variant;

/// The job in which ET-OREO goes on without denoising: whether that makes up for it.
const HEALED: &str = "without-denoising";

/// Molecules of QM9 with 15 atoms or more that no stage has seen: ten of the test part of the split, drawn once.
pub const HELD_OUT: [u32; 10] = [
    4135, 9489, 13807, 29327, 39714, 44435, 68670, 82771, 102607, 107346,
];

/// The job that rounds the weights of another one, and the name of its file.
pub fn rounded(training: &str) -> (String, String) {
    (
        format!("{training}-f16"),
        format!("{training}-f16.safetensors"),
    )
}

/// Rounds the best weights of a training.
pub fn rounding(training: &str) -> Job {
    let (name, file) = rounded(training);
    let best = best(training);
    let convert = ["convert", &best, &file, "--precision", "f16", "--overwrite"];
    Job {
        name,
        needs: vec![training.into()],
        work: Work::Ask(words(&convert)),
    }
}

fn best(training: &str) -> String {
    format!("{training}/best.safetensors")
}

/// Networks that are judged without fine-tuning: the job that makes each, and its file.
pub fn networks() -> [(String, String); 3] {
    let trained = |name: String| (name.clone(), best(&name));
    [
        trained(pretrained(Variant::EtOre)),
        trained(pretrained(Variant::EtOreo)),
        trained(HEALED.into()),
    ]
}

/// The job that judges a network on the test frames of one molecule.
pub fn test_job(network: &str, molecule: &str) -> String {
    format!("{network}-{molecule}-test")
}

/// The job that moves a molecule of QM9 under a network.
pub fn dynamics_job(network: &str, molecule: u32) -> String {
    format!("{network}-qm9-{molecule}-dynamics")
}

/// Pre-trained networks: their errors on test frames of every molecule of rMD17, and dynamics of molecules that they have never
/// seen. That is what a general model is chosen by.
///
/// # Errors
/// None that is known.
pub fn general(scale: &Scale, sources: &Sources) -> Result<Vec<Job>> {
    let first = pretrained(Variant::EtOreo);
    let (begin, data) = (
        Begin::From(first.clone()),
        mixture(sources, Variant::EtOreo),
    );
    let config = recipe::without_denoising(HEALED, scale, &scale.healing, &begin, data)?;
    let training = Job {
        name: HEALED.into(),
        needs: vec![first.clone()],
        work: Work::Train(config),
    };
    let mut jobs = vec![training];
    for (network, weights) in networks() {
        for (split, molecule) in RMD17.iter().enumerate() {
            let data = sources.rmd17(molecule).to_string_lossy().into_owned();
            let split = format!("{first}/splits/{split}.json");
            jobs.push(Job {
                name: test_job(&network, molecule),
                needs: vec![network.clone(), first.clone()],
                work: judged((&weights, &data), "rmd17", (&split, "test")),
            });
        }
        let moved = HELD_OUT.map(|molecule| dynamics(sources, (&network, &weights), molecule));
        jobs.extend(moved);
    }
    Ok(jobs)
}

/// From its minimum, 1 ps at 300 K.
fn dynamics(sources: &Sources, (network, weights): (&str, &str), molecule: u32) -> Job {
    let file = sources.file("qm9/qm9_geometries.npz");
    let (file, frame) = (file.to_string_lossy(), molecule.to_string());
    let start = ["--structure", &file, "--frame", &frame];
    let bath = [
        "--weights",
        weights,
        "--temperature",
        "300 K",
        "--steps",
        "2000",
    ];
    Job {
        name: dynamics_job(network, molecule),
        needs: vec![network.into()],
        work: Work::Run(words(&[&start[..], &bath].concat())),
    }
}
