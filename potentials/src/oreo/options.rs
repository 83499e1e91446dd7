//! From TorchMD-NET's hyper-parameters to [`Config`] and back; refuses each network that Oreo does not compute.
//!
//! Ignored on purpose: `max_num_neighbors` (the 2023 code drops neighbours beyond 32 in silence; Oreo keeps all),
//! `precision`, `derivative`, and whatever concerns training only.

use super::error::WeightsProblem;
use super::Config;
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Option → value, from JSON or from plain pickled values.
pub(super) type HyperParameters = BTreeMap<String, Value>;

/// An option that must have one of a few values.
struct Fixed {
    option: &'static str,
    /// False: a file from before the option existed lacks it and means the supported value.
    required: bool,
    supported: &'static str,
    accepts: fn(&Value) -> bool,
    reason: &'static str,
}

const fn required(
    option: &'static str,
    supported: &'static str,
    accepts: fn(&Value) -> bool,
    reason: &'static str,
) -> Fixed {
    Fixed {
        option,
        required: true,
        supported,
        accepts,
        reason,
    }
}

const fn optional(
    option: &'static str,
    supported: &'static str,
    accepts: fn(&Value) -> bool,
    reason: &'static str,
) -> Fixed {
    Fixed {
        required: false,
        ..required(option, supported, accepts, reason)
    }
}

#[rustfmt::skip]
const FIXED: [Fixed; 13] = [
    required("model", "equivariant-transformer", |v| v == "equivariant-transformer", "only the Equivariant Transformer is implemented"),
    required("rbf_type", "expnorm", |v| v == "expnorm", "only exponential-normal radial functions are implemented"),
    required("activation", "silu", |v| v == "silu", "only silu is implemented"),
    required("attn_activation", "silu", |v| v == "silu", "only silu attention is implemented"),
    required("distance_influence", "both", |v| v == "both", "filters on keys and values are both needed"),
    required("neighbor_embedding", "true", |v| v == true, "the neighbour embedding is always computed"),
    optional("layernorm_on_vec", "null", Value::is_null, "its energy needs the 2023 code's normalised vectors (such a file can be inspected only)"),
    optional("output_model", "Scalar", |v| v == "Scalar", "only an energy head gives forces"),
    optional("prior_model", "null", |v| v.is_null() || *v == json!([]), "a prior would add energy that is not computed here"),
    optional("reduce_op", "add", |v| v == "add" || v == "sum", "the energy is a sum over atoms"),
    optional("aggr", "add", |v| v == "add" || v == "sum", "messages are summed over neighbours"),
    optional("atom_filter", "-1", |v| v.as_i64().is_some_and(|z| z < 0), "no atom may be left out of the energy"),
    optional("cutoff_lower", "0", |v| v.as_f64() == Some(0.0), "only a lower cutoff of 0 is implemented"),
];

impl Fixed {
    fn check(&self, given: &HyperParameters) -> Result<(), WeightsProblem> {
        let option = self.option;
        match given.get(option) {
            None if self.required => Err(WeightsProblem::OptionMissing { option }),
            Some(value) if !(self.accepts)(value) => Err(WeightsProblem::OptionUnsupported {
                option,
                value: value.clone(),
                reason: self.reason,
                supported: self.supported,
            }),
            _ => Ok(()),
        }
    }
}

/// All options that keep the network from being computed, in a fixed order.
pub(super) fn refusals(given: &HyperParameters) -> Vec<WeightsProblem> {
    let checks = FIXED.iter().map(|fixed| fixed.check(given));
    checks.filter_map(Result::err).collect()
}

/// The sizes; says nothing about [`refusals`].
pub(super) fn read(given: &HyperParameters) -> Result<Config, WeightsProblem> {
    let config = Config {
        channels: count(given, "embedding_dimension", 2..=16_384)?,
        layers: count(given, "num_layers", 1..=1_000)?,
        heads: count(given, "num_heads", 1..=16_384)?,
        radial_functions: count(given, "num_rbf", 1..=16_384)?,
        cutoff_lower: 0.0,
        cutoff_upper: cutoff(given)?,
        max_z: count(given, "max_z", 2..=10_000)?,
        vector_cutoff: flag(given, "vector_cutoff")?,
        vector_smoothing: smoothing(given)?,
    };
    if !config.channels.is_multiple_of(config.heads) {
        return Err(WeightsProblem::OptionInvalid {
            option: "num_heads",
            value: json!(config.heads),
            expected: format!("a divisor of embedding_dimension = {}", config.channels),
        });
    }
    Ok(config)
}

fn value<'a>(
    given: &'a HyperParameters,
    option: &'static str,
) -> Result<&'a Value, WeightsProblem> {
    given
        .get(option)
        .ok_or(WeightsProblem::OptionMissing { option })
}

/// The bounds keep every product of two sizes far from overflow; no real network is near them.
fn count(
    given: &HyperParameters,
    option: &'static str,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<usize, WeightsProblem> {
    let value = value(given, option)?;
    let number = value
        .as_u64()
        .and_then(|number| usize::try_from(number).ok());
    number
        .filter(|number| bounds.contains(number))
        .ok_or_else(|| WeightsProblem::OptionInvalid {
            option,
            value: value.clone(),
            expected: format!("an integer from {} to {}", bounds.start(), bounds.end()),
        })
}

fn cutoff(given: &HyperParameters) -> Result<f64, WeightsProblem> {
    let option = "cutoff_upper";
    let value = value(given, option)?;
    value
        .as_f64()
        .filter(|cutoff| (0.1..=100.0).contains(cutoff))
        .ok_or_else(|| WeightsProblem::OptionInvalid {
            option,
            value: value.clone(),
            expected: "a length from 0.1 to 100 Å".into(),
        })
}

/// Missing means 0: files of other programs, and from before the option existed.
fn smoothing(given: &HyperParameters) -> Result<f64, WeightsProblem> {
    let option = "vector_smoothing";
    let zero = json!(0.0);
    let value = given.get(option).unwrap_or(&zero);
    value
        .as_f64()
        .filter(|smoothing| (0.0..=1.0).contains(smoothing))
        .ok_or_else(|| WeightsProblem::OptionInvalid {
            option,
            value: value.clone(),
            expected: "a number from 0 to 1".into(),
        })
}

/// Missing means false: files from before the option existed.
fn flag(given: &HyperParameters, option: &'static str) -> Result<bool, WeightsProblem> {
    let value = given.get(option).unwrap_or(&Value::Bool(false));
    value
        .as_bool()
        .ok_or_else(|| WeightsProblem::OptionInvalid {
            option,
            value: value.clone(),
            expected: "true or false".into(),
        })
}

/// Everything TorchMD-NET would need to build the same network. It knows no `vector_smoothing`, which is left out at 0.
pub(super) fn write(config: &Config) -> HyperParameters {
    let options = json!({
        "model": "equivariant-transformer", "rbf_type": "expnorm", "trainable_rbf": true,
        "activation": "silu", "attn_activation": "silu", "distance_influence": "both",
        "neighbor_embedding": true, "layernorm_on_vec": null, "output_model": "Scalar",
        "prior_model": null, "reduce_op": "add", "aggr": "add", "atom_filter": -1,
        "derivative": true, "cutoff_lower": config.cutoff_lower, "cutoff_upper": config.cutoff_upper,
        "embedding_dimension": config.channels, "num_layers": config.layers,
        "num_heads": config.heads, "num_rbf": config.radial_functions, "max_z": config.max_z,
        "vector_cutoff": config.vector_cutoff,
    });
    let Value::Object(options) = options else {
        unreachable!("the macro above makes an object")
    };
    let mut options: HyperParameters = options.into_iter().collect();
    if config.vector_smoothing != 0.0 {
        options.insert("vector_smoothing".into(), json!(config.vector_smoothing));
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_writing_and_reading() {
        let config = Config {
            vector_cutoff: false,
            vector_smoothing: 0.01,
            ..Config::et_oreo()
        };
        let written = write(&config);
        assert!(refusals(&written).is_empty());
        assert_eq!(read(&written).unwrap(), config);
    }

    #[test]
    fn files_from_before_vector_cutoff_have_it_off() {
        let mut old = write(&Config::et_oreo());
        for newer in [
            "vector_cutoff",
            "layernorm_on_vec",
            "prior_model",
            "reduce_op",
        ] {
            old.remove(newer);
        }
        assert!(refusals(&old).is_empty());
        assert!(!read(&old).unwrap().vector_cutoff);
    }
}
