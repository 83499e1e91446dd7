//! `report.html`: one file that needs no other, no network and no server.
//!
//! - [`contents`]: what the page shows, as JSON; [`series`], [`movie`], [`packed`]: how it stays small
//! - [`verdict`]: the first lines
//! - `assets/`: the page itself, one idea a file; scripts are joined in the order of [`SCRIPTS`]
//!
//! A content security policy with the digest of the script forbids everything else, so that a name of a file or a
//! record of weights can neither run nor load anything.

mod contents;
mod movie;
mod packed;
mod series;
mod verdict;

use super::results::Analysis;
use super::table;
use anyhow::{Context, Result};
use contents::Contents;
use sha2::{Digest, Sha256};

const FRAME: &str = include_str!("assets/page.html");

const STYLES: [&str; 4] = [
    include_str!("assets/theme.css"),
    include_str!("assets/layout.css"),
    include_str!("assets/figure.css"),
    include_str!("assets/print.css"),
];

/// Each file uses what stands before it; the last one draws the page.
const SCRIPTS: [&str; 22] = [
    include_str!("assets/errors.js"),
    include_str!("assets/dom.js"),
    include_str!("assets/unpack.js"),
    include_str!("assets/palette.js"),
    include_str!("assets/numbers.js"),
    include_str!("assets/meaning.js"),
    include_str!("assets/table.js"),
    include_str!("assets/scale.js"),
    include_str!("assets/curve.js"),
    include_str!("assets/plot.js"),
    include_str!("assets/camera.js"),
    include_str!("assets/molecule.js"),
    include_str!("assets/viewer.js"),
    include_str!("assets/verdict.js"),
    include_str!("assets/card.js"),
    include_str!("assets/distances.js"),
    include_str!("assets/time_series.js"),
    include_str!("assets/bonds.js"),
    include_str!("assets/vibrations.js"),
    include_str!("assets/replicas.js"),
    include_str!("assets/self_check.js"),
    include_str!("assets/page.js"),
];

/// The page of one analysis, or of several side by side.
pub fn of(analyses: &[&Analysis]) -> Result<String> {
    let contents = serde_json::to_string(&Contents::of(analyses))
        .context("the page cannot be written as JSON")?;
    let script = script();
    let digest = packed::base64(&Sha256::digest(script.as_bytes()));
    let tables: Vec<_> = analyses.iter().map(|analysis| plain(analysis)).collect();
    // What comes from outside comes last: nothing that stands in it is replaced.
    let page = FRAME
        .replace("{{digest}}", &digest)
        .replace("{{style}}", &STYLES.concat())
        .replace("{{script}}", &script);
    let (head, tail) = page
        .split_once("{{plain}}")
        .context("the frame of the page has no place for its tables")?;
    let (middle, tail) = tail
        .split_once("{{contents}}")
        .context("the frame of the page has no place for its contents")?;
    Ok([head, &tables.concat(), middle, &inert(&contents), tail].concat())
}

/// One function, so that no name of the page gets in the way of one of the browser.
fn script() -> String {
    format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPTS.concat())
}

/// JSON in which no tag can begin: `<` occurs in strings only, where `\u003c` means the same.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// For readers whose browser runs no scripts.
fn plain(analysis: &Analysis) -> String {
    let (target, text) = (escaped(&analysis.target), escaped(&table::of(analysis)));
    format!("<h2>{target}</h2>\n<pre>{text}</pre>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
