//! What a figure shows, without a word on how it is drawn.

/// One or more panels below each other, under a title and a caption.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// One line.
    pub title: String,
    /// The numbers that belong beside the picture; wrapped to the width. May be empty.
    pub caption: String,
    /// From top to bottom.
    pub panels: Vec<Panel>,
}

/// Two axes and what is drawn between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Horizontal.
    pub x: Axis,
    /// Vertical.
    pub y: Axis,
    /// In drawing order; the legend names those with a name.
    pub series: Vec<Series>,
    /// Horizontal lines, e.g. thresholds.
    pub levels: Vec<Level>,
}

/// One axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// With its unit, e.g. `Time (ps)`.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// `None`: as far as the points reach.
    pub range: Option<[f64; 2]>,
    /// In place of numbers: name k stands at −k, so that the first of a vertical axis is on top. Empty: numbers.
    pub names: Vec<String>,
}

/// How numbers become lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equal lengths.
    Linear,
    /// Equal ratios are equal lengths; points that are not above zero are left out.
    Logarithmic,
}

/// One curve or cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// For the legend; empty: not named.
    pub name: String,
    /// (x, y); a point that is not finite interrupts a line.
    pub points: Vec<[f64; 2]>,
    /// How it is drawn.
    pub mark: Mark,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A line.
    Line,
    /// A dashed line.
    Dashed,
    /// Half-transparent dots.
    Points,
    /// A line with a dot at every point.
    LineAndPoints,
    /// Horizontal bars from the left edge to the points, of an axis of names.
    Bars,
    /// A thin grey dashed line that takes no colour of the palette.
    Guide,
}

/// A horizontal line.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// For the legend.
    pub name: String,
    /// Where.
    pub value: f64,
}

impl Figure {
    /// One panel.
    pub fn single(title: impl Into<String>, panel: Panel) -> Self {
        Self {
            title: title.into(),
            caption: String::new(),
            panels: vec![panel],
        }
    }

    /// With a caption.
    pub fn captioned(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }
}

impl Panel {
    /// Linear axes, nothing drawn yet.
    pub fn new(x: Axis, y: Axis) -> Self {
        Self {
            x,
            y,
            series: Vec::new(),
            levels: Vec::new(),
        }
    }

    /// One more series.
    pub fn with(mut self, name: impl Into<String>, mark: Mark, points: Vec<[f64; 2]>) -> Self {
        self.series.push(Series {
            name: name.into(),
            points,
            mark,
        });
        self
    }

    /// One more horizontal line.
    pub fn level(mut self, name: impl Into<String>, value: f64) -> Self {
        self.levels.push(Level {
            name: name.into(),
            value,
        });
        self
    }
}

impl Axis {
    /// Linear.
    pub fn linear(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            scale: Scale::Linear,
            range: None,
            names: Vec::new(),
        }
    }

    /// Logarithmic.
    pub fn logarithmic(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            scale: Scale::Logarithmic,
            range: None,
            names: Vec::new(),
        }
    }

    /// Names one below the other.
    pub fn named(label: impl Into<String>, names: Vec<String>) -> Self {
        Self {
            range: Some([0.5 - names.len().max(1) as f64, 0.5]),
            names,
            ..Self::linear(label)
        }
    }

    /// Only from `low` to `high`; points outside are not drawn.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some([low, high]);
        self
    }
}
