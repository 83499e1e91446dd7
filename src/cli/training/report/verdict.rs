//! The first lines of the page: what was trained, how good it is, and whether more training would help.

use super::curves::{LearningCurves, Measure};
use super::predicted::Predicted;
use super::SetErrors;
use crate::cli::page::verdict::{Check, Verdict};

/// Part of the validations at the end in which a training that is not done still improves.
const LAST_PART: f64 = 0.25;
/// By how much.
const FALLING: f64 = 0.05;
/// Error on the validation set over that on training conformations beyond which the network has learned them by heart.
const GAP: f64 = 1.5;
/// The same of conformations later in time over those between the training ones.
const LATER: f64 = 1.25;
/// Share of the mean label beyond which forces are hardly learned.
const SHARE: f64 = 0.1;
/// Validations that say something about a trend.
const FEWEST: usize = 8;

/// What the sentences are about.
pub struct Facts<'a> {
    /// The whole run
    pub curves: &'a LearningCurves,
    /// Of its config
    pub steps: u64,
    /// Of its config
    pub batch: usize,
    /// Whether more steps need a new training, because the learning rate ends with these
    pub cosine: bool,
    /// It goes on, or was stopped
    pub unfinished: bool,
    /// Set by set
    pub errors: &'a [SetErrors],
    /// Of the validation set by the weights that it began with; `None` for new ones
    pub before: Option<f64>,
    /// Of the last set that is there
    pub predicted: Option<&'a Predicted>,
}

/// Of a training.
pub fn of(facts: &Facts<'_>) -> Verdict {
    let measure = facts.curves.measure();
    let checks: Vec<Check> = [
        beginning(facts),
        trend(facts),
        gap(facts),
        later(facts),
        share(facts),
    ]
    .into_iter()
    .flatten()
    .collect();
    let attention =
        |check: &Check| ["beginning", "trend"].contains(&check.about) && check.state == "attention";
    let not_there = checks.iter().any(attention);
    let state = match (facts.unfinished, not_there) {
        (true, _) => "unfinished",
        (false, true) => "falling",
        (false, false) => "trained",
    };
    Verdict {
        state,
        headline: capital(&headline(facts, measure)),
        details: vec![length(facts)],
        checks,
    }
}

fn headline(facts: &Facts<'_>, measure: Option<Measure>) -> String {
    let start = if facts.unfinished { "Unfinished: " } else { "" };
    let Some(measure) = measure else {
        return match facts.curves.last("validation_loss") {
            Some(loss) => format!("{start}validation loss {loss:.3e}"),
            None => format!("{start}no validation yet"),
        };
    };
    let known = ["test", "validation"].map(|set| error_of(facts, set, measure));
    let [test, validation] = known;
    match (test, validation) {
        (Some((error, set)), _) => format!(
            "{start}{} {} {} on {} test conformations",
            measure.name,
            digits(error),
            measure.unit,
            set.conformations
        ),
        (None, Some((error, set))) => format!(
            "{start}{} {} {} on {} validation conformations, by which the weights were chosen",
            measure.name,
            digits(error),
            measure.unit,
            set.conformations
        ),
        (None, None) => format!("{start}no {} known", measure.name),
    }
}

/// With a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    let first = first.map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn error_of<'a>(facts: &Facts<'a>, set: &str, measure: Measure) -> Option<(f64, &'a SetErrors)> {
    let found = facts.errors.iter().find(|errors| errors.set == set)?;
    Some((found.of(measure)?, found))
}

fn length(facts: &Facts<'_>) -> String {
    let curves = facts.curves;
    let done = curves.last("step").unwrap_or(0.0);
    let best = curves.best().and_then(|row| curves.column("step").get(row));
    let best = best.map_or(String::new(), |step| {
        format!("; best weights of step {step}")
    });
    let mut text = format!("{done} of {} steps of {}", facts.steps, facts.batch);
    if let Some(seconds) = curves.last("wall_s") {
        let rounded = std::time::Duration::from_secs(seconds.round() as u64);
        text += &format!(" in {}", humantime::format_duration(rounded));
    }
    text + &best
}

/// Fine-tuning that made it worse.
fn beginning(facts: &Facts<'_>) -> Option<Check> {
    let measure = facts.curves.measure()?;
    let (before, (after, _)) = (facts.before?, error_of(facts, "validation", measure)?);
    let [was, is] = [before, after].map(digits);
    let (unit, name) = (measure.unit, measure.name);
    let (state, text) = match after <= before {
        true => ("good", format!("Beginning: {name} of the validation set {was} {unit} before, {is} after")),
        false => (
            "attention",
            format!("Beginning: the weights that it began with were better on the validation set ({was} {unit}; now {is})"),
        ),
    };
    Some(Check {
        state,
        text,
        about: "beginning",
    })
}

/// The lowest error before the last part of the run against the lowest in it.
fn trend(facts: &Facts<'_>) -> Option<Check> {
    let about = "trend";
    let measure = facts.curves.measure()?;
    let errors: Vec<f64> = facts
        .curves
        .points(measure.column)
        .iter()
        .map(|p| p[1])
        .collect();
    if errors.len() < FEWEST {
        let text = format!(
            "Trend: {} validations are too few to tell whether the error still falls",
            errors.len()
        );
        let state = "missing";
        return Some(Check { state, text, about });
    }
    let split = ((1.0 - LAST_PART) * errors.len() as f64).round() as usize;
    let lowest = |part: &[f64]| part.iter().copied().fold(f64::INFINITY, f64::min);
    let (before, after) = (lowest(&errors[..split]), lowest(&errors[split..]));
    let (name, unit) = (measure.name, measure.unit);
    let numbers = format!("from {} to {} {unit}", digits(before), digits(after));
    let remedy = match facts.cosine {
        true => "a longer training would go lower: begin it anew, for the learning rate ends here",
        false => "a longer training would go lower",
    };
    let (state, words) = match after / before {
        ratio if ratio < 1.0 - FALLING => (
            "attention",
            format!(
                "still falling, by {:.0} % in the last quarter ({numbers}); {remedy}",
                100.0 * (1.0 - ratio)
            ),
        ),
        ratio if ratio > 1.0 + FALLING => (
            "attention",
            format!("rose in the last quarter ({numbers}); the best weights are of earlier steps"),
        ),
        _ => ("good", format!("level in the last quarter ({numbers})")),
    };
    let text = format!("Trend: validation {name} {words}");
    Some(Check { state, text, about })
}

fn gap(facts: &Facts<'_>) -> Option<Check> {
    let measure = facts.curves.measure()?;
    let (training, set) = error_of(facts, "training", measure)?;
    let (validation, _) = error_of(facts, "validation", measure)?;
    let ratio = validation / training;
    let (state, words) = match ratio > GAP {
        true => (
            "attention",
            "; the training conformations are learned by heart: more data would help",
        ),
        false => ("good", ""),
    };
    let text = format!(
        "Gap: validation {} is {ratio:.2} times that of {} training conformations ({} {}){words}",
        measure.name,
        set.conformations,
        digits(training),
        measure.unit
    );
    let about = "gap";
    Some(Check { state, text, about })
}

fn later(facts: &Facts<'_>) -> Option<Check> {
    let measure = facts.curves.measure()?;
    let (test, _) = error_of(facts, "test", measure)?;
    let (later, set) = error_of(facts, "later", measure)?;
    let state = if later / test > LATER {
        "attention"
    } else {
        "good"
    };
    let text = format!(
        "Later in time: {} {} {} on {} conformations behind all others, {:.2} times that of the test set",
        measure.name,
        digits(later),
        measure.unit,
        set.conformations,
        later / test
    );
    let about = "later";
    Some(Check { state, text, about })
}

fn share(facts: &Facts<'_>) -> Option<Check> {
    let predicted = facts.predicted?;
    let label = predicted
        .label_force_mev_per_a
        .filter(|&label| label > 0.0)?;
    let share = predicted.force.as_ref()?.force_mae_mev_per_a / label;
    let state = if share > SHARE { "attention" } else { "good" };
    let text = format!(
        "Size: the force error is {} % of the mean force component, {} meV/Å",
        digits(100.0 * share),
        digits(label)
    );
    let about = "share";
    Some(Check { state, text, about })
}

/// Three significant ones.
pub fn digits(value: f64) -> String {
    let size = value.abs().max(1e-12).log10().floor();
    let decimals = (2.0 - size).clamp(0.0, 6.0) as usize;
    format!("{value:.decimals$}")
}

/// What the words of the page mean.
pub const DEFINITIONS: [(&str, &str); 14] = [
    ("beginning", "error of the validation set by the weights that the training began with, against that of the best weights"),
    ("by_force", "atoms of equal number by the size of their reference force; mean |F̂−F| over their components"),
    ("by_source", "conformations of one file; energies: mean |Ê−E| of a molecule, one offset removed for each composition"),
    ("energy_mae", "mean |Ê−E|/n of the set, energies of atoms taken off, as summary.json has it"),
    ("force_mae", "mean |F̂−F| over conformations, atoms and Cartesian components"),
    ("gap", "error of the best weights on the validation set over that on some training conformations"),
    ("later", "the second test of the split random-and-later: the end of the trajectory, which has no neighbours in the training set"),
    ("learning_rate", "of the last step before the validation"),
    ("loss", "the weighted sum of the terms; training: mean over the steps since the validation before, of the weights as they were then; validation: of their moving average if there is one"),
    ("parity", "components of forces (or the property) of the conformations predicted here, a fair sample of them; below, their difference"),
    ("property_mae", "mean |ŷ−y|"),
    ("share", "force MAE over the mean |F| of the components of the labels, which is the error of predicting no force at all"),
    ("terms", "mean squares that the loss is made of: forces, forces of minima (zero), denoising of minima, energies per atom, property"),
    ("trend", "lowest validation error in the last quarter of the validations against the lowest before"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(errors: &[f64]) -> Verdict {
        let mut table = "step,samples,validation_loss,force_mae_mev_per_a\n".to_string();
        for (k, error) in errors.iter().enumerate() {
            table += &format!("{k},{k},{error},{error}\n");
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("learning_curves.csv"), table).unwrap();
        of(&Facts {
            curves: &LearningCurves::read(folder.path()).unwrap(),
            steps: 100,
            batch: 8,
            cosine: false,
            unfinished: false,
            errors: &[
                SetErrors::force("training", 300, 2.0),
                SetErrors::force("validation", 50, 4.0),
            ],
            before: None,
            predicted: None,
        })
    }

    fn fine_tuned(before: f64) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        let table = "step,samples,validation_loss,force_mae_mev_per_a\n1,1,4.0,4.0\n";
        std::fs::write(folder.path().join("learning_curves.csv"), table).unwrap();
        of(&Facts {
            curves: &LearningCurves::read(folder.path()).unwrap(),
            steps: 1,
            batch: 8,
            cosine: false,
            unfinished: false,
            errors: &[SetErrors::force("validation", 50, 4.0)],
            before: Some(before),
            predicted: None,
        })
    }

    /// Catches the comparison the wrong way round, and a green page all the same.
    #[test]
    fn fine_tuning_that_made_it_worse_is_no_success() {
        let (better, worse) = (fine_tuned(5.0), fine_tuned(3.0));
        assert_eq!((better.state, better.checks[0].state), ("trained", "good"));
        assert_eq!(
            (worse.state, worse.checks[0].state),
            ("falling", "attention")
        );
        assert!(worse.checks[0].text.contains("(3.00 meV/Å; now 4.00)"));
    }

    /// Catches the last error against the first, and the mean of the last quarter.
    #[test]
    fn a_falling_a_level_and_a_rising_curve_are_told_apart() {
        let level = [9.0, 6.0, 5.0, 4.0, 3.0, 3.0, 2.95, 3.4];
        let falling = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.4, 3.0];
        let rising = [9.0, 6.0, 3.0, 2.0, 2.5, 3.0, 3.5, 4.0];
        let found = [level, falling, rising].map(|errors| {
            let verdict = verdict(&errors);
            (verdict.state, verdict.checks[0].text.clone())
        });
        assert_eq!(found[0].0, "trained");
        assert!(found[0]
            .1
            .contains("level in the last quarter (from 3.00 to 2.95 meV/Å)"));
        assert_eq!(found[1].0, "falling");
        assert!(
            found[1].1.contains("still falling, by 25 %"),
            "{}",
            found[1].1
        );
        assert!(found[2].1.contains("rose"), "{}", found[2].1);
        assert_eq!(verdict(&[3.0; 4]).checks[0].state, "missing");
    }

    #[test]
    fn the_headline_says_which_set_and_the_gap_what_was_learned_by_heart() {
        let verdict = verdict(&[4.0; 8]);
        assert_eq!(
            verdict.headline,
            "Force MAE 4.00 meV/Å on 50 validation conformations, by which the weights were chosen"
        );
        assert_eq!(
            (verdict.checks[1].state, verdict.checks[1].about),
            ("attention", "gap")
        );
        assert!(verdict.checks[1].text.contains("2.00 times"));
    }
}
