//! How good weights are on sets that nobody trains on, before and after.

use super::config::TrainConfig;
use super::data::Sets;
use super::network::Engine;
use super::ranks::Here;
use crate::cli::exit::OrBadInput;
use anyhow::Result;
use oreo_potentials::oreo::gradients::{trainable, Gradients};
use oreo_potentials::oreo::Weights;
use oreo_training::data::Source;
use oreo_training::objective::{ElementEnergies, Term};
use oreo_training::ranks::{Group, Shared};
use oreo_training::trainer::{fit_element_energies, Errors, Trainer};
use serde::Serialize;
use std::fmt::Write;

/// Conformations that energies of atoms are fitted to, and that such a fit is judged by: some ten numbers need no more.
pub const FITTED: usize = 2000;

/// The engine of all ranks together.
pub type SharedEngine<'g> = Shared<'g, f32, Engine, Here>;

/// A trainer at the beginning. An objective with energies has those of free atoms taken off its labels, fitted to what the
/// given weights leave of them: the same numbers in each session of a run.
///
/// # Errors
/// Settings or weights that cannot be trained; an objective with energies for data without.
pub fn trainer<'g>(
    config: &TrainConfig,
    weights: &Weights,
    sets: &Sets,
    group: &'g Group<Here>,
) -> Result<Trainer<SharedEngine<'g>>> {
    let asks_energies = config.training.objective.weights()?.has(Term::Energy);
    let energies = match asks_energies {
        false => None,
        true => {
            let mut network = match config.init {
                None => None,
                Some(_) => Some(Engine::of(config, weights)?),
            };
            let network = network
                .as_mut()
                .map(|engine| engine as &mut dyn Gradients<f32>);
            let fitted = fit_element_energies(&sets.train, network, FITTED).or_bad_input()?;
            Some(fitted.energies)
        }
    };
    with_labels(config, weights, energies, group)
}

/// A trainer whose energy labels are without the given energies of atoms.
///
/// # Errors
/// As of [`trainer`].
pub fn with_labels<'g>(
    config: &TrainConfig,
    weights: &Weights,
    energies: Option<ElementEnergies>,
    group: &'g Group<Here>,
) -> Result<Trainer<SharedEngine<'g>>> {
    let engine = Engine::of(config, weights)?;
    let engine = Shared::new(engine, group);
    let parameters = weights.parameters().into_iter().map(|p| p as f32).collect();
    let entries = trainable(&weights.config);
    let trainer = Trainer::new(config.training.clone(), engine, &entries, parameters);
    let trainer = trainer.or_bad_input()?;
    Ok(match energies {
        None => trainer,
        Some(energies) => trainer.with_element_energies(energies),
    })
}

/// Loss and errors on one set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Judgement {
    /// L
    pub loss: Option<f64>,
    /// Mean absolute errors
    pub errors: Errors,
}

/// # Errors
/// Of the network; conformations of which the objective asks nothing.
pub fn judge(trainer: &mut Trainer<SharedEngine<'_>>, set: &dyn Source) -> Result<Judgement> {
    if set.is_empty() {
        return Ok(Judgement::default());
    }
    let found = trainer.validate(set).or_bad_input()?;
    Ok(Judgement {
        loss: Some(found.loss),
        errors: found.errors(),
    })
}

/// Of the two sets that are judged before and after.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Validation set
    pub validation: Judgement,
    /// `[forgetting]`
    pub forgetting: Judgement,
}

impl Standing {
    /// # Errors
    /// As of [`judge`].
    pub fn of(trainer: &mut Trainer<SharedEngine<'_>>, sets: &Sets) -> Result<Self> {
        Ok(Self {
            validation: judge(trainer, &sets.validation)?,
            forgetting: judge(trainer, &sets.forgetting)?,
        })
    }
}

/// One row of the table of before and after; also in `summary.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    /// `validation` or `forgetting`
    pub set: &'static str,
    /// `loss`, `force MAE`, …
    pub measure: String,
    /// Of the measure
    pub unit: &'static str,
    /// With the weights that the training began with
    pub before: f64,
    /// With the best ones
    pub after: f64,
}

/// Every measure that both have. `property` names the one that is trained on.
pub fn compare(before: &Standing, after: &Standing, property: Option<&str>) -> Vec<Compared> {
    let property = format!("{} MAE", property.unwrap_or("property"));
    let measures = [
        ("loss", ""),
        ("force MAE", "meV/A"),
        ("energy MAE", "meV/atom"),
        (&property, "meV"),
    ];
    let numbers = |judged: Judgement| {
        let Errors {
            force,
            energy,
            property,
        } = judged.errors;
        [judged.loss, force, energy, property]
    };
    let mut rows = Vec::new();
    for (set, before, after) in [
        ("validation", before.validation, after.validation),
        ("forgetting", before.forgetting, after.forgetting),
    ] {
        let pairs = numbers(before).into_iter().zip(numbers(after));
        for ((measure, unit), pair) in measures.iter().zip(pairs) {
            if let (Some(before), Some(after)) = pair {
                let measure = measure.to_string();
                rows.push(Compared {
                    set,
                    measure,
                    unit,
                    before,
                    after,
                });
            }
        }
    }
    rows
}

/// For people, a line for each row.
pub fn table(rows: &[Compared]) -> String {
    let mut text = format!("{:<24}{:>12}{:>12}\n", "", "before", "after");
    for row in rows {
        let name = format!("{} {}", row.set, row.measure);
        let [before, after] = [row.before, row.after].map(|number| match row.unit {
            "" => format!("{number:.3e}"),
            _ => format!("{number:.2}"),
        });
        // Writing to a string cannot fail.
        let line = format!("{name:<24}{before:>12}{after:>12} {}", row.unit);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(loss: f64, force: Option<f64>) -> Judgement {
        Judgement {
            loss: Some(loss),
            errors: Errors {
                force,
                ..Errors::default()
            },
        }
    }

    #[test]
    fn rows_have_what_both_sides_have() {
        let before = Standing {
            validation: judged(2.0, Some(10.0)),
            forgetting: judged(0.5, None),
        };
        let after = Standing {
            validation: judged(1.0, Some(4.0)),
            forgetting: judged(0.75, Some(7.0)),
        };
        let rows = compare(&before, &after, None);
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.set, row.measure.as_str(), row.before, row.after))
            .collect();
        let expected = [
            ("validation", "loss", 2.0, 1.0),
            ("validation", "force MAE", 10.0, 4.0),
            ("forgetting", "loss", 0.5, 0.75),
        ];
        assert_eq!(found, expected);
        let text = table(&rows);
        assert!(
            text.contains("validation force MAE           10.00        4.00 meV/A"),
            "{text}"
        );
    }
}
