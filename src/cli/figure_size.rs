//! `--figure-width`: how wide figures are for a manuscript.

use clap::Args;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// mm; a number alone is taken as mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigureWidth(f64);

/// Narrower ones have no room for their text, wider ones fit no page.
const ALLOWED_MM: std::ops::RangeInclusive<f64> = 50.0..=250.0;
/// mm
const UNITS: [(&str, f64); 4] = [("mm", 1.0), ("cm", 10.0), ("in", 25.4), ("pt", 25.4 / 72.0)];

impl FromStr for FigureWidth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let with_unit = |&(unit, mm): &(&str, f64)| Some((text.strip_suffix(unit)?, mm));
        let (number, mm) = UNITS.iter().find_map(with_unit).unwrap_or((text, 1.0));
        let width = number.trim().parse::<f64>().map(|number| number * mm);
        match width {
            Ok(width) if ALLOWED_MM.contains(&width) => Ok(Self(width)),
            _ => Err(format!(
                "'{text}' is no width of a figure; give one from 50 to 250 mm, such as \"85 mm\" or \"3.35 in\""
            )),
        }
    }
}

impl fmt::Display for FigureWidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} mm", self.0)
    }
}

/// As a key of a config file: as typed, or a number of mm.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected a width such as \"85 mm\"")]
enum Typed {
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for FigureWidth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Typed::deserialize(deserializer)? {
            Typed::Number(mm) => mm.to_string(),
            Typed::Text(text) => text,
        };
        text.parse().map_err(D::Error::custom)
    }
}

impl Serialize for FigureWidth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// For every command that draws; `oreo run` has it among its settings.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Figures")]
pub struct FigureArgs {
    /// Figures for a manuscript: this wide, with text of 7 and 8 points, without titles; one column of most journals is
    /// "85 mm", two are "170 mm" [default: for a screen, with titles]
    #[arg(long, value_name = "WIDTH")]
    pub figure_width: Option<FigureWidth>,
}

/// For the figures.
#[cfg(feature = "plots")]
pub fn of(width: Option<FigureWidth>) -> oreo_validation::plots::Size {
    use oreo_validation::plots::Size;
    width.map_or(Size::Screen, |FigureWidth(width_mm)| Size::Paper {
        width_mm,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_understood_or_refused() {
        for (text, mm) in [
            ("85 mm", 85.0),
            ("85", 85.0),
            ("8.5cm", 85.0),
            ("3 in", 76.2),
            ("252 pt", 88.9),
        ] {
            let FigureWidth(width) = text.parse().unwrap();
            assert!((width - mm).abs() < 1e-9, "{text}: {width}");
        }
        // 3.35 in is no round number of mm; written down it is the same width.
        let inches: FigureWidth = "3.35 in".parse().unwrap();
        assert_eq!(inches.to_string().parse(), Ok(inches));
        for text in ["", "mm", "20 mm", "nan", "1 m", "-85", "400 mm"] {
            assert!(text.parse::<FigureWidth>().is_err(), "{text}");
        }
    }
}
