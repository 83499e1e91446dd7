//! Where everything of a figure goes, before anything is drawn: text is measured, so that none lies on other text.

use super::canvas::{width, wrapped};
use super::ticks::Ruler;
use super::{Figure, Panel, Size};

pub(super) const TITLE: f64 = 34.0;
pub(super) const CAPTION: f64 = 24.0;
pub(super) const LABEL: f64 = 27.0;
pub(super) const TICK: f64 = 24.0;
pub(super) const LINE: f64 = 1.25;
pub(super) const LEGEND_ROW: f64 = 32.0;
/// Left of a panel on a screen, at least.
const LEFT: f64 = 140.0;
const RIGHT: f64 = 50.0;
/// Below a panel: tick labels and the name of the axis.
const BOTTOM: f64 = 84.0;
/// Height of a panel on paper, for each unit of width: alone, and above another.
const SHAPES: [f64; 2] = [0.62, 0.42];
/// A bar with its name.
const BAR: f64 = 36.0;
/// Key of a legend entry and the gap behind it.
const KEY: f64 = 70.0;
/// Middle of the name of the vertical axis.
pub(super) const UPRIGHT: f64 = 30.0;
/// Between two labels of an axis.
const GAP: f64 = 14.0;

/// The whole figure, in units.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) title: Vec<String>,
    pub(super) caption: Vec<String>,
    pub(super) panels: Vec<PanelLayout>,
}

/// One panel of it.
pub(super) struct PanelLayout {
    /// Of the legend.
    pub(super) top: f64,
    pub(super) legend: Vec<Entry>,
    pub(super) frame: Frame,
    pub(super) x: Ruler,
    pub(super) y: Ruler,
    pub(super) y_label: Vec<String>,
}

/// Of a legend.
pub(super) struct Entry {
    /// Series first, then levels.
    pub(super) number: usize,
    pub(super) left: f64,
    /// From 1.
    pub(super) row: usize,
}

/// The rectangle between the axes.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Frame {
    pub(super) fn at(&self, x: f64, y: f64) -> [f64; 2] {
        [
            self.left + x * (self.right - self.left),
            self.bottom - y * (self.bottom - self.top),
        ]
    }
}

impl Layout {
    /// The error is that of the font.
    pub(super) fn new(figure: &Figure, size: Size) -> Result<Self, String> {
        let wide = size.width();
        let (mut title, mut caption) = (Vec::new(), Vec::new());
        let mut top = 4.0;
        if size.has_title() {
            title = wrapped(&figure.title, TITLE, wide - 60.0)?;
            caption = wrapped(&figure.caption, CAPTION, wide - 60.0)?;
            top = 20.0 + 1.3 * TITLE * title.len() as f64;
            top += LINE * CAPTION * caption.len() as f64 + 8.0;
        }
        let height = |panel| PanelHeight::of(figure, panel, size, top);
        let drafts: Result<Vec<_>, _> = figure
            .panels
            .iter()
            .map(|panel| Draft::new(panel, height(panel)))
            .collect();
        let drafts = drafts?;
        let least = if size.has_title() { LEFT } else { 0.0 };
        // The same for all: frames above each other stand in line.
        let left = drafts.iter().map(|draft| draft.left).fold(least, f64::max);
        let mut panels = Vec::new();
        for draft in drafts {
            let placed = draft.place(top, left, wide - RIGHT)?;
            top = placed.frame.bottom + BOTTOM;
            panels.push(placed);
        }
        Ok(Self {
            width: wide,
            height: size.height().unwrap_or((top + 6.0).ceil()),
            title,
            caption,
            panels,
        })
    }
}

#[derive(Clone, Copy)]
enum PanelHeight {
    /// With legend and axis.
    Whole(f64),
    /// Of the frame alone.
    Frame(f64),
}

impl PanelHeight {
    fn of(figure: &Figure, panel: &Panel, size: Size, head: f64) -> Self {
        let count = figure.panels.len();
        match size.height() {
            Some(all) => Self::Whole((all - 6.0 - head) / count as f64),
            None => {
                let shape = SHAPES[usize::from(count > 1)];
                let bars = BAR * panel.y.names.len() as f64;
                Self::Frame((shape * size.width().min(1200.0)).max(bars))
            }
        }
    }

    /// Of the frame; a legend is placed only when the left side is known, and one row more or less moves no mark.
    fn frame(self) -> f64 {
        match self {
            Self::Frame(high) => high,
            Self::Whole(high) => high - BOTTOM - LEGEND_ROW - 10.0,
        }
    }
}

/// A panel before its left side is known.
struct Draft<'a> {
    panel: &'a Panel,
    height: PanelHeight,
    y: Ruler,
    y_label: Vec<String>,
    /// What it needs left of its frame.
    left: f64,
}

impl<'a> Draft<'a> {
    fn new(panel: &'a Panel, height: PanelHeight) -> Result<Self, String> {
        let high = height.frame();
        let room = |ticks: &[(f64, String)]| {
            let mut pairs = ticks.windows(2);
            pairs.all(|pair| (pair[1].0 - pair[0].0).abs() * high >= LINE * TICK)
        };
        // What a chosen x range hides must not stretch the y axis.
        let x = Ruler::new(&panel.x, points(panel).map(|point| point[0]), &|_| true);
        let shown = points(panel).filter(|point| x.place(point[0]).is_some());
        let levels = panel.levels.iter().map(|level| level.value);
        let y = Ruler::new(&panel.y, shown.map(|point| point[1]).chain(levels), &room);
        let y_label = wrapped(&panel.y.label, LABEL, high.max(150.0))?;
        let mut widest: f64 = 0.0;
        for (_, text) in &y.ticks {
            widest = widest.max(width(text, TICK)?);
        }
        let lines = y_label.len().max(1) as f64;
        Ok(Self {
            panel,
            height,
            y,
            left: UPRIGHT + (lines - 0.5) * LINE * LABEL + widest + 14.0,
            y_label,
        })
    }

    fn place(self, top: f64, left: f64, right: f64) -> Result<PanelLayout, String> {
        let legend = legend(self.panel, left, right)?;
        let rows = legend.last().map_or(0, |entry| entry.row);
        let above = top + rows as f64 * LEGEND_ROW + 10.0;
        let frame = Frame {
            left,
            right,
            top: above,
            bottom: match self.height {
                PanelHeight::Whole(high) => top + high - BOTTOM,
                PanelHeight::Frame(high) => above + high,
            },
        };
        let half = |text: &str| width(text, TICK).unwrap_or(0.0) / 2.0;
        let room = |ticks: &[(f64, String)]| {
            ticks.windows(2).all(|pair| {
                let apart = (pair[1].0 - pair[0].0).abs() * (right - left);
                apart >= half(&pair[0].1) + half(&pair[1].1) + GAP
            })
        };
        let places = points(self.panel).map(|point| point[0]);
        Ok(PanelLayout {
            top,
            legend,
            frame,
            x: Ruler::new(&self.panel.x, places, &room),
            y: self.y,
            y_label: self.y_label,
        })
    }
}

fn points(panel: &Panel) -> impl Iterator<Item = &[f64; 2]> {
    panel.series.iter().flat_map(|series| &series.points)
}

/// Above the frame, where it hides nothing.
fn legend(panel: &Panel, left: f64, right: f64) -> Result<Vec<Entry>, String> {
    let series = panel.series.iter().map(|series| &series.name);
    let names = series.chain(panel.levels.iter().map(|level| &level.name));
    let mut entries: Vec<Entry> = Vec::new();
    let (mut at, mut row) = (left, 1);
    for (number, name) in names.enumerate().filter(|entry| !entry.1.is_empty()) {
        let wide = KEY + width(name, TICK)?;
        if at + wide > right && at > left {
            (at, row) = (left, row + 1);
        }
        entries.push(Entry {
            number,
            left: at,
            row,
        });
        at += wide;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::super::{Axis, Mark};
    use super::*;

    fn figure(panels: usize) -> Figure {
        let line = vec![[0.0, 0.001], [600_000.0, 0.002]];
        let panel = Panel::new(
            Axis::linear("conformations seen"),
            Axis::linear("Largest deviation of a bond from its reference length (Å)"),
        );
        let panel = panel
            .with("training set", Mark::Line, line.clone())
            .with("validation set, of other frames", Mark::Line, line)
            .level("a level with a long name", 0.001);
        Figure {
            title: "A title that is far too long for one line of a figure of this width".into(),
            caption: String::new(),
            panels: vec![panel; panels],
        }
    }

    /// Marks of an axis, names and legend entries of a narrow and a wide figure, with one panel and several. Catches
    /// six marks whatever their width, and a legend that does not wrap.
    #[test]
    fn no_text_lies_on_other_text() {
        super::super::save::register().unwrap();
        let paper = |width_mm| Size::Paper { width_mm };
        for (size, panels) in [(Size::Screen, 3), (paper(60.0), 1), (paper(85.0), 3)] {
            let found = Layout::new(&figure(panels), size).unwrap();
            for panel in &found.panels {
                let Frame {
                    left, right, top, ..
                } = panel.frame;
                let mut end = 0.0;
                for (value, text) in &panel.x.ticks {
                    let middle = panel.frame.at(panel.x.place(*value).unwrap(), 0.0)[0];
                    let half = width(text, TICK).unwrap() / 2.0;
                    assert!(middle - half > end, "{size:?}: {text}");
                    end = middle + half;
                }
                assert!(end < found.width + 10.0, "{size:?}");
                let rows = panel.legend.last().unwrap().row;
                assert!(panel.top + rows as f64 * LEGEND_ROW < top);
                let series = ["training set", "validation set, of other frames"];
                let names = series.iter().chain(&["a level with a long name"]);
                for (entry, name) in panel.legend.iter().zip(names) {
                    let end = entry.left + KEY + width(name, TICK).unwrap();
                    assert!(end <= right || entry.left == left, "{size:?}: {name}");
                }
                for pair in panel.legend.windows(2) {
                    assert!(pair[0].row < pair[1].row || pair[0].left < pair[1].left);
                }
                assert!(left < right && panel.y.ticks.len() > 1);
                for line in &panel.y_label {
                    let high = panel.frame.bottom - top;
                    assert!(width(line, LABEL).unwrap() < high.max(150.0) + LINE * LABEL);
                }
            }
            let bottom = found.panels.last().unwrap().frame.bottom + BOTTOM;
            assert!(bottom <= found.height, "{size:?}");
        }
    }
}
