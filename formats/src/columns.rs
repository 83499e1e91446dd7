//! The `Properties` of extended XYZ: which column of an atom line is what.

/// What one column of an atom line holds; the number is the Cartesian component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// Symbol or atomic number.
    Element,
    /// Å
    Position(usize),
    /// eV/Å
    Force(usize),
    /// Å/fs
    Velocity(usize),
    /// amu·Å/t; ASE's t is Oreo's.
    Momentum(usize),
    /// amu
    Mass,
    /// Something that Oreo does not read.
    Other,
}

/// The columns of an atom line, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) each: Vec<Column>,
    /// False for plain XYZ, where columns behind the position are passed over.
    pub(crate) exact: bool,
}

/// No sane file has more; keeps corrupt counts from growing.
const MOST_COLUMNS: usize = 10_000;

impl Columns {
    /// Symbol and position.
    pub(crate) fn plain() -> Self {
        let mut each = vec![Column::Element];
        each.extend((0..3).map(Column::Position));
        Self { each, exact: false }
    }

    pub(crate) fn has(&self, column: Column) -> bool {
        self.each.contains(&column)
    }

    /// From `species:S:1:pos:R:3:forces:R:3`; the error is what is wrong with it.
    pub(crate) fn parse(properties: &str) -> Result<Self, String> {
        let fields: Vec<_> = properties.split(':').collect();
        if fields.len() % 3 != 0 {
            return Err(format!(
                "Properties has {} fields, not name:type:count triples",
                fields.len()
            ));
        }
        let symbols = fields.chunks_exact(3).any(|triple| is_symbol(triple[0]));
        let mut each = Vec::new();
        for triple in fields.chunks_exact(3) {
            let width = width(triple)?;
            match meaning(triple, symbols)? {
                Some(column) => each.extend((0..width).map(column)),
                None => each.extend(std::iter::repeat_n(Column::Other, width)),
            }
            if each.len() > MOST_COLUMNS {
                return Err(format!(
                    "Properties declares more than {MOST_COLUMNS} columns"
                ));
            }
        }
        let columns = Self { each, exact: true };
        for (column, name) in [
            (Column::Element, "species:S:1 or Z:I:1"),
            (Column::Position(0), "pos:R:3"),
        ] {
            match columns.each.iter().filter(|&&c| c == column).count() {
                1 => {}
                0 => return Err(format!("Properties has no {name}")),
                _ => return Err(format!("Properties has {name} more than once")),
            }
        }
        Ok(columns)
    }
}

fn is_symbol(name: &str) -> bool {
    matches!(name, "species" | "symbols" | "element")
}

/// The column of a Cartesian component.
type ByComponent = fn(usize) -> Column;

/// Column by component, `None` for what Oreo does not read. Numbers are not needed where there are symbols.
fn meaning(triple: &[&str], symbols: bool) -> Result<Option<ByComponent>, String> {
    let [name, kind, count] = [triple[0], triple[1], triple[2]];
    let (column, expected): (ByComponent, _) = match name {
        name if is_symbol(name) => (|_| Column::Element, ("S", "1")),
        "Z" | "numbers" | "atomic_numbers" if !symbols => (|_| Column::Element, ("I", "1")),
        "pos" | "positions" => (Column::Position, ("R", "3")),
        "forces" | "force" => (Column::Force, ("R", "3")),
        "velocities" => (Column::Velocity, ("R", "3")),
        "momenta" => (Column::Momentum, ("R", "3")),
        "masses" | "mass" => (|_| Column::Mass, ("R", "1")),
        _ => return Ok(None),
    };
    match (kind, count) == expected {
        true => Ok(Some(column)),
        false => Err(format!(
            "Properties declares {name}:{kind}:{count}, expected {name}:{}:{}",
            expected.0, expected.1
        )),
    }
}

fn width(triple: &[&str]) -> Result<usize, String> {
    let [name, kind, count] = [triple[0], triple[1], triple[2]];
    if !matches!(kind, "R" | "I" | "S" | "L") {
        return Err(format!(
            "Properties declares {name} of type '{kind}' (known: R, I, S, L)"
        ));
    }
    match count.parse::<usize>() {
        Ok(width) if (1..=MOST_COLUMNS).contains(&width) => Ok(width),
        _ => Err(format!("Properties declares '{count}' columns for {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_past_unknown_ones() {
        let columns = Columns::parse(
            "id:I:1:species:S:1:Z:I:1:pos:R:3:dipole:R:3:force:R:3:fixed:L:1:masses:R:1",
        )
        .unwrap();
        let place = |column| columns.each.iter().position(|&c| c == column);
        assert_eq!(place(Column::Element), Some(1));
        assert_eq!(place(Column::Position(2)), Some(5));
        assert_eq!(place(Column::Force(0)), Some(9));
        assert_eq!(place(Column::Mass), Some(13));
        assert_eq!(columns.each.len(), 14);
        assert!(Columns::parse("Z:I:1:pos:R:3")
            .unwrap()
            .has(Column::Element));
    }

    #[test]
    fn nonsense_is_named() {
        for (properties, problem) in [
            ("species:S:1:pos:R", "5 fields"),
            ("species:S:1:pos:R:2", "pos:R:2"),
            ("species:S:1:pos:X:3", "type 'X'"),
            ("species:S:1", "no pos"),
            ("pos:R:3", "species"),
            ("species:S:1:pos:R:3:pos:R:3", "more than once"),
            (
                "species:S:1:pos:R:3:a:R:99999999999999999999",
                "99999999999999999999",
            ),
        ] {
            let error = Columns::parse(properties).unwrap_err();
            assert!(error.contains(problem), "{properties}: {error}");
        }
    }
}
