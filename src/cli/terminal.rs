//! What a terminal allows, and a few lines at its end that are drawn again in place.
//!
//! A line never wraps: what is wider than the terminal is cut. `TERM=dumb` has no way back over a line, so nothing is redrawn
//! there; `NO_COLOR` (<https://no-color.org>) and `CLICOLOR=0` take the colours away and leave the rest.

use console::Term;
use std::fmt::Display;
use std::io::IsTerminal;

/// How a line is to look where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As everything else
    #[default]
    Plain,
    /// Green
    Good,
    /// Red
    Bad,
    /// Dim
    Quiet,
}

/// One line of text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextLine {
    /// Without line end or control characters
    pub text: String,
    /// Of the whole line
    pub tone: Tone,
}

impl TextLine {
    /// In a tone.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        let text = text.into();
        Self { text, tone }
    }
}

impl From<String> for TextLine {
    fn from(text: String) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// Of a terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Lines
    pub rows: usize,
    /// Characters in a line
    pub columns: usize,
}

impl Size {
    /// Where nobody says how large it is.
    pub const USUAL: Self = Self {
        rows: 24,
        columns: 80,
    };

    /// Characters of a line that do not reach the last column: some terminals wrap behind it.
    pub fn width(self) -> usize {
        self.columns.saturating_sub(1).max(1)
    }
}

/// Whether lines on standard error can be drawn again in place.
pub fn redraws_stderr() -> bool {
    std::io::stderr().is_terminal() && has_way_back(variable)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn has_way_back(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("TERM").as_deref() != Some("dumb")
}

/// `NO_COLOR` counts unless it is empty.
fn is_coloured(variable: impl Fn(&str) -> Option<String>) -> bool {
    let refused = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let off = variable("CLICOLOR").as_deref() == Some("0");
    !refused && !off && has_way_back(variable)
}

/// Cut to `width` characters, with an ellipsis where something is missing.
pub fn cut(text: &str, width: usize) -> String {
    match text.chars().count() <= width {
        true => text.to_string(),
        false => {
            let kept = text.chars().take(width.saturating_sub(1));
            kept.chain(std::iter::once('…')).collect()
        }
    }
}

/// As many parts from the first on as fit side by side; the first one in any case, cut if it must be.
pub fn fit(parts: &[String], between: &str, width: usize) -> String {
    let Some((first, rest)) = parts.split_first() else {
        return String::new();
    };
    let mut text = cut(first, width);
    for part in rest {
        let longer = [text.as_str(), part].join(between);
        if longer.chars().count() > width {
            break;
        }
        text = longer;
    }
    text
}

/// Lines at the end of a terminal.
#[derive(Debug)]
pub struct Block {
    term: Term,
    lines: Vec<TextLine>,
    coloured: bool,
}

impl Block {
    /// `None` where nothing can be redrawn.
    pub fn on_stderr() -> Option<Self> {
        redraws_stderr().then(|| Self::on(Term::buffered_stderr()))
    }

    /// The same of standard output.
    pub fn on_stdout() -> Option<Self> {
        let redraws = std::io::stdout().is_terminal() && has_way_back(variable);
        redraws.then(|| Self::on(Term::buffered_stdout()))
    }

    fn on(term: Term) -> Self {
        Self {
            term,
            lines: Vec::new(),
            coloured: is_coloured(variable),
        }
    }

    /// Now: it may change at any time.
    pub fn size(&self) -> Size {
        match self.term.size_checked() {
            Some((rows, columns)) if rows > 0 && columns > 0 => Size {
                rows: rows.into(),
                columns: columns.into(),
            },
            _ => Size::USUAL,
        }
    }

    /// In place of what was drawn before. A terminal that has gone is nothing that a run should end for.
    pub fn draw(&mut self, lines: Vec<TextLine>) {
        let size = self.size();
        let _ = self.term.clear_last_lines(taken(&self.lines, size.columns));
        self.lines = lines;
        self.write(size);
    }

    /// A line that stays, above those that are redrawn.
    pub fn say(&mut self, message: impl Display) {
        let size = self.size();
        let _ = self.term.clear_last_lines(taken(&self.lines, size.columns));
        let _ = self.term.write_line(&message.to_string());
        self.write(size);
    }

    fn write(&mut self, size: Size) {
        for line in &mut self.lines {
            line.text = cut(&line.text, size.width());
            let _ = self.term.write_line(&painted(line, self.coloured));
        }
        let _ = self.term.flush();
    }
}

/// Lines of a terminal that they fill; one that became narrower since has wrapped them.
fn taken(lines: &[TextLine], columns: usize) -> usize {
    let of = |line: &TextLine| line.text.chars().count().div_ceil(columns.max(1)).max(1);
    lines.iter().map(of).sum()
}

/// SGR codes of ECMA-48.
fn painted(line: &TextLine, coloured: bool) -> String {
    let code = match line.tone {
        Tone::Good => "32",
        Tone::Bad => "31",
        Tone::Quiet => "2",
        Tone::Plain => return line.text.clone(),
    };
    match coloured {
        true => format!("\u{1b}[{code}m{}\u{1b}[0m", line.text),
        false => line.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<'a>(name: &'a str, value: &'a str) -> impl Fn(&str) -> Option<String> + 'a {
        move |asked| (asked == name).then(|| value.to_string())
    }

    /// Planted: an empty `NO_COLOR` taken for a set one fails, as does a `TERM` that nobody looks at.
    #[test]
    fn colours_are_off_where_somebody_said_so() {
        assert!(is_coloured(|_| None));
        assert!(is_coloured(set("NO_COLOR", "")));
        assert!(is_coloured(set("CLICOLOR", "1")));
        for (name, value) in [("NO_COLOR", "0"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
            assert!(!is_coloured(set(name, value)), "{name}={value}");
        }
        assert!(!has_way_back(set("TERM", "dumb")) && has_way_back(set("NO_COLOR", "1")));
    }

    #[test]
    fn without_colours_a_line_has_no_control_characters() {
        let line = TextLine::new("stopped", Tone::Bad);
        assert_eq!(painted(&line, false), "stopped");
        assert_eq!(painted(&line, true), "\u{1b}[31mstopped\u{1b}[0m");
    }

    /// Catches cutting at bytes, which panics in the middle of `Å`.
    #[test]
    fn text_is_cut_at_characters() {
        assert_eq!(cut("0.5 Å long", 5), "0.5 …");
        assert_eq!(cut("0.5 Å", 5), "0.5 Å");
        let parts = ["41 %", "step 7", "2 s left"].map(String::from);
        assert_eq!(fit(&parts, ", ", 12), "41 %, step 7");
        assert_eq!(fit(&parts, ", ", 11), "41 %");
        assert_eq!(fit(&parts, ", ", 3), "41…");
    }

    /// 10 and 25 characters at 10 columns are 1 and 3 lines. Planted: one line each leaves two lines of the old picture.
    #[test]
    fn a_terminal_that_became_narrower_is_cleared_as_a_whole() {
        let lines = ["0123456789", "0123456789012345678901234", ""];
        let lines = lines.map(|text| TextLine::from(text.to_string()));
        assert_eq!(taken(&lines, 10), 5);
        assert_eq!(taken(&lines, 80), 3);
    }
}
