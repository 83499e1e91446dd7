//! What a training was worth.

use super::energies::FittedEnergies;
use super::judge::{table, Compared};
use oreo_training::trainer::Errors;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;

/// Also `summary.json` in the folder of the run. What nobody asked or labelled is `null`.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Of the program
    pub version: &'static str,
    /// Of this session
    pub command: String,
    /// `finished`, `exhausted`, `timelimit`
    pub ending: String,
    /// Done
    pub steps: u64,
    /// Conformations seen
    pub samples: u64,
    /// Processes that shared the batches
    pub ranks: usize,
    /// Trainable numbers
    pub parameters: usize,
    /// What is predicted in place of an energy
    pub property: Option<String>,
    /// Standard deviation of its training labels
    pub label_deviation_mev: Option<f64>,
    /// Of the best weights on the validation set
    #[serde(flatten, serialize_with = "validation")]
    pub validation: Errors,
    /// Of the best weights on the test set
    #[serde(flatten, serialize_with = "test")]
    pub test: Errors,
    /// In the test set
    pub test_conformations: usize,
    /// Of the best weights on conformations later in time
    #[serde(flatten, serialize_with = "later")]
    pub later: Errors,
    /// Of these
    pub later_conformations: usize,
    /// With `init`: the weights that were given, and the best ones
    pub before_after: Option<Vec<Compared>>,
    /// Where labels have energies
    pub element_energies: Option<FittedEnergies>,
    /// This session
    pub wall_s: f64,
    /// The best
    pub weights: PathBuf,
    /// Of that file
    pub weights_sha256: String,
}

fn validation<S: Serializer>(errors: &Errors, to: S) -> Result<S::Ok, S::Error> {
    named("validation", errors, to)
}

fn test<S: Serializer>(errors: &Errors, to: S) -> Result<S::Ok, S::Error> {
    named("test", errors, to)
}

fn later<S: Serializer>(errors: &Errors, to: S) -> Result<S::Ok, S::Error> {
    named("later", errors, to)
}

/// `test_force_mae_mev_per_a` and its like.
fn named<S: Serializer>(set: &str, errors: &Errors, to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(3))?;
    for (name, error) in [
        ("force_mae_mev_per_a", errors.force),
        ("energy_mae_mev_per_atom", errors.energy),
        ("property_mae_mev", errors.property),
    ] {
        map.serialize_entry(&format!("{set}_{name}"), &error)?;
    }
    map.end()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24}{}", "steps", self.steps)?;
        for (set, errors) in [
            ("validation", &self.validation),
            ("test", &self.test),
            ("later", &self.later),
        ] {
            let property = self.property.as_deref().unwrap_or("property");
            for (name, unit, mae) in [
                ("force", "meV/A", errors.force),
                ("energy", "meV/atom", errors.energy),
                (property, "meV", errors.property),
            ] {
                if let Some(mae) = mae {
                    let name = format!("{set} {name} MAE");
                    writeln!(f, "{name:<24}{mae:.2} {unit}")?;
                }
            }
        }
        writeln!(f, "{:<24}{}", "test conformations", self.test_conformations)?;
        if let Some(deviation) = self.label_deviation_mev {
            writeln!(f, "{:<24}{deviation:.2} meV", "deviation of labels")?;
        }
        if let Some(fitted) = &self.element_energies {
            writeln!(f, "{}", fitted.line())?;
        }
        if let Some(rows) = &self.before_after {
            f.write_str(&table(rows))?;
        }
        writeln!(f, "{:<24}{}", "weights", self.weights.display())
    }
}
