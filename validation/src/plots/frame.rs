//! Lays out a figure: title, caption, then each panel with its legend above, axes, grid and series.

use super::canvas::{color, Canvas, Drawn, GREY, GRID, HEIGHT, INK, WIDTH};
use super::ticks::Ruler;
use super::{Figure, Mark, Panel, Series};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

const TITLE: f64 = 34.0;
const CAPTION: f64 = 24.0;
const LABEL: f64 = 27.0;
const TICK: f64 = 24.0;
const LEFT: f64 = 140.0;
const RIGHT: f64 = 50.0;
/// Below a panel: tick labels and the name of the axis.
const BOTTOM: f64 = 84.0;
const LEGEND_ROW: f64 = 32.0;

/// The rectangle between the axes.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    fn at(&self, x: f64, y: f64) -> [f64; 2] {
        [
            self.left + x * (self.right - self.left),
            self.bottom - y * (self.bottom - self.top),
        ]
    }
}

pub(super) fn draw<DB: DrawingBackend>(figure: &Figure, canvas: &Canvas<'_, DB>) -> Drawn {
    canvas
        .area
        .fill(&WHITE)
        .map_err(|error| error.to_string())?;
    canvas.text(
        &figure.title,
        [WIDTH / 2.0, 20.0],
        TITLE,
        (HPos::Center, VPos::Top),
    )?;
    let mut top = 20.0 + 1.3 * TITLE;
    for line in wrapped(&figure.caption, canvas)? {
        canvas.text(
            &line,
            [WIDTH / 2.0, top],
            CAPTION,
            (HPos::Center, VPos::Top),
        )?;
        top += 1.25 * CAPTION;
    }
    top += 8.0;
    let height = (HEIGHT - 6.0 - top) / figure.panels.len() as f64;
    for (index, panel) in figure.panels.iter().enumerate() {
        let top = top + index as f64 * height;
        draw_panel(panel, canvas, top, top + height)?;
    }
    Ok(())
}

/// Words of the caption in lines that fit the page.
fn wrapped<DB: DrawingBackend>(text: &str, canvas: &Canvas<'_, DB>) -> Result<Vec<String>, String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (longer, lines.last_mut()) {
            (Some(longer), Some(line)) if canvas.width(&longer, CAPTION)? < WIDTH - 60.0 => {
                *line = longer
            }
            _ => lines.push(word.to_string()),
        }
    }
    Ok(lines)
}

fn draw_panel<DB: DrawingBackend>(
    panel: &Panel,
    canvas: &Canvas<'_, DB>,
    top: f64,
    bottom: f64,
) -> Drawn {
    let rows = draw_legend(panel, canvas, top)?;
    let frame = Frame {
        left: LEFT,
        right: WIDTH - RIGHT,
        top: top + rows as f64 * LEGEND_ROW + 10.0,
        bottom: bottom - BOTTOM,
    };
    let points = || panel.series.iter().flat_map(|series| &series.points);
    let x = Ruler::new(&panel.x, points().map(|point| point[0]));
    // What a chosen x range hides must not stretch the y axis.
    let shown = points()
        .filter(|point| x.place(point[0]).is_some())
        .map(|point| point[1]);
    let y = Ruler::new(
        &panel.y,
        shown.chain(panel.levels.iter().map(|level| level.value)),
    );
    draw_axes(panel, canvas, frame, &x, &y)?;
    for (series, color) in panel.series.iter().zip(colors(&panel.series)) {
        draw_series(series, color, canvas, frame, &x, &y)?;
    }
    for level in &panel.levels {
        if let Some(place) = y.place(level.value) {
            canvas.dashed(&[frame.at(0.0, place), frame.at(1.0, place)], INK, 1.5)?;
        }
    }
    Ok(())
}

fn draw_axes<DB: DrawingBackend>(
    panel: &Panel,
    canvas: &Canvas<'_, DB>,
    frame: Frame,
    x: &Ruler,
    y: &Ruler,
) -> Drawn {
    for (value, label) in &x.ticks {
        let place = x.place(*value).unwrap_or(0.0);
        canvas.line(&[frame.at(place, 0.0), frame.at(place, 1.0)], GRID, 1.0)?;
        let [at, below] = frame.at(place, 0.0);
        canvas.text(label, [at, below + 10.0], TICK, (HPos::Center, VPos::Top))?;
    }
    for (value, label) in &y.ticks {
        let place = y.place(*value).unwrap_or(0.0);
        canvas.line(&[frame.at(0.0, place), frame.at(1.0, place)], GRID, 1.0)?;
        let [left, at] = frame.at(0.0, place);
        canvas.text(label, [left - 10.0, at], TICK, (HPos::Right, VPos::Center))?;
    }
    let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]];
    canvas.line(&corners.map(|[x, y]| frame.at(x, y)), INK, 1.5)?;
    let [middle, bottom] = frame.at(0.5, 0.0);
    canvas.text(
        &panel.x.label,
        [middle, bottom + 42.0],
        LABEL,
        (HPos::Center, VPos::Top),
    )?;
    canvas.upright(&panel.y.label, [30.0, frame.at(0.0, 0.5)[1]], LABEL)
}

fn draw_series<DB: DrawingBackend>(
    series: &Series,
    color: RGBColor,
    canvas: &Canvas<'_, DB>,
    frame: Frame,
    x: &Ruler,
    y: &Ruler,
) -> Drawn {
    let place = |&[a, b]: &[f64; 2]| Some(frame.at(x.place(a)?, y.place(b)?));
    let places: Vec<Option<[f64; 2]>> = series.points.iter().map(place).collect();
    for piece in places.split(Option::is_none) {
        let piece: Vec<[f64; 2]> = piece.iter().flatten().copied().collect();
        match series.mark {
            Mark::Line | Mark::LineAndPoints => canvas.line(&piece, color, 2.5)?,
            Mark::Dashed => canvas.dashed(&piece, color, 2.5)?,
            Mark::Guide => canvas.dashed(&piece, color, 1.5)?,
            Mark::Points => {}
        }
        for &point in &piece {
            match series.mark {
                Mark::Points => canvas.dot(point, 3.0, color.mix(0.35))?,
                Mark::LineAndPoints => canvas.dot(point, 5.0, color.mix(1.0))?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// Guides are grey and leave the palette to the rest.
fn colors(series: &[Series]) -> Vec<RGBColor> {
    let mut next = 0;
    let mut pick = |series: &Series| {
        if series.mark == Mark::Guide {
            return GREY;
        }
        next += 1;
        color(next - 1)
    };
    series.iter().map(&mut pick).collect()
}

/// Above the frame, where it hides nothing; returns the number of rows.
fn draw_legend<DB: DrawingBackend>(
    panel: &Panel,
    canvas: &Canvas<'_, DB>,
    top: f64,
) -> Result<usize, String> {
    let series = panel
        .series
        .iter()
        .zip(colors(&panel.series))
        .map(|(s, color)| (s.name.as_str(), s.mark, color));
    let levels = panel
        .levels
        .iter()
        .map(|level| (level.name.as_str(), Mark::Guide, INK));
    let (mut at, mut rows) = (LEFT, 0);
    for (name, mark, color) in series.chain(levels).filter(|entry| !entry.0.is_empty()) {
        let width = 70.0 + canvas.width(name, TICK)?;
        if rows == 0 || at + width > WIDTH - RIGHT {
            (at, rows) = (LEFT, rows + 1);
        }
        let y = top + (rows as f64 - 0.5) * LEGEND_ROW;
        draw_key(mark, color, canvas, at, y)?;
        canvas.text(name, [at + 48.0, y], TICK, (HPos::Left, VPos::Center))?;
        at += width;
    }
    Ok(rows)
}

fn draw_key<DB: DrawingBackend>(
    mark: Mark,
    color: RGBColor,
    canvas: &Canvas<'_, DB>,
    at: f64,
    y: f64,
) -> Drawn {
    let stroke = [[at, y], [at + 38.0, y]];
    match mark {
        Mark::Line => canvas.line(&stroke, color, 3.0),
        Mark::Dashed => canvas.dashed(&stroke, color, 3.0),
        Mark::Guide => canvas.dashed(&stroke, color, 1.5),
        Mark::Points => canvas.dot([at + 20.0, y], 5.0, color.mix(0.7)),
        Mark::LineAndPoints => {
            canvas.line(&stroke, color, 3.0)?;
            canvas.dot([at + 19.0, y], 5.0, color.mix(1.0))
        }
    }
}
