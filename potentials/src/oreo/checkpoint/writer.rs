//! Writing a checkpoint that TorchMD-NET and `torch.load(weights_only=True)` open: the zip archive of PyTorch around a
//! pickle of plain values (protocol 2) and one storage per tensor.
//!
//! Opcodes: Python's `pickletools` documentation. Archive: PyTorch's notes on serialization semantics.

use super::super::numbers::contiguous;
use super::super::stored_as::Number;
use super::super::{options, StoredAs, Tensor, Weights};
use super::RECORD_PREFIX;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The folder that PyTorch expects around all entries; any name will do.
const FOLDER: &str = "archive";
/// TorchMD-NET drops pairs beyond this number of neighbours of an atom, or stops; Oreo keeps all.
const MOST_NEIGHBORS: u64 = 128;

/// The whole file; equal weights give equal bytes.
pub(in super::super) fn write(weights: &Weights, stored_as: StoredAs) -> Vec<u8> {
    let mut tensors = weights.tensors.clone();
    // TorchMD-NET refuses a state without this buffer; zero in open space.
    tensors
        .entry("representation_model.distance.box".into())
        .or_insert_with(|| Tensor {
            shape: vec![3, 3],
            values: vec![0.0; 9],
        });
    archive(&pickle(weights, &tensors, stored_as), &tensors, stored_as)
        .expect("a zip archive in memory")
}

fn archive(
    pickle: &[u8],
    tensors: &BTreeMap<String, Tensor>,
    stored_as: StoredAs,
) -> ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    let mut entry = |name: &str, bytes: &[u8]| -> ZipResult<()> {
        zip.start_file(format!("{FOLDER}/{name}"), options)?;
        Ok(zip.write_all(bytes)?)
    };
    entry("data.pkl", pickle)?;
    entry("byteorder", b"little")?;
    for (key, (name, tensor)) in tensors.iter().enumerate() {
        let number = stored_as.number(name, &tensor.values);
        entry(&format!("data/{key}"), &number.encode(&tensor.values))?;
    }
    entry("version", b"3\n")?;
    Ok(zip.finish()?.into_inner())
}

fn pickle(weights: &Weights, tensors: &BTreeMap<String, Tensor>, stored_as: StoredAs) -> Vec<u8> {
    let mut pickle = Pickle(vec![0x80, 2]);
    pickle.dict(|pickle| {
        pickle.text("state_dict");
        pickle.dict(|pickle| {
            for (key, (name, tensor)) in tensors.iter().enumerate() {
                pickle.text(&format!("model.{name}"));
                pickle.tensor(key, tensor, stored_as.number(name, &tensor.values));
            }
        });
        pickle.text("hyper_parameters");
        pickle.value(&hyper_parameters(weights, stored_as));
        // Lightning looks for these when it continues a training.
        for (name, value) in [("epoch", json!(0)), ("global_step", json!(0))] {
            pickle.text(name);
            pickle.value(&value);
        }
    });
    pickle.0.push(b'.');
    pickle.0
}

/// Those of the network, what else TorchMD-NET cannot do without, and the record, which it ignores.
fn hyper_parameters(weights: &Weights, stored_as: StoredAs) -> Value {
    let mut all = options::write(&weights.config);
    all.insert("precision".into(), precision(weights, stored_as).into());
    all.insert("max_num_neighbors".into(), MOST_NEIGHBORS.into());
    for (key, text) in &weights.record {
        all.insert(format!("{RECORD_PREFIX}{key}"), json!(text));
    }
    json!(all)
}

/// Bits in which TorchMD-NET shall compute: 32, which f16 fits into, or 64 if any tensor is stored so.
fn precision(weights: &Weights, stored_as: StoredAs) -> usize {
    let tensors = weights.tensors.iter();
    let numbers = tensors.map(|(name, tensor)| stored_as.number(name, &tensor.values));
    8 * numbers.fold(4, |widest, number| widest.max(number.width()))
}

/// Opcodes one after the other.
struct Pickle(Vec<u8>);

impl Pickle {
    /// EMPTY_DICT, MARK, keys and values, SETITEMS
    fn dict(&mut self, items: impl FnOnce(&mut Self)) {
        self.0.extend(b"}(");
        items(self);
        self.0.push(b'u');
    }

    /// BINUNICODE
    fn text(&mut self, text: &str) {
        self.0.push(b'X');
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.bytes());
    }

    /// LONG1: any number of bytes, two's complement.
    fn integer(&mut self, number: i64) {
        self.0.extend([0x8a, 8]);
        self.0.extend(number.to_le_bytes());
    }

    /// GLOBAL
    fn global(&mut self, module: &str, name: &str) {
        self.0.extend(format!("c{module}\n{name}\n").bytes());
    }

    /// MARK, integers, TUPLE
    fn sizes(&mut self, sizes: &[usize]) {
        self.0.push(b'(');
        sizes.iter().for_each(|&size| self.integer(size as i64));
        self.0.push(b't');
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.push(b'N'),
            Value::Bool(flag) => self.0.push(if *flag { 0x88 } else { 0x89 }),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => self.integer(integer),
                (None, float) => {
                    // The one big-endian number of the format.
                    self.0.push(b'G');
                    self.0.extend(float.unwrap_or(f64::NAN).to_be_bytes());
                }
            },
            Value::String(text) => self.text(text),
            Value::Array(values) => {
                self.0.extend(b"](");
                values.iter().for_each(|value| self.value(value));
                self.0.push(b'e');
            }
            Value::Object(items) => self.dict(|pickle| {
                for (key, value) in items {
                    pickle.text(key);
                    pickle.value(value);
                }
            }),
        }
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`, where the storage is the persistent
    /// identifier `('storage', class, key, 'cpu', count)`.
    fn tensor(&mut self, key: usize, tensor: &Tensor, number: Number) {
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.0.extend(b"((");
        self.text("storage");
        self.global("torch", number.storage_class());
        self.text(&key.to_string());
        self.text("cpu");
        self.integer(tensor.values.len() as i64);
        self.0.extend(b"tQ");
        self.integer(0);
        self.sizes(&tensor.shape);
        self.sizes(&contiguous(&tensor.shape));
        self.0.push(0x89);
        self.global("collections", "OrderedDict");
        self.0.extend(b")RtR");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python's own `pickle.dumps(…, 2)` makes of the same values, up to integers, which it writes shorter.
    #[test]
    fn plain_values_have_pythons_opcodes() {
        let mut pickle = Pickle(Vec::new());
        pickle.value(&json!({"a": [null, true, 0.5], "b": "µ"}));
        let expected = [
            b"}(X\x01\0\0\0a](N\x88G\x3f\xe0\0\0\0\0\0\0eX\x01\0\0\0bX\x02\0\0\0".as_slice(),
            "µ".as_bytes(),
            b"u",
        ];
        assert_eq!(pickle.0, expected.concat());
        let mut pickle = Pickle(Vec::new());
        pickle.integer(-2);
        assert_eq!(pickle.0[..3], [0x8a, 8, 0xfe]);
    }
}
