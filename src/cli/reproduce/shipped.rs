//! What goes into `models/`: weights with their matrices rounded to f16, and what that costs.

use super::job::{Job, Work};
use super::md17::words;
use super::sources::{Sources, RMD17};

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
    let best = format!("{training}/best.safetensors");
    let convert = ["convert", &best, &file, "--precision", "f16", "--overwrite"];
    Job {
        name,
        needs: vec![training.into()],
        work: Work::Ask(words(&convert)),
    }
}

/// Judges weights on the test frames of a split of `training`.
pub fn judged(
    (name, needs): (String, &str),
    weights: &str,
    data: &str,
    (training, split): (&str, usize),
) -> Job {
    let split = format!("{training}/splits/{split}.json");
    let what = ["evaluate", "--weights", weights, "--data", data];
    let which = ["--split", &split, "--part", "test"];
    Job {
        name,
        needs: vec![needs.into()],
        work: Work::Ask(words(&[&what[..], &which].concat())),
    }
}

/// The job that judges a pre-trained network on one molecule, before and after rounding.
pub fn general_tests(training: &str, molecule: &str) -> [String; 2] {
    let (rounded, _) = rounded(training);
    [
        format!("{training}-{molecule}-test"),
        format!("{rounded}-{molecule}-test"),
    ]
}

/// The general model: a pre-trained network, rounded, and its errors on test frames of every molecule of rMD17.
pub fn general(sources: &Sources, training: &str) -> Vec<Job> {
    let (name, file) = rounded(training);
    let mut jobs = vec![rounding(training)];
    for (split, molecule) in RMD17.iter().enumerate() {
        let data = sources.rmd17(molecule).to_string_lossy().into_owned();
        let [exact, half] = general_tests(training, molecule);
        let best = format!("{training}/best.safetensors");
        jobs.push(judged((exact, training), &best, &data, (training, split)));
        jobs.push(judged((half, &name), &file, &data, (training, split)));
    }
    jobs
}
