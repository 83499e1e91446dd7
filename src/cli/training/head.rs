//! What a network predicts: its head, its mean and standard deviation, and what its record says of them.

use super::config::{HeadChoice, TrainConfig};
use super::data::Sets;
use oreo_potentials::oreo::{Tensor, Weights};

/// The record's key of the scalar property; weights without it predict an energy.
pub const PROPERTY: &str = "property";
/// The record's key of the energies of atoms, eV.
pub const ELEMENT_ENERGIES: &str = "element_energies";
/// Facts of an earlier training that the next one makes untrue.
const STALE: [&str; 10] = [
    PROPERTY,
    "property_unit",
    "property_labels",
    ELEMENT_ENERGIES,
    "element_energies_rank",
    "energy_mae_mev_per_atom",
    "validation_loss",
    "validation_force_mae_mev_per_a",
    "validation_energy_mae_mev_per_atom",
    "validation_property_mae_mev",
];

/// Makes given or new weights ready for what they are to predict, and says what was done with a given head.
pub fn prepare(weights: &mut Weights, config: &TrainConfig, sets: &Sets) -> Option<String> {
    let given = config.init.is_some();
    let predicts = weights.record.get(PROPERTY).cloned();
    let same = given && predicts.as_deref() == config.property();
    let fresh = given
        && match config.head {
            None => !same,
            Some(choice) => choice == HeadChoice::Fresh,
        };
    if fresh {
        refresh(weights, config.training.seed);
    }
    let kept_numbers = same && !fresh;
    if !kept_numbers {
        let labels = sets.property;
        let (mean, deviation) = labels.map_or((0.0, 1.0), |l| (l.mean, l.deviation));
        set(weights, "mean", mean);
        set(weights, "std", deviation);
    }
    STALE
        .iter()
        .for_each(|key| drop(weights.record.remove(*key)));
    if let (Some(name), Some(labels)) = (config.property(), sets.property) {
        let facts = [
            (PROPERTY, name.to_string()),
            ("property_unit", "eV".into()),
            (
                "property_labels",
                format!(
                    "{} for training, mean {:.6} eV, standard deviation {:.6} eV",
                    labels.count, labels.mean, labels.deviation
                ),
            ),
        ];
        let facts = facts.map(|(key, fact)| (key.to_string(), fact));
        weights.record.extend(facts);
    }
    given.then(|| note(predicts.as_deref(), config.property(), fresh, kept_numbers))
}

fn note(before: Option<&str>, now: Option<&str>, fresh: bool, kept_numbers: bool) -> String {
    let name = |property: Option<&str>| property.unwrap_or("an energy").to_string();
    let numbers = match (kept_numbers, now) {
        (true, _) => "its own",
        (false, Some(_)) => "those of the training labels",
        (false, None) => "0 and 1",
    };
    format!(
        "head: {}, of weights that predicted {}, to predict {}; mean and standard deviation are {numbers}",
        if fresh { "fresh" } else { "kept" },
        name(before),
        name(now)
    )
}

/// Numbers of an untrained network of the same sizes.
fn refresh(weights: &mut Weights, seed: u64) {
    let mut untrained = Weights::random(weights.config.clone(), seed);
    for (name, tensor) in &mut weights.tensors {
        if name.starts_with("output_model.") {
            *tensor = untrained.tensors.remove(name).expect("the same layout");
        }
    }
}

fn set(weights: &mut Weights, name: &str, value: f64) {
    // The file holds f32: what is saved must be what is trained with.
    let values = vec![f64::from(value as f32)];
    let shape = Vec::new();
    weights
        .tensors
        .insert(name.into(), Tensor { shape, values });
}
