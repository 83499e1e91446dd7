//! `report.html`: one file that needs no other, no network and no server. What all such pages have in common.
//!
//! - [`Kind`]: the scripts of one kind of page, for a run or a training; [`Kind::page`] puts a page together
//! - [`packed`], [`series`]: how numbers stay small; [`verdict`]: the first lines
//! - `assets/`: look, plots, tables, one idea a file
//!
//! A content security policy with the digest of the script forbids everything else, so that a name of a file or a
//! record of weights can neither run nor load anything.

pub mod packed;
pub mod series;
pub mod verdict;

use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};

const FRAME: &str = include_str!("assets/page.html");

const STYLES: [&str; 4] = [
    include_str!("assets/theme.css"),
    include_str!("assets/layout.css"),
    include_str!("assets/figure.css"),
    include_str!("assets/print.css"),
];

/// Each file uses what stands before it; those of a kind of page follow.
const SCRIPTS: [&str; 14] = [
    include_str!("assets/errors.js"),
    include_str!("assets/dom.js"),
    include_str!("assets/unpack.js"),
    include_str!("assets/palette.js"),
    include_str!("assets/numbers.js"),
    include_str!("assets/meaning.js"),
    include_str!("assets/facts.js"),
    include_str!("assets/table.js"),
    include_str!("assets/scale.js"),
    include_str!("assets/curve.js"),
    include_str!("assets/plot.js"),
    include_str!("assets/verdict.js"),
    include_str!("assets/self_check.js"),
    include_str!("assets/frame.js"),
];

/// Names and values in the order of reading.
pub type Lines = Vec<(String, String)>;

/// What a page is about.
pub struct Kind {
    /// In the order in which they use each other; the last one draws the page.
    pub scripts: &'static [&'static str],
}

impl Kind {
    /// The whole file. `plain` is HTML, for readers whose browser runs no scripts.
    ///
    /// # Errors
    /// Contents that are no JSON.
    pub fn page(&self, contents: &impl Serialize, plain: &str) -> Result<String> {
        let contents =
            serde_json::to_string(contents).context("the page cannot be written as JSON")?;
        let script = self.script();
        let digest = packed::base64(&Sha256::digest(script.as_bytes()));
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
        Ok([head, plain, middle, &inert(&contents), tail].concat())
    }

    /// One function, so that no name of the page gets in the way of one of the browser.
    fn script(&self) -> String {
        let (common, own) = (SCRIPTS.concat(), self.scripts.concat());
        format!("(() => {{\n\"use strict\";\n{common}{own}}})();\n")
    }
}

/// JSON in which no tag can begin: `<` occurs in strings only, where `\u003c` means the same.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// A title and a text as HTML.
pub fn plain(title: &str, text: &str) -> String {
    format!(
        "<h2>{}</h2>\n<pre>{}</pre>\n",
        escaped(title),
        escaped(text)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
