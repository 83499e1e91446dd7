//! Numbers in a page: little-endian binary as base64 (RFC 4648), a third of the length of their decimals.

use serde::{Serialize, Serializer};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// As the page's `Float32Array`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Floats(pub Vec<f32>);

/// As the page's `Int16Array`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shorts(pub Vec<i16>);

impl Floats {
    /// Rounded to f32.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        Self(values.into_iter().map(|value| value as f32).collect())
    }
}

impl Serialize for Floats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.iter().flat_map(|value| value.to_le_bytes());
        serializer.serialize_str(&base64(&bytes.collect::<Vec<_>>()))
    }
}

impl Serialize for Shorts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.iter().flat_map(|value| value.to_le_bytes());
        serializer.serialize_str(&base64(&bytes.collect::<Vec<_>>()))
    }
}

/// With padding.
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |k: usize| u32::from(group.get(k).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for k in 0..4 {
            let index = (bits >> (18 - 6 * k)) & 63;
            let there = k <= group.len();
            text.push(if there {
                char::from(ALPHABET[index as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn base64_as_in_the_rfc() {
        let expected = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        for (length, expected) in expected.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), *expected);
        }
    }

    /// 1.0 is 0x3f800000; catches big-endian bytes.
    #[test]
    fn floats_are_little_endian() {
        let text = serde_json::to_string(&Floats::of([1.0])).unwrap();
        assert_eq!(text, "\"AACAPw==\"");
    }
}
