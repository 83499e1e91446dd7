//! Draws a figure where [`Layout`] says: title, caption, then each panel with its legend above, axes, grid and series.

use super::canvas::{color, Canvas, Drawn, GREY, GRID, INK};
use super::layout::{
    Frame, Layout, PanelLayout, CAPTION, LABEL, LEGEND_ROW, LINE, TICK, TITLE, UPRIGHT,
};
use super::ticks::Ruler;
use super::{Figure, Mark, Panel, Series};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// Share of its row that a bar fills.
const BAR: f64 = 0.62;
/// Half a bar of few.
const THICKEST: f64 = 26.0;

pub(super) fn draw<DB: DrawingBackend>(
    figure: &Figure,
    layout: &Layout,
    canvas: &Canvas<'_, DB>,
) -> Drawn {
    let filled = canvas.area.fill(&WHITE);
    filled.map_err(|error| error.to_string())?;
    let (middle, mut top) = (layout.width / 2.0, 20.0);
    let above = (HPos::Center, VPos::Top);
    for line in &layout.title {
        canvas.text(line, [middle, top], TITLE, above)?;
        top += 1.3 * TITLE;
    }
    for line in &layout.caption {
        canvas.text(line, [middle, top], CAPTION, above)?;
        top += LINE * CAPTION;
    }
    for (panel, places) in figure.panels.iter().zip(&layout.panels) {
        draw_panel(panel, places, canvas)?;
    }
    Ok(())
}

fn draw_panel<DB: DrawingBackend>(
    panel: &Panel,
    places: &PanelLayout,
    canvas: &Canvas<'_, DB>,
) -> Drawn {
    let PanelLayout { frame, x, y, .. } = places;
    draw_legend(panel, places, canvas)?;
    draw_axes(panel, places, canvas)?;
    for (series, color) in panel.series.iter().zip(colors(&panel.series)) {
        draw_series(series, color, canvas, *frame, x, y)?;
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
    places: &PanelLayout,
    canvas: &Canvas<'_, DB>,
) -> Drawn {
    let PanelLayout { frame, x, y, .. } = places;
    for (value, label) in &x.ticks {
        let place = x.place(*value).unwrap_or(0.0);
        canvas.line(&[frame.at(place, 0.0), frame.at(place, 1.0)], GRID, 1.0)?;
        let [at, below] = frame.at(place, 0.0);
        canvas.text(label, [at, below + 10.0], TICK, (HPos::Center, VPos::Top))?;
    }
    for (value, label) in &y.ticks {
        let place = y.place(*value).unwrap_or(0.0);
        if panel.y.names.is_empty() {
            canvas.line(&[frame.at(0.0, place), frame.at(1.0, place)], GRID, 1.0)?;
        }
        let [left, at] = frame.at(0.0, place);
        canvas.text(label, [left - 10.0, at], TICK, (HPos::Right, VPos::Center))?;
    }
    let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]];
    canvas.line(&corners.map(|[x, y]| frame.at(x, y)), INK, 1.5)?;
    let [middle, bottom] = frame.at(0.5, 0.0);
    let below = [middle, bottom + 42.0];
    canvas.text(&panel.x.label, below, LABEL, (HPos::Center, VPos::Top))?;
    for (number, line) in places.y_label.iter().enumerate() {
        let left = UPRIGHT + number as f64 * LINE * LABEL;
        canvas.upright(line, [left, frame.at(0.0, 0.5)[1]], LABEL)?;
    }
    Ok(())
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
            Mark::Points | Mark::Bars => {}
        }
        for &point in &piece {
            match series.mark {
                Mark::Points => canvas.dot(point, 3.0, color.mix(0.35))?,
                Mark::LineAndPoints => canvas.dot(point, 5.0, color.mix(1.0))?,
                Mark::Bars => {
                    let row = frame.at(0.0, 0.0)[1] - frame.at(0.0, y.share(1.0))[1];
                    let half = (0.5 * BAR * row).min(THICKEST);
                    let [right, middle] = point;
                    canvas.bar([[frame.left, middle - half], [right, middle + half]], color)?;
                }
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

fn draw_legend<DB: DrawingBackend>(
    panel: &Panel,
    places: &PanelLayout,
    canvas: &Canvas<'_, DB>,
) -> Drawn {
    let colors = colors(&panel.series);
    let series = panel.series.iter().zip(colors);
    let series = series.map(|(s, color)| (s.name.as_str(), s.mark, color));
    let levels = panel.levels.iter();
    let levels = levels.map(|level| (level.name.as_str(), Mark::Guide, INK));
    let all: Vec<_> = series.chain(levels).collect();
    for entry in &places.legend {
        let (name, mark, color) = all[entry.number];
        let y = places.top + (entry.row as f64 - 0.5) * LEGEND_ROW;
        draw_key(mark, color, canvas, entry.left, y)?;
        let behind = [entry.left + 48.0, y];
        canvas.text(name, behind, TICK, (HPos::Left, VPos::Center))?;
    }
    Ok(())
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
        Mark::Bars => canvas.bar([[at, y - 8.0], [at + 38.0, y + 8.0]], color),
        Mark::LineAndPoints => {
            canvas.line(&stroke, color, 3.0)?;
            canvas.dot([at + 19.0, y], 5.0, color.mix(1.0))
        }
    }
}
