//! `learning_curves.csv`, read again.

use crate::cli::exit::OrBadInput;
use anyhow::{Context, Result};
use std::path::Path;

/// The columns, one number a validation; NaN where the cell is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LearningCurves {
    columns: Vec<(String, Vec<f64>)>,
}

/// An error that a training is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// `force MAE`
    pub name: &'static str,
    /// Of it
    pub unit: &'static str,
    /// Of the table; in `summary.json` with the name of a set before it
    pub column: &'static str,
}

/// In the order of what a training is for.
pub const MEASURES: [Measure; 3] = [
    Measure {
        name: "property MAE",
        unit: "meV",
        column: "property_mae_mev",
    },
    Measure {
        name: "force MAE",
        unit: "meV/Å",
        column: "force_mae_mev_per_a",
    },
    Measure {
        name: "energy MAE",
        unit: "meV/atom",
        column: "energy_mae_mev_per_atom",
    },
];

impl LearningCurves {
    /// Of a folder. A row that a running training has written in part is left out.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("learning_curves.csv");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{}: cannot be read", path.display()))
            .or_bad_input()?;
        Ok(Self::of(&text))
    }

    fn of(text: &str) -> Self {
        let mut lines = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        let names: Vec<&str> = lines
            .next()
            .map_or(vec![], |line| line.trim_end().split(',').collect());
        let cells = |line: &'_ str| -> Vec<f64> {
            let cells = line.trim_end().split(',');
            cells.map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()
        };
        let rows: Vec<_> = lines
            .map(cells)
            .filter(|row| row.len() == names.len())
            .collect();
        let column =
            |(k, name): (usize, &&str)| (name.to_string(), rows.iter().map(|row| row[k]).collect());
        Self {
            columns: names.iter().enumerate().map(column).collect(),
        }
    }

    /// One number a validation; empty for an unknown name.
    pub fn column(&self, name: &str) -> &[f64] {
        let found = self.columns.iter().find(|(own, _)| own == name);
        found.map_or(&[], |(_, values)| values)
    }

    /// Names and numbers of the columns with any number.
    pub fn filled(&self) -> impl Iterator<Item = (&str, &[f64])> {
        let all = self
            .columns
            .iter()
            .map(|(name, values)| (name.as_str(), &values[..]));
        all.filter(|(_, values)| values.iter().any(|value| value.is_finite()))
    }

    /// `[conformations seen, value]`, without empty cells.
    pub fn points(&self, name: &str) -> Vec<[f64; 2]> {
        let pairs = self.column("samples").iter().zip(self.column(name));
        let points = pairs.map(|(&seen, &value)| [seen, value]);
        points.filter(|point| point[1].is_finite()).collect()
    }

    /// What this training is judged by; `None` before the first validation.
    pub fn measure(&self) -> Option<Measure> {
        let filled = |measure: &Measure| !self.points(measure.column).is_empty();
        MEASURES.into_iter().find(filled)
    }

    /// The last number of a column.
    pub fn last(&self, name: &str) -> Option<f64> {
        self.column(name).last().copied().filter(|v| v.is_finite())
    }

    /// The row of the least validation loss, whose weights are kept as the best.
    pub fn best(&self) -> Option<usize> {
        let losses = self.column("validation_loss").iter().enumerate();
        let finite = losses.filter(|(_, loss)| loss.is_finite());
        finite.min_by(|a, b| a.1.total_cmp(b.1)).map(|(row, _)| row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "step,samples,validation_loss,force_mae_mev_per_a,property_mae_mev\n\
        1,8,0.5,20.0,\n2,16,0.25,12.0,\n3,24,0.375,13.0,\n4,32,0.1";

    /// The last row is cut in its number: 0.1 may have been 0.126.
    #[test]
    fn a_cut_row_is_left_out_and_an_empty_cell_is_no_zero() {
        let curves = LearningCurves::of(TABLE);
        assert_eq!(curves.column("step"), [1.0, 2.0, 3.0]);
        assert_eq!(curves.best(), Some(1));
        assert_eq!(curves.measure().unwrap().name, "force MAE");
        assert_eq!(curves.points("property_mae_mev"), Vec::<[f64; 2]>::new());
        let points = [[8.0, 20.0], [16.0, 12.0], [24.0, 13.0]];
        assert_eq!(curves.points("force_mae_mev_per_a"), points);
        assert_eq!(LearningCurves::of("").measure(), None);
    }
}
