//! The few strokes that figures are made of, in units of which a screen figure is 1200 wide: text is 24 units high.
//!
//! Everything is drawn several times as large: SVG coordinates are integers in `plotters`, and the PNG is averaged down,
//! which smooths lines that its rasteriser leaves jagged.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::FontTransform;
use std::fmt::Display;

pub(super) const FONT: &str = "sans-serif";
/// Text is measured so many times as large: widths are whole pixels.
const MEASURED: f64 = 4.0;

/// Okabe & Ito's palette, without yellow (too light for lines on white).
const PALETTE: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];
pub(super) const INK: RGBColor = RGBColor(40, 40, 40);
pub(super) const GREY: RGBColor = RGBColor(110, 110, 110);
pub(super) const GRID: RGBColor = RGBColor(225, 225, 225);

/// A page to draw on; errors of the backend become text.
pub(super) struct Canvas<'a, DB: DrawingBackend> {
    pub(super) area: &'a DrawingArea<DB, Shift>,
    /// Pixels, not SVG: there `plotters` tears thick lines with sharp corners and sets centred text too high.
    pub(super) raster: bool,
    /// Pixels of the backend in a unit.
    pub(super) scale: u32,
}

pub(super) type Drawn = Result<(), String>;

fn words<E: Display>(error: E) -> String {
    error.to_string()
}

pub(super) fn color(index: usize) -> RGBColor {
    PALETTE[index % PALETTE.len()]
}

impl<DB: DrawingBackend> Canvas<'_, DB> {
    fn pixel(&self, x: f64) -> i32 {
        (x * f64::from(self.scale)).round() as i32
    }

    fn place(&self, [x, y]: [f64; 2]) -> (i32, i32) {
        (self.pixel(x), self.pixel(y))
    }

    fn font(&self, size: f64) -> FontDesc<'static> {
        FontDesc::from((FONT, size * f64::from(self.scale)))
    }

    pub(super) fn line(&self, points: &[[f64; 2]], color: RGBColor, width: f64) -> Drawn {
        let style = color.stroke_width(self.pixel(width) as u32);
        let points: Vec<(i32, i32)> = thinned(points.iter().map(|&point| self.place(point)));
        let path =
            |points: &[(i32, i32)]| self.area.draw(&PathElement::new(points.to_vec(), style));
        if !self.raster {
            return path(&points).map_err(words);
        }
        points.windows(2).try_for_each(path).map_err(words)?;
        let inner = points
            .get(1..points.len().saturating_sub(1))
            .unwrap_or_default();
        for &corner in inner.iter().filter(|_| width > 2.0) {
            let round = Circle::new(corner, self.pixel(width / 2.0) - 1, color.filled());
            self.area.draw(&round).map_err(words)?;
        }
        Ok(())
    }

    pub(super) fn dashed(&self, points: &[[f64; 2]], color: RGBColor, width: f64) -> Drawn {
        for dash in dashes(points, 9.0, 6.0) {
            self.line(&dash, color, width)?;
        }
        Ok(())
    }

    pub(super) fn dot(&self, place: [f64; 2], radius: f64, color: RGBAColor) -> Drawn {
        let dot = Circle::new(self.place(place), self.pixel(radius), color.filled());
        self.area.draw(&dot).map_err(words)
    }

    /// Two opposite corners.
    pub(super) fn bar(&self, corners: [[f64; 2]; 2], color: RGBColor) -> Drawn {
        let bar = Rectangle::new(corners.map(|corner| self.place(corner)), color.filled());
        self.area.draw(&bar).map_err(words)
    }

    pub(super) fn text(
        &self,
        text: &str,
        [x, y]: [f64; 2],
        size: f64,
        anchor: (HPos, VPos),
    ) -> Drawn {
        let lowered = if self.raster && matches!(anchor.1, VPos::Center) {
            0.15 * size
        } else {
            0.0
        };
        let style = self.font(size).color(&INK);
        let style = style.pos(Pos::new(anchor.0, anchor.1));
        self.area
            .draw_text(text, &style, self.place([x, y + lowered]))
            .map_err(words)
    }

    /// Reads from bottom to top, centred at the place.
    pub(super) fn upright(&self, text: &str, place: [f64; 2], size: f64) -> Drawn {
        let style = self.font(size).transform(FontTransform::Rotate270);
        let style = style.color(&INK);
        let style = style.pos(Pos::new(HPos::Center, VPos::Center));
        let placed = self.area.draw_text(text, &style, self.place(place));
        placed.map_err(words)
    }
}

/// Width of a text. A fifth is added: a viewer of the SVG may have a wider font than the embedded one.
pub(super) fn width(text: &str, size: f64) -> Result<f64, String> {
    let font: FontDesc<'_> = FontDesc::from((FONT, size * MEASURED));
    let (width, _) = font.box_size(text).map_err(words)?;
    Ok(1.2 * f64::from(width) / MEASURED)
}

/// Words in lines of at most this width; a longer word has a line of its own.
pub(super) fn wrapped(text: &str, size: f64, most: f64) -> Result<Vec<String>, String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (longer, lines.last_mut()) {
            (Some(longer), Some(line)) if width(&longer, size)? <= most => *line = longer,
            _ => lines.push(word.to_string()),
        }
    }
    Ok(lines)
}

/// Of neighbours in one column of pixels only the first, lowest, highest and last: a line of a million points looks
/// the same and makes a small file.
fn thinned(points: impl Iterator<Item = (i32, i32)>) -> Vec<(i32, i32)> {
    let mut kept: Vec<(i32, i32)> = Vec::new();
    let mut column: Vec<(i32, i32)> = Vec::new();
    for point in points {
        if column.first().is_some_and(|first| first.0 != point.0) {
            close_column(&mut column, &mut kept);
        }
        column.push(point);
    }
    close_column(&mut column, &mut kept);
    kept
}

fn close_column(column: &mut Vec<(i32, i32)>, kept: &mut Vec<(i32, i32)>) {
    let (Some(&first), Some(&last)) = (column.first(), column.last()) else {
        return;
    };
    let low = column.iter().min_by_key(|point| point.1).copied();
    let high = column.iter().max_by_key(|point| point.1).copied();
    let mut four = vec![first];
    four.extend(low);
    four.extend(high);
    four.push(last);
    four.dedup();
    kept.append(&mut four);
    column.clear();
}

/// Pieces of a polyline, `on` long, `off` apart.
fn dashes(points: &[[f64; 2]], on: f64, off: f64) -> Vec<Vec<[f64; 2]>> {
    let mut pieces: Vec<Vec<[f64; 2]>> = Vec::new();
    let (mut drawing, mut left) = (true, on);
    if let Some(&first) = points.first() {
        pieces.push(vec![first]);
    }
    for ends in points.windows(2) {
        let ([mut from, to], mut length) = ([ends[0], ends[1]], distance(ends[0], ends[1]));
        while length > left {
            let t = left / length;
            from = [
                from[0] + t * (to[0] - from[0]),
                from[1] + t * (to[1] - from[1]),
            ];
            length -= left;
            match (drawing, pieces.last_mut()) {
                (true, Some(piece)) => piece.push(from),
                _ => pieces.push(vec![from]),
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= length;
        if let (true, Some(piece)) = (drawing, pieces.last_mut()) {
            piece.push(to);
        }
    }
    pieces
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_extremes_of_a_column() {
        let points = [(0, 5), (0, 1), (0, 9), (0, 4), (1, 2), (2, 3)];
        assert_eq!(
            thinned(points.into_iter()),
            [(0, 5), (0, 1), (0, 9), (0, 4), (1, 2), (2, 3)]
        );
        let many = (0..1_000_000).map(|k| (k / 1000, k % 7));
        assert_eq!(
            thinned(many.clone()).len(),
            4 * 1000 - thinned_repeats(many)
        );
    }

    /// Columns whose first or last point is already an extreme.
    fn thinned_repeats(points: impl Iterator<Item = (i32, i32)>) -> usize {
        let columns: Vec<(i32, i32)> = points.collect();
        columns
            .chunks(1000)
            .map(|c| usize::from(c[0].1 == 0) + usize::from(c[999].1 == 6))
            .sum()
    }

    #[test]
    fn dashes_of_a_straight_line_by_hand() {
        let pieces = dashes(&[[0.0, 0.0], [10.0, 0.0], [25.0, 0.0]], 9.0, 6.0);
        assert_eq!(
            pieces,
            [vec![[0.0, 0.0], [9.0, 0.0]], vec![[15.0, 0.0], [24.0, 0.0]]]
        );
    }
}
