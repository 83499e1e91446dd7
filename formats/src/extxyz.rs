//! What the comment line of an extended XYZ frame says: columns, cell, energy, step, time.

use crate::columns::Columns;
use crate::comment::{pairs, Pairs};
use crate::error::quote;
use oreo_core::units::FEMTOSECOND;
use oreo_core::Cell;

/// The comment line, understood.
#[derive(Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) columns: Columns,
    pub(crate) cell: Cell,
    /// eV
    pub(crate) energy: Option<f64>,
    pub(crate) step: Option<u64>,
    /// t
    pub(crate) time: Option<f64>,
}

/// Why a comment line cannot be used.
#[derive(Debug, PartialEq)]
pub(crate) enum HeaderError {
    Malformed(String),
    PartiallyPeriodic(String),
    NotFinite(&'static str, f64),
}

impl Header {
    /// A comment is extended when it has `Properties` or `Lattice`, or when it consists of nothing but `key=value`
    /// pairs. Any other text (`energy = -1.2 hartree`) is free: read as a remark, never as a number.
    pub(crate) fn parse(comment: &str) -> Result<Self, HeaderError> {
        let declared = comment.contains("Properties=") || comment.contains("Lattice=");
        let pairs = match pairs(comment) {
            Ok(pairs) if declared || is_all_pairs(&pairs) => pairs,
            Err(unclosed) if declared => {
                return Err(HeaderError::Malformed(format!(
                    "comment has an opening mark without its closing '{}'",
                    unclosed.0
                )))
            }
            _ => Vec::new(),
        };
        let value = |key: &str| {
            let found = pairs.iter().rfind(|(name, _)| *name == key);
            found.and_then(|(_, value)| *value)
        };
        let columns = match value("Properties") {
            None => Columns::plain(),
            Some(properties) => Columns::parse(properties).map_err(HeaderError::Malformed)?,
        };
        Ok(Self {
            columns,
            cell: cell(value("Lattice"), value("pbc"))?,
            energy: number("energy", value("energy"))?,
            step: step(value("step"))?,
            time: number("time_fs", value("time_fs"))?.map(|time| time * FEMTOSECOND),
        })
    }
}

fn is_all_pairs(pairs: &Pairs) -> bool {
    pairs
        .iter()
        .all(|(key, value)| !key.is_empty() && value.is_some_and(|value| !value.is_empty()))
}

fn number(key: &'static str, text: Option<&str>) -> Result<Option<f64>, HeaderError> {
    match text.map(|text| text.trim().parse::<f64>()) {
        None => Ok(None),
        Some(Ok(value)) if value.is_finite() => Ok(Some(value)),
        Some(Ok(value)) => Err(HeaderError::NotFinite(key, value)),
        Some(Err(_)) => Err(HeaderError::Malformed(format!(
            "{key} is {}, not a number",
            quote(text.unwrap_or_default())
        ))),
    }
}

fn step(text: Option<&str>) -> Result<Option<u64>, HeaderError> {
    let Some(text) = text else { return Ok(None) };
    text.trim()
        .parse()
        .map(Some)
        .map_err(|_| HeaderError::Malformed(format!("step is {}, not a whole number", quote(text))))
}

/// Without `pbc` a lattice is periodic, as in ASE; a lattice with `pbc="F F F"` is only a box around a molecule.
fn cell(lattice: Option<&str>, pbc: Option<&str>) -> Result<Cell, HeaderError> {
    let periodic = match pbc {
        None => lattice.is_some(),
        Some(pbc) => is_periodic(pbc)?,
    };
    if !periodic {
        return Ok(Cell::Open);
    }
    let lattice = lattice.ok_or_else(|| {
        HeaderError::Malformed("pbc is set but there is no Lattice=\"ax ay az bx …\"".into())
    })?;
    Cell::periodic(rows(lattice)?).map_err(|error| HeaderError::Malformed(error.to_string()))
}

fn rows(lattice: &str) -> Result<[[f64; 3]; 3], HeaderError> {
    let mut values = [0.0; 9];
    let mut count = 0;
    for word in words(lattice) {
        let value = number("Lattice", Some(word))?.unwrap_or_default();
        if let Some(slot) = values.get_mut(count) {
            *slot = value;
        }
        count += 1;
    }
    match count {
        9 => Ok([0, 3, 6].map(|first| [values[first], values[first + 1], values[first + 2]])),
        _ => Err(HeaderError::Malformed(format!(
            "Lattice has {count} numbers, not the nine of three vectors"
        ))),
    }
}

fn is_periodic(pbc: &str) -> Result<bool, HeaderError> {
    let mut flags = Vec::new();
    for word in words(pbc) {
        flags.push(match word {
            "T" | "True" | "true" | "1" => true,
            "F" | "False" | "false" | "0" => false,
            _ => {
                return Err(HeaderError::Malformed(format!(
                    "pbc is {}, not three of T and F",
                    quote(pbc)
                )))
            }
        });
    }
    match flags[..] {
        [true] | [true, true, true] => Ok(true),
        [false] | [false, false, false] => Ok(false),
        [_, _, _] => Err(HeaderError::PartiallyPeriodic(pbc.trim().into())),
        _ => Err(HeaderError::Malformed(format!(
            "pbc is {}, not three of T and F",
            quote(pbc)
        ))),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']'))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_text_is_no_energy() {
        for comment in ["energy = -1.2 hartree", "energy=-1.2 hartree", "", "a \" b"] {
            let header = Header::parse(comment).unwrap();
            assert_eq!((header.energy, header.cell), (None, Cell::Open));
        }
        assert_eq!(Header::parse("energy=-1.2").unwrap().energy, Some(-1.2));
    }

    #[test]
    fn lattice_rows_are_the_vectors() {
        let lattice = r#"Lattice="4 0 0 1 5 0 2 3 6""#;
        let Cell::Periodic(cell) = Header::parse(lattice).unwrap().cell else {
            panic!("a lattice alone is periodic")
        };
        // Catches rows taken for columns.
        assert_eq!(cell.vectors().column(1).as_slice(), [1.0, 5.0, 0.0]);
        let boxed = format!("{lattice} pbc=\"F F F\"");
        assert_eq!(Header::parse(&boxed).unwrap().cell, Cell::Open);
        let list = format!("{lattice} pbc=[True, True, True]");
        assert_ne!(Header::parse(&list).unwrap().cell, Cell::Open);
    }

    #[test]
    fn slabs_and_nonsense_are_refused() {
        let slab = Header::parse(r#"Lattice="4 0 0 0 5 0 0 0 6" pbc="T T F""#);
        assert_eq!(slab, Err(HeaderError::PartiallyPeriodic("T T F".into())));
        for comment in [
            r#"pbc="T T T""#,
            r#"Lattice="4 0 0 0 5 0 0 0""#,
            r#"Lattice="4 0 0 8 0 0 0 0 6""#,
            r#"Lattice="4 0 0"#,
            r#"Lattice="4 0 0 0 5 0 0 0 x""#,
            "energy=low",
            "step=-1",
            "pbc=maybe",
        ] {
            assert!(
                matches!(Header::parse(comment), Err(HeaderError::Malformed(_))),
                "{comment}"
            );
        }
        let nan = Header::parse("energy=nan");
        assert!(matches!(nan, Err(HeaderError::NotFinite("energy", _))));
    }
}
