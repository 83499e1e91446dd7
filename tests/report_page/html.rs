//! What is in a page.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;

const MEGABYTES: usize = 8;

pub fn page(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("report.html")).unwrap()
}

pub fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start}")) + start.len();
    let length = text[from..].find(end).unwrap_or_else(|| panic!("no {end}"));
    &text[from..from + length]
}

/// Everything that it shows.
pub fn contents(page: &str) -> Value {
    let start = "<script type=\"application/json\" id=\"page-contents\">";
    serde_json::from_str(between(page, start, "</script>")).unwrap()
}

/// The entries of a list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], |all| all)
}

/// RFC 4648.
fn bytes(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{c} is not base64"),
    };
    let text = text.trim_end_matches('=').bytes();
    let bits: Vec<u8> = text
        .flat_map(|c| (0..6).rev().map(move |k| value(c) >> k & 1))
        .collect();
    let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    bits.chunks_exact(8).map(byte).collect()
}

pub fn floats(text: &Value) -> Vec<f32> {
    let bytes = bytes(text.as_str().unwrap());
    let float = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    bytes.chunks_exact(4).map(float).collect()
}

/// Nothing is loaded from anywhere, and only this very script may run.
pub fn assert_alone(page: &str) {
    assert!(page.len() < MEGABYTES << 20, "{} bytes", page.len());
    let (before, rest) = page.split_once("<noscript>").unwrap();
    let markup = before.to_lowercase();
    let loads = "src= url( @import http: https:";
    let styles = "<link rel=\"stylesheet";
    for forbidden in loads.split(' ').chain([styles]) {
        assert!(!markup.contains(forbidden), "{forbidden}");
    }
    let script = between(rest, "<script>", "</script>");
    // The one address is a name: that of SVG.
    let names = script.matches("\"http://www.w3.org/2000/svg\"").count();
    assert_eq!(script.matches("http").count(), names);
    let loads = "fetch( XMLHttpRequest import( innerHTML eval( document.write";
    for forbidden in loads.split(' ') {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
    let policy = between(page, "Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"));
    let digest = bytes(between(policy, "sha256-", "'"));
    assert_eq!(digest, Sha256::digest(script.as_bytes()).to_vec());
    assert_eq!(page.matches("</script>").count(), 2);
}
