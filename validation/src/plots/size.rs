//! How large a figure is.
//!
//! On paper the size of the text is given, 7 and 8 points as journals ask for, and a wider figure has more room around
//! it; a drawing that is scaled to a column afterwards has text of any size.

/// For whom a figure is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Size {
    /// 1200 × 800 pixels, with title and caption.
    #[default]
    Screen,
    /// For a manuscript, whose own caption says what the figure is: no title; as high as the panels need.
    Paper {
        /// Of one column 85, of two 170.
        width_mm: f64,
    },
}

/// Millimetres in a unit of the drawing: tick labels of 24 units are 2.44 mm = 6.9 points high, names of axes 7.8.
const UNIT_MM: f64 = 25.4 / 250.0;

impl Size {
    /// Units of the drawing.
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Screen => 1200.0,
            Self::Paper { width_mm } => (width_mm / UNIT_MM).round(),
        }
    }

    /// Units of the drawing; `None`: as needed.
    pub(super) fn height(self) -> Option<f64> {
        match self {
            Self::Screen => Some(800.0),
            Self::Paper { .. } => None,
        }
    }

    pub(super) fn has_title(self) -> bool {
        self == Self::Screen
    }

    /// Pixels of the PNG in a unit: on paper 500 in an inch.
    pub(super) fn pixels(self) -> u32 {
        match self {
            Self::Screen => 1,
            Self::Paper { .. } => 2,
        }
    }

    /// Pixels of the PNG in a metre; `None`: a screen has its own.
    pub(super) fn pixels_per_metre(self) -> Option<u32> {
        let of_paper = f64::from(self.pixels()) * 1000.0 / UNIT_MM;
        (self != Self::Screen).then_some(of_paper.round() as u32)
    }

    /// A length of the drawing as an SVG says it.
    pub(super) fn svg(self, units: f64) -> String {
        match self {
            Self::Screen => format!("{units}"),
            Self::Paper { .. } => format!("{:.2}mm", units * UNIT_MM),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_by_hand() {
        let column = Size::Paper { width_mm: 85.0 };
        assert_eq!((column.width(), column.pixels()), (837.0, 2));
        assert_eq!(column.svg(column.width()), "85.04mm");
        // 500 / 0.0254
        assert_eq!(column.pixels_per_metre(), Some(19685));
        assert_eq!(Size::Screen.svg(1200.0), "1200");
    }
}
