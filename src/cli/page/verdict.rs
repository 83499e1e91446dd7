//! The first lines of a page.

use serde::Serialize;

/// Sentences for the top of the page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Of a run `stable`, `unstable`, `unfinished` or `unjudged`; of a training `trained`, `falling` (not at its best: more steps
    /// would help, or it began better) or `unfinished`
    pub state: &'static str,
    /// One line.
    pub headline: String,
    /// What else is to be known at once, a line each, such as why a replica did not hold.
    pub details: Vec<String>,
    /// What the numbers say about whether to believe them.
    pub checks: Vec<Check>,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// `good`, `attention` or `missing`
    pub state: &'static str,
    /// In words, with the numbers.
    pub text: String,
    /// Key of the definition.
    pub about: &'static str,
}
