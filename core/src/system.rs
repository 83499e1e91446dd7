//! What never changes during a run.

use crate::{Element, UnknownElement};

/// One molecule or box of `n` atoms.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    /// (n,)
    pub elements: Vec<Element>,
    /// amu, (n,)
    pub masses: Vec<f64>,
}

impl System {
    /// Standard atomic masses for every element.
    pub fn new(elements: Vec<Element>) -> Self {
        let masses = elements.iter().map(|element| element.mass()).collect();
        Self { elements, masses }
    }

    /// From symbols, e.g. `System::from_symbols(&["O", "H", "H"])`.
    pub fn from_symbols(symbols: &[&str]) -> Result<Self, UnknownElement> {
        let elements = symbols
            .iter()
            .map(|symbol| symbol.parse())
            .collect::<Result<_, _>>()?;
        Ok(Self::new(elements))
    }

    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// True for a system without atoms.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// amu
    pub fn total_mass(&self) -> f64 {
        self.masses.iter().sum()
    }

    /// Hill formula: C, H, then the rest by symbol; e.g. `C2H6O`.
    pub fn formula(&self) -> String {
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        for element in &self.elements {
            *counts.entry(element.symbol()).or_default() += 1;
        }
        let carbon = counts.contains_key("C");
        let rank = |symbol: &str| match symbol {
            "C" => 0,
            "H" if carbon => 1,
            _ => 2,
        };
        let mut parts: Vec<_> = counts.into_iter().collect();
        parts.sort_by_key(|&(symbol, _)| (rank(symbol), symbol));
        parts
            .into_iter()
            .map(|(symbol, count)| {
                if count == 1 {
                    symbol.to_string()
                } else {
                    format!("{symbol}{count}")
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hill_formula() {
        let ethanol = System::from_symbols(&["O", "C", "C", "H", "H", "H", "H", "H", "H"]).unwrap();
        assert_eq!(ethanol.formula(), "C2H6O");
        assert_eq!(
            System::from_symbols(&["O", "H", "H"]).unwrap().formula(),
            "H2O"
        );
    }
}
