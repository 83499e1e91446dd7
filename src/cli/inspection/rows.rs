//! Names and values in two columns.

use std::fmt;

/// Text for people, line by line.
#[derive(Default)]
pub struct Rows(Vec<(&'static str, String)>);

/// Width of the names, with the space behind them.
const NAMES: usize = 18;

impl Rows {
    /// A line.
    pub fn add(&mut self, name: &'static str, value: impl ToString) {
        self.0.push((name, value.to_string()));
    }

    /// A line if there is something to say.
    pub fn add_some(&mut self, name: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// One line each; the name stands at the first.
    pub fn add_all(&mut self, name: &'static str, values: impl IntoIterator<Item = impl ToString>) {
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        names
            .zip(values)
            .for_each(|(name, value)| self.add(name, value));
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The lines of another.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.0.iter();
        lines.try_for_each(|(name, value)| writeln!(f, "{name:NAMES$}{value}"))
    }
}
