//! What the data of a run are, line by line: a checkpoint is continued with the same lines only.

use super::config::DataSettings;
use anyhow::Result;
use oreo_training::data::{Indices, Split};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Where files lie does not matter, and what is only for reports neither; the bytes and the numbers do.
const NOT_COMPARED: [&str; 4] = ["file", "level", "properties", "split"];

/// Every setting of a file of `[[data]]`, the hash of its bytes, and those of what is trained and validated on.
///
/// # Errors
/// None that is known.
pub fn identity(
    number: usize,
    settings: &DataSettings,
    split: &Split,
    parts: &[Indices; 3],
) -> Result<Vec<String>> {
    let file = settings.file.file_name().unwrap_or_default();
    let name = format!("[[data]] {} ({})", number + 1, file.to_string_lossy());
    let Value::Object(keys) = serde_json::to_value(settings)? else {
        unreachable!("a struct is an object")
    };
    let contents = [
        ("SHA-256", split.sha256.clone()),
        ("the training part", digest(&parts[0])),
        ("the validation part", digest(&parts[1])),
    ];
    let keys = keys
        .into_iter()
        .map(|(key, value)| (key, value.to_string()));
    let mut lines: Vec<_> = keys
        .filter(|(key, _)| !NOT_COMPARED.contains(&key.as_str()))
        .map(|(key, value)| format!("{name} with {key} = {value}"))
        .collect();
    let contents = contents.iter();
    lines.extend(contents.map(|(key, value)| format!("{name} with {key} = {value:.16}")));
    Ok(lines)
}

fn digest(part: &Indices) -> String {
    let mut hash = Sha256::new();
    part.iter()
        .for_each(|index| hash.update(index.to_le_bytes()));
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
