//! Progress through frames on standard error: a bar on a terminal, else a line every ten seconds. Work that is done
//! sooner stays silent.

use super::pace::{duration, three_digits};
use super::terminal::redraws_stderr;
use crate::cli::output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Instant;

/// Seconds between two lines.
const LINE_EVERY: f64 = 10.0;

/// Shows how many frames are done.
pub struct FrameProgress {
    /// `None` for a file that is read as it comes.
    total: Option<u64>,
    done: u64,
    started: Instant,
    printed_at: f64,
    bar: Option<ProgressBar>,
}

impl FrameProgress {
    /// Of `total` frames, where that is known.
    pub fn new(total: Option<u64>) -> Self {
        Self {
            total,
            done: 0,
            started: Instant::now(),
            printed_at: 0.0,
            bar: redraws_stderr().then(|| bar(total)),
        }
    }

    /// `frames` more are done.
    pub fn advance(&mut self, frames: u64) {
        self.done += frames;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
            return;
        }
        let seconds = self.started.elapsed().as_secs_f64();
        if seconds - self.printed_at >= LINE_EVERY {
            self.printed_at = seconds;
            output::say(format_args!("{}", line(self.done, self.total, seconds)));
        }
    }

    /// Removes the bar; what comes next on standard error is the result's.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let template = match total {
        Some(_) => "{bar:24} {percent:>3} % frame {pos}/{len} {per_sec}, {eta} left",
        None => "frame {pos} {per_sec}",
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(5)).with_style(style)
}

/// `frame 2000/8633 (23.2 %), 251 frames/s, 26 s left`
fn line(done: u64, total: Option<u64>, seconds: f64) -> String {
    let speed = done as f64 / seconds;
    let speed_text = three_digits(speed);
    match total {
        None => format!("frame {done}, {speed_text} frames/s"),
        Some(total) => {
            let percent = 100.0 * done as f64 / total as f64;
            let left = duration(total.saturating_sub(done) as f64 / speed);
            format!("frame {done}/{total} ({percent:.1} %), {speed_text} frames/s, {left} left")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_how_fast_and_how_long() {
        assert_eq!(
            line(2000, Some(8000), 10.0),
            "frame 2000/8000 (25.0 %), 200 frames/s, 30 s left"
        );
        assert_eq!(line(50, None, 10.0), "frame 50, 5.00 frames/s");
    }
}
