//! RESULTS.md: every number is one of the JSON files, or a mean of some of them; the paper's stand beside.

use super::results::Results;
use super::tables;

/// The whole document, from all experiments that were made.
pub fn of(all: &[Results]) -> String {
    let mut text = String::from(HEAD);
    for results in all {
        text += &match results.experiment.as_str() {
            "md17" => tables::md17::of(results),
            "polymers" => tables::polymers::of(results),
            _ => tables::qm9::of(results),
        };
        text += &tables::curves::of(results);
        text += &conditions(results);
    }
    text
}

const HEAD: &str = "\
# Results

Written by `oreo reproduce --render` from the JSON files of `validation/results/`, which `oreo reproduce` wrote; each holds
the command line, version, seeds and hash of the weights of every number. Numbers of the paper are those of \"May the
Force be with You\" (2023). Ours and the paper's are not the same experiment:

- **Data.** The paper pre-trains on 15 million conformations (ANI-1x, PCQM4Mv2, poly24, MD17) and fine-tunes on 9,500
  frames of a molecule. Here pre-training has the training frames of nine rMD17 molecules, 125,744 minima of QM9 and 11,324 frames of
  three small sets; fine-tuning has 6,750 frames.
- **Labels.** rMD17's recomputed ones (PBE/def2-SVP) unless a title says otherwise; the paper's are the original MD17.
- **Tests.** *random*: 500 frames dealt at random, neighbours in time of training frames. *later*: the last tenth of the
  trajectory, after a gap; nothing in training or validation is from there. No stage sees either.
- **Degrees of freedom.** `dof = md17` (K₀ = ½·3N·kT without translation and rotation), as the frames were made: 500 K there are an
  internal temperature of 500·3N/(3N−6) K.
- **h(r) MAE** = Σ|h − h_ref|Δr against all frames of the file. *floor*: what sampling alone would give for a run of that
  length (block bootstrap); *halves*: first half of the reference against its second.
  *reweighted*: MAE against the same frames, each counted exp(−(E_label − E_original)/kT) times. The frames come from dynamics
  at the original level of theory, whose bond lengths are others; a network of the revised labels cannot have their h(r), it can
  have this one. `oreo analyze` says how many frames are left in effect, and how far the weights move h(r).
- **Stable**: until a bond is more than 0.5 Å from its reference length, looked at in every step.

";

fn conditions(results: &Results) -> String {
    format!(
        "Computed with Oreo {}, f32, one or two threads a job, on {} ({} cores); jobs done: {}. `oreo reproduce {} --scale {}`.\n\n",
        results.version,
        results.processor.as_deref().unwrap_or("a processor that the system does not name"),
        results.cores,
        results.jobs.len(),
        results.experiment,
        results.scale,
    )
}
