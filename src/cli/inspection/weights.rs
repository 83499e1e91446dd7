//! A look at weights, also at those that cannot be evaluated.

use super::rows::Rows;
use crate::cli::weights_source::WeightsSource;
use anyhow::Result;
use oreo_potentials::oreo::seen::{SeenDistances, SeenPair, SEEN_DISTANCES};
use oreo_potentials::oreo::{is_stored_in_f16, Config, FileKind, Inspection, TensorFacts};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Of the distances of a pair of elements; a molecule has few, a data set of many molecules has one.
const MOST_RANGES: usize = 4;

/// What is in the file.
#[derive(Debug, Serialize)]
pub struct WeightsFacts {
    kind: &'static str,
    file: WeightsSource,
    format: &'static str,
    bytes: usize,
    sha256: String,
    /// No refusals.
    usable: bool,
    refusals: Vec<String>,
    architecture: Option<Architecture>,
    parameters: Option<usize>,
    /// How many tensors are stored in which type.
    number_types: BTreeMap<String, usize>,
    /// `f32`, or `matrices f16, rest f32`: of the tensors that the network uses; `null` if its sizes are not known.
    stored_as: Option<String>,
    /// `null`: not recorded.
    elements: Option<String>,
    /// That the model was trained on, by pairs of elements; `null`: not recorded.
    seen_distances: Option<Vec<SeenPair>>,
    /// As recorded, else those that Oreo takes for granted.
    units: String,
    record: BTreeMap<String, String>,
    hyper_parameters: BTreeMap<String, Value>,
    tensors: usize,
    unused_tensors: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Architecture {
    name: &'static str,
    channels: usize,
    layers: usize,
    heads: usize,
    radial_functions: usize,
    cutoff_a: f64,
    max_z: usize,
    vector_cutoff: bool,
    vector_smoothing: f64,
}

impl From<&Config> for Architecture {
    fn from(config: &Config) -> Self {
        Self {
            name: "Equivariant Transformer",
            channels: config.channels,
            layers: config.layers,
            heads: config.heads,
            radial_functions: config.radial_functions,
            cutoff_a: config.cutoff_upper,
            max_z: config.max_z,
            vector_cutoff: config.vector_cutoff,
            vector_smoothing: config.vector_smoothing,
        }
    }
}

/// In words of `oreo convert --precision`.
fn stored_as(tensors: &[TensorFacts]) -> Option<String> {
    let types = |matrices: bool| -> String {
        let used = tensors.iter().filter(|tensor| tensor.used);
        let some = used.filter(|tensor| is_stored_in_f16(&tensor.name) == matrices);
        let types: BTreeSet<_> = some
            .map(|tensor| tensor.number_type.to_lowercase())
            .collect();
        types.into_iter().collect::<Vec<_>>().join(" and ")
    };
    match (types(true), types(false)) {
        (matrices, rest) if matrices == rest => Some(rest).filter(|rest| !rest.is_empty()),
        (matrices, rest) => Some(format!("matrices {matrices}, rest {rest}")),
    }
}

/// `None` as well where they cannot be read, which is among the refusals.
fn seen_distances(found: &Inspection) -> Option<Vec<SeenPair>> {
    let cutoff = found.config.as_ref()?.cutoff_upper;
    let seen = SeenDistances::of_record(&found.record, cutoff).ok()??;
    Some(seen.pairs())
}

/// `H-O    closest 0.84 Å, seen 0.80 to 1.35, 1.70 to 5.00 Å, 12345 times`
fn line(pair: &SeenPair) -> String {
    let ranges = pair.ranges_a.iter();
    let mut ranges: Vec<_> = ranges
        .map(|[from, to]| format!("{from:.2} to {to:.2}"))
        .collect();
    let left_out = ranges.len().saturating_sub(MOST_RANGES);
    if left_out > 0 {
        ranges.truncate(MOST_RANGES);
        ranges.push(format!("{left_out} more"));
    }
    let SeenPair {
        elements,
        closest_a,
        count,
        ..
    } = pair;
    let ranges = ranges.join(", ");
    format!("{elements:<6} closest {closest_a:.2} Å, seen {ranges} Å, {count} times")
}

impl WeightsFacts {
    /// Fails only on files that cannot be read at all.
    pub fn of(source: &WeightsSource) -> Result<Self> {
        let found = source.inspection()?;
        let mut number_types = BTreeMap::new();
        for tensor in &found.tensors {
            *number_types.entry(tensor.number_type.clone()).or_default() += 1;
        }
        let unused = found.tensors.iter().filter(|tensor| !tensor.used);
        let parsed = |text: &String| serde_json::from_str(text).unwrap_or(Value::Null);
        let options = found.hyper_parameters.iter();
        let units = found.record.get("units").cloned();
        Ok(Self {
            kind: "weights",
            file: source.clone(),
            format: match found.kind {
                FileKind::Safetensors => "safetensors",
                FileKind::Checkpoint => "TorchMD-NET checkpoint",
            },
            bytes: found.bytes,
            usable: found.refusals.is_empty(),
            refusals: found.refusals.iter().map(ToString::to_string).collect(),
            architecture: found.config.as_ref().map(Into::into),
            parameters: found.parameters,
            number_types,
            stored_as: stored_as(&found.tensors),
            elements: found.record.get("elements").cloned(),
            seen_distances: seen_distances(&found),
            units: units.unwrap_or_else(|| "not recorded; Oreo takes Å, eV and eV/Å".into()),
            hyper_parameters: options
                .map(|(key, text)| (key.clone(), parsed(text)))
                .collect(),
            tensors: found.tensors.len(),
            unused_tensors: unused.map(|tensor| tensor.name.clone()).collect(),
            sha256: found.sha256,
            record: found.record,
        })
    }

    /// Of the file, lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// For people.
    pub fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        rows.add("weights", &self.file);
        rows.add("format", format!("{}, {} bytes", self.format, self.bytes));
        rows.add("sha256", &self.sha256);
        if let Some(a) = &self.architecture {
            let sizes = format!(
                "{}: {} channels, {} layers, {} heads, {} radial functions",
                a.name, a.channels, a.layers, a.heads, a.radial_functions
            );
            rows.add("architecture", sizes);
            let cutoff = format!(
                "{} Å, vector_cutoff = {}, vector_smoothing = {}, max_z = {}",
                a.cutoff_a, a.vector_cutoff, a.vector_smoothing, a.max_z
            );
            rows.add("cutoff", cutoff);
        }
        let types = self
            .number_types
            .iter()
            .map(|(name, count)| format!("{count} in {name}"));
        let types = types.collect::<Vec<_>>().join(", ");
        rows.add_some("parameters", self.parameters);
        rows.add("tensors", format!("{} ({types})", self.tensors));
        rows.add_some("stored as", self.stored_as.as_ref());
        rows.add(
            "elements",
            self.elements.as_deref().unwrap_or("not recorded"),
        );
        rows.add("units", &self.units);
        match &self.seen_distances {
            Some(pairs) => rows.add_all("trained distances", pairs.iter().map(line)),
            None => rows.add("trained distances", "not recorded"),
        }
        let told = ["elements", "units", SEEN_DISTANCES];
        let record = self
            .record
            .iter()
            .filter(|(key, _)| !told.contains(&key.as_str()));
        rows.add_all("record", record.map(|(key, text)| format!("{key}: {text}")));
        rows.add_all("unused tensors", &self.unused_tensors);
        rows.add_all("refused", &self.refusals);
        rows.add("usable", if self.usable { "yes" } else { "no" });
        rows
    }
}
